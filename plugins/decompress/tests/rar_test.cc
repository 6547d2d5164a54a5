// SPDX-License-Identifier: Apache-2.0
// Encrypted RAR archives, by the makers of tests/samples, whose archives UnRAR opens.
#include <gtest/gtest.h>

#include "collector.h"
#include "plugins/decompress/rar_open.h"
#include "samples.h"

namespace {

using namespace unpack_test;

const std::string kContent = "the content of this file " + samples::noise(3000, 9);

/// `how`: arguments of the maker, such as "5, coded.rar5_packed, 'content'"; "" where Python or its
/// cryptography is missing.
std::string locked(const std::string& how, const std::string& password = "infected") {
  std::string hex;
  for (const unsigned char c : kContent)
    hex += {"0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
  return samples::by_python(
      "import sys,os\nsys.path[:0]=['" STOQ_SOURCE_DIR
      "/tests/samples']\nsys.dont_write_bytecode=True\n"
      "import coded,hidden\nwork=os.path.dirname(sys.argv[1])\n"
      "hidden.write(work,hidden.NAME,bytes.fromhex('" +
      hex +
      "'))\ndef make(version,*how): return (coded.rar4 if version==4 else coded.rar5)(*how)\n"
      "hidden.write(work,os.path.basename(sys.argv[1]),make(" +
      how + ")(work,'" + password + "'))");
}

const Strings kPlain = {"prog.bin=" + kContent};

class LockedRar : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    archive_ = locked(GetParam());
    if (archive_.empty()) GTEST_SKIP() << "/usr/bin/python3 or python3-cryptography is missing";
  }
  std::string archive_;
};

TEST_P(LockedRar, OpensWithThePasswordThatFits) {
  const auto r = run(archive_, passwords({"-", "wrong", "infected", "later"}));
  EXPECT_EQ(r.contents(), kPlain);
  EXPECT_EQ(r.report.errors, Strings{});
  EXPECT_EQ(r.report.unsupported, "");
  EXPECT_EQ(r.report.password, "infected");
  EXPECT_TRUE(r.report.members.at(0).encrypted);
}

TEST_P(LockedRar, GivesNothingWithoutIt) {
  const auto r = run(archive_, passwords({"wrong", "bad"}));
  EXPECT_EQ(r.sink.got.size(), 0u);
  EXPECT_EQ(r.report.password, std::nullopt);
  ASSERT_EQ(r.report.errors.size(), 1u);
  EXPECT_TRUE(r.report.errors[0].ends_with(
      "none of 2 passwords fits; add the right one to the option passwords"))
      << r.report.errors[0];
}

TEST_P(LockedRar, CutShortGivesWhatWasThere) {
  for (std::size_t size = 0; size < archive_.size(); size += 97)
    run(archive_.substr(0, size), passwords({"infected"}));
  const auto r = run(archive_.substr(0, archive_.size() - 600), passwords({"infected"}));
  for (const Got& got : r.sink.got) {
    EXPECT_FALSE(got.complete);
    EXPECT_TRUE(kContent.starts_with(got.content.substr(0, 100)));
  }
}

INSTANTIATE_TEST_SUITE_P(Unpack, LockedRar,
                         testing::Values("4, None, 'content'", "4, coded.rar4_packed, 'content'",
                                         "4, None, 'headers'", "5, None, 'content'",
                                         "5, coded.rar5_packed, 'content'", "5, None, 'headers'"),
                         [](const auto& test) { return "Way" + std::to_string(test.index); });

TEST(LockedRar4, AWrongPasswordIsToldByTheChecksumAlone) {
  const std::string stored = locked("4, None, 'content'");
  const std::string archive = locked("4, coded.rar4_packed, 'content'");
  if (archive.empty()) GTEST_SKIP() << "/usr/bin/python3 or python3-cryptography is missing";
  EXPECT_TRUE(rar4_has_lock(bytes(archive)));
  EXPECT_FALSE(open_rar4(bytes(stored), "wrong", true));
  const auto wrong = open_rar4(bytes(archive), "wrong", true);  // only unpacking tells
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->locked, std::vector<bool>{true});
  EXPECT_FALSE(open_rar4(bytes(archive), std::string(28, 'x'), true)) << "a longer one";
  EXPECT_FALSE(open_rar4(bytes(archive), "\xFF", true)) << "no text";
}

TEST(LockedRar5, AWrongPasswordIsTold) {
  const std::string archive = locked("5, None, 'content'", "passwörd €");
  if (archive.empty()) GTEST_SKIP() << "/usr/bin/python3 or python3-cryptography is missing";
  EXPECT_TRUE(rar5_has_lock(bytes(archive)));
  EXPECT_FALSE(open_rar5(bytes(archive), "wrong"));
  EXPECT_EQ(run(archive, passwords({"passwörd €"})).contents(), kPlain);
  EXPECT_EQ(run(locked("4, None, 'headers'", "passwörd €"), passwords({"passwörd €"})).contents(),
            kPlain);
}

TEST(LockedRar5, MoreRoundsThanThereEverAreAreNotDone) {
  std::string archive = locked("5, None, 'headers'");
  if (archive.empty()) GTEST_SKIP() << "/usr/bin/python3 or python3-cryptography is missing";
  archive[8 + 4 + 1 + 4] = 22;  // behind signature, checksum, size, and type, flags, version, flags
  std::string head = archive.substr(12, 1 + static_cast<unsigned char>(archive[12]));
  archive.replace(8, 4, samples::le(samples::crc32(head), 4));
  EXPECT_FALSE(open_rar5(bytes(archive), "infected"));
}

TEST(RarLocks, WithoutALockThereIsNone) {
  EXPECT_FALSE(rar4_has_lock(bytes(samples::rar4("a", "b"))));
  EXPECT_FALSE(rar5_has_lock(bytes(samples::rar5("a", "b"))));
  EXPECT_FALSE(rar4_has_lock(bytes(std::string("Rar!\x1A\x07\x00", 7))));
  EXPECT_FALSE(rar5_has_lock(bytes(std::string("Rar!\x1A\x07\x01\x00", 8))));
  EXPECT_FALSE(rar5_has_lock(bytes(std::string("Rar!"))));
}

}  // namespace
