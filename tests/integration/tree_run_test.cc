// SPDX-License-Identifier: Apache-2.0
//
// Real files of this machine through `stoq run`: one result each, the same result whatever the
// number of threads, and no error that is not explained. STOQ_TREE_FILES says how many of the 2000
// (a spread of 200 by default, all of them in the soak).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "bench/tree.h"
#include "stoq/sdk/json.h"
#include "tests/support/program.h"
#include "tests/support/same_response.h"
#include "tests/support/temporary_directory.h"

namespace stoq::test {
namespace {

namespace fs = std::filesystem;

class TreeRun : public testing::Test {
 protected:
  void SetUp() override {
    const char* wanted = std::getenv("STOQ_TREE_FILES");
    const size_t count = wanted ? std::strtoul(wanted, nullptr, 10) : 200;
    const bench::Tree tree = bench::make_tree(STOQ_BENCH_CACHE);
    source_ = fs::path(STOQ_BENCH_CACHE) / ("tree-run-" + std::to_string(getpid()));
    fs::remove_all(source_);
    fs::create_directories(source_);
    const size_t step = std::max<size_t>(1, tree.files.size() / count);
    for (size_t i = 0; i < tree.files.size(); i += step) {
      fs::create_hard_link(tree.directory / tree.files[i].name, source_ / tree.files[i].name);
      ++files_;
    }
  }
  void TearDown() override { fs::remove_all(source_); }

  // File name -> its response, made comparable.
  std::map<std::string, std::string> run(const std::vector<std::string>& more) {
    const TemporaryDirectory results;
    std::vector<std::string> command = {STOQ_PROGRAM,
                                        "run",
                                        "-P",
                                        "filedir",
                                        "-C",
                                        "filedir",
                                        "-a",
                                        "hash",
                                        "mimetype",
                                        "yara",
                                        "decompress",
                                        "--plugin-opts",
                                        "filedir:source_dir=" + source_.string(),
                                        "filedir:results_dir=" + results.path()};
    command.insert(command.end(), more.begin(), more.end());
    const ProgramResult done = run_program(command, {.timeout = std::chrono::minutes(20)});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(done.err, "");
    std::map<std::string, std::string> responses;
    for (const fs::directory_entry& entry : fs::directory_iterator(results.path())) {
      const std::string text = read_all(entry.path());
      const sdk::JsonView response(text);
      const std::string name =
          response["results"][0]["payload_meta"]["extra_data"]["filename"].string_or("");
      EXPECT_TRUE(responses.try_emplace(name, comparable(text)).second)
          << name << " has two results";
    }
    return responses;
  }

  fs::path source_;
  size_t files_ = 0;
};

TEST_F(TreeRun, OneResultEachAndTheSameWithAnyNumberOfThreads) {
  const auto first = run({});
  EXPECT_EQ(first.size(), files_);
  for (const auto& [name, text] : first) {
    EXPECT_TRUE(fs::exists(source_ / name)) << name;
    const sdk::JsonView response(text);
    for (const auto& [plugin, errors] : response["errors"].members())
      for (const std::string& error : errors.strings())
        EXPECT_THAT(error, testing::AnyOf(testing::HasSubstr("damaged: "),
                                          testing::HasSubstr("unsupported: "),
                                          testing::HasSubstr("no password"),
                                          testing::HasSubstr("lie deeper than max_recursion"),
                                          testing::HasSubstr("damaged after ")))
            << plugin << " on " << name;
  }
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--threads", "1"}, {"--threads", "5"}}) {
    const auto again = run(more);
    ASSERT_EQ(again.size(), first.size());
    for (const auto& [name, text] : first) {
      ASSERT_TRUE(again.contains(name)) << name;
      EXPECT_EQ(again.at(name), text) << name << (more.empty() ? "" : " with other threads");
    }
  }
}

}  // namespace
}  // namespace stoq::test
