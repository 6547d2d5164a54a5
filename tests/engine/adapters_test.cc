// SPDX-License-Identifier: Apache-2.0
//
// One plugin, three adapters: whether it lives in this process, in a host process or is an object
// of this program, the engine sees the same.
#include <gtest/gtest.h>

#include "support/adapters.h"
#include "support/direct.h"

namespace stoq::test {
namespace {

// The whole way through Stoq.
std::string answer(Adapter adapter, std::string_view content, ScanOptions options = {}) {
  EchoStoq s(adapter,
             {{"max_payloads", "20000"}, {"reserved_payloads", "0"}, {"max_recursion", "3"}});
  return comparable(s->scan(content, std::move(options)));
}

TEST(Adapters, TheWholeScenarioIsTheSameThroughAll) {
  const auto run = [](Adapter adapter) {
    EchoStoq s(adapter);
    StoqResponse r = s->scan("root", {.payload_meta = Json{{"filename", "root.bin"}},
                                      .request_meta = Json{{"from", "a test"}}});
    // What it must be, before the comparison says that it is the same everywhere.
    EXPECT_EQ(r.results.size(), 4u);
    EXPECT_EQ(
        r.request_meta.text(),
        R"({"archive_payloads": true, "source": "changed by a worker", "extra_data": {"list": [1, 2.5, null]}})");
    EXPECT_EQ(
        r.results.at(0).payload_meta.text(),
        R"({"should_archive": true, "extra_data": {"changed": "payload"}, "dispatch_to": [], "should_scan": true})");
    const std::string id = r.results.at(0).payload_id, two = r.results.at(2).payload_id;
    EXPECT_EQ(r.results.at(0).plugins_run.workers,
              (std::vector<std::vector<std::string>>{{"echo_worker"}, {"echo_second"}}));
    EXPECT_EQ(r.results.at(1).plugins_run.workers,
              (std::vector<std::vector<std::string>>{{"echo_second"}}));
    EXPECT_EQ(r.results.at(2).plugins_run.workers,
              (std::vector<std::vector<std::string>>{{"echo_worker"}}));
    EXPECT_EQ(
        r.results.at(2).payload_meta.text(),
        R"({"should_archive": false, "extra_data": {"n": 2}, "dispatch_to": ["echo_worker", "nobody"], "should_scan": true})");
    EXPECT_EQ(r.results.at(3).size, 0u);
    EXPECT_EQ(r.errors.size(), 3u);
    const std::string nul(1, '\0');
    EXPECT_EQ(r.errors.find("echo_worker") ? *r.errors.find("echo_worker") : Names{},
              (Names{"the first error",
                     "the second, with bytes \xc3\xbf that are no UTF-8, and a NUL " + nul + "."}));
    EXPECT_EQ(r.errors.find("echo_dispatcher") ? *r.errors.find("echo_dispatcher") : Names{},
              Names{"a dispatcher's error"});
    EXPECT_EQ(r.errors.find("nobody") ? *r.errors.find("nobody") : Names{},
              Names{"worker:failed to load: nobody ; StoqPluginNotFound: The plugin \"nobody\" is "
                    "invalid or does not exist in your plugin path ; payload " +
                    two});
    EXPECT_TRUE(r.limits.empty());
    return comparable(r);
  };
  const std::string native = run(Adapter::native);
  EXPECT_EQ(native, run(Adapter::host));
  EXPECT_EQ(native, run(Adapter::object));
}

TEST(Adapters, ContentsOfAnySizeArrive) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, (size_t{32} << 20),
                            (size_t{32} << 20) + 1, size_t{40} << 20}) {
    std::string content(size, '\0');
    for (size_t i = 0; i < size; i += 4093) content[i] = static_cast<char>(i / 4093);
    const std::string native = answer(Adapter::native, content);
    EXPECT_NE(native.find("\"sum\": \"" + echo::sum(content) + "\""), native.npos) << size;
    EXPECT_EQ(native, answer(Adapter::host, content)) << size;
    EXPECT_EQ(native, answer(Adapter::object, content)) << size;
  }
}

TEST(Adapters, LongResult) {
  const std::string native = answer(Adapter::native, "result 5");
  EXPECT_GT(native.size(), size_t{5} << 20);
  EXPECT_TRUE(native == answer(Adapter::host, "result 5"));
  EXPECT_TRUE(native == answer(Adapter::object, "result 5"));
}

TEST(Adapters, LongMetaInAndOut) {
  const std::string meta(300 << 10, 'q');
  const auto run = [&](Adapter adapter) {
    return answer(adapter, "meta 300", {.request_meta = Json{{"long", meta}}});
  };
  const std::string native = run(Adapter::native);
  EXPECT_NE(native.find(meta), native.npos);                         // the worker was told
  EXPECT_NE(native.find(std::string(300 << 10, 'm')), native.npos);  // and has changed it
  EXPECT_TRUE(native == run(Adapter::host));
  EXPECT_TRUE(native == run(Adapter::object));
}

TEST(Adapters, TenThousandChildren) {
  const auto run = [](Adapter adapter) {
    EchoStoq s(adapter, {{"max_payloads", "20000"}});
    const StoqResponse r = s->scan("children 10000");
    EXPECT_EQ(r.results.size(), 10'001u);
    EXPECT_EQ(r.results.at(10'000).payload_meta.extra_data.text(), R"({"i": 9999})");
    EXPECT_EQ(r.errors.size(), 1u);
    return comparable(r);
  };
  const std::string native = run(Adapter::native);
  EXPECT_TRUE(native == run(Adapter::host));
  EXPECT_TRUE(native == run(Adapter::object));
}

TEST(Adapters, OneChildOfFiftyMebibytes) {
  const std::string native = answer(Adapter::native, "child 50");
  EXPECT_NE(native.find("\"size\": 52428800"), native.npos);
  EXPECT_EQ(native, answer(Adapter::host, "child 50"));
  EXPECT_EQ(native, answer(Adapter::object, "child 50"));
}

// One role at a time, driven directly.
std::vector<std::string> given(Instance& instance, Op op, const std::string& content,
                               std::string_view task = {}) {
  Payload parent("the parent", PayloadMeta{.extra_data = Json{{"above", true}}}, "id-parent");
  parent.worker_results = {{{"other", Json{{"x", 1}}}}};
  parent.plugins_run = {{"other"}};
  Payload payload(content, PayloadMeta{.extra_data = Json{{"filename", "x"}}}, "id-payload");
  payload.level = 1;
  payload.extracted_from = "id-parent";
  payload.extracted_by = "other";
  payload.parent = &parent;
  payload.worker_results = {{{"first", Json{{"a", 1}}}}, {{"second", Json::array()}}};
  payload.plugins_run = {{"first", "silent"}, {"second"}};
  payload.dispatch_meta = {{"rules", Json{{"first", Json{{"rule", "r"}}}}}};
  Request request{{.source = "direct", .extra_data = Json{{"k", "v"}}}};
  StoqResponse response;
  response.results.emplace_back().payload_id = "id-payload";
  response.scan_id = "id-scan";
  response.time = {};
  const std::string text = response.dumps(0);
  Input input;
  const bool of_payload = op != Op::get && op != Op::decorate && op != Op::save;
  if (of_payload) input.payload = &payload, input.request = &request;
  input.response = &response;
  input.response_text = text;
  input.scan_id = response.scan_id;
  input.task = task;
  RecordingReply reply(of_payload ? &payload : nullptr, &request);
  instance.call(op, input, reply);
  return reply.given;
}

void expect_same(const std::vector<std::shared_ptr<Instance>>& instances, Op op,
                 const std::string& content, std::vector<std::string> expected,
                 std::string_view task = {}) {
  const std::vector<std::string> native = given(*instances[0], op, content, task);
  ASSERT_EQ(native.size(), expected.size()) << testing::PrintToString(native);
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(native[i].starts_with(expected[i])) << native[i];
  EXPECT_EQ(native, given(*instances[1], op, content, task));
  EXPECT_EQ(native, given(*instances[2], op, content, task));
}

TEST(Adapters, DeepDispatchers) {
  Direct direct;
  const auto instances =
      direct.all("echo_deep_dispatcher", std::make_shared<echo::DeepDispatcherObject>());
  expect_same(
      instances, Op::get_deep_dispatches, "content",
      {"error a deep dispatcher's error",
       R"(dispatch echo_second {"payload_id": "id-payload", "extracted_from": "id-parent", "extracted_by": "other", "payload_meta": {"should_archive": true, "extra_data": {"filename": "x"}, "dispatch_to": [], "should_scan": true}, "request_meta": {"archive_payloads": true, "source": "direct", "extra_data": {"k": "v"}}, "dispatch_meta": {"rules": {"first": {"rule": "r"}}}, "deep_dispatch_meta": {}, "results": [{"first": {"a": 1}}, {"second": []}], "plugins_run": [["first", "silent"], ["second"]], "ancestors": [{"payload_id": "id-parent")",
       "dispatch echo_worker "});
}

TEST(Adapters, Archivers) {
  Direct direct;
  const auto instances = direct.all("echo_archiver", std::make_shared<echo::ArchiverObject>());
  expect_same(instances, Op::archive, std::string(100'000, 'a'),
              {"error an archiver's error", R"(result {"payload_id": "id-payload")"});
  expect_same(instances, Op::archive, std::string(40 << 20, 'a'),
              {"error an archiver's error", R"(result {"payload_id": "id-payload")"});
  expect_same(
      instances, Op::get, "",
      {R"(payload of 12 bytes, sum )" + echo::sum("fetched 1234") +
       R"(, {"should_archive": true, "extra_data": {"fetched": true}, "dispatch_to": [], "should_scan": true})"},
      R"({"sha256": 1234})");
  expect_same(instances, Op::get, "", {"failed std::runtime_error: nothing was kept"},
              R"({"size": 0})");
}

TEST(Adapters, DecoratorsAndConnectors) {
  Direct direct;
  expect_same(direct.all("echo_decorator", std::make_shared<echo::DecoratorObject>()), Op::decorate,
              "", {"error a decorator's error", R"(result {"bytes": )"});
}

}  // namespace
}  // namespace stoq::test
