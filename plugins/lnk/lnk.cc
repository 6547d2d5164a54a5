// SPDX-License-Identifier: Apache-2.0
//
// The worker around read_shortcut(): its fields are the result, its arguments and what is appended
// to it are payloads.
#include <algorithm>

#include "carving/give.h"
#include "shortcut.h"

namespace stoq::plugins::lnk {
namespace {

// Seconds since 1970 of a time that counts tenths of a microsecond since 1601.
std::optional<int64_t> unix_time(uint64_t windows) {
  if (windows == 0 || windows > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<int64_t>(windows / 10'000'000) - 11'644'473'600;
}

std::string_view show_name(uint32_t show) {
  return show == 3 ? "maximized" : show == 7 ? "minimized" : "normal";
}

class Lnk {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const carving::Bytes content = payload.content();
    if (!is_shortcut(content)) return;
    const Shortcut link = read_shortcut(content);
    if (!link.problem.empty()) call.error(link.problem);
    call.result(result_of(link, content.size()));
    if (link.arguments && !link.arguments->text.empty() && !give_arguments(call, *link.arguments))
      return;
    if (link.end < content.size())
      carving::give(call, content.subspan(link.end), carving::meta_with([&](sdk::JsonWriter& w) {
                      w.member("offset", link.end).member("part", "appended data");
                      if (!link.complete) w.member("incomplete", true);
                    }));
  }

 private:
  // Commands hide in arguments, so that what decodes commands sees them whatever the rules say.
  static bool give_arguments(sdk::Call& call, const Text& arguments) {
    sdk::JsonWriter w;
    w.begin_object().key("extra_data").begin_object();
    w.member("offset", arguments.at).member("part", "arguments").end_object();
    w.key("dispatch_to").begin_array().value("script-decode").end_array().end_object();
    return carving::give(call, std::string_view(arguments.text), w.str());
  }

  static std::string result_of(const Shortcut& link, size_t size) {
    sdk::JsonWriter w;
    w.begin_object();
    const auto text = [&](std::string_view key, const std::string& value) {
      if (!value.empty()) w.member(key, std::string_view(value));
    };
    const auto found = [&](std::string_view key, const std::optional<Text>& value) {
      if (value) w.member(key, std::string_view(value->text));
    };
    text("item_path", link.item_path);
    text("local_path", link.local_path);
    text("network_path", link.network_path);
    found("environment_target", link.environment_target);
    found("name", link.name);
    found("relative_path", link.relative_path);
    found("working_directory", link.working_directory);
    found("arguments", link.arguments);
    found("icon_location", link.icon);
    text("machine", link.machine);
    w.member("show", show_name(link.show)).member("target_size", link.target_size);
    const std::pair<std::string_view, uint64_t> times[] = {
        {"created", link.created}, {"accessed", link.accessed}, {"written", link.written}};
    for (const auto& [key, time] : times)
      if (const auto seconds = unix_time(time)) w.member(key, *seconds);
    if (link.end < size) w.member("appended", size - link.end);
    return w.end_object().take();
  }
};

}  // namespace

STOQ_PLUGIN(Lnk, "lnk", "4.0.0")

}  // namespace stoq::plugins::lnk
