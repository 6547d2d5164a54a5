// SPDX-License-Identifier: Apache-2.0
// The shipped rules for what lies inside of other bytes.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "dispatch.h"
#include "plugins/carving/tests/samples.h"
#include "rule_folder.h"

#ifndef STOQ_YARA_RULES_DIR
#define STOQ_YARA_RULES_DIR "rules"
#endif

namespace stoq::plugins::yara {
namespace {

using namespace std::string_literals;
using test::base64_of;
using test::little;
using test::pe_file;
using test::random_text;

std::shared_ptr<const RuleSet> carve_rules() {
  static const auto rules =
      RuleSet::load({STOQ_YARA_RULES_DIR "/mail.yar", STOQ_YARA_RULES_DIR "/carve.yar"}, {});
  EXPECT_EQ(rules.problems, Texts());
  return rules.rules;
}

struct Inside {
  std::string rule, plugin, content;
};

std::string xored(std::string text, char key) {
  for (char& c : text) c = static_cast<char>(c ^ key);
  return text;
}

std::vector<Inside> insides() {
  const std::string dos = "This program"s + " cannot be run in DOS mode";
  const std::string dropper = "CreateObject(\"MSXML2.DOMDocument\").dataType = \"bin.base64\"";
  return {
      {"pe_inside", "pecarve", "some text, then " + pe_file("program")},
      {"pe_xored", "pecarve", "...." + xored(dos, 0x5C)},
      {"flash", "swfcarve", "text CWS\x0A\1\1\1\0\x78\x9C"s},
      {"flash", "swfcarve", "text FWS\x0A\1\1\1\0\x78"s},
      {"flash", "swfcarve", "text ZWS\x0D\1\1\1\0\x22\0\0\0\x5D\0\0\x80\0\0"s},
      {"python_package", "pyinstaller", "#!/bin/sh\nMEI\014\013\012\013\016\0\0\1\0"s},
      {"python_package", "pyinstaller", "PYZ\0"s},
      {"autoit_script", "autoit",
       "text \xA3\x48\x4B\xBE\x98\x6C\x4A\xA9\x99\x4C\x53\x0A\x86\xD6\x48\x7D"
       "AU3!EA06"},
      {"xdp", "xdpcarve",
       "<?xml version=\"1.0\"?><x xmlns=\"http://ns.adobe.com/xdp/\"><chunk>YWJj</chunk></x>"},
      {"xdp", "xdpcarve", "<x><chunk>YWJj</chunk></x>"},
      {"has_an_end", "overlay", "\x89PNG\r\n\x1A\n"},
      {"has_an_end", "overlay", "\xFF\xD8\xFF\xE0"},
      {"has_an_end", "overlay", "GIF89a"},
      {"has_an_end", "overlay", "BM\1\1\0\0\0\0\0\0\0"s},
      {"has_an_end", "overlay", "RIFF"},
      {"has_an_end", "overlay",
       "\x7F"
       "ELF"},
      {"has_an_end", "overlay", pe_file("program")},
      {"api_names_xored", "xorsearch", "...." + xored("GetProcAddress", 0x17)},
      {"html", "html", " \n<!DOCTYPE html>\n<HTML>"},
      {"html", "html", "<script>alert(1)</script>"},
      {"shortcut", "lnk", "L\0\0\0\1\x14\2\0"s},
      {"encoded_script", "script-decode", "#@~^DgAAAA==\\ko$"},
      {"encoded_command", "script-decode",
       "cmd /c powershell.exe -nop -w hidden -enc JABhAGIAYwBkAGUA"},
      {"encoded_command", "script-decode", test::wide("PowerShell /e JABhAGIAYwBkAGUA")},
      {"escaped_text", "script-decode", "document.write(unescape('%3Cb%3E'))"},
      {"escaped_text", "script-decode", "String.fromCharCode(97, 98, 99)"},
      {"base64_in_text", "script-decode", "x = [Convert]::FromBase64String($y)"},
      {"base64_in_text", "script-decode", dropper},
      {"base64_in_text", "script-decode", "x = '" + base64_of(pe_file("program")) + "'"},
      {"base64_in_text", "script-decode", "x = '" + base64_of("PK\3\4 and so on") + "'"},
      {"numbers_in_text", "hexcarve", "x = '4d5a" + std::string(120, '0') + "'"},
      {"numbers_in_text", "hexcarve", "{0x4D, 0x5A, 0x90}"},
      {"numbers_in_text", "hexcarve", "Array(77,90,144,0,3,0,0,0,4,0,0,0,255,255,0,0,184,0,0,0)"},
      {"numbers_in_text", "hexcarve", "[80,75,3,4,20,0,0,0,8,0,1,2,3,4,5,6,7,8,9,10,11,12]"},
      {"numbers_in_text", "hexcarve", "504b03041400" + std::string(90, '0')},
      {"numbers_in_text", "hexcarve", "{\n  0x25, 0x50, 0x44, 0x46, 0x2d"},
      {"numbers_in_text", "hexcarve", "[77,83,67,70,0,0,0,0,1,2,3,4,5,6,7,8,9,10,11,12,13]"},
      {"numbers_in_text", "hexcarve", "7F454C460201010000"},
      {"numbers_in_text", "hexcarve", "(This file must be converted with BinHex 4.0)\n:"},
      {"internet_shortcut", "url-files", "[InternetShortcut]\r\nURL=http://a.example"},
      {"internet_shortcut", "url-files", "<?xml version='1.0'?><jnlp codebase='x'>"},
      {"mail_message", "smtp", "Date: now\nSubject: x\n\nUEsDBBQAAAAIAA"},
      {"tnef", "tnef", "\x78\x9F\x3E\x22"},
      {"internet_shortcut", "url-files", "WEB\r\n1\r\nhttp://a.example"},
  };
}

TEST(CarveRules, EachMatchesItsSubjectOnlyAndNamesItsPlugin) {
  Scanner scanner(carve_rules());
  std::map<std::string, int> tested;
  for (const auto& [rule, plugin, content] : insides()) {
    EXPECT_EQ(matching(carve_rules(), content), Texts{rule}) << content.substr(0, 60);
    const auto found = dispatch(scanner.scan(bytes(content)).matches);
    ASSERT_EQ(found.plugins.size(), 1U) << rule;
    EXPECT_EQ(found.plugins[0].first, plugin);
    EXPECT_EQ(found.problems, Texts());
    ++tested[rule];
  }
  EXPECT_EQ(tested.size(), carve_rules()->rule_count());
}

TEST(CarveRules, NearMisses) {
  for (const std::string& content :
       {""s, "text"s, "PE\0\0 text"s, "CWS text that goes on"s, "FWS\0\1\1\1\0\x78"s,
        "<p>text</p>"s, "a < html >"s, "L\0\0\0"s, "#@~^ text"s, "powershell -File a.ps1"s, "atob"s,
        "4D5A9000"s, "InternetShortcut"s, "Date: now\n\n<html>"s, "RIFX"s, "BM is a text"s})
    EXPECT_EQ(matching(carve_rules(), content), Texts()) << content.substr(0, 40);
}

TEST(CarveRules, NothingInRandomBytes) {
  EXPECT_EQ(matching(carve_rules(), random_text(5, 16 << 20)), Texts());
}

}  // namespace
}  // namespace stoq::plugins::yara
