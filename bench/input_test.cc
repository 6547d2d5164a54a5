// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <yara.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "bench/rules.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class BenchInput : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/stoq-bench-input-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    scratch_ = name;
    fs::create_directories(scratch_ / "empty");
  }
  void TearDown() override { fs::remove_all(scratch_); }
  Tree made(const std::string& cache) {
    return make_tree(scratch_ / cache, scratch_ / "empty", 60);
  }

  fs::path scratch_;
};

TEST_F(BenchInput, WhatTheMachineLacksIsMadeAndTheSameEachTime) {
  const Tree one = made("one"), two = made("two");
  ASSERT_EQ(one.files.size(), 60u);
  std::map<Kind, int> kinds;
  std::set<std::string> contents;
  for (size_t i = 0; i < one.files.size(); ++i) {
    ++kinds[one.files[i].kind];
    const std::string content = content_of(one.directory / one.files[i].name);
    EXPECT_EQ(content, content_of(two.directory / two.files[i].name)) << one.files[i].name;
    EXPECT_EQ(content.size(), one.files[i].size);
    contents.insert(content);
  }
  EXPECT_EQ(kinds, (std::map<Kind, int>{{Kind::elf, 12},
                                        {Kind::gz, 12},
                                        {Kind::zip, 6},
                                        {Kind::png, 9},
                                        {Kind::html, 6},
                                        {Kind::py, 15}}));
  EXPECT_EQ(contents.size(), 60u);
}

TEST_F(BenchInput, FilesOfTheMachineAreTakenEvenlyAndOnlyReal) {
  const fs::path root = scratch_ / "machine";
  fs::create_directories(root / "sub");
  for (int i = 10; i < 50; ++i)
    std::ofstream(root / "sub" / (std::to_string(i) + ".py")) << "print(" << i << ")\n";
  std::ofstream(root / "liar.png") << "no picture";
  std::ofstream(root / "empty.html");
  fs::create_symlink("sub/10.py", root / "link.py");
  const Tree tree = make_tree(scratch_ / "cache", root, 60);
  std::vector<std::string> taken;
  for (const TreeFile& file : tree.files)
    if (!file.source.empty()) taken.push_back(fs::path(file.source).filename());
  std::sort(taken.begin(), taken.end());
  ASSERT_EQ(taken.size(), 15u);
  EXPECT_EQ(taken.front(), "10.py");
  EXPECT_EQ(taken[1], "12.py");
  EXPECT_EQ(taken.back(), "47.py");
}

TEST_F(BenchInput, ACompleteTreeIsUsedAgainAndADamagedOneMadeAnew) {
  const Tree first = made("cache");
  const fs::path file = first.directory / first.files[0].name;
  const std::string content = content_of(file);
  const auto time = fs::last_write_time(file);
  made("cache");
  EXPECT_EQ(fs::last_write_time(file), time);
  fs::resize_file(file, content.size() - 1);
  made("cache");
  EXPECT_EQ(content_of(file), content);
}

TEST_F(BenchInput, LinkedTreesHaveAsManyFilesAsAsked) {
  const Tree tree = made("cache");
  for (const size_t count : {7, 60, 150}) {
    link_tree(tree, count, scratch_ / "links");
    EXPECT_EQ(std::distance(fs::directory_iterator(scratch_ / "links"), {}),
              static_cast<long>(count));
  }
}

// Members, and whether all could be read.
std::pair<int, bool> members(const std::string& content, bool compressed_file) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(reader.get());
  if (compressed_file)
    archive_read_support_format_raw(reader.get());
  else
    archive_read_support_format_zip(reader.get());
  if (archive_read_open_memory(reader.get(), content.data(), content.size()) != ARCHIVE_OK)
    return {0, false};
  archive_entry* entry = nullptr;
  int count = 0, code;
  while ((code = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    char data[4096];
    la_ssize_t n, size = 0;
    while ((n = archive_read_data(reader.get(), data, sizeof data)) > 0) size += n;
    if (n < 0 || size == 0) return {count, false};
    ++count;
  }
  return {count, code == ARCHIVE_EOF};
}

TEST_F(BenchInput, MadeArchivesCanBeRead) {
  Random random(7);
  EXPECT_EQ(members(made_file(Kind::gz, random), true), (std::pair{1, true}));
  const auto [count, whole] = members(made_file(Kind::zip, random), false);
  EXPECT_TRUE(whole);
  EXPECT_GE(count, 2);
}

TEST_F(BenchInput, RulesCompileAndSomeMatch) {
  const Tree tree = made("cache");
  const std::string text = made_rules(tree);
  EXPECT_EQ(text, made_rules(tree));
  ASSERT_EQ(yr_initialize(), ERROR_SUCCESS);
  YR_COMPILER* compiler = nullptr;
  ASSERT_EQ(yr_compiler_create(&compiler), ERROR_SUCCESS);
  ASSERT_EQ(yr_compiler_add_string(compiler, text.c_str(), nullptr), 0);
  YR_RULES* rules = nullptr;
  ASSERT_EQ(yr_compiler_get_rules(compiler, &rules), ERROR_SUCCESS);
  EXPECT_EQ(rules->num_rules, kRules);
  std::set<std::string> matched;
  const auto note = [](YR_SCAN_CONTEXT*, int message, void* data, void* user) {
    if (message == CALLBACK_MSG_RULE_MATCHING)
      static_cast<std::set<std::string>*>(user)->insert(static_cast<YR_RULE*>(data)->identifier);
    return CALLBACK_CONTINUE;
  };
  for (const TreeFile& file : tree.files) {
    const std::string content = content_of(tree.directory / file.name);
    yr_rules_scan_mem(rules, reinterpret_cast<const uint8_t*>(content.data()), content.size(), 0,
                      note, &matched, 60);
  }
  EXPECT_EQ(matched.size(), kRules / 5);  // those that were taken from the tree, and no other
  yr_rules_destroy(rules);
  yr_compiler_destroy(compiler);
  yr_finalize();
}

}  // namespace
}  // namespace stoq::bench
