// SPDX-License-Identifier: Apache-2.0
#include "collector.h"

#include <sys/random.h>

#include <algorithm>

#include "http/url.h"

namespace stoq::plugins::splunk {
namespace {

using sdk::JsonView;

constexpr std::string_view kPath = "/services/collector";

// The address without the path of the collector, in whatever form it was given.
std::string base_of(const std::string& option) {
  if (option.empty())
    throw sdk::Error(
        "url is not set; name the HTTP Event Collector, such as https://splunk.example:8088");
  const http::Url url = http::parse_url("url", option);
  if (!url.user.empty())
    throw sdk::Error("url has a user in it; the collector knows tokens only: set token");
  const size_t at = url.text.find(kPath);
  return url.text.substr(0, at);
}

std::string checked_token(std::string token) {
  constexpr std::string_view kScheme = "Splunk ";
  if (token.starts_with(kScheme)) token.erase(0, kScheme.size());
  if (token.empty())
    throw sdk::Error(
        "token is not set; make one in Splunk under Settings, Data inputs, HTTP Event Collector");
  http::check_header_text("token", token);
  return token;
}

http::Settings with_token(http::Settings settings, const std::string& token) {
  settings.secrets.push_back(token);
  return settings;
}

std::string random_guid() {
  uint8_t bytes[16];
  for (size_t done = 0; done < sizeof bytes;) {
    const ssize_t n = getrandom(bytes + done, sizeof bytes - done, 0);
    if (n > 0) done += static_cast<size_t>(n);
  }
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

}  // namespace

CollectorAnswer parse_answer(std::string_view body) {
  const JsonView json(body);
  CollectorAnswer answer;
  answer.code = json["code"].int_or(-1);
  if (const int64_t number = json["invalid-event-number"].int_or(-1); number >= 0)
    answer.invalid_event = static_cast<size_t>(number);
  if (const int64_t id = json["ackId"].int_or(-1); id >= 0) answer.ack_id = id;
  return answer;
}

std::string_view advice(long status, int64_t code) {
  switch (code) {
    case 1:
      return "; enable the token in Splunk";
    case 2:
    case 3:
    case 4:
      return "; set token to one that this Splunk knows";
    case 7:
      return "; create that index, and allow it to the token";
    case 10:
    case 11:
      return "; that token asks for acknowledgement: set ack = true";
    case 14:
      return "; that token has no acknowledgement: set ack = false";
    default:
      break;
  }
  if (status == 401 || status == 403) return "; set token to one that this Splunk knows";
  if (status == 404 || status == 405) return "; does url name the HTTP Event Collector?";
  return "";
}

Collector::Collector(const std::string& url, const std::string& token, bool ack,
                     http::Settings settings)
    : url_(base_of(url)),
      token_(checked_token(token)),
      ack_(ack),
      client_(with_token(std::move(settings), token_)) {}

const std::string& Collector::channel() const {
  std::call_once(once_, [this] { channel_ = random_guid(); });
  return channel_;
}

http::Reply Collector::send(const std::string& url, std::string_view body,
                            http::Patience& patience) const {
  http::Request request{.url = url, .body = body};
  request.headers = {"Authorization: Splunk " + token_, "Content-Type: application/json"};
  if (ack_) request.headers.push_back("X-Splunk-Request-Channel: " + channel());
  return http::exchange(
      client_, [&] { return request; }, patience);
}

http::Reply Collector::post(std::string_view events, http::Patience& patience) const {
  return send(url_ + std::string(kPath) + "/event", events, patience);
}

std::vector<int64_t> Collector::unconfirmed(const std::vector<int64_t>& ids,
                                            http::Patience& patience) const {
  sdk::JsonWriter body;
  body.begin_object().key("acks").begin_array();
  for (const int64_t id : ids) body.value(id);
  body.end_array().end_object();
  const http::Reply reply =
      send(url_ + std::string(kPath) + "/ack?channel=" + channel(), body.str(), patience);
  const JsonView acks = JsonView(reply.body)["acks"];
  if (!reply.good() || acks.kind() != sdk::JsonKind::object)
    throw sdk::Error(url_ + " does not tell what it has indexed: it " + client_.describe(reply) +
                     std::string(advice(reply.status, parse_answer(reply.body).code)));
  std::vector<std::string> confirmed;
  for (const auto& [id, done] : acks.members())
    if (done.bool_or(false)) confirmed.push_back(id);
  std::sort(confirmed.begin(), confirmed.end());
  std::vector<int64_t> open;
  for (const int64_t id : ids)
    if (!std::binary_search(confirmed.begin(), confirmed.end(), std::to_string(id)))
      open.push_back(id);
  return open;
}

}  // namespace stoq::plugins::splunk
