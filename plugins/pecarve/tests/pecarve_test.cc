// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "carve.h"
#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using plugins::carving::bytes_of;
using plugins::pecarve::carve_next;
using namespace std::string_literals;

const std::string kProgram = pe_file("the program, with some zeros: \0\0\0\0 and M and Z");

std::string under(std::string text, char key, bool keeps_zeros = false) {
  for (char& c : text)
    if (!keeps_zeros || (c != 0 && c != key)) c = static_cast<char>(c ^ key);
  return text;
}

WorkerScan scan(const std::string& content) {
  return scan_with("pecarve", content);
}

TEST(PeCarve, AnywhereAndSeveral) {
  const std::string other = pe_file("another program", true);
  const WorkerScan r =
      scan_with("pecarve", std::string(56, '.') + kProgram + "MZ between" + other + "behind it",
                {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), (Names{kProgram, other}));
  EXPECT_EQ(r.metas(), (Names{R"({"offset": 56})",
                              R"({"offset": )" + std::to_string(66 + kProgram.size()) + "}"}));
  EXPECT_EQ(r.result, "");
  EXPECT_EQ(r.errors, Names());
}

TEST(PeCarve, UnderEveryKey) {
  for (int key = 1; key < 256; ++key) {
    const std::string content = "x" + under(kProgram, static_cast<char>(key));
    const auto found = carve_next(bytes_of(content), 0);
    ASSERT_TRUE(found) << key;
    EXPECT_EQ(found->offset, 1u) << key;
    EXPECT_EQ(found->size, kProgram.size()) << key;
    EXPECT_EQ(found->veil.key, key);
    EXPECT_FALSE(found->truncated);
  }
  const WorkerScan r = scan(under(kProgram, 0x5C) + "text");
  EXPECT_EQ(r.contents(), Names{kProgram});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 0, "xorkey": 92})"});
}

TEST(PeCarve, KeysThatLeaveZerosAlone) {
  const WorkerScan r = scan("text" + under(kProgram, 'p', true) + "text");
  EXPECT_EQ(r.contents(), Names{kProgram});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 4, "xorkey": 112, "xor_keeps_zeros": true})"});
}

TEST(PeCarve, ThePayloadItselfIsNotMeantButWhatIsInIt) {
  EXPECT_EQ(scan(kProgram).contents(), Names());
  EXPECT_EQ(scan(kProgram + "overlay").contents(), Names());
  const WorkerScan r = scan(pe_file("resource " + kProgram));
  EXPECT_EQ(r.contents(), Names{kProgram});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 521})"});
}

TEST(PeCarve, WithoutOverlayAndCertificate) {
  const std::string body(512, 'b');
  const std::string signed_file = pe_file(body, false, 0x400, 8) + "signatur";
  EXPECT_EQ(scan("x" + signed_file + "more").contents(), Names{signed_file.substr(0, 0x400)});
}

TEST(PeCarve, SymbolsBelongToTheFile) {
  std::string pe = pe_file("with symbols");
  const std::string symbols = std::string(2 * 18, 's') + little(9, 4) + "name\0"s;
  pe = put(pe, 0x80 + 12, little(pe.size(), 4) + little(2, 4)) + symbols;
  EXPECT_EQ(scan("x" + pe + "more").contents(), Names{pe});
}

TEST(PeCarve, CutShort) {
  const std::string cut = kProgram.substr(0, kProgram.size() - 100);
  const WorkerScan r = scan("x" + cut);
  EXPECT_EQ(r.contents(), Names{cut});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 1, "truncated": true})"});
  EXPECT_EQ(scan("x" + kProgram.substr(0, 0x180)).contents(), Names()) << "half of its headers";
}

TEST(PeCarve, HeadersThatMakeNoSense) {
  const auto with = [](size_t at, uint64_t value, unsigned count) {
    return carve_next(bytes_of("x" + put(kProgram, at, little(value, count))), 0).has_value();
  };
  EXPECT_TRUE(with(0x84, 0x14C, 2));
  EXPECT_FALSE(with(0x3C, 0x81, 4)) << "not aligned";
  EXPECT_FALSE(with(0x3C, 0xFFFFFFF0, 4)) << "outside";
  EXPECT_FALSE(with(0x84, 0x1234, 2)) << "machine";
  EXPECT_FALSE(with(0x86, 0, 2)) << "no section";
  EXPECT_FALSE(with(0x86, 97, 2)) << "too many sections";
  EXPECT_FALSE(with(0x98, 0x107, 2)) << "a ROM image";
  EXPECT_FALSE(with(0x98 + 32, 0x1001, 4)) << "alignment";
  EXPECT_FALSE(with(0x98 + 36, 0x2000, 4)) << "files aligned more than sections";
  EXPECT_FALSE(with(0x98 + 60, 0, 4)) << "no headers";
}

TEST(PeCarve, StopsWhenNoMoreIsTaken) {
  std::string many;
  for (int i = 0; i < 5; ++i) many += "x" + pe_file("number " + std::to_string(i));
  EXPECT_EQ(scan_with("pecarve", many, {}, {{"max_children", "2"}}).extracted.size(), 2u);
}

TEST(PeCarve, NothingInRandomBytes) {
  const std::string random = random_text(1, 16 << 20);
  EXPECT_FALSE(carve_next(bytes_of(random), 0));
}

TEST(PeCarve, FoundInRandomBytes) {
  const std::string random = random_text(2, 1 << 20);
  for (const size_t at : {0, 1, 7, 8, 9, 1000, 12'345}) {
    const std::string content = put(random, at, under(kProgram, 0x33));
    const auto found = carve_next(bytes_of(content), 0);
    ASSERT_TRUE(found) << at;
    EXPECT_EQ(found->offset, at);
    EXPECT_FALSE(carve_next(bytes_of(content), found->offset + found->size));
  }
}

}  // namespace
}  // namespace stoq::test
