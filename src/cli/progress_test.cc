// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <gtest/gtest.h>

#include "cli/units.h"
#include "cli/visible.h"

namespace stoq::cli {
namespace {

const Progress kSome{.taken = 400, .done = 312, .failed = 2, .bytes = 1 << 20, .expected = 5000};
const Pace kPace{.items = 56.4, .bytes = 12.0 * (1 << 20)};

TEST(ProgressLine, TellsAllWhereThereIsRoom) {
  EXPECT_EQ(progress_line(kSome, kPace, 42.3, 200),
            "312 of 5000 done · 2 failed · 56/s · 1:23 left · 12 MiB/s · 0:42");
}

TEST(ProgressLine, LeavesOutWhatNobodyKnows) {
  EXPECT_EQ(progress_line({.taken = 7, .done = 7}, {.items = 3.5, .bytes = 100}, 2, 200),
            "7 done · 3.5/s · 100 B/s · 0:02");
  EXPECT_EQ(progress_line({.taken = 7, .done = 6, .retried = 1, .expected = 6}, {}, 3600, 200),
            "6 of 6 done · 1 put back · 0.0/s · 0 B/s · 1:00:00");
}

TEST(ProgressLine, FitsIntoAnyWidth) {
  EXPECT_EQ(progress_line(kSome, kPace, 42, 40), "312 of 5000 done · 2 failed · 56/s");
  EXPECT_EQ(progress_line(kSome, kPace, 42, 16), "312 of 5000 done");
  EXPECT_EQ(progress_line(kSome, kPace, 42, 10), "312 of 50…");
  for (size_t columns = 1; columns < 120; ++columns)
    EXPECT_LE(columns_of(progress_line(kSome, kPace, 42, columns)), columns);
}

TEST(Pace, IsThatOfTheLastSeconds) {
  PaceMeter meter;
  EXPECT_DOUBLE_EQ(meter.after(1, {.done = 10, .bytes = 1000}).items, 10);
  EXPECT_DOUBLE_EQ(meter.after(2, {.done = 10, .failed = 10, .bytes = 4000}).items, 10);
  for (int second = 3; second <= 20; ++second) meter.after(second, {.done = 20, .bytes = 4000});
  const Pace slow = meter.after(21, {.done = 25, .bytes = 4500});
  EXPECT_DOUBLE_EQ(slow.items, 1);
  EXPECT_DOUBLE_EQ(slow.bytes, 100);
}

TEST(Summary, CountsAndAverages) {
  EXPECT_EQ(summary_line({.done = 98, .failed = 2, .bytes = 50 << 20}, 10),
            "100 items in 0:10: 98 done, 2 failed; 10/s, 50 MiB at 5.0 MiB/s");
  EXPECT_EQ(summary_line({.done = 1, .retried = 0, .bytes = 10}, 2),
            "1 item in 0:02: 1 done, 0 failed; 0.5/s, 10 B at 5 B/s");
}

TEST(Units, OfWorkAndOfTime) {
  EXPECT_EQ(human_seconds(0.00012), "0.12 ms");
  EXPECT_EQ(human_seconds(0.0015), "1.5 ms");
  EXPECT_EQ(human_seconds(0.0151), "15 ms");
  EXPECT_EQ(human_seconds(1.52), "1.5 s");
  EXPECT_EQ(human_seconds(61), "61 s");
  EXPECT_EQ(human_seconds(-1), "0.00 ms");
  EXPECT_EQ(clock_time(59.9), "0:59");
  EXPECT_EQ(clock_time(3723), "1:02:03");
  EXPECT_EQ(clock_time(-5), "0:00");
}

}  // namespace
}  // namespace stoq::cli
