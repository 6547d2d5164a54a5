// SPDX-License-Identifier: Apache-2.0
#include "office/compound.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "compound_writer.h"
#include "support/temporary_directory.h"

namespace stoq::plugins::office {
namespace {

using namespace office_samples;

std::string noise_of(std::size_t size) {
  std::string out;
  std::uint32_t x = 1;
  for (std::size_t i = 0; i < size; ++i)
    out += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return out;
}

std::vector<Node> tree() {
  return {
      stream("small", "a small one"), stream("large", noise_of(5000)), stream("empty", ""),
      stream("\1Ole10Native", ole10native("x")),
      storage("Folder", {stream("inner", noise_of(4095)),
                         storage("Deep", {stream("leaf", noise_of(4096))}), storage("Bare", {})})};
}

Strings listing(CompoundFile& file) {
  Strings out;
  for (std::size_t i = 0; i < file.entries().size(); ++i) {
    const auto& entry = file.entries()[i];
    const auto content = file.read(i);
    out.push_back(printable(entry.path) + (entry.kind == CompoundFile::Kind::storage ? "/" : "") +
                  " " + std::to_string(content.bytes.size()) + (entry.orphan ? " orphan" : "") +
                  (content.problem.empty() ? "" : " " + content.problem));
  }
  return out;
}

TEST(Compound, EveryStreamComesOutInBothVersions) {
  for (const bool version4 : {false, true}) {
    const std::string raw = compound(tree(), {.version4 = version4});
    auto file = CompoundFile::open(in_bytes(raw));
    ASSERT_TRUE(file);
    EXPECT_EQ(listing(*file), (Strings{"empty 0", "large 5000", "small 11", "Folder/ 0",
                                       "Folder/Bare/ 0", "Folder/Deep/ 0", "Folder/Deep/leaf 4096",
                                       "Folder/inner 4095", "Ole10Native 5"}));
    EXPECT_EQ(file->problems(), Strings());
    EXPECT_EQ(view_of(file->read("LARGE")), noise_of(5000));
    EXPECT_EQ(view_of(file->read("inner", file->find("folder"))), noise_of(4095));
    EXPECT_EQ(file->find("inner"), CompoundFile::kNone);
  }
}

TEST(Compound, ListsOfTheTableAreFollowed) {
  const std::string big = noise_of(8 << 20);  // more than 109 sectors of table
  const std::string raw = compound({stream("big", big), stream("small", "s")});
  auto file = CompoundFile::open(in_bytes(raw));
  ASSERT_TRUE(file);
  EXPECT_EQ(view_of(file->read("big")) == big, true);
  EXPECT_EQ(view_of(file->read("small")), "s");
}

TEST(Compound, ACutFileGivesWhatIsThere) {
  const std::string whole = compound({stream("large", noise_of(50'000))});
  // the directory lies behind the stream here, so that it is gone with the end
  EXPECT_FALSE(CompoundFile::open(in_bytes(whole.substr(0, 20'000))));
  std::string damaged = whole;
  damaged.replace(512 + 4 * 512, 512, std::string(512, 'x'));  // content alone
  auto file = CompoundFile::open(in_bytes(damaged));
  ASSERT_TRUE(file);
  EXPECT_EQ(listing(*file), Strings{"large 50000"});
}

// A table that says `value` for each sector but those of the directory and of itself.
std::string with_table(std::string raw, std::uint32_t value) {
  const auto part = number_at<std::uint32_t>(in_bytes(raw), 76);
  for (std::size_t i = 0; i < 20; ++i) raw.replace(512 + part * 512 + 4 * i, 4, le(value, 4));
  return raw;
}

TEST(Compound, CirclesAndBadChainsEnd) {
  const std::string raw = compound({stream("large", noise_of(50'000))});
  std::string circle = with_table(raw, 3);
  auto file = CompoundFile::open(in_bytes(circle));
  ASSERT_TRUE(file);
  EXPECT_EQ(listing(*file), Strings{"large 50000"})
      << "read in a circle, but no further than declared";

  std::string ends = with_table(raw, 0xFFFFFFFE);
  file = CompoundFile::open(in_bytes(ends));
  ASSERT_TRUE(file);
  EXPECT_EQ(listing(*file),
            Strings{"large 512 has 512 of 50000 bytes: its chain of sectors ends there"});
}

TEST(Compound, StreamsThatShareSectorsAreBounded) {
  std::vector<Node> nodes;
  for (int i = 0; i < 40; ++i) nodes.push_back(stream("s" + std::to_string(i), ""));
  nodes.push_back(stream("large", noise_of(10'000)));
  std::string raw = compound(nodes);
  const auto directory = 512 + std::size_t{512} * number_at<std::uint32_t>(in_bytes(raw), 48);
  for (std::size_t i = 1; i < 42; ++i)  // all of them begin at sector 0 and have 10'000 bytes
    raw.replace(directory + i * 128 + 116, 12, le(0, 4) + le(10'000, 8));
  auto file = CompoundFile::open(in_bytes(raw));
  ASSERT_TRUE(file);
  std::size_t total = 0, refused = 0;
  for (std::size_t i = 0; i < file->entries().size(); ++i) {
    const auto content = file->read(i);
    total += content.bytes.size();
    refused += content.problem ==
               "the streams of this file hold more than 8 times its size: they share sectors";
  }
  EXPECT_LE(total, raw.size() * 8);
  EXPECT_GT(refused, 0u);
}

TEST(Compound, WhatTheTreeDoesNotReachIsAnOrphan) {
  std::string raw = compound({stream("a", "seen"), stream("bb", "lost")});
  const auto directory = 512 + std::size_t{512} * number_at<std::uint32_t>(in_bytes(raw), 48);
  raw.replace(directory + 76, 4, le(1, 4));  // the root's child: "a"
  for (const int link : {68, 72}) raw.replace(directory + 128 + link, 4, le(0xFFFFFFFF, 4));
  auto file = CompoundFile::open(in_bytes(raw));
  ASSERT_TRUE(file);
  EXPECT_EQ(listing(*file), (Strings{"a 4", "bb 4 orphan"}));
}

TEST(Compound, AnythingElseIsNone) {
  for (const std::string& raw :
       {std::string(), std::string("\xD0\xCF\x11\xE0"), std::string(600, 'x'),
        "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(600, '\xFF'),
        "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(504, '\0')})
    EXPECT_FALSE(CompoundFile::open(in_bytes(raw)));
}

TEST(Compound, OurWriterIsReadByAnother) {
  test::TemporaryDirectory folder;
  for (const bool version4 : {false, true}) {
    const std::string path = folder.file("x.doc", compound(tree(), {.version4 = version4}));
    const std::string script =
        "import sys\ntry:\n import olefile\nexcept ImportError: sys.exit(77)\n"
        "o = olefile.OleFileIO('" +
        path +
        "', raise_defects=olefile.DEFECT_INCORRECT)\n"
        "sys.exit(0 if o.openstream('Folder/Deep/leaf').read() and "
        "len(o.listdir()) == 6 and len(o.openstream('large').read()) == 5000 else 1)";
    const int status = std::system(("/usr/bin/python3 -c \"" + script + "\"").c_str());
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "python3-olefile is not installed";
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

}  // namespace
}  // namespace stoq::plugins::office
