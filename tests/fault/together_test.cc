// SPDX-License-Identifier: Apache-2.0
//
// Small payloads that share their trips to a host: what one of them does to it is told at that one,
// and costs no other anything.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "fault/hostile_kit.h"
#include "plugins/echo.h"
#include "support/leftovers.h"
#include "support/same_response.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

// Hostile, as a worker that extracts nothing: only those share trips.
void copy_hostile(const TemporaryDirectory& dir) {
  const std::filesystem::path from = std::string(STOQ_TEST_PLUGINS) + "/hostile";
  std::ifstream manifest(from / "hostile.stoq");
  std::string text(std::istreambuf_iterator<char>(manifest), {});
  const std::string section = "[engine]\n";
  text.insert(text.find(section) + section.size(), "extracts = no\n");
  dir.file("hostile/hostile.stoq", text);
  std::filesystem::copy_file(from / "hostile.so", dir / "hostile/hostile.so");
}

std::string archive_of(const std::vector<std::string>& contents) {
  std::string archive;
  for (const std::string& content : contents) {
    const std::string one = tar_of(content);
    archive += one.substr(0, one.size() - 1024);
  }
  return archive + std::string(1024, '\0');
}

StoqOptions options(const TemporaryDirectory& plugins, const std::string& armed) {
  StoqOptions o = quiet({{"threads", "1"}});
  o.plugin_dir_list = {plugins.path(), STOQ_PLUGINS};
  o.always_dispatch = {"hash", "hostile", "mimetype", "decompress"};
  o.plugin_opts["hostile"] = {{"armed", armed}, {"deadline", "1500ms"}};
  return o;
}

// What was said of each payload, by its place.
struct Said {
  std::map<std::string, std::string> results;  // of its workers
  Names errors;
  bool operator==(const Said&) const = default;
};
std::vector<Said> said_of(StoqResponse r) {
  std::vector<Said> all;
  for (const PayloadResults& payload : r.results) {
    Said& said = all.emplace_back();
    for (const auto& [name, result] : payload.workers.at(0)) said.results[name] = result.text();
    const std::string tail = " ; payload " + payload.payload_id;
    for (const auto& [name, texts] : r.errors)
      for (const std::string& text : texts)
        if (text.ends_with(tail)) said.errors.push_back(text.substr(0, text.size() - tail.size()));
  }
  return all;
}

// Nobody is called any more, and each says so.
TEST(Together, TheTimeOfTheRequestIsOver) {
  const Leftovers leftovers;
  const TemporaryDirectory plugins;
  copy_hostile(plugins);
  std::vector<std::string> contents = {"payload", "hostile spin"};
  for (int i = 0; i < 10; ++i) contents.push_back("payload " + std::to_string(i));
  StoqOptions o = options(plugins, "yes");
  o.core["request_deadline"] = OptionText("2500ms");
  o.plugin_opts["hostile"]["deadline"] = OptionText("60s");
  Stoq s(std::move(o));
  const std::vector<Said> said = said_of(s.scan(archive_of(contents)));
  ASSERT_EQ(said.size(), contents.size() + 1);
  // Which of them were on their way together is by chance.
  const std::string head = "worker:failed to scan: hostile ; deadline: ";
  const auto told = [](const Said& payload, const std::string& what) {
    return std::count(payload.errors.begin(), payload.errors.end(), what);
  };
  EXPECT_EQ(told(said[2], head + "it was killed when the time of the request was over; what it had "
                                 "given stands"),
            1);
  for (size_t i = 1; i < said.size(); ++i) {
    if (i == 2 || said[i].results.count("hostile") != 0) continue;
    const auto left_out = std::find_if(said[i].errors.begin(), said[i].errors.end(), [](auto& e) {
      return e.ends_with(
          " plugins were not run: the request has taken its request_deadline of 2.5 s");
    });
    EXPECT_TRUE(told(said[i], head + "it was not called: the time of the request was over") == 1 ||
                left_out != said[i].errors.end())
        << contents[i - 1];
  }
}

TEST(Together, WhatAPayloadDoesToItsHostIsItsOwn) {
  const Leftovers leftovers;
  const TemporaryDirectory plugins;
  copy_hostile(plugins);
  const std::string stage = "worker:failed to scan: hostile ; ",
                    stands = "; what it had given stands";
  const auto kept = [&](const std::string& what) {
    return stage + "leftovers: its host process was replaced, for it had kept " + what +
           " after the call";
  };
  const std::map<size_t, std::pair<std::string, std::string>> deeds = {
      {4, {"segfault", stage + "crash: its host process ended by signal 11 (SIGSEGV)" + stands}},
      {5, {"abort", stage + "crash: its host process ended by signal 6 (SIGABRT)" + stands}},
      {18, {"threads_left", kept("4 threads")}},
      {23, {"spin", stage + "deadline: it did not answer within 1.5 s and was killed" + stands}},
      {30, {"descriptors_left", kept("4 descriptors")}},
      {33, {"fill_tmp", ""}},  // which costs it, and nobody, something
      {39, {"exit", stage + "crash: its host process ended by exit status 0" + stands}}};
  std::vector<std::string> contents;
  for (size_t i = 0; i < 40; ++i) {
    const auto deed = deeds.find(i);
    contents.push_back((deed == deeds.end() ? "payload" : "hostile " + deed->second.first) + " " +
                       std::to_string(i));
  }
  const std::string archive = archive_of(contents);
  const auto scan = [&](const std::string& armed) {
    Stoq s(options(plugins, armed));
    return said_of(s.scan(archive));
  };
  const std::vector<Said> honest = scan("no"), hostile = scan("yes");
  ASSERT_EQ(honest.size(), contents.size() + 1);
  ASSERT_EQ(hostile.size(), honest.size());
  EXPECT_EQ(hostile[0], honest[0]);
  for (size_t i = 0; i < contents.size(); ++i) {
    const Said &expected = honest[i + 1], &got = hostile[i + 1];
    EXPECT_EQ(expected.results.size(), 3u) << i;
    EXPECT_TRUE(expected.errors.empty()) << i;
    const auto deed = deeds.find(i);
    if (deed == deeds.end()) {
      EXPECT_EQ(got, expected) << contents[i];
      continue;
    }
    for (const char* worker : {"hash", "mimetype"})
      EXPECT_EQ(got.results.at(worker), expected.results.at(worker)) << contents[i];
    if (!deed->second.second.empty()) {
      ASSERT_FALSE(got.errors.empty()) << contents[i];
      EXPECT_EQ(got.errors[0], deed->second.second);
    }
  }
}

// A worker that nobody has to name shares the trip of the dispatchers that live where it does.
StoqOptions both(const std::string& isolation, std::map<std::string, std::string> core = {}) {
  core["threads"] = "1";
  StoqOptions o = quiet(std::move(core));
  o.plugin_dir_list = {STOQ_TEST_PLUGINS, STOQ_PLUGINS};
  o.dispatchers = {"echo_both"};
  o.always_dispatch = {"hash", "echo_both", "decompress"};
  o.plugin_opts["echo_both"]["isolation"] = isolation;
  return o;
}
StoqResponse of_both(const std::string& isolation, const std::string& archive,
                     std::map<std::string, std::string> core = {}) {
  Stoq s(both(isolation, std::move(core)));
  return s.scan(archive);
}

TEST(Together, AWorkerSeesWhatItsDispatchersGaveAndTheySeeNothingOfIt) {
  const Leftovers leftovers;
  std::vector<std::string> contents;
  for (int i = 0; i < 20; ++i) contents.push_back("payload " + std::to_string(i));
  // A host each, but for what shares a trip.
  const StoqResponse r = of_both("process", archive_of(contents), {{"host_calls", "1"}});
  ASSERT_EQ(r.results.size(), contents.size() + 1);
  EXPECT_EQ(comparable(r), comparable(of_both("none", archive_of(contents))));
  for (const PayloadResults& payload : r.results) {
    const std::string both = payload.workers.at(0)["echo_both"].text(),
                      hash = payload.workers.at(0)["hash"].text();
    EXPECT_EQ(sdk::JsonView(both)["dispatched_here"].text(), "1");
    const sdk::JsonView worker = sdk::JsonView(both)["told"];
    const sdk::JsonView dispatcher = worker["dispatch_meta"]["echo_both"]["echo_second"];
    EXPECT_EQ(dispatcher["plugins_run"].text(), "[[]]");
    EXPECT_EQ(dispatcher["results"].text(), "[{}]");
    EXPECT_EQ(worker["dispatch_meta"]["echo_both"]["nobody"]["the"].text(), R"("last")");
    EXPECT_EQ(worker["plugins_run"].text(), R"([["hash", "echo_both"]])");
    EXPECT_EQ(*worker["results"][0]["hash"]["md5"].as_string(),
              *sdk::JsonView(hash)["md5"].as_string());
  }
}

TEST(Together, WhenOneOfTheTwoDiesTheOtherIsCalled) {
  const Leftovers leftovers;
  std::vector<std::string> contents;
  for (int i = 0; i < 20; ++i) contents.push_back("payload " + std::to_string(i));
  contents[7] = "dies dispatching", contents[8] = "dies scanning";
  const std::string crash =
      "crash: its host process ended by signal 6 (SIGABRT); what it had given stands";
  const StoqResponse r = of_both("process", archive_of(contents));
  ASSERT_EQ(r.results.size(), contents.size() + 1);
  const std::vector<Said> said = said_of(r);
  for (size_t i = 1; i < said.size(); ++i) {
    const std::string& content = contents[i - 1];
    const bool died = content == "dies dispatching";
    const sdk::JsonView worker = sdk::JsonView(said[i].results.at("echo_both"))["told"];
    const sdk::JsonView metas = worker["dispatch_meta"]["echo_both"];
    EXPECT_EQ(*metas["echo_second"]["sum"].as_string(), echo::sum(content));
    EXPECT_EQ(static_cast<bool>(metas["nobody"]), !died) << content;
    EXPECT_EQ(said[i].results.count("hash"), 1u) << content;
    EXPECT_EQ(said[i].results.count("echo_second"), 1u) << content;
    const std::string stage = died ? "dispatcher:failed to dispatch: echo_both ; "
                                   : "worker:failed to scan: echo_both ; ";
    EXPECT_EQ(std::count(said[i].errors.begin(), said[i].errors.end(), stage + crash),
              content.starts_with("dies") ? 1 : 0)
        << content;
  }
}

TEST(Together, OneThatDiedTooOftenIsCalledNoMore) {
  const Leftovers leftovers;
  Stoq s(both("process", {{"quarantine_deaths", "1"}}));
  const std::string archive = archive_of({"payload", "dies dispatching", "the last"});
  const std::string kept =
      ": echo_both ; quarantine: it was not called, for it died 1 times on this payload, and is "
      "kept from it for quarantine_time = 3600.0 s";
  for (const bool again : {false, true}) {
    SCOPED_TRACE(again);
    const StoqResponse r = s.scan(archive);
    const std::vector<Said> said = said_of(r);
    ASSERT_EQ(said.size(), 4u);
    EXPECT_EQ(said[2].results.count("echo_both"), 0u);
    ASSERT_EQ(said[2].errors.size(), 2u) << r.dumps();
    if (again) {
      EXPECT_EQ(said[2].errors[0], "dispatcher:failed to dispatch" + kept);
    }
    EXPECT_EQ(said[2].errors[1], "worker:failed to scan" + kept);
    for (const size_t other : {1, 3}) EXPECT_EQ(said[other].results.count("echo_both"), 1u);
  }
}

}  // namespace
}  // namespace stoq::test
