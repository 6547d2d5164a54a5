// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>

#include "watched.h"

namespace stoq::plugins::dirmon {
namespace {

using DirmonStorm = Watched;

TEST_F(DirmonStorm, ThousandsOfFilesAreTakenOnceEach) {
  start({"recursive=true", "ignore=*.tmp"});
  constexpr int kThreads = 4, kFiles = 1'000;
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < kThreads; ++t)
      writers.emplace_back([&, t] {
        for (int i = 0; i < kFiles; ++i) {
          const std::string name =
              std::to_string(i % 20) + "/" + std::to_string(t) + "-" + std::to_string(i);
          const bool renamed = i % 3 == 0;
          dir.file(name + (renamed ? ".tmp" : ""), name);
          if (renamed) rename(name + ".tmp", name);
        }
      });
  }
  EXPECT_TRUE(engine->wait_items(kThreads * kFiles));
  all();
  const Lines items = engine->contents();
  const std::set<std::string> unique(items.begin(), items.end());
  EXPECT_EQ(items.size(), kThreads * kFiles + 1U);
  EXPECT_EQ(unique.size(), items.size());
  start({"recursive=true", "ignore=*.tmp"});
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonStorm, FromTheFirstMomentOnNothingIsMissed) {
  for (int i = 0; i < 2'000; ++i) dir.file("old" + std::to_string(i), "");
  const std::string then = spare.file("then");
  std::atomic<bool> watching = false;
  int made = 0;
  {
    const std::jthread writer([&] {
      // The mtime tells nothing.
      const auto time = std::filesystem::last_write_time(then);
      for (int after = 0; after < 100; after += watching) {
        const std::string path = spare.file("new", std::to_string(made));
        std::filesystem::last_write_time(path, time);
        std::filesystem::rename(path, dir / ("new" + std::to_string(made)));
        ++made;
      }
    });
    start();
    watching = true;
  }
  Lines taken = all();
  ASSERT_GE(taken.size(), 100U);
  // There is one moment: before it all were noted, and after it all are taken.
  std::set<int> numbers;
  for (const std::string& line : taken) {
    ASSERT_TRUE(line.starts_with("new")) << line;
    numbers.insert(std::stoi(line.substr(3)));
  }
  EXPECT_EQ(numbers.size(), taken.size());
  EXPECT_EQ(*numbers.rbegin() - *numbers.begin() + 1, static_cast<int>(numbers.size()));
  EXPECT_EQ(*numbers.rbegin(), made - 1);
}

TEST_F(DirmonStorm, AnOverflowLosesNothing) {
  int queue = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue;
  if (queue > 100'000) GTEST_SKIP() << "the queue of events is too long to be filled here";
  start({"recursive=true"});
  dir.file("a");
  dir.file("b");
  engine->block(true);
  dir.file("blocks");
  ASSERT_TRUE(engine->wait_blocked());
  // While the engine takes nothing, each of these is an event.
  for (int i = 0; i < queue; ++i) close(open((dir / (i % 2 ? "a" : "b")).c_str(), O_WRONLY));
  dir.file("lost", "1");
  dir.file("new/sub/lost", "2");
  std::filesystem::rename(dir.file("lost.tmp", "3"), dir / "lost too");
  engine->block(false);
  ASSERT_TRUE(engine->wait_log(
      "more happened in " + dir.path() +
      " than the kernel's queue of events holds (the sysctl fs.inotify.max_queued_events); looking "
      "at all files to miss none"));
  wait_put({"lost too=3", "lost=1", "new/sub/lost=2"});
  // The new directories are watched now.
  dir.file("new/sub/more", "4");
  wait_put({"new/sub/more=4"});
  Lines lines = all();
  std::erase_if(lines, [](const std::string& line) {
    return !line.starts_with("lost") && !line.starts_with("new");
  });
  EXPECT_EQ(lines, (Lines{"lost too=3", "lost=1", "new/sub/lost=2", "new/sub/more=4"}));
  start({"recursive=true"});
  EXPECT_EQ(all(), Lines{});
}

}  // namespace
}  // namespace stoq::plugins::dirmon
