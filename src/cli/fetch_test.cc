// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch.h"

#include <gtest/gtest.h>

namespace stoq::cli {
namespace {

TEST(LinkStaysInside, OnlyWhenNothingCanLeadItOut) {
  EXPECT_TRUE(link_stays_inside("lib.so.1", 0));
  EXPECT_TRUE(link_stays_inside("./a/b", 0));
  EXPECT_TRUE(link_stays_inside("../a", 1));
  EXPECT_TRUE(link_stays_inside("../..", 2));
  EXPECT_FALSE(link_stays_inside("", 3));
  EXPECT_FALSE(link_stays_inside("/etc/passwd", 3));
  EXPECT_FALSE(link_stays_inside("..", 0));
  EXPECT_FALSE(link_stays_inside("../../x", 1));
  EXPECT_FALSE(link_stays_inside("a/../b", 1)) << "a may be a link to the top";
  EXPECT_FALSE(link_stays_inside("./../..", 1));
}

struct Case {
  const char* source;
  Source kind;
  const char* text;  // the URL, or the problem
};

TEST(KindOfSource, KnowsGitUrlsAndSaysWhatToWriteInstead) {
  const Case cases[] = {
      {"https://example.org/a/b.git", Source::git, "https://example.org/a/b.git"},
      {"git+https://example.org/b", Source::git, "https://example.org/b"},
      {"ssh://git@example.org:2222/b", Source::git, "ssh://git@example.org:2222/b"},
      {"file:///srv/b", Source::git, "file:///srv/b"},
      {"my-plugin", Source::local, ""},
      {"./odd:name/x", Source::local, ""},
      {"stoq:yara", Source::refused,
       "'stoq:yara' names one of the Python plugins of stoQ v2, which are not looked up by name; "
       "give its git URL, or its folder or archive"},
      {"http://example.org/b", Source::refused,
       "'http://example.org/b' would be fetched without protection, and plugins are programs; use "
       "https://"},
      {"git@example.org:a/b", Source::refused,
       "'git@example.org:a/b' is no URL; write it as ssh://git@example.org/a/b"},
      {"ext::sh -c x", Source::local, ""},
      {"ftp://example.org/b", Source::refused,
       "'ftp://example.org/b' is no git URL that can be fetched; there are https://, ssh://, "
       "git:// and file://"},
      {"ssh://-oProxyCommand=x/b", Source::refused,
       "'ssh://-oProxyCommand=x/b' is no URL of a git repository"},
      {"ssh://me@-oProxyCommand=x/b", Source::refused,
       "'ssh://me@-oProxyCommand=x/b' is no URL of a git repository"},
      {"https://a b", Source::refused, "'https://a b' is no URL of a git repository"},
  };
  for (const Case& c : cases) {
    std::string url, problem;
    EXPECT_EQ(kind_of_source(c.source, url, problem), c.kind) << c.source;
    if (c.kind == Source::git) {
      EXPECT_EQ(url, c.text);
    }
    if (c.kind == Source::refused) {
      EXPECT_EQ(problem, c.text);
    }
  }
}

}  // namespace
}  // namespace stoq::cli
