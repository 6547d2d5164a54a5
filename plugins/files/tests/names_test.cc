// SPDX-License-Identifier: Apache-2.0
#include "files/names.h"

#include <gtest/gtest.h>

namespace stoq::plugins::files {
namespace {

TEST(FilesNames, MetaNamesFileAndDirectory) {
  EXPECT_EQ(payload_meta("/a/b", "c.exe"),
            R"({"extra_data": {"filename": "c.exe", "source_dir": "/a/b"}})");
}

TEST(FilesNames, NamesThatAreNotUtf8LoseNothing) {
  EXPECT_EQ(payload_meta("/\xff", "caf\xe9"),
            "{\"extra_data\": {\"filename\": \"café\", \"filename_hex\": \"636166e9\", "
            "\"source_dir\": \"/ÿ\", \"source_dir_hex\": \"2fff\"}}");
}

TEST(FilesNames, ShownWritesControlCharactersOut) {
  EXPECT_EQ(shown("/a\n\x1b[1m\x7f/é"), "/a\\x0a\\x1b[1m\\x7f/é");
}

TEST(FilesNames, AbsoluteIsPlain) {
  EXPECT_EQ(absolute("/a/./b/../c//"), "/a/c");
  EXPECT_EQ(absolute("/"), "/");
  EXPECT_EQ(absolute("x"), join(absolute("."), "x"));
}

TEST(FilesNames, JoinPutsOneSlash) {
  EXPECT_EQ(join("", "a"), "a");
  EXPECT_EQ(join("/", "a"), "/a");
  EXPECT_EQ(join("a", "b"), "a/b");
}

TEST(FilesNames, KindsAreNamed) {
  EXPECT_EQ(kind_of(S_IFDIR | 0755), "a directory");
  EXPECT_EQ(kind_of(S_IFIFO), "a FIFO");
  EXPECT_EQ(kind_of(S_IFSOCK), "a socket");
  EXPECT_EQ(kind_of(S_IFCHR), "a device");
}

}  // namespace
}  // namespace stoq::plugins::files
