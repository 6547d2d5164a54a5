// SPDX-License-Identifier: Apache-2.0
//
// A plugin built in C against the frozen headers, under today's engine: in process and in a host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "support/objects.h"
#include "support/same_response.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

Names lines_of(const std::string& path) {
  std::ifstream in(path);
  Names lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What it says of a whole run, in an order that does not depend on what ran first.
Names told(const std::string& isolation) {
  const TemporaryDirectory place;
  const std::string path = place / "told", file = place / "file";
  std::ofstream(file) << "a file";
  StoqOptions o = quiet({{"threads", "1"}, {"max_recursion", "3"}});
  o.base_dir = place.path();
  o.plugin_dir_list = {STOQ_ABI_PLUGINS};
  o.plugin_opts["frozen"] = {{"path", path}, {"file", file}, {"isolation", isolation}};
  o.providers = o.connectors = o.dispatchers = o.deep_dispatchers = o.decorators =
      o.source_archivers = o.dest_archivers = {"frozen"};
  {
    Stoq s(std::move(o));
    const RunSummary summary = s.run();
    EXPECT_EQ(summary.done, 3u);
  }
  Names lines = lines_of(path);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::size_t count(const Names& lines, std::string_view part) {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const auto& line) { return line.find(part) != line.npos; }));
}

TEST(FrozenAbi, EveryRoleAndFunctionOfAPluginInCOfTheFirstVersion) {
  const Names lines = told("none");
  EXPECT_EQ(count(lines, "create frozen, folder 1, state 1, list 2 two"), 1u);
  EXPECT_EQ(count(lines, "scan root at level 0, sha256 begins 48, by '', meta "), 1u);
  EXPECT_EQ(count(lines, "scan a file at level 0"), 1u);
  EXPECT_EQ(count(lines, "scan fetched at level 0"), 1u);
  EXPECT_EQ(count(lines, "scan child at level 1, sha256 begins dd, by 'frozen', meta "), 3u);
  EXPECT_EQ(count(lines, R"(dispatched by {"frozen": {"frozen": {"why": "named"}}})"), 6u);
  for (const char* content : {"root", "a file", "fetched"})
    EXPECT_EQ(count(lines, "helper gave " + std::string(content)), 1u);
  EXPECT_EQ(count(lines, R"(deep: [{"frozen": {"first": 1}}])"), 3u);
  EXPECT_EQ(count(lines, "archive child"), 3u);
  EXPECT_EQ(count(lines, R"(get {"place": 7})"), 1u);
  EXPECT_EQ(count(lines, "save, scan_id 36 bytes: {"), 3u);
  EXPECT_EQ(count(lines, R"("decorators": {"frozen": {"decorated": true}})"), 3u);
  EXPECT_EQ(count(lines, "FrozenError: as it was told to"), 3u);
  EXPECT_EQ(count(lines, "a standing error"), 3u);
  EXPECT_EQ(count(lines, R"({"set": "request"})"), 3u);
  EXPECT_EQ(count(lines, R"({"from": "the archive"})"), 2u);  // before it was set, and when
  EXPECT_EQ(count(lines, R"(is {"should_archive": true, "extra_data": {"set": "payload"})"), 3u);
  EXPECT_EQ(count(lines, "its result was refused: unexpected 'n' at byte 1"), 3u);
  EXPECT_EQ(count(lines, "outcome of 1: 0 "), 1u);
  EXPECT_EQ(count(lines, "outcome of 2: 0 "), 1u);
  EXPECT_EQ(count(lines, "outcome of 3: 0 "), 1u);
  EXPECT_EQ(count(lines, "destroy"), 1u);
}

TEST(FrozenAbi, TheSameInAHostProcess) {
  // How often it is made is the adapter's affair: a host is asked for its description first.
  const auto plain = [](Names lines) {
    std::erase_if(lines, [](const std::string& line) {
      return line.starts_with("create ") || line == "destroy";
    });
    for (std::string& line : lines) line = comparable(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  EXPECT_EQ(plain(told("none")), plain(told("process")));
}

// A longer one is of a newer minor version; what a shorter one lacks counts as not there.
TEST(FrozenAbi, TablesOfOtherSizes) {
  for (const char* isolation : {"none", "process"}) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_ABI_PLUGINS};
    o.plugin_opts["sizes"] = {{"isolation", isolation}};
    o.always_dispatch = o.dest_archivers = {"sizes"};
    Stoq s(std::move(o));
    const StoqResponse r = s.scan("content");
    EXPECT_EQ(r.results.at(0).workers.at(0)["sizes"].text(), R"("scanned")") << isolation;
    EXPECT_EQ(r.results.at(0).archivers["sizes"].text(), R"({"kept": true})") << isolation;
    const LoadedPlugin plugin = s.load_plugin("sizes");
    EXPECT_THAT(
        [&] {
          plugin.get({.results = Json{{"kept", true}}});
        },
        testing::ThrowsMessage<StoqPluginException>(
            testing::HasSubstr("the plugin does not do this")))
        << isolation;
  }
}

}  // namespace
}  // namespace stoq::test
