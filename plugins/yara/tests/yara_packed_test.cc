// SPDX-License-Identifier: Apache-2.0
// The shipped rules for packed executables and rare installers.
#include <gtest/gtest.h>

#include <map>

#include "dispatch.h"
#include "plugins/carving/tests/samples.h"
#include "rule_folder.h"

#ifndef STOQ_YARA_RULES_DIR
#define STOQ_YARA_RULES_DIR "rules"
#endif

namespace stoq::plugins::yara {
namespace {

using namespace std::string_literals;
using test::little;
using test::pe_file;

std::shared_ptr<const RuleSet> packed_rules() {
  static const auto rules = RuleSet::load({STOQ_YARA_RULES_DIR "/packed.yar"}, {});
  EXPECT_EQ(rules.problems, Texts());
  return rules.rules;
}

struct Packed {
  std::string rule, content;
};

std::string named(const std::string& section) {
  return test::put(pe_file("code"), 0x98 + 224, section);
}

std::vector<Packed> samples() {
  const std::string seh = "\x64\xFF\x35\0\0\0\0\x64\x89\x25\0\0\0\0"s;
  const std::string call = "\xE8\0\0\0\0"s;
  return {
      {"packed_code", pe_file("\x60\xE8\3\0\0\0\xE9\xEB\4\x5D\x45\x55\xC3\xE8\1\0\0\0"s)},
      {"packed_code", pe_file("\x87\x25\1\2\3\4\x61\x94\x55\xA4\xB6\x80\xFF\x13\x73\xF9")},
      {"packed_code", pe_file("\xB2\x80\xA4\x6A\x02\x5B\xFF\x14\x24\x73\xF7")},
      {"packed_code", pe_file("\x9C\x60" + call + "\x5D\xB8\7\0\0\0\x2B\xE8"s)},
      {"packed_code", pe_file("\xB8\1\2\3\4\x68\1\2\3\4" + seh + "\x66\x9C\x60\x50")},
      {"packed_code", pe_file("\xB8\1\2\3\4\x66\x9C\x60\x50")},
      {"packed_code",
       pe_file("\xEB\1\x68\x60" + call + "\x8B\x1C\x24\x83\xC3\x12\x81\x2B\xE8\xB1\6\0"s)},
      {"packed_code", pe_file("\xBE\1\2\3\4\xAD\x50\xFF\x76\x34")},
      {"packed_code", pe_file("\x60\xE8\x09\0\0\0\1\2\3\4\xE9\6\2\0\0"s)},
      {"packed_code", pe_file("\x53\x55\x8B\xE8\x33\xDB\xEB\x60\r\n\r\nWWPack")},
      {"packed_code", pe_file("\x55\x8B\xEC\x53\x56\x57\x60" + call + "\x5D\x81\xED")},
      {"packed_sections", named(".aspack\0"s)},
      {"packed_sections", named(".petite\0"s)},
      {"packed_sections", named("nsp0\0\0\0\0"s)},
      {"packed_sections", named(".nsp0\0\0\0"s)},
      {"packed_sections", named(".Upack\0\0"s)},
      {"packed_sections", named(".WWP32\0\0"s)},
      {"packed_sections", named("yC\0\0\0\0\0\0"s)},
      {"packed_sections",
       test::put(named("MEW\0F\x12\xD2\xC3"s), 0x98 + 264, "\x02\xD2u\xDB\x8A\x16\xEB\xD4")},
      {"installshield", pe_file("x") + "setup.exe\0Disk1\\setup.exe\0001.2.3.4\0001234\0MZ"s},
      {"installshield", pe_file("x") + "InstallShield\0"s + std::string(292, 'n') + little(6, 8) +
                            little(1, 8) + "\0\0\0\0\1"s},
      {"symbian_package", little(1, 4) + little(0x10003A12, 4) + little(0x10000419, 4)},
      {"symbian_package", little(1, 4) + little(0x1000006D, 4) + little(0x10000419, 4)},
      {"egg_or_alz", "EGGA\0\1"s},
      {"egg_or_alz", "ALZ\1\x0A\0\0\0BLZ\1"s},
  };
}

TEST(PackedRules, EachMatchesItsSubjectOnlyAndNamesItsPlugin) {
  Scanner scanner(packed_rules());
  std::map<std::string, int> tested;
  for (const auto& [rule, content] : samples()) {
    EXPECT_EQ(matching(packed_rules(), content), Texts{rule}) << content.substr(0x200, 20);
    const auto found = dispatch(scanner.scan(bytes(content)).matches);
    ASSERT_EQ(found.plugins.size(), 1U) << rule;
    EXPECT_EQ(found.plugins[0].first, "last-resort");
    EXPECT_EQ(found.problems, Texts());
    ++tested[rule];
  }
  EXPECT_EQ(tested.size(), packed_rules()->rule_count());
}

TEST(PackedRules, NearMisses) {
  const std::string aspack = "\x60\xE8\3\0\0\0\xE9\xEB\4\x5D\x45\x55\xC3\xE8\1\0\0\0"s;
  for (const std::string& content :
       {""s, "text"s, pe_file("a program"), aspack, "MZ" + aspack, pe_file(aspack, true),
        test::put(pe_file(aspack), 0x98 + 224, "UPX0\0\0\0\0"s), pe_file("InstallShield\0"s),
        "Disk1\\setup.exe\0001.2.3.4\0001234\0"s, pe_file(std::string(4096, ' ') + ".aspack\0"s),
        "EGGAR"s, "ALZ\1"s, named(".text\0\0\0"s), pe_file("\xBE\1\2\3\4\xAD\x50\xFF\x76")})
    EXPECT_EQ(matching(packed_rules(), content), Texts()) << content.substr(0, 20);
}

}  // namespace
}  // namespace stoq::plugins::yara
