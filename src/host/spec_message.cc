// SPDX-License-Identifier: Apache-2.0
#include "host/spec_message.h"

namespace stoq::wire {
namespace {

constexpr size_t kOptions = 10'000;  // of one plugin

void put(Writer& w, const config::Layer& layer) {
  w.u64(layer.size());
  for (const auto& [name, source] : layer) w.text(name).text(source.text).text(source.where);
}

config::Layer take_layer(Reader& r) {
  config::Layer layer;
  const uint64_t count = r.u64();
  for (uint64_t i = 0; i < count; ++i) {
    std::string name(r.text());
    std::string text(r.text());
    layer[std::move(name)] = {std::move(text), std::string(r.text())};
  }
  return layer;
}

}  // namespace

std::string encode(const PluginSpec& s) {
  Writer w;
  w.text(s.name).text(s.manifest).text(s.module).text(s.folder).text(s.version).text(s.description);
  put(w, s.options.engine), put(w, s.options.manifest), put(w, s.options.config),
      put(w, s.options.arguments);
  w.text(s.state).list(s.results).raw(s.extracts).raw(s.changes_request);
  w.raw(s.changes_payload).raw(s.ancestors);
  w.raw(static_cast<uint8_t>(s.log_level));
  w.u64(s.helpers.size());
  for (const config::HelperPlace& place : s.helpers) w.text(place.name).text(place.path);
  return std::move(w.str());
}

PluginSpec decode_spec(std::string_view body) {
  Reader r(body);
  PluginSpec s;
  s.name = r.text(), s.manifest = r.text(), s.module = r.text(), s.folder = r.text(),
  s.version = r.text(), s.description = r.text();
  s.options.engine = take_layer(r), s.options.manifest = take_layer(r),
  s.options.config = take_layer(r), s.options.arguments = take_layer(r);
  s.state = r.text();
  s.results = r.list();
  s.extracts = r.raw<uint8_t>() != 0, s.changes_request = r.raw<uint8_t>() != 0,
  s.changes_payload = r.raw<uint8_t>() != 0, s.ancestors = r.raw<uint8_t>() != 0;
  s.log_level = static_cast<LogLevel>(r.raw<uint8_t>());
  for (uint64_t count = r.u64(); count > 0; --count) {
    std::string name(r.text());
    s.helpers.push_back({std::move(name), std::string(r.text())});
  }
  return s;
}

std::string encode_loaded(const PluginInfo& info) {
  Writer w;
  w.raw(info.roles.bits()).text(info.version).list(info.problems);
  return std::move(w.str());
}

void decode_loaded(std::string_view body, PluginInfo& info) {
  Reader r(body);
  info.roles = Roles(r.raw<uint32_t>());
  info.version = r.text();
  info.problems = r.list();
}

std::string encode(const std::vector<config::OptionSpec>& options) {
  Writer w;
  w.u64(options.size());
  for (const config::OptionSpec& o : options) {
    w.text(o.name).raw(static_cast<uint8_t>(o.type)).raw<uint8_t>(o.has_default);
    w.text(o.default_text).text(o.help).list(o.choices);
    for (const std::optional<double>& bound : {o.min, o.max})
      w.raw<uint8_t>(bound.has_value()).raw(bound.value_or(0));
  }
  return std::move(w.str());
}

std::vector<config::OptionSpec> decode_options(std::string_view body) {
  Reader r(body);
  const uint64_t count = r.u64();
  if (count > kOptions) throw Malformed("more options than a plugin may have");
  std::vector<config::OptionSpec> options(count);
  for (config::OptionSpec& o : options) {
    o.name = r.text();
    const auto type = r.raw<uint8_t>();
    if (type > static_cast<uint8_t>(config::Type::json)) throw Malformed("an unknown type");
    o.type = static_cast<config::Type>(type);
    o.has_default = r.raw<uint8_t>() != 0;
    o.default_text = r.text();
    o.help = r.text();
    o.choices = r.list();
    for (std::optional<double>* bound : {&o.min, &o.max}) {
      const bool given = r.raw<uint8_t>() != 0;
      const auto value = r.raw<double>();
      if (given) *bound = value;
    }
  }
  return options;
}

}  // namespace stoq::wire
