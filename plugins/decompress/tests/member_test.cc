// SPDX-License-Identifier: Apache-2.0
// Which members come out, under which names, within which limits, and what damage does to them.
#include <gtest/gtest.h>

#include <clocale>

#include "collector.h"
#include "samples.h"

namespace {

using namespace unpack_test;

// ---- members
// -------------------------------------------------------------------------------------------------------

TEST(Unpack, OnlyFilesGiveContent) {
  const auto r = run(samples::write({"ustar", "", "", ""}, {{"file", "real"},
                                                            {"dir/", "", 'd'},
                                                            {"link", "", 'l', "/etc/passwd"},
                                                            {"hard", "", 'h', "file"},
                                                            {"null", "", 'c'},
                                                            {"pipe", "", 'p'}}));
  EXPECT_EQ(r.contents(), Strings{"file=real"});
  EXPECT_EQ(r.statuses(), (Strings{"file: extracted", "dir/: skipped: directory",
                                   "link: skipped: link", "hard: skipped: link",
                                   "null: skipped: device", "pipe: skipped: special file"}));
  EXPECT_EQ(r.report.members[2].link_target, "/etc/passwd");
  EXPECT_EQ(r.report.members[3].link_target, "file");
  EXPECT_EQ(name_of(r.report.members[3].kind), "hardlink");
  EXPECT_EQ(r.report.members[0].mtime, 1600000000);
  EXPECT_EQ(r.report.members[0].declared_size, 4u);
}

TEST(Unpack, HardlinkWithContentGivesIt) {  // newc keeps the content with the last link
  auto cpio = samples::write({"newc", "", "", ""}, {{"first", ""}, {"again", "content"}});
  const auto nlink = [&](const std::string& name) {
    cpio.replace(cpio.find(name) - 110 + 38, 8, "00000002");
  };
  const auto inode = [&](const std::string& name) {
    cpio.replace(cpio.find(name) - 110 + 6, 8, "00000077");
  };
  for (const auto* name : {"first", "again"}) nlink(name), inode(name);
  const auto r = run(cpio);
  EXPECT_EQ(name_of(r.report.members.at(1).kind), "hardlink");
  EXPECT_EQ(r.report.members[1].link_target, "first");
  EXPECT_EQ(r.contents().back(), "again=content");
}

TEST(Unpack, NamesAreKeptAsTheyAre) {
  const std::vector<Entry> entries = {
      {"../../up", "1"}, {"/abs/olute", "2"}, {"same", "3"}, {"same", "4"}, {"caf\xC3\xA9", "5"}};
  const auto r = run(samples::write({"ustar", "", "", ""}, entries));
  EXPECT_EQ(r.contents(),
            (Strings{"../../up=1", "/abs/olute=2", "same=3", "same=4", "caf\xC3\xA9=5"}));
  EXPECT_EQ(r.report.members[4].name_hex, std::nullopt);

  const auto raw =
      run(samples::tar_header("caf\xE9 \x80\x81", 1) + "x" + std::string(511 + 1024, '\0'));
  ASSERT_EQ(raw.report.member_count, 1u);
  EXPECT_EQ(raw.report.members[0].name, "caf\xC3\xA9 \xE2\x82\xAC\xEF\xBF\xBD") << "Windows-1252";
  EXPECT_EQ(raw.report.members[0].name_hex, "636166e9208081");

  const auto empty = run(samples::tar_header("", 1) + "x" + std::string(511 + 1024, '\0'));
  EXPECT_EQ(empty.report.member_count, 0u) << "a header that begins with NUL is no tar";
}

TEST(Unpack, NamesInTheCLocale) {
  const auto before = uselocale(locale_t{});
  ASSERT_STREQ(setlocale(LC_CTYPE, nullptr), "C");
  const auto r = run(samples::write({"7zip", "", "", ""}, {{"\xE6\x97\xA5\xE6\x9C\xAC.txt", "x"}}));
  EXPECT_EQ(r.contents(), Strings{"\xE6\x97\xA5\xE6\x9C\xAC.txt=x"});
  EXPECT_EQ(r.report.errors, Strings{});
  EXPECT_EQ(uselocale(locale_t{}), before) << "given back";
}

TEST(Unpack, ListIsBoundedAndTheCountIsNot) {
  Options options;
  options.max_listed_members = 3;
  std::vector<Entry> many;
  for (int i = 0; i < 10; ++i) many.push_back({"m" + std::to_string(i), "x"});
  const auto r = run(samples::write({"zip", "", "", ""}, many), options);
  EXPECT_EQ(r.report.members.size(), 3u);
  EXPECT_EQ(r.report.member_count, 10u);
  EXPECT_EQ(r.sink.got.size(), 10u);
}

TEST(Unpack, HeadersAreCapped) {
  std::string ar = "!<arch>\n";
  const std::string header = "a/              0           0     0     644     0         `\n";
  ASSERT_EQ(header.size(), 60u);
  ar.reserve(60'001'000);
  for (int i = 0; i < 1'000'001; ++i) ar += header;
  Collector sink;
  sink.at_begin = Flow::skip_member;
  const auto r = run(ar, {}, std::move(sink));
  EXPECT_EQ(r.report.member_count, 1'000'000u);
  EXPECT_EQ(r.report.members.size(), 1000u);
  EXPECT_EQ(r.report.errors, Strings{"more than 1000000 members: the others were not read"});
}

// ---- limits
// --------------------------------------------------------------------------------------------------------

TEST(Unpack, DeclaredSizeAboveTheMaximum) {
  Options options;
  options.maximum_size = 10;
  const auto r =
      run(samples::write({"ustar", "", "", ""}, {{"big", "01234567890"}, {"fits", "0123456789"}}),
          options);
  EXPECT_EQ(r.statuses(), (Strings{"big: too large (11 > 10)", "fits: extracted"}));
  EXPECT_EQ(r.contents(), Strings{"fits=0123456789"});
}

TEST(Unpack, RealSizeAboveTheMaximumEndsTheMember) {
  Options options;
  options.maximum_size = 1000;
  const auto gz = run(samples::filtered("gzip", std::string(5000, 'x')), options);
  EXPECT_EQ(gz.statuses(), Strings{"data: too large (5000 > 1000)"});
  EXPECT_EQ(gz.sink.total, 1000u);
  EXPECT_FALSE(gz.sink.got.at(0).complete);
  EXPECT_EQ(gz.report.members[0].size, 1000u);

  const auto locked = run(samples::write({"zip", "", "zip:encryption=zipcrypt", "infected"},
                                         {{"big", std::string(5000, 'x')}, {"small", "x"}}),
                          [&] {
                            auto o = passwords({"infected"});
                            o.maximum_size = 1000;
                            return o;
                          }());
  EXPECT_EQ(locked.statuses(), (Strings{"big: too large (5000 > 1000)", "small: extracted"}));
}

TEST(Unpack, StopEndsAtOnce) {
  const auto archive =
      samples::write({"ustar", "", "", ""}, {{"a", std::string(100, 'a')}, {"b", "b"}});
  for (int where = 0; where < 3; ++where) {
    Collector sink;
    if (where == 0) sink.at_begin = Flow::stop;
    if (where == 1) sink.stop_after = 1;
    if (where == 2) sink.at_end = Flow::stop;
    const auto r = run(archive, {}, std::move(sink));
    EXPECT_TRUE(r.report.stopped);
    EXPECT_EQ(r.report.member_count, 1u);
    EXPECT_EQ(r.sink.got.size(), 1u);
    EXPECT_EQ(r.statuses(), Strings{where == 2 ? "a: extracted" : "a: stopped"});
    EXPECT_EQ(r.sink.got[0].complete, where == 2);
  }
}

TEST(Unpack, SkipPassesOverTheRestOfAMember) {
  Collector sink;
  sink.at_limit = Flow::skip_member;
  sink.stop_after = 1;
  const auto r = run(samples::write({"zip", "", "", ""}, {{"a", samples::noise(500'000, 1)},
                                                          {"b", samples::noise(500'000, 2)}}),
                     {}, std::move(sink));
  EXPECT_EQ(r.statuses(), (Strings{"a: skipped: not wanted", "b: skipped: not wanted"}));
  EXPECT_LT(r.sink.total, 600'000u);
  EXPECT_FALSE(r.report.stopped);
}

TEST(Unpack, CancelActsLikeStop) {
  Collector sink;
  sink.cancel_after = 3;
  const auto r = run(samples::filtered("gzip", std::string(20 << 20, 'x')), {}, std::move(sink));
  EXPECT_TRUE(r.report.stopped);
  EXPECT_LT(r.sink.total, 1u << 20);
}

TEST(Unpack, HolesAreZerosInPieces) {
  const auto small = run(samples::gnu_sparse_tar("start", 200'000));
  ASSERT_EQ(small.sink.got.size(), 1u);
  EXPECT_TRUE(small.sink.got[0].complete);
  EXPECT_EQ(small.sink.got[0].content, "start" + std::string(200'000 - 5, '\0'));

  Collector sink;
  sink.keep = false;
  sink.stop_after = 1 << 20;
  const auto huge = run(samples::gnu_sparse_tar("start", 4ull << 30), {}, std::move(sink));
  EXPECT_TRUE(huge.report.stopped);
  EXPECT_EQ(huge.report.members.at(0).declared_size, 4ull << 30);
  EXPECT_LT(huge.sink.total, 2u << 20);
}

// ---- damage
// --------------------------------------------------------------------------------------------------------

TEST(Unpack, DamagedMemberDoesNotHideTheOthers) {
  for (const char* compression : {"deflate", "store"}) {
    auto zip = samples::write({"zip", "", std::string("zip:compression=") + compression, ""},
                              {{"a", "good"},
                               {"bad", samples::noise(50'000, 4) + std::string(50'000, 'z')},
                               {"c", "fine"}});
    for (std::size_t i = 0; i < 64; ++i) zip[zip.find("bad") + 20'000 + i] ^= 0x5A;
    const auto r = run(zip);
    ASSERT_EQ(r.report.member_count, 3u) << compression;
    EXPECT_EQ(r.report.members[0].status, "extracted");
    EXPECT_TRUE(r.report.members[1].status.starts_with("damaged: ZIP "))
        << r.report.members[1].status;
    EXPECT_EQ(r.report.members[2].status, "extracted");
    EXPECT_EQ(r.report.errors, Strings{"bad: " + r.report.members[1].status});
    EXPECT_EQ(r.sink.got.back().content, "fine");
    for (const auto& g : r.sink.got) EXPECT_EQ(g.complete, g.name != "bad");
  }
}

TEST(Unpack, TruncatedTarKeepsWhatCameBefore) {
  const auto tar =
      samples::write({"ustar", "", "", ""}, {{"a", "whole"}, {"b", std::string(5000, 'b')}});
  const auto r = run(tar.substr(0, 512 + 512 + 512 + 2000));
  EXPECT_EQ(r.report.members.at(0).status, "extracted");
  EXPECT_TRUE(r.report.members.at(1).status.starts_with("damaged: Truncated tar archive"))
      << r.report.members[1].status;
  EXPECT_EQ(r.sink.got.at(0).content, "whole");
  EXPECT_FALSE(r.sink.got.at(1).complete);
  EXPECT_EQ(r.sink.got[1].content, std::string(2000, 'b'));
}

TEST(Unpack, ZipWithoutACentralDirectoryIsReadByLocalHeaders) {
  const auto zip = samples::write({"zip", "", "", ""}, kTwo);
  const auto r = run(zip.substr(0, zip.find("PK\1\2") + 30));
  EXPECT_EQ(r.contents(), kTwoOut);
  ASSERT_GE(r.report.errors.size(), 1u);
  EXPECT_EQ(r.report.errors[0],
            "zip: the central directory is unusable (Unrecognized archive format): 2 members found "
            "by local headers");
}

TEST(Unpack, ZipWithABrokenCentralDirectoryGivesEachMemberOnce) {
  auto zip = samples::write({"zip", "", "", ""}, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  zip[zip.rfind("PK\1\2") + 2] = 'x';
  const auto r = run(zip);
  EXPECT_EQ(r.contents(), (Strings{"a=1", "b=2", "c=3"}));
  EXPECT_EQ(r.report.errors.size(), 1u);
}

TEST(Unpack, ZipWithABrokenFirstHeaderGivesTheOthers) {
  auto zip = samples::write({"zip", "", "", ""}, {{"a", "1"}, {"b", "2"}});
  zip[0] = 'X';  // told a zip by its end record
  const auto r = run(zip);
  EXPECT_EQ(r.report.format, "zip");
  EXPECT_EQ(r.contents(), Strings{"b=2"});
  EXPECT_EQ(r.report.errors, Strings{"zip: the central directory is unusable (Damaged Zip "
                                     "archive): 1 member found by local headers"});
}

TEST(Unpack, TwoZipsInOneFileAreBothRead) {
  const auto first = samples::write({"zip", "", "", ""}, {{"hidden", "1"}}),
             second = samples::write({"zip", "", "", ""}, {{"shown", "2"}});
  const auto r = run(first + second);
  EXPECT_EQ(r.contents(), (Strings{"shown=2", "hidden=1"}));
  EXPECT_EQ(r.report.errors, Strings{"zip: another zip of " + std::to_string(first.size()) +
                                     " bytes lies before it: both were unpacked"});
}

TEST(Unpack, BytesAfterAZipDoNotHideIt) {
  const auto zip = samples::write({"zip", "", "", ""}, kTwo);
  const auto r = run(zip + std::string(40'000, 'j'));
  EXPECT_EQ(r.contents(), kTwoOut);
  EXPECT_EQ(r.report.errors, Strings{});
}

TEST(Unpack, EmptyZipIsAnArchiveWithoutErrors) {
  const auto r = run(std::string("PK\5\6", 4) + std::string(18, '\0'));
  EXPECT_TRUE(r.report.is_archive);
  EXPECT_EQ(r.report.errors, Strings{});
}

TEST(Unpack, ErrorsAreBounded) {
  std::vector<Entry> many;
  for (int i = 0; i < 150; ++i) many.push_back({"m" + std::to_string(i), "marker-content"});
  auto zip = samples::write({"zip", "", "zip:compression=store", ""}, many);
  for (auto at = zip.find("marker"); at != zip.npos; at = zip.find("marker", at)) zip[at] = 'X';
  const auto r = run(zip);
  ASSERT_EQ(r.report.errors.size(), 101u);
  EXPECT_EQ(r.report.errors[100], "50 more errors are not listed");
}

}  // namespace
