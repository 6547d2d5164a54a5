// SPDX-License-Identifier: Apache-2.0
#include "ingest.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "fake_engine.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::filedir {
namespace {

using namespace stoq::test;
using files::payload_meta;

TEST(FiledirIngest, SummaryNamesTheFirstThree) {
  Unreadable unreadable;
  EXPECT_EQ(unreadable.summary(), "");
  unreadable.add("/a", "gone");
  EXPECT_EQ(unreadable.summary(), "1 file or directory could not be read: /a (gone)");
  unreadable.add("/b", "gone");
  unreadable.add("/c", "locked");
  EXPECT_EQ(unreadable.summary(),
            "3 files or directories could not be read: /a (gone), /b (gone), /c (locked)");
  unreadable.add("/d", "gone");
  unreadable.add("/e", "gone");
  EXPECT_EQ(unreadable.summary(),
            "5 files or directories could not be read: /a (gone), /b (gone), /c (locked) and 2 "
            "more, which the log names");
}

TEST(FiledirIngest, HandsOverEachFileOnce) {
  TemporaryDirectory dir;
  for (const char* name : {"b", "a", ".dot", "sub/x"}) dir.file(name);
  std::filesystem::create_symlink("nowhere", dir / "dangling");
  FakeEngine engine({"source_dir=" + dir.path() + "/"});
  Lines metas;
  std::vector<uint64_t> tokens;
  engine.put = [&](std::string meta, uint64_t token) {
    metas.push_back(std::move(meta));
    tokens.push_back(token);
    return true;
  };
  EXPECT_EQ(engine.ingest(), STOQ_OK);
  EXPECT_EQ(metas, (Lines{payload_meta(dir.path(), "a"), payload_meta(dir.path(), "b")}));
  EXPECT_EQ(engine.errors, Lines{"1 file or directory could not be read: " + dir / "dangling" +
                                 " (No such file or directory)"});
  EXPECT_EQ(
      engine.log(),
      (Lines{"there is no state directory: this run keeps no journal: should it be killed, the "
             "next one takes all files again",
             dir / "dangling could not be read: No such file or directory",
             dir / "sub is skipped: it is a directory and recursive is off",
             "2 files of " + dir.path() +
                 " were handed over, 1 names that begin with a dot were skipped (recursive = "
                 "true takes them)"}));

  engine.clear_log();
  engine.outcome(tokens[1], STOQ_OUTCOME_FAILED, "the disk is on fire");
  engine.outcome(tokens[0], STOQ_OUTCOME_DONE, "");
  EXPECT_EQ(engine.log(), Lines{dir / "b failed: the disk is on fire"});
  engine.clear_log();
  engine.destroy();
  EXPECT_EQ(engine.log(), Lines{"1 files are done, 1 failed, 0 are to be tried again"});
}

TEST(FiledirIngest, StopsWhenTheQueueIsClosedOrTheCallCancelled) {
  TemporaryDirectory dir;
  for (const char* name : {"a", "b", "c"}) dir.file(name);
  int put = 0;
  FakeEngine engine({"source_dir=" + dir.path()});
  engine.put = [&](std::string, uint64_t) { return ++put < 2; };
  EXPECT_EQ(engine.ingest(), STOQ_OK);
  EXPECT_EQ(put, 2);
  engine.cancelled = true;
  EXPECT_EQ(engine.ingest(), STOQ_OK);
  EXPECT_EQ(put, 2);
}

TEST(FiledirIngest, HoldsNoMoreThanHalfOfTheDescriptors) {
  TemporaryDirectory dir;
  for (int i = 0; i < 60; ++i) dir.file(std::to_string(i));
  FakeEngine engine({"source_dir=" + dir.path()});
  std::mutex mutex;
  std::vector<uint64_t> open;
  size_t most = 0, ended = 0;
  engine.put = [&](std::string, uint64_t token) {
    const std::lock_guard lock(mutex);
    open.push_back(token);
    most = std::max(most, open.size());
    return true;
  };
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{40, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  std::jthread scans([&] {
    while (ended < 60) {
      uint64_t token = 0;
      {
        const std::lock_guard lock(mutex);
        if (open.size() == 20 || (ended >= 40 && !open.empty())) {
          token = open.back();
          open.pop_back();
        }
      }
      if (token == 0) {
        std::this_thread::yield();
        continue;
      }
      ++ended;
      engine.outcome(token, STOQ_OUTCOME_DONE, "");
    }
  });
  EXPECT_EQ(engine.ingest(), STOQ_OK);
  scans.join();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(most, 20u);
}

TEST(FiledirIngest, SaysWhenThereIsNoSource) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"source_dir="}}) {
    FakeEngine engine(options);
    EXPECT_EQ(engine.ingest(), STOQ_FAILED);
    EXPECT_EQ(engine.raised,
              "StoqPluginException: Source directory not defined: set source_dir in the section "
              "[filedir] of stoq.cfg, or give --plugin-opts filedir:source_dir=PATH");
  }
  FakeEngine engine({"source_dir=/nonexistent"});
  EXPECT_EQ(engine.ingest(), STOQ_FAILED);
  EXPECT_EQ(engine.raised,
            "StoqPluginException: source_dir /nonexistent cannot be read: No such file or "
            "directory; point source_dir to a file or directory that can");
}

TEST(FiledirIngest, ABadDateFormatRefusesToLoad) {
  FakeEngine engine({"date_mode=true", "date_format=../%Y"});
  EXPECT_FALSE(engine.loaded());
  EXPECT_EQ(engine.raised,
            "StoqPluginException: date_format '../%Y' gives no path of directories below another "
            "one; write it like %Y/%m/%d");
  EXPECT_TRUE(FakeEngine({"date_mode=false", "date_format=../%Y"}).loaded());
}

}  // namespace
}  // namespace stoq::plugins::filedir
