// SPDX-License-Identifier: Apache-2.0
#include "cluster.h"

#include <optional>

#include "stoq/sdk/json.h"

namespace stoq::plugins::es_search {
namespace {

using sdk::JsonKind;
using sdk::JsonView;

struct Defaults {
  std::string scheme = "http", prefix, user, password, api_key;
  uint16_t port = 9200;
};

[[noreturn]] void refuse(std::string_view name, std::string_view wanted) {
  throw sdk::Error("es_options: " + std::string(name) + " must be " + std::string(wanted));
}

std::string text(std::string_view name, JsonView value) {
  if (auto found = value.as_string()) return *std::move(found);
  refuse(name, "a text");
}

bool boolean(std::string_view name, JsonView value) {
  if (value.kind() != JsonKind::boolean) refuse(name, "true or false");
  return value.bool_or(false);
}

// "user:password" or ["user", "password"].
void read_auth(JsonView value, Defaults& d) {
  std::vector<std::string> parts = value.strings();
  if (const size_t colon = parts.size() == 1 ? parts[0].find(':') : std::string::npos;
      colon != std::string::npos)
    parts = {parts[0].substr(0, colon), parts[0].substr(colon + 1)};
  if (parts.size() != 2 || parts[0].empty())
    refuse("http_auth", R"("user:password" or ["user", "password"])");
  d.user = parts[0];
  d.password = parts[1];
}

Defaults read(std::string_view json, http::Settings& settings, const Cluster::Warn& warn) {
  const JsonView all(json);
  if (all.kind() != JsonKind::object)
    throw sdk::Error("es_options must be a JSON object such as {\"port\": 9200}");
  Defaults d;
  for (const auto& [name, value] : all.members()) {
    if (name == "port") {
      const int64_t port = value.int_or(0);
      if (port < 1 || port > 65535) refuse(name, "a number from 1 to 65535");
      d.port = static_cast<uint16_t>(port);
    } else if (name == "use_ssl") {
      d.scheme = boolean(name, value) ? "https" : "http";
    } else if (name == "scheme") {
      d.scheme = text(name, value);
    } else if (name == "url_prefix") {
      d.prefix = text(name, value);
    } else if (name == "verify_certs") {
      settings.verify_tls &= boolean(name, value);
    } else if (name == "ca_certs") {
      if (settings.ca_file.empty()) settings.ca_file = text(name, value);
    } else if (name == "http_auth" || name == "basic_auth") {
      read_auth(value, d);
    } else if (name == "api_key") {
      d.api_key = text(name, value);
    } else {
      warn("es_options: " + name + " has no meaning here and is ignored");
    }
  }
  return d;
}

}  // namespace

Cluster::Cluster(const ClusterOptions& options, http::Settings& settings, const Warn& warn) {
  Defaults d = read(options.es_options, settings, warn);
  if (!options.username.empty()) {
    d.user = options.username;
    d.password = options.password;
  }
  if (!options.api_key.empty()) d.api_key = options.api_key;
  for (const std::string& host : options.hosts) {
    http::Url url;
    if (host.find("://") == host.npos) {
      std::string address = d.scheme + "://" + host;
      if (!d.prefix.empty() && host.find('/') == host.npos)
        address += (d.prefix.front() == '/' ? "" : "/") + d.prefix;
      url = http::parse_url("es_host", address, d.port);
    } else {
      url = http::parse_url("es_host", host, host.starts_with("https:") ? 0 : d.port);
    }
    if (!url.user.empty() && d.user.empty()) {
      d.user = url.user;
      d.password = url.password;
    }
    nodes_.push_back(url.text);
  }
  if (nodes_.empty())
    throw sdk::Error("es_host is empty; name a server, such as localhost or https://search:9200");
  if (!d.api_key.empty()) {
    http::check_header_text("api_key", d.api_key);
    headers_.push_back("Authorization: ApiKey " + d.api_key);
    settings.secrets.push_back(d.api_key);
  } else {
    settings.user = d.user;
    settings.password = d.password;
  }
}

}  // namespace stoq::plugins::es_search
