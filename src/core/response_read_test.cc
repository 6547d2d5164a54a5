// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/response_text.h"

namespace stoq {
namespace {

TEST(ReadResponse, IsTheResponseThatWasWritten) {
  StoqResponse r;
  r.scan_id = "an id";
  r.time = std::chrono::system_clock::time_point(std::chrono::microseconds(1'795'540'964'000'042));
  r.request_meta = {false, "a source", Json{{"a", 1}}};
  r.errors.add("hash", "first"), r.errors.add("hash", "second"), r.errors.add("stoq", "\n\u20ac");
  r.decorators.set("deco", Json{{"x", Json()}});
  r.limits = {{"max_payloads", "p", "zip", 7, 3}, {"crash", "", "", std::nullopt, 1}};
  PayloadResults& root = r.results.emplace_back();
  root.payload_id = "p", root.size = 5, root.sha256 = "00";
  root.payload_meta = {false, Json{{"filename", "x"}}, {"hash", "yara"}, false};
  root.workers = {{{"hash", Json{{"md5", "1"}}}}, {}};
  root.archivers.set("keep", Json("there"));
  root.plugins_run = {{{"hash"}, {}}, {"keep"}};
  root.timings = Json{{"hash", 0.5}}, root.explain = Json{{"hash", "asked for"}};
  root.duplicates = {{"p", "zip", {}, 1}, {"", "", {}, 12}};
  PayloadResults& child = r.results.emplace_back();
  child.extracted_from = "p", child.extracted_by = "zip";
  StoqResponse again;
  EXPECT_EQ(read_response(r.dumps(0), again), "");
  EXPECT_EQ(again.dumps(0), r.dumps(0));
  EXPECT_EQ(again.time, r.time);

  const auto problem = [](std::string_view text) {
    StoqResponse response;
    return read_response(text, response);
  };
  EXPECT_EQ(problem("[]"), "it has no results");
  EXPECT_EQ(problem(R"({"results": 7})"), "it has no results");
  EXPECT_EQ(problem(R"({"results": [{}, 7]})"), "result 2 is of the wrong shape");
  EXPECT_EQ(problem(R"({"results": [], "request_meta": 7})"), "request_meta is of the wrong shape");
  EXPECT_EQ(problem(R"({"results": [{"workers": [7, {"a": 1}], "plugins_run": {"workers": 7}}]})"),
            "");
}

}  // namespace
}  // namespace stoq
