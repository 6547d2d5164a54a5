// SPDX-License-Identifier: Apache-2.0
// The bodies of messages, whoever sends them: what can be read is written and read again to the
// same.
#include "fuzz/target.h"
#include "host/call_message.h"
#include "host/helper_message.h"
#include "host/spec_message.h"

using namespace stoq;
using fuzz::must;

namespace {

template <class Read, class Write>
void check(std::string_view body, const Read& read, const Write& write) {
  try {
    const std::string once = write(read(body));
    must(write(read(once)) == once);
  } catch (const wire::Malformed& e) {
    must(*e.what() != '\0');
  }
}

PluginInfo loaded(std::string_view body) {
  PluginInfo info;
  wire::decode_loaded(body, info);
  return info;
}

std::string of_kind(char kind, std::string_view body) {
  return kind + std::string(body);
}

}  // namespace

STOQ_FUZZ(messages) {
  if (data.empty()) return;
  const std::string_view body = fuzz::text_of(data.subspan(1));
  const auto write = [](const auto& value) { return wire::encode(value); };
  switch (data[0] % 5) {
    case 0:
      return check(body, wire::decode_call, write);
    case 1:
      return check(body, wire::decode_spec, write);
    case 2:
      return check(body, loaded, wire::encode_loaded);
    case 3:
      return check(body, wire::decode_options, write);
    default:
      return check(body, wire::decode_helper_start, write);
  }
}

STOQ_FUZZ_SEEDS(messages) {
  wire::CallMessage call;
  call.items = {{.plugin = 0}, {.plugin = 3}, {.plugin = 3, .payload = 1, .deadline = 60'000}};
  wire::CallPayload payload;
  payload.payload_id = "id", payload.payload_meta = R"({"should_scan": true})",
  payload.results = R"([{"a": 1}])";
  call.payloads = {payload, payload};
  PluginSpec spec;
  spec.name = "decompress", spec.module = "/m.so", spec.results = {"yara"};
  spec.options.config["passwords"] = {"a, b", "stoq.cfg:3"};
  spec.helpers = {{"exiftool", "/usr/bin/exiftool"}};
  PluginInfo info;
  info.version = "4.0.0", info.problems = {"a.yar:1: broken"};
  config::OptionSpec option{.name = "timeout", .type = config::Type::duration, .min = 0.5};
  option.choices = {"one"};
  const wire::HelperStart helper{"/bin/cat", "/tmp", {"cat", "-"}, {"LANG=C"}};
  return {of_kind(0, wire::encode(call)), of_kind(1, wire::encode(spec)),
          of_kind(2, wire::encode_loaded(info)), of_kind(3, wire::encode(std::vector{option})),
          of_kind(4, wire::encode(helper))};
}
