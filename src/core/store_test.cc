// SPDX-License-Identifier: Apache-2.0
#include "core/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

namespace stoq {
namespace {

std::string pattern(size_t size) {
  std::string text(size, 0);
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

std::string text_of(const Content& content) {
  const Bytes bytes = content.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Content write(const Store& store, const std::string& text, size_t chunk) {
  Store::Writer writer(store);
  for (size_t at = 0; at < text.size(); at += chunk)
    EXPECT_TRUE(writer.append(bytes_of(std::string_view(text).substr(at, chunk))))
        << writer.problem();
  Sha256 digest;
  Content content = writer.finish(digest);
  EXPECT_EQ(digest, sha256_of(bytes_of(text)));
  return content;
}

TEST(Store, KeepsWhatWasWrittenWhateverTheChunks) {
  const Store store({.memory = 64 << 20});
  for (const size_t size : {0, 1, 4095, 4096, 4097, 100'000, 3'000'000})
    for (const size_t chunk : {1000, 4096, 1 << 20}) {
      const std::string text = pattern(size);
      const Content content = write(store, text, chunk);
      EXPECT_EQ(content.size(), size);
      EXPECT_EQ(text_of(content), text);
      EXPECT_EQ(content.fd(), -1);
    }
  EXPECT_EQ(store.memory_in_use(), 0u);
}

TEST(Store, LargeContentsLieInAFile) {
  const Store store({.memory = 64 << 20, .spill_from = 100'000});
  const std::string text = pattern(250'000);
  const Content content = write(store, text, 10'000);
  EXPECT_GE(content.fd(), 0);
  EXPECT_EQ(text_of(content), text);
  EXPECT_EQ(store.memory_in_use(), 0u);
}

TEST(Store, BeyondTheBudgetContentsGoToDiskAndComeBackWhole) {
  const Store store({.memory = 1 << 20});
  std::vector<Content> contents;
  const std::string text = pattern(300'000);
  for (int i = 0; i < 20; ++i) contents.push_back(write(store, text, 50'000));
  EXPECT_LE(store.memory_in_use(), 1u << 20);
  size_t on_disk = 0;
  for (const Content& content : contents) {
    EXPECT_EQ(text_of(content), text);
    on_disk += content.fd() >= 0;
  }
  EXPECT_GE(on_disk, 17u);
  contents.clear();
  EXPECT_EQ(store.memory_in_use(), 0u);
}

TEST(Store, WhatIsNotFinishedLeavesNothing) {
  const Store store({.memory = 1 << 20, .spill_from = 10'000});
  {
    Store::Writer writer(store);
    writer.append(bytes_of(pattern(5'000)));
    EXPECT_GT(store.memory_in_use(), 0u);
    Store::Writer moved(std::move(writer));
  }
  EXPECT_EQ(store.memory_in_use(), 0u);
}

TEST(Store, AMissingSpillDirectoryIsToldNotFatal) {
  const Store store({.memory = 1 << 20, .spill_from = 10'000, .spill_dir = "/nonexistent/spill"});
  Store::Writer writer(store);
  EXPECT_FALSE(writer.append(bytes_of(pattern(20'000))));
  EXPECT_EQ(
      writer.problem(),
      "cannot make a spill file in /nonexistent/spill: No such file or directory (set spill_dir)");
  EXPECT_TRUE(writer.full());
}

TEST(Store, WhatCannotBeReadIsNoWantOfRoom) {
  const Store store({.memory = 1 << 20});
  Store::Writer writer(store);
  EXPECT_FALSE(writer.append_file(-1, 10));
  EXPECT_EQ(writer.problem(), "cannot read: Bad file descriptor");
  EXPECT_FALSE(writer.full());
}

TEST(Store, ContentsMayOutliveTheStore) {
  std::optional<Store> store(std::in_place, StoreSettings{.memory = 1 << 20});
  const Content content = write(*store, "still here", 3);
  store.reset();
  EXPECT_EQ(text_of(content), "still here");
}

TEST(Store, ReadsFilesThatAreShorterOrLongerThanExpected) {
  const Store store({.memory = 64 << 20, .spill_from = 1 << 20});
  const std::string path =
      std::filesystem::temp_directory_path() / ("stoq-store-test-" + std::to_string(getpid()));
  for (const size_t size : {0, 1, 5000, 300'000, 2'500'000})
    for (const size_t expected : {0, 1, 5000, 300'000, 3'000'000}) {
      const std::string text = pattern(size);
      const int out = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ASSERT_EQ(::write(out, text.data(), text.size()), static_cast<ssize_t>(text.size()));
      close(out);
      const int in = open(path.c_str(), O_RDONLY);
      Store::Writer writer(store, expected);
      ASSERT_TRUE(writer.append_file(in, 10'000'000)) << writer.problem();
      close(in);
      Sha256 digest;
      EXPECT_EQ(text_of(writer.finish(digest)), text) << size << " expected " << expected;
      EXPECT_EQ(digest, sha256_of(bytes_of(text)));
      const int again = open(path.c_str(), O_RDONLY);
      Store::Writer bounded(store, expected);
      ASSERT_TRUE(bounded.append_file(again, 4000));
      close(again);
      EXPECT_EQ(bounded.size(), std::min<size_t>(size, 4000));
    }
  unlink(path.c_str());
}

TEST(Store, ManyThreadsStayWithinTheBudget) {
  const Store store({.memory = 2 << 20});
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string text = pattern(static_cast<size_t>(10'000 + 7'000 * ((i + t) % 20)));
        EXPECT_EQ(text_of(write(store, text, 9'000)), text);
      }
    });
  threads.clear();
  EXPECT_EQ(store.memory_in_use(), 0u);
}

}  // namespace
}  // namespace stoq
