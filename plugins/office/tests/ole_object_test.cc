// SPDX-License-Identifier: Apache-2.0
#include "office/ole_object.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "collector.h"
#include "compound_writer.h"
#include "office/inflate.h"

namespace stoq::plugins::office {
namespace {

using namespace office_samples;
using namespace std::string_literals;

TEST(OleObject, APackageHasItsNames) {
  for (const bool wide : {false, true}) {
    const std::string raw = package("evil.exe", "content", wide);
    const auto found = read_package(in_bytes(raw));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->file_name, "evil.exe");
    EXPECT_EQ(found->source_path, "C:\\work\\evil.exe");
    EXPECT_EQ(found->temp_path, "C:\\Temp\\evil.exe");
    EXPECT_EQ(view_of(found->content), "content");
    EXPECT_TRUE(found->whole);
  }
}

TEST(OleObject, WideNamesAreTheBetterOnes) {
  const std::string raw = package("caf_.exe", "content") + le(1, 4) + utf16("t") + le(8, 4) +
                          "c\0a\0f\0\xE9\0.\0e\0x\0e\0"s + le(1, 4) + utf16("s");
  EXPECT_EQ(read_package(in_bytes(raw))->file_name, "caf\xC3\xA9.exe");
}

TEST(OleObject, ACutPackageGivesItsBeginning) {
  std::string raw = package("evil.exe", "content");
  raw.resize(raw.size() - 3);
  const auto found = read_package(in_bytes(raw));
  ASSERT_TRUE(found);
  EXPECT_EQ(view_of(found->content), "cont");
  EXPECT_FALSE(found->whole);
  EXPECT_FALSE(read_package(in_bytes(raw.substr(0, 20))));
}

TEST(OleObject, OtherDataIsNoPackage) {
  EXPECT_FALSE(read_package(in_bytes("\x1C\0\0\0\2\0\xA8\xC3 equation"s)));
  EXPECT_FALSE(read_package({}));
}

TEST(OleObject, TheSizeOfANativeStreamHidesNothing) {
  const std::string data = package("evil.exe", "content");
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{data.size()}}) {
    const std::string raw = le(size, 4) + data;
    const Native found = read_native(in_bytes(raw));
    EXPECT_EQ(view_of(found.content), data) << size;
    EXPECT_TRUE(found.whole) << size;
  }
  EXPECT_FALSE(read_native(in_bytes(le(data.size() + 1, 4) + data)).whole);
  EXPECT_FALSE(read_native(in_bytes("\1"s)).whole);
  EXPECT_TRUE(read_native({}).whole);
}

TEST(OleObject, Ole1HasClassAndData) {
  const std::string raw = ole1("Package", "data") + "what follows";
  const auto found = read_ole1(in_bytes(raw));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->class_name, "Package");
  EXPECT_EQ(view_of(found->content), "data");
  EXPECT_TRUE(found->whole);
  std::string none = ole1("Package", "data");
  none.replace(none.size() - 8, 4, 4, '\0');
  EXPECT_EQ(view_of(read_ole1(in_bytes(none))->content), "data");
  EXPECT_FALSE(read_ole1(in_bytes("\1\5\0\0\7\0\0\0"s)));
  EXPECT_FALSE(read_ole1(in_bytes("\1\5\0\0\2\0\0\0\xFF\xFF\0\0abc"s)));
}

TEST(OleObject, ANumberBehindTheEndIsZero) {
  const std::string three = "\1\2\3";
  Cursor in(in_bytes(three));
  EXPECT_EQ(in.u16(), 0x201);
  EXPECT_EQ(in.u16(), 0);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u32(), 0u);
  EXPECT_EQ(number_at<std::uint32_t>(in_bytes(three), 1), 0x302u);
}

TEST(Inflate, AZlibStreamIsBounded) {
  // zlib.compress(b"hello hello hello")
  const std::string raw = "\x78\x9C\xCB\x48\xCD\xC9\xC9\x57\xC8\x40\x90\x00\x3A\x2E\x06\x7D"s;
  EXPECT_EQ(view_of(inflate_zlib(in_bytes(raw), 100).bytes), "hello hello hello");
  const Inflated cut = inflate_zlib(in_bytes(raw), 5);
  EXPECT_EQ(view_of(cut.bytes), "hello");
  EXPECT_EQ(cut.problem, "is larger than 5 bytes");
  EXPECT_EQ(inflate_zlib(in_bytes("text"s), 5).problem, "is no zlib stream");
  EXPECT_EQ(inflate_zlib(in_bytes(raw.substr(0, 8)), 100).problem, "is damaged");
}

// Callers try one place of a large file after another.
TEST(Inflate, OnlyWhatIsDecodedIsRead) {
  constexpr std::size_t kThere = 64 << 10, kAll = 1 << 20;
  void* const memory =
      mmap(nullptr, kAll, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* const bytes = static_cast<std::uint8_t*>(memory);
  for (std::size_t i = 0; i < kThere; ++i) bytes[i] = i % 2 == 0 ? 0x78 : 0x9C;
  ASSERT_EQ(mprotect(bytes + kThere, kAll - kThere, PROT_NONE), 0);
  EXPECT_EQ(inflate_zlib({bytes, kAll}, 100).problem, "is damaged");
  munmap(memory, kAll);
}

}  // namespace
}  // namespace stoq::plugins::office
