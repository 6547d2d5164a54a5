// SPDX-License-Identifier: Apache-2.0
//
// Providers and connectors through the three adapters, and what happens when several calls are open
// in one host.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "support/adapters.h"
#include "support/direct.h"
#include "support/eventually.h"
#include "support/leftovers.h"

namespace stoq::test {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder()
      : path_(fs::temp_directory_path() /
              ("stoq-adapters-" + std::to_string(getpid()) + "-" + std::to_string(++count_))) {
    fs::create_directory(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ / name; }
  std::string path() const { return path_; }

 private:
  static inline int count_ = 0;
  fs::path path_;
};

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

StoqOptions packaged(Adapter adapter, const Names& plugins) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  for (const std::string& name : plugins)
    o.plugin_opts[name]["isolation"] = adapter == Adapter::native ? "none" : "process";
  return o;
}

TEST(AdaptersRun, ProviderAndConnectorSayTheSame) {
  const auto run = [](Adapter adapter) {
    const Folder folder;
    std::ofstream(folder / "file") << "root";
    std::vector<std::string> saved, outcomes;
    if (adapter == Adapter::object) {
      Stoq s(quiet({{"threads", "1"}}));
      auto connector = std::make_shared<echo::ConnectorObject>();
      auto provider = std::make_shared<echo::ProviderObject>([&](Queue& queue) {
        queue.put(Payload("root", PayloadMeta{.extra_data = Json{{"filename", "a payload"}}}), 1,
                  RequestMeta{.source = "test"});
        queue.put_file(open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC),
                       {.extra_data = Json{{"filename", "a file"}}}, 2);
        queue.put_task(Json{{"echo_archiver", Json{{"size", 1}}}}, 3);
      });
      s.add_plugin("echo_connector", connector);
      s.add_plugin("echo_provider", provider);
      const RunSummary summary = s.run();
      EXPECT_EQ(summary.done, 2u);
      EXPECT_EQ(summary.failed, 1u);
      saved = sorted_lines(connector->saved);
      outcomes = sorted_lines(provider->outcomes + "destroyed\n");
    } else {
      StoqOptions o = packaged(adapter, {"echo_provider", "echo_connector"});
      o.threads = 1;
      o.providers = {"echo_provider"};
      o.connectors = {"echo_connector"};
      o.plugin_opts["echo_connector"]["path"] = folder / "saved";
      o.plugin_opts["echo_provider"]["outcomes"] = folder / "outcomes";
      o.plugin_opts["echo_provider"]["folder"] = folder.path();
      o.plugin_opts["echo_provider"]["items"] = "payload,file,task";
      {
        Stoq s(std::move(o));
        const RunSummary summary = s.run();
        EXPECT_EQ(summary.done, 2u);
        EXPECT_EQ(summary.failed, 1u);
      }
      // All that was told has arrived when the engine is gone, and the plugin was destroyed in
      // peace.
      saved = sorted_lines(contents(folder / "saved"));
      outcomes = sorted_lines(contents(folder / "outcomes"));
    }
    EXPECT_EQ(outcomes,
              (std::vector<std::string>{
                  "1 0 ", "2 0 ",
                  "3 1 archiver 'echo_archiver' is not among the source archivers; name it with "
                  "source_archivers, or -S",
                  "destroyed"}));
    for (std::string& line : saved) line = comparable(line);
    std::sort(saved.begin(), saved.end());
    EXPECT_EQ(saved.size(), 2u);
    return saved;
  };
  const std::vector<std::string> native = run(Adapter::native);
  EXPECT_NE(native.at(0).find("\"filename\": \"a file\""), std::string::npos);
  EXPECT_NE(native.at(1).find("\"source\": \"test\""), std::string::npos);
  EXPECT_EQ(native, run(Adapter::host));
  EXPECT_EQ(native, run(Adapter::object));
}

TEST(AdaptersRun, AResponseOfFiftyMebibytesReachesAConnectorInAHost) {
  const Folder folder;
  Direct direct;
  const auto connector = direct.host("echo_connector", {{"path", {folder / "saved", "test"}}});
  StoqResponse response;
  Input input;
  const std::string text = "{\"long\": \"" + std::string(50 << 20, 'r') + "\"}";
  input.response = &response;
  input.response_text = text;
  RecordingReply reply;
  connector->call(Op::save, input, reply);
  EXPECT_EQ(reply.given, std::vector<std::string>{});
  EXPECT_TRUE(contents(folder / "saved") == text + "\n");
}

TEST(AdaptersRun, APayloadFromAProviderInAHostMayBeAsLongAsAnyOther) {
  const auto run = [](Adapter adapter) {
    const Folder folder;
    StoqOptions o = packaged(adapter, {"echo_provider"});
    o.providers = {"echo_provider"};
    o.plugin_opts["echo_provider"]["items"] = "big 1,big 100";
    auto connector = std::make_shared<echo::ConnectorObject>();
    Stoq s(std::move(o));
    s.add_plugin("connector", connector);
    EXPECT_EQ(s.run().done, 2u);
    std::vector<std::string> saved = sorted_lines(connector->saved);
    for (std::string& line : saved) line = comparable(line);
    std::sort(saved.begin(), saved.end());
    return saved;
  };
  const std::vector<std::string> native = run(Adapter::native);
  ASSERT_EQ(native.size(), 2u);
  EXPECT_NE(native[1].find("\"size\": 104857600"), std::string::npos);
  EXPECT_EQ(native, run(Adapter::host));
}

TEST(AdaptersRun, OutcomesComeInAnyOrderAndWhileIngestRuns) {
  const Folder folder;
  Direct direct;
  const auto provider = direct.host(
      "echo_provider", {{"items", {"wait", "test"}}, {"outcomes", {folder / "outcomes", "test"}}});
  struct Waiting final : RecordingReply {
    bool cancelled() override { return stop; }
    bool put_payload(Bytes, std::string_view, std::string_view, uint64_t) override { return !stop; }
    std::atomic<bool> stop = false;
  } reply;
  std::jthread ingest([&] {
    Input input;
    provider->call(Op::ingest, input, reply);
  });
  ASSERT_TRUE(eventually([&] { return contents(folder / "outcomes") == "waiting\n"; }));
  provider->outcome(7, Outcome::retry, "later");
  provider->outcome(3, Outcome::failed, "no room");
  provider->outcome(5, Outcome::done, "");
  EXPECT_TRUE(eventually([&] {
    return contents(folder / "outcomes") == "waiting\n7 2 later\n3 1 no room\n5 0 \n";
  })) << contents(folder / "outcomes");
  reply.stop = true;  // nothing is put: the word must reach it all the same
  ingest.join();
  EXPECT_TRUE(contents(folder / "outcomes").ends_with("cancelled\n"));
  EXPECT_EQ(reply.given, std::vector<std::string>{});
}

TEST(AdaptersRun, SeveralCallsAreOpenInOneHost) {
  const Folder folder;
  Direct direct;
  const auto all = direct.host("echo_all", {{"items", {"wait", "test"}},
                                            {"outcomes", {folder / "outcomes", "test"}},
                                            {"path", {folder / "saved", "test"}}});
  struct Waiting final : RecordingReply {
    bool cancelled() override { return stop; }
    std::atomic<bool> stop = false;
  } ingesting;
  std::jthread ingest([&] {
    Input input;
    all->call(Op::ingest, input, ingesting);
  });
  ASSERT_TRUE(eventually([&] { return contents(folder / "outcomes") == "waiting\n"; }));

  // Workers and connectors meanwhile: each sees its own content and response, whatever the others
  // bring.
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        Payload payload(std::string(100'000, static_cast<char>('a' + t)) + std::to_string(i));
        Request request;
        Input input{.payload = &payload, .request = &request};
        RecordingReply reply(&payload, &request);
        all->call(Op::scan, input, reply);
        const std::string content(reinterpret_cast<const char*>(payload.content().data()),
                                  payload.content().size());
        if (reply.given.size() != 1 ||
            reply.given[0].find("\"sum\": \"" + echo::sum(content) + "\"") == std::string::npos)
          ++wrong;

        const std::string text =
            "{\"thread\": " + std::to_string(t) + ", \"i\": " + std::to_string(i) + "}";
        StoqResponse response;
        Input saving;
        saving.response = &response;
        saving.response_text = text;
        RecordingReply saved;
        all->call(Op::save, saving, saved);
        if (!saved.given.empty()) ++wrong;
      }
    });
  threads.clear();
  EXPECT_EQ(wrong, 0);
  const std::vector<std::string> lines = sorted_lines(contents(folder / "saved"));
  EXPECT_EQ(lines.size(), 400u);
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end());
  ingesting.stop = true;
  ingest.join();
  EXPECT_TRUE(contents(folder / "outcomes").ends_with("cancelled\n"));
}

TEST(AdaptersRun, StopReachesAProviderThatWaitsForRoom) {
  for (const Adapter adapter : {Adapter::native, Adapter::host}) {
    const Leftovers leftovers;
    const Folder folder;
    StoqOptions o = packaged(adapter, {"echo_provider"});
    o.threads = 1;
    o.core["max_queue"] = "2";
    o.providers = {"echo_provider"};
    o.plugin_opts["echo_provider"]["items"] = "until_stopped";
    o.plugin_opts["echo_provider"]["outcomes"] = folder / "outcomes";
    std::atomic<bool> open = false;
    {
      Stoq s(std::move(o));
      // A connector that takes nothing until it may: the queue fills behind it.
      struct Gate final : ConnectorPlugin {
        explicit Gate(std::atomic<bool>& g) : gate(g) {}
        void save(const StoqResponse&) override {
          ++saves;
          gate.wait(false);
        }
        std::atomic<bool>& gate;
        std::atomic<int> saves = 0;
      };
      auto gate = std::make_shared<Gate>(open);
      s.add_plugin("gate", gate);
      RunSummary summary;
      std::jthread run([&] { summary = s.run(); });
      ASSERT_TRUE(eventually([&] { return gate->saves > 0; }));
      std::this_thread::sleep_for(std::chrono::milliseconds(
          200));  // time to fill the queue; more or less of it proves the same
      s.stop();
      ASSERT_TRUE(eventually([&] {
        return contents(folder / "outcomes").starts_with("stopped at ");
      })) << contents(folder / "outcomes");
      open = true;
      open.notify_all();
      run.join();
      EXPECT_EQ(summary.failed, 0u);
      EXPECT_GT(summary.done, 0u);
      // What was refused is not among the outcomes; everything before it is.
      const uint64_t refused = std::stoull(contents(folder / "outcomes").substr(11));
      EXPECT_EQ(summary.done, refused - 1);
      EXPECT_TRUE(eventually(
          [&] { return sorted_lines(contents(folder / "outcomes")).size() == refused; }));
    }
  }
}

// Its socket fills up with what it is told, and nobody waits for ever.
TEST(AdaptersRun, AProviderThatHearsNothingIsKilled) {
  const Leftovers leftovers;
  struct Errors final : LogSink {
    void write(const LogRecord& record) override {
      if (record.level >= LogLevel::error) lines.emplace_back(record.message);
    }
    std::vector<std::string> lines;
  };
  const auto errors = std::make_shared<Errors>();
  StoqOptions o = packaged(Adapter::host, {"deaf_provider"});
  o.log_sink = errors;
  o.providers = {"deaf_provider"};
  o.plugin_opts["deaf_provider"]["deadline"] = "500ms";
  Stoq s(std::move(o));
  try {
    s.run();
    ADD_FAILURE() << "a run whose provider was killed has ended well";
  } catch (const StoqException& e) {
    EXPECT_STREQ(e.what(),
                 "provider:deaf_provider failed: crash: its host process ended by signal 9 "
                 "(SIGKILL); what it had given stands");
  }
  EXPECT_THAT(
      errors->lines,
      testing::Contains("it has not listened for 0.5 s and is killed; what becomes of items "
                        "that it has put it is not told"));
}

// A run of a provider in a host that brings items whose outcomes are told when it has nothing more to
// do; then the engine goes. What is said of listening.
std::vector<std::string> outcomes_at_the_end(const Folder& folder, int items,
                                             const std::string& each_takes,
                                             const std::string& deadline) {
  const auto log = std::make_shared<Lines>();
  StoqOptions o = packaged(Adapter::host, {"echo_provider"});
  o.log_sink = log;
  o.providers = {"echo_provider"};
  o.plugin_opts["echo_provider"]["items"] = "many " + std::to_string(items);
  o.plugin_opts["echo_provider"]["outcome_takes"] = each_takes;
  o.plugin_opts["echo_provider"]["outcomes"] = folder / "outcomes";
  o.plugin_opts["echo_provider"]["deadline"] = deadline;
  o.core["max_queue"] = "1000";
  std::optional<Stoq> s(std::move(o));
  struct Gate final : WorkerPlugin {
    explicit Gate(std::shared_ptr<Lines> lines) : log(std::move(lines)) {}
    WorkerResponse scan(Payload&, Request&) override {
      eventually([&] { return !log->with("successfully completed").empty(); });
      return {};
    }
    std::shared_ptr<Lines> log;
  };
  s->add_plugin("gate", std::make_shared<Gate>(log));
  EXPECT_EQ(s->run({.add_start_dispatch = {"gate"}}).done, static_cast<uint64_t>(items));
  s.reset();
  return log->with("listened");
}

TEST(AdaptersRun, AProviderHearsAllOutcomes) {
  const Folder folder;
  EXPECT_EQ(outcomes_at_the_end(folder, 150, "30", "10s"), std::vector<std::string>{});
  const std::vector<std::string> told = sorted_lines(contents(folder / "outcomes"));
  EXPECT_EQ(told.size(), 151u);
  EXPECT_EQ(told.back(), "destroyed");
}

TEST(AdaptersRun, AProviderThatDoesNotHearItsLastOutcomeIsKilled) {
  const Leftovers leftovers;
  const Folder folder;
  EXPECT_EQ(outcomes_at_the_end(folder, 1, "1000000", "500ms"),
            std::vector<std::string>{"ERROR it has not listened for 0.5 s and is killed; what "
                                     "becomes of items that it has put it is not told"});
}

// While it waits for room in the queue nobody reads what it logs, and its saves go on.
TEST(AdaptersRun, AProviderThatLogsWithoutEndDoesNotKeepOthersFromItsHost) {
  const Folder folder;
  const auto log = std::make_shared<Lines>();
  StoqOptions o = packaged(Adapter::host, {"echo_all"});
  o.threads = 1;
  o.core["max_queue"] = "1";
  o.log_sink = log;
  o.providers = o.connectors = {"echo_all"};
  o.plugin_opts["echo_all"]["items"] = "chatty 5";
  o.plugin_opts["echo_all"]["deadline"] = "5s";
  o.plugin_opts["echo_all"]["path"] = folder / "saved";
  Stoq s(std::move(o));
  struct Slow final : WorkerPlugin {
    WorkerResponse scan(Payload&, Request&) override {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      return {};
    }
  };
  s.add_plugin("slow", std::make_shared<Slow>());
  const RunSummary summary = s.run({.add_start_dispatch = {"slow"}});
  EXPECT_EQ(summary.done, 5u);
  EXPECT_EQ(sorted_lines(contents(folder / "saved")).size(), 5u);
  const std::vector<std::string> said = log->with("left out");
  ASSERT_FALSE(said.empty());
  EXPECT_THAT(said[0], testing::MatchesRegex(
                           "WARNING [0-9]+ lines of its log are left out: they came while what it "
                           "has put waited for room"));
}

TEST(AdaptersRun, WhatIsNoRegularFileIsNotWaitedFor) {
  for (const Adapter adapter : {Adapter::native, Adapter::host}) {
    const Leftovers leftovers;
    const Folder folder;
    ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
    StoqOptions o = packaged(adapter, {"echo_provider"});
    o.providers = {"echo_provider"};
    o.plugin_opts["echo_provider"]["items"] = "fifo";
    o.plugin_opts["echo_provider"]["folder"] = folder.path();
    o.plugin_opts["echo_provider"]["outcomes"] = folder / "outcomes";
    {
      Stoq s(std::move(o));
      EXPECT_EQ(s.run().failed, 1u);
    }
    EXPECT_EQ(contents(folder / "outcomes"), "1 1 it is no regular file\ndestroyed\n");
  }
}

}  // namespace
}  // namespace stoq::test
