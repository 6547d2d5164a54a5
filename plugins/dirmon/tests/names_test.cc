// SPDX-License-Identifier: Apache-2.0
#include "names.h"

#include <gtest/gtest.h>

namespace stoq::plugins::dirmon {
namespace {

TEST(DirmonNames, LiesInFollowsWhatIsThere) {
  EXPECT_TRUE(lies_in("/none/a", "/none/a", false));
  EXPECT_FALSE(lies_in("/none/a/b", "/none/a", false));
  EXPECT_TRUE(lies_in("/none/a/b", "/none/a", true));
  EXPECT_FALSE(lies_in("/none/ab", "/none/a", true));
  EXPECT_FALSE(lies_in("/none", "/none/a", true));
  EXPECT_TRUE(lies_in("/none", "/", true));
  EXPECT_TRUE(lies_in("/proc/self/root/none", "/none", false));
}

TEST(DirmonNames, PatternsMatchWholeNames) {
  const Patterns patterns({"*.tmp", ".*", "a?c", "x*y*z", "plain"});
  for (const char* name :
       {"a.tmp", ".tmp", ".hidden", "abc", "xyz", "x1y2y3z", "plain", "x.tmp.tmp"})
    EXPECT_TRUE(patterns.match(name)) << name;
  for (const char* name : {"a.tmpx", "tmp", "ac", "abbc", "xyzz1", "xzy", "plain1", "", "aplain"})
    EXPECT_FALSE(patterns.match(name)) << name;
  EXPECT_FALSE(Patterns().match("a"));
  EXPECT_TRUE(Patterns({"*"}).match("caf\xe9"));
  EXPECT_FALSE(Patterns({""}).match("a"));
}

TEST(DirmonNames, ManyStarsTakeNoLonger) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(Patterns({pattern + "b"}).match(std::string(255, 'a')));
}

}  // namespace
}  // namespace stoq::plugins::dirmon
