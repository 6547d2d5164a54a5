// SPDX-License-Identifier: Apache-2.0
//
// Answers that make no sense, straight through the ABI; the content names which.
#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

using sdk::bytes;
using sdk::str;

// Says in its result what the engine answered, where the adapters must agree on that.
void say(const stoq_call* call, const std::vector<stoq_status>& statuses) {
  std::string json = "[";
  for (const stoq_status status : statuses)
    json += (json.size() > 1 ? ", " : "") + std::to_string(status);
  call->api->result(call, str(json + "]"));
}

class BadAnswers {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& c) {
    const stoq_call* call = c.raw();
    const stoq_call_api& api = *call->api;
    const std::string_view how = payload.text();
    const stoq_bytes content = bytes(payload.content());
    if (how == "bad json") api.result(call, str("{\"a\": 1,}"));
    if (how == "duplicate keys")
      api.result(call, str(R"({"a": 1, "b": {"x": 1, "y": 2, "x": 3}})"));
    if (how == "bad utf-8") api.result(call, str("{\"a\": \"\xc3\x28\"}"));
    if (how == "nothing") api.result(call, str(""));
    if (how == "deep json")
      api.result(call, str(std::string(10'000, '[') + std::string(10'000, ']')));
    if (how == "large json") api.result(call, str("\"" + std::string(80 << 20, 'j') + "\""));
    if (how == "huge json") api.result(call, str("\"" + std::string(size_t{2} << 30, 'j') + "\""));
    if (how == "a million errors")
      for (int i = 0; i < 1'000'000; ++i) api.error(call, str("error " + std::to_string(i)));
    if (how == "a long error") api.error(call, str(std::string(1 << 20, 'e')));
    if (how == "second result") {
      api.result(call, str("1"));
      api.result(call, str("{\"second\": true}"));
    }
    if (how == "second result null") {
      api.result(call, str("{\"first\": true}"));
      api.result(call, str("null"));
    }
    if (how == "dispatch with meta") api.dispatch(call, str("echo_second"), str("{\"a\": 1}"));
    if (how == "second result bad") {
      api.result(call, str("{\"first\": true}"));
      api.result(call, str("{"));
    }
    if (how == "unterminated") {
      api.extract_begin(call, str("{}"));
      api.extract_write(call, content);
    }
    if (how == "raise inside a payload") {
      api.extract_begin(call, str("{}"));
      api.extract_write(call, content);
      api.raise(call, str("ValueError"), str("no more"));
    }
    if (how == "begin twice")
      say(call, {api.extract_begin(call, str("{}")), api.extract_begin(call, str("{}")),
                 api.extract_end(call, 1)});
    if (how == "end without begin")
      say(call, {api.extract_end(call, 1), api.extract_write(call, content),
                 api.extract_meta(call, str("{}"))});
    if (how == "bad meta") {
      const stoq_status a = api.extract_begin(call, str("[]")),
                        b = api.extract_begin(call, str("{\"should_scan\": 7}"));
      say(call, {a, b, api.extract_write(call, content)});
    }
    if (how == "after stop") {
      std::vector<stoq_status> all;
      for (int i = 0; i < 6; ++i) {
        const std::string child = "child " + std::to_string(i);
        all.push_back(api.extract_begin(call, str("{}")));
        all.push_back(api.extract_write(
            call, {reinterpret_cast<const uint8_t*>(child.data()), child.size()}));
        all.push_back(api.extract_end(call, 1));
      }
      say(call, all);
    }
    if (how == "bad dispatch") say(call, {api.dispatch(call, str("echo_second"), str("{"))});
    if (how == "bad names")
      say(call, {api.dispatch(call, str(""), str("")),
                 api.dispatch(call, str(std::string_view("a\0b", 3)), str(""))});
    if (how == "bad payload meta")
      say(call, {api.set_payload_meta(call, str("{\"dispatch_to\": 1}")),
                 api.set_payload_meta(call, str("nonsense"))});
    if (how == "payload meta")
      say(call, {api.set_payload_meta(call, str("{\"should_archive\": false}"))});
    if (how == "request meta") say(call, {api.set_request_meta(call, str("{\"source\": \"me\"}"))});
  }
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::BadAnswers, "bad_answers", "1")
