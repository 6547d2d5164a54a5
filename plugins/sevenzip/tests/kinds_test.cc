// SPDX-License-Identifier: Apache-2.0
#include "plugins/sevenzip/kinds.h"

#include <gtest/gtest.h>

#include <string>

namespace stoq::plugins::sevenzip {
namespace {

Kind kind(const std::string& content) {
  return kind_of({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}
std::string at(std::size_t offset, const std::string& magic, std::size_t size = 70'000) {
  std::string out(size, '\0');
  return out.replace(offset, magic.size(), magic);
}

TEST(SevenzipKinds, EachByItsContent) {
  EXPECT_EQ(kind(at(0, std::string("MSWIM\0\0\0", 8))).name, "wim");
  EXPECT_EQ(kind(at(0, std::string("ITSF\3\0\0\0", 8))).name, "chm");
  EXPECT_EQ(kind(at(0, "hsqs")).name, "squashfs");
  EXPECT_EQ(kind(at(2, std::string("-lh4-"))).name, "lzh");
  EXPECT_EQ(kind(at(0, "vhdxfile")).name, "vhdx");
  EXPECT_EQ(kind(at(70'000 - 512, std::string("conectix\0\0", 10))).name, "vhd");
  EXPECT_EQ(kind(at(70'000 - 512, std::string("koly\0\0\0\4\0\0\2\0", 12))).name, "dmg");
  EXPECT_EQ(kind(at(0x8801, "NSR02")).name, "udf");
  EXPECT_EQ(kind(at(0, "KDMV")).type, "");
}

TEST(SevenzipKinds, InProgramsBehindTheirStart) {
  const Kind found =
      kind("MZ" + std::string(98, 'x') + std::string("7z\xBC\xAF\x27\x1C\0\4", 8) + at(0, ""));
  EXPECT_EQ(found.name, "7z");
  EXPECT_EQ(found.begin, 100u);
  EXPECT_EQ(kind("MZ" + at(512, "\xEF\xBE\xAD\xDENullsoftInst")).name, "nsis");
  EXPECT_FALSE(kind("MZ" + at(0, "")));
}

TEST(SevenzipKinds, NothingElse) {
  EXPECT_FALSE(kind(""));
  EXPECT_FALSE(kind(at(0, "")));
  EXPECT_FALSE(kind(at(510, "\x55\xAA")));  // a boot sector without a partition
  EXPECT_FALSE(kind(at(0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")));
  EXPECT_FALSE(kind("\x60\xEA" + std::string(50, '\xFF')));
}

}  // namespace
}  // namespace stoq::plugins::sevenzip
