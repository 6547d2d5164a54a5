// SPDX-License-Identifier: Apache-2.0
//
// What needs other times than those of the plugin.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "files/tests/without_rights.h"
#include "monitor.h"
#include "watched.h"

namespace stoq::plugins::dirmon {
namespace {

class DirmonTimes : public Watched {
 protected:
  void run(const Timing& timing, bool rights = true) {
    engine = std::make_unique<FakeEngine>(std::vector<std::string>{});
    engine->start([this, timing, rights] {
      if (!rights && !files::without_rights_over_others()) return;
      const sdk::Host host(engine->host());
      sdk::Call call(engine->call());
      Options options;
      options.source_dir = dir.path();
      Journal journal(host, state.path(), dir.path(), false);
      journal.open();
      Items items(host, journal, dir.path());
      Monitor(host, call, options, timing, journal, items).run();
    });
    ASSERT_TRUE(engine->wait_watching());
  }
};

TEST_F(DirmonTimes, AFileThatStaysOpenForLongIsNamed) {
  Timing timing;
  timing.busy_most = Timing::ms(10);
  timing.patience = Timing::ms(20);
  run(timing);
  std::ofstream writer(dir / "file");
  EXPECT_TRUE(
      engine->wait_log(dir / "file has been open for writing for 0 s; it is taken when it is "
                             "closed"));
  writer.close();
  EXPECT_EQ(put(1), Lines{"file="});
}

TEST_F(DirmonTimes, WhereTheKernelDoesNotTellWhoWritesACloseOrALongQuietIsWaitedFor) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, which it then gives up";
  Timing timing;
  timing.quiet = Timing::ms(200);
  run(timing, false);
  const std::string linked = spare.file("linked", "linked");
  ASSERT_EQ(chown(linked.c_str(), 1, 1), 0);
  const int writer = open((dir / "written").c_str(), O_WRONLY | O_CREAT, 0644);
  ASSERT_EQ(fchown(writer, 1, 1), 0);
  std::filesystem::create_hard_link(linked, dir / "linked");
  ASSERT_EQ(write(writer, "one", 3), 3);
  EXPECT_EQ(put(1), Lines{"linked=linked"});  // so "written" has been as quiet
  ASSERT_EQ(write(writer, "two", 3), 3);
  close(writer);
  EXPECT_EQ(put(2), (Lines{"linked=linked", "written=onetwo"}));
}

TEST_F(DirmonTimes, WhatNobodyClosesIsTakenInTheEnd) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, which it then gives up";
  Timing timing;
  timing.quiet = timing.unclosed = Timing::ms(200);
  run(timing, false);
  ASSERT_EQ(mknod((spare / "made").c_str(), S_IFREG | 0644, 0), 0);
  ASSERT_EQ(chown((spare / "made").c_str(), 1, 1), 0);
  std::filesystem::create_hard_link(spare / "made", dir / "made");
  std::filesystem::remove(spare / "made");
  EXPECT_EQ(put(1), Lines{"made="});
}

}  // namespace
}  // namespace stoq::plugins::dirmon
