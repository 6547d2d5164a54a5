// SPDX-License-Identifier: Apache-2.0
#include "plugins/sevenzip/listing.h"

#include <gtest/gtest.h>

namespace stoq::plugins::sevenzip {
namespace {

TEST(SevenzipListing, LayersAndMembers) {
  const Listing listing = parse_listing(
      "7-Zip\n\n--\nPath = /proc/self/fd/3\nType = VHD\nComment = \n{\nType = no\n}\n----\n"
      "Size = 9\n--\nPath = 0.fat\nType = FAT\n\n----------\nPath = a = b.exe\nFolder = -\nSize = "
      "22\nEncrypted = +\n\nPath = sub\nFolder = +\nSize = \n\nPath = l\nSize = 3\nSymbolic Link = "
      "a\n\nPath = d\nAttributes = D drwxr-xr-x\n\nPath = x\nSize = \nComment = \n{\nPath = "
      "no\n\nSize = 1\n}\n\n\nWarnings: 1\n");
  EXPECT_EQ(listing.types, (std::vector<std::string>{"vhd", "fat"}));
  ASSERT_EQ(listing.items.size(), 5u);
  EXPECT_EQ(listing.items[0].path, "a = b.exe");
  EXPECT_EQ(listing.items[0].size, 22u);
  EXPECT_TRUE(listing.items[0].encrypted);
  EXPECT_TRUE(listing.items[1].folder);
  EXPECT_EQ(listing.items[2].link, "a");
  EXPECT_TRUE(listing.items[3].folder);
  EXPECT_EQ(listing.items[4].path, "x");
  EXPECT_EQ(listing.items[4].size, std::nullopt);
}

TEST(SevenzipListing, AMemberWithoutAName) {
  const Listing listing = parse_listing("Type = VHD\n----------\nSize = 512\n");
  ASSERT_EQ(listing.items.size(), 1u);
  EXPECT_EQ(listing.items[0].path, "");
  EXPECT_EQ(listing.items[0].size, 512u);
}

TEST(SevenzipListing, Complaints) {
  const Complaints all = parse_complaints(
      "ERROR: CRC Failed : dir/a : b\n\nERROR: /proc/self/fd/3 : Cannot open encrypted archive. "
      "Wrong password?\nERRORS:\nUnexpected end of archive\n");
  ASSERT_TRUE(all.about("dir/a : b"));
  EXPECT_EQ(*all.about("dir/a : b"), "CRC Failed");
  EXPECT_FALSE(all.about("b"));
  EXPECT_TRUE(all.wrong_password);
  EXPECT_EQ(all.others, (std::vector<std::string>{"Cannot open encrypted archive. Wrong password?",
                                                  "Unexpected end of archive"}));
}

TEST(SevenzipListing, WhatIsSaidOfTheArchiveItself) {
  EXPECT_EQ(
      parse_complaints("ERROR: /proc/self/fd/3 : /proc/self/fd/3\nOpen ERROR: Cannot open the "
                       "file as [wim] archive\n\nERRORS:\nUnexpected end of archive\n")
          .others,
      (std::vector<std::string>{"Cannot open the file as [wim] archive",
                                "Unexpected end of archive"}));
}

TEST(SevenzipListing, WhatIsNone) {
  EXPECT_TRUE(parse_listing("").items.empty());
  EXPECT_TRUE(parse_listing("Path = x\n").items.empty());
  EXPECT_TRUE(parse_listing("----------\n{\n").items.empty());
}

}  // namespace
}  // namespace stoq::plugins::sevenzip
