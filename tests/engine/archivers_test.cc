// SPDX-License-Identifier: Apache-2.0
//
// Payloads on their way into destination archivers, and back out of source archivers by tasks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "plugins/echo_objects.h"
#include "tests/support/objects.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Keeps payloads in memory under their digests.
class MemoryArchiver final : public ArchiverPlugin {
 public:
  ArchiverResponse archive(Payload& payload, Request&) override {
    const std::lock_guard lock(mutex_);
    const std::string key = hex(payload.sha256());
    kept[key] = text(payload);
    return {.results = Json{{"key", key}}};
  }
  std::optional<Payload> get(const ArchiverResponse& task) override {
    const std::lock_guard lock(mutex_);
    const auto at = kept.find(task.results.get("key").string_or(""));
    if (at == kept.end()) throw std::runtime_error("there is no such key");
    if (at->second == "nothing") return std::nullopt;
    return Payload(at->second, PayloadMeta{.extra_data = task.results});
  }
  std::map<std::string, std::string> kept;

 private:
  std::mutex mutex_;
};

std::string contents_of(const MemoryArchiver& archiver) {
  std::string all;
  for (const auto& [key, content] : archiver.kept) all += content + "|";
  return all;
}

struct Archived {
  explicit Archived(std::map<std::string, std::string> core = {}) : stoq(quiet(std::move(core))) {
    stoq.add_plugin("memory", archiver);
  }
  std::shared_ptr<MemoryArchiver> archiver = std::make_shared<MemoryArchiver>();
  Stoq stoq;
};

TEST(DestArchivers, KeepEveryPayloadAndSayWhere) {
  Archived a;
  add_worker(a.stoq, "unpack", unpack_worker);
  const std::string root = pack({"one", "two"});
  const StoqResponse r = a.stoq.scan(root, {.add_start_dispatch = {"unpack"}});
  ASSERT_EQ(r.results.size(), 3u);
  for (const PayloadResults& result : r.results) {
    EXPECT_THAT(result.plugins_run.archivers, ElementsAre("memory"));
    EXPECT_EQ(result.archivers["memory"].get("key").string_or(""), result.sha256);
  }
  EXPECT_EQ(a.archiver->kept.size(), 3u);
  EXPECT_EQ(a.archiver->kept[r.results[0].sha256], root);
  EXPECT_THAT(r.errors, IsEmpty());
}

TEST(DestArchivers, AreNotAskedForWhatIsNotToBeArchived) {
  Archived a;
  add_worker(a.stoq, "unpack", [](Payload& p, Request& r) {
    WorkerResponse response = unpack_worker(p, r);
    for (ExtractedPayload& e : response.extracted)
      e.payload_meta.should_archive = e.content == "one";
    return response;
  });
  StoqResponse r = a.stoq.scan(
      pack({"one", "two"}),
      {.payload_meta = PayloadMeta{.should_archive = false}, .add_start_dispatch = {"unpack"}});
  EXPECT_EQ(contents_of(*a.archiver), "one|");
  EXPECT_THAT(r.results[0].plugins_run.archivers, IsEmpty());
  EXPECT_TRUE(r.results[0].archivers.empty());

  a.archiver->kept.clear();
  a.stoq.scan("x", {.request_meta = RequestMeta{.archive_payloads = false}});
  EXPECT_EQ(contents_of(*a.archiver), "");
}

TEST(DestArchivers, KeepWhatIsNotScanned) {
  Archived a;
  const StoqResponse r = a.stoq.scan("x", {.payload_meta = PayloadMeta{.should_scan = false}});
  EXPECT_EQ(contents_of(*a.archiver), "x|");
  EXPECT_THAT(r.results[0].plugins_run.archivers, ElementsAre("memory"));
}

// A later occurrence that asks for what the first was spared.
TEST(DestArchivers, AnOccurrenceThatIsToBeArchivedHasAPlaceOfItsOwn) {
  Archived a;
  add_worker(a.stoq, "unpack", [](Payload&, Request&) {
    return WorkerResponse{.extracted = {{"same", {.should_archive = false}}, {"same", {}}}};
  });
  const StoqResponse r = a.stoq.scan("x", {.payload_meta = PayloadMeta{.should_archive = false},
                                           .add_start_dispatch = {"unpack"}});
  EXPECT_EQ(contents_of(*a.archiver), "same|");
  ASSERT_EQ(r.results.size(), 3u);
  EXPECT_THAT(r.results[1].plugins_run.archivers, IsEmpty());
  EXPECT_THAT(r.results[2].plugins_run.archivers, ElementsAre("memory"));
}

TEST(DestArchivers, OneThatFailsIsAnErrorOfItsOwn) {
  class Broken final : public ArchiverPlugin {
    ArchiverResponse archive(Payload&, Request&) override {
      throw std::runtime_error("the disk is full");
    }
  };
  Archived a;
  a.stoq.add_plugin("broken", std::make_shared<Broken>());
  const StoqResponse r = a.stoq.scan("x");
  EXPECT_EQ(contents_of(*a.archiver), "x|");
  EXPECT_THAT(r.results[0].plugins_run.archivers, ElementsAre("memory", "broken"));
  ASSERT_EQ(errors_of(r, "broken").size(), 1u);
  EXPECT_EQ(errors_of(r, "broken")[0],
            "archiver:failed to archive: broken ; std::runtime_error: the disk is full ; payload " +
                r.results[0].payload_id);
}

TEST(DestArchivers, ARootThatIsTooLargeIsNotArchivedAndSaysSo) {
  StoqOptions o = quiet({{"max_payload_size", "8"}});
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.dest_archivers = {"echo_archiver"};
  Stoq s(std::move(o));
  const StoqResponse r = s.scan("more than eight bytes");
  EXPECT_THAT(r.results[0].plugins_run.archivers, IsEmpty());
  ASSERT_EQ(errors_of(r, "stoq").size(), 1u);
  EXPECT_EQ(errors_of(r, "stoq")[0],
            "the payload has 21 bytes, more than max_payload_size = 8 allows; it was hashed, "
            "neither scanned nor archived ; payload " +
                r.results[0].payload_id);
}

// An archiver that only fetches is not offered what is scanned.
TEST(DestArchivers, AnObjectMaySayThatItOnlyFetches) {
  const auto archiver = std::make_shared<MemoryArchiver>();
  Stoq s(quiet());
  s.add_plugin("memory", archiver, {.archives = false});
  EXPECT_THAT(s.scan("x").results[0].plugins_run.archivers, IsEmpty());
}

struct Tasks : testing::Test {
  // What a run makes of these tasks: outcomes by token, and the contents that were scanned.
  void run(const std::vector<Json>& tasks, std::map<std::string, std::string> core = {}) {
    core["threads"] = "1";
    StoqOptions o = quiet(std::move(core));
    sink = std::make_shared<QuietSink>();
    o.log_sink = sink;
    Stoq s(std::move(o));
    const auto archiver = std::make_shared<MemoryArchiver>();
    archiver->kept = {{"a", "first"}, {"b", "second"}, {"nothing", "nothing"}};
    s.add_plugin("memory", archiver, {.archives = false});
    s.add_plugin("other", archiver, {.archives = false});
    const auto provider = std::make_shared<echo::ProviderObject>([&](Queue& queue) {
      uint64_t token = 0;
      for (const Json& task : tasks) queue.put_task(task, ++token);
    });
    s.add_plugin("source", provider);
    const auto connector = std::make_shared<echo::ConnectorObject>();
    s.add_plugin("sink", connector);
    add_worker(s, "text",
               [](Payload& p, Request&) { return WorkerResponse{.results = Json(text(p))}; });
    summary = s.run({.add_start_dispatch = {"text"}});
    outcomes = provider->outcomes;
    saved = connector->saved;
  }
  RunSummary summary;
  std::string outcomes, saved;
  std::shared_ptr<QuietSink> sink;
};

TEST_F(Tasks, AreFetchedAndScanned) {
  run({Json{{"memory", Json{{"key", "a"}}}}});
  EXPECT_EQ(outcomes, "1 0 \n");
  EXPECT_NE(saved.find(R"({"text": "first"})"), std::string::npos) << saved;
  EXPECT_NE(saved.find(R"("extra_data": {"key": "a"})"), std::string::npos) << saved;
}

TEST_F(Tasks, MayNameSeveralArchiversForSeveralPayloads) {
  run({Json{{"memory", Json{{"key", "a"}}}, {"other", Json{{"key", "b"}}}}});
  EXPECT_EQ(outcomes, "1 0 \n");
  EXPECT_EQ(summary.done, 1u);
  EXPECT_NE(saved.find(R"({"text": "first"})"), std::string::npos) << saved;
  EXPECT_NE(saved.find(R"({"text": "second"})"), std::string::npos) << saved;
}

TEST_F(Tasks, ThatCannotBeCarriedOutHaveFailed) {
  run({Json{{"memory", Json{{"key", "z"}}}}, Json{{"nobody", Json{{"key", "a"}}}},
       Json{{"memory", Json{{"key", "nothing"}}}}, Json{{"memory", Json{{"key", "b"}}}}});
  EXPECT_EQ(outcomes,
            "1 1 archiver 'memory' cannot get it: std::runtime_error: there is no such key\n"
            "2 1 archiver 'nobody' is not among the source archivers; name it with "
            "source_archivers, or -S\n"
            "3 1 archiver 'memory' gave no payload\n"
            "4 0 \n");
  EXPECT_EQ(summary.done, 1u);
  EXPECT_EQ(summary.failed, 3u);
  EXPECT_THAT(sink->lines,
              testing::Contains("ERROR stoq: the task {\"memory\": {\"key\": \"z\"}} from source "
                                "failed: archiver 'memory' cannot get it: std::runtime_error: "
                                "there is no such key"));
}

// What could be fetched is scanned and saved; the item has failed all the same.
TEST_F(Tasks, OneArchiverOfTwoThatFailsFailsTheItem) {
  run({Json{{"memory", Json{{"key", "z"}}}, {"other", Json{{"key", "b"}}}}});
  EXPECT_EQ(outcomes,
            "1 1 archiver 'memory' cannot get it: std::runtime_error: there is no such key\n");
  EXPECT_NE(saved.find(R"({"text": "second"})"), std::string::npos) << saved;
}

TEST_F(Tasks, ThatGiveTooLongAPayloadHaveFailed) {
  run({Json{{"memory", Json{{"key", "b"}}}}, Json{{"memory", Json{{"key", "a"}}}}},
      {{"max_payload_size", "5"}});
  EXPECT_EQ(outcomes,
            "1 1 archiver 'memory' cannot get it: the payload has 6 bytes, more than "
            "max_payload_size = 5 allows\n"
            "2 0 \n");
  EXPECT_EQ(saved.find(R"({"text": "second"})"), std::string::npos) << saved;
}

TEST_F(Tasks, ThatAreTooLongAreRefused) {
  run({Json{{"memory", Json{{"key", std::string(2000, 'k')}}}}}, {{"max_result_size", "1024"}});
  EXPECT_EQ(outcomes.substr(0, 57), "1 1 the task is not taken: more than 1024 bytes of JSON a");
}

TEST_F(Tasks, ThatAreNoObjectsAreRefused) {
  run({Json(1), Json::object()});
  EXPECT_EQ(outcomes,
            "1 1 the task is no object of the form {archiver: results of its archive}\n"
            "2 1 the task is no object of the form {archiver: results of its archive}\n");
}

}  // namespace
}  // namespace stoq::test
