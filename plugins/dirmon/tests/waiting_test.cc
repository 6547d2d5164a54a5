// SPDX-License-Identifier: Apache-2.0
#include "waiting.h"

#include <gtest/gtest.h>

namespace stoq::plugins::dirmon {
namespace {

using std::chrono::seconds;

const Clock::time_point kStart = Clock::now();

TEST(DirmonWaiting, GivesWhatIsDueInOrder) {
  Waiting waiting;
  EXPECT_FALSE(waiting.next());
  waiting.add({1, "late"}, {}, kStart + seconds(2));
  waiting.add({1, "b"}, {}, kStart);
  waiting.add({1, "a"}, {}, kStart);
  EXPECT_EQ(waiting.next(), kStart);
  EXPECT_EQ(waiting.take(kStart)->first.name, "b");
  EXPECT_EQ(waiting.take(kStart)->first.name, "a");
  EXPECT_FALSE(waiting.take(kStart + seconds(1)));
  EXPECT_EQ(waiting.take(kStart + seconds(2))->first.name, "late");
  EXPECT_EQ(waiting.size(), 0U);
}

TEST(DirmonWaiting, APlaceWaitsOnceAndByWhatIsWorthMost) {
  Waiting waiting;
  waiting.add({1, "a"}, {.origin = Look::touched}, kStart + seconds(9));
  waiting.add({1, "a"}, {.origin = Look::found}, kStart + seconds(9));
  waiting.add({1, "a"}, {.origin = Look::closed}, kStart);
  waiting.add({1, "a"}, {.origin = Look::found}, kStart + seconds(9));
  waiting.add({1, "a"}, {.origin = Look::touched}, kStart + seconds(9));
  EXPECT_EQ(waiting.size(), 1U);
  const auto due = waiting.take(kStart);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->second.origin, Look::closed);
  EXPECT_FALSE(waiting.next());
}

TEST(DirmonWaiting, RemovesOneOrAFolder) {
  Waiting waiting;
  for (const int folder : {1, 2, 3})
    for (const char* name : {"a", "b"}) waiting.add({folder, name}, {.busy = folder != 1}, kStart);
  EXPECT_EQ(waiting.busy(), 4U);
  EXPECT_TRUE(waiting.remove({2, "a"}));
  EXPECT_FALSE(waiting.remove({2, "a"}));
  waiting.remove_folder(3);
  std::string names;
  waiting.each([&](const Place& place, const Look& look) {
    EXPECT_EQ(look.busy, place.folder != 1);
    names += std::to_string(place.folder) + place.name;
  });
  EXPECT_EQ(names, "1a1b2b");
  waiting.clear();
  EXPECT_FALSE(waiting.take(kStart));
}

}  // namespace
}  // namespace stoq::plugins::dirmon
