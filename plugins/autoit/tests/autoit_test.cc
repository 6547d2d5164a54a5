// SPDX-License-Identifier: Apache-2.0
//
// tests/integration/autoit_test.py holds what this reads against another program.
#include <gtest/gtest.h>

#include "archive.h"
#include "expander.h"
#include "names.h"
#include "source.h"
#include "support/extracted.h"
#include "writer.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;
using plugins::autoit::Version;
using plugins::carving::bytes_of;

constexpr std::string_view kScript = ">>>AUTOIT SCRIPT<<<";

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("autoit", content, std::move(options));
}

const std::string kTokens = little(2, 4) + token(0x31, "MSGBOX") + "\x47\x05" + little(0, 4) +
                            "\x40" + token(0x36, "a \"title\"") + "\x40" + token(0x33, "TEXT") +
                            "\x48\x7F" + token(0x30, "EXIT") + "\x7F";
const std::string kSource = "MSGBOX(0, \"a \"\"title\"\"\", $TEXT)\nEXIT\n";
const std::string kProgram = "MZ program" + std::string(3000, 'x');

std::vector<ScriptEntry> entries_of(Version version) {
  const bool tokens = version == Version::ea06;
  return {{">>>AUTOIT NO CMDEXECUTE<<<", "", "", false},
          {std::string(kScript), "C:\\temp\\aut1.tmp", tokens ? kTokens : "Exit\r\n"},
          {"..\\evil.exe", "C:\\work\\evil.exe", kProgram},
          {"stored.txt", "C:\\work\\stored.txt", "stored", false}};
}

TEST(AutoIt, BehindAnExecutable) {
  const std::string interpreter = pe_file("interpreter");
  for (const Version version : {Version::ea05, Version::ea06}) {
    const bool tokens = version == Version::ea06;
    const WorkerScan r =
        scan(interpreter + compiled_script(version, entries_of(version)) + "signed",
             {{"isolation", "process"}});
    EXPECT_EQ(r.contents(), (Names{tokens ? kSource : "Exit\r\n", kProgram, "stored"}));
    EXPECT_EQ(r.metas()[0], R"({"filename": "aut1.tmp", "name": ">>>AUTOIT SCRIPT<<<", "path": )"
                            R"("C:\\temp\\aut1.tmp", "type": "script")" +
                                (tokens ? ", \"lines\": 2}"s : "}"s));
    EXPECT_EQ(r.metas()[1],
              R"({"filename": "evil.exe", "name": "..\\evil.exe", "path": "C:\\work\\evil.exe", )"
              R"("type": "file"})");
    EXPECT_EQ(r.result,
              R"({"archives": [{"format": ")" + (tokens ? "EA06"s : "EA05"s) + R"(", "offset": )" +
                  std::to_string(interpreter.size()) +
                  R"(, "entry_count": 4, "entries": [)"
                  R"({"name": ">>>AUTOIT NO CMDEXECUTE<<<", "path": "", "type": "setting", )"
                  R"("status": "empty"}, )"
                  R"({"name": ">>>AUTOIT SCRIPT<<<", "path": "C:\\temp\\aut1.tmp", "type": )"
                  R"("script", "status": "extracted"}, )"
                  R"({"name": "..\\evil.exe", "path": "C:\\work\\evil.exe", "type": "file", )"
                  R"("status": "extracted"}, )"
                  R"({"name": "stored.txt", "path": "C:\\work\\stored.txt", "type": "file", )"
                  R"("status": "extracted"}]}]})");
    EXPECT_EQ(problems(r), Names());
  }
}

TEST(AutoIt, InAResourceOrAlone) {
  const std::string script = compiled_script(Version::ea06, {{"a", "a", "content"}});
  EXPECT_EQ(scan(script).contents(), Names{"content"});
  EXPECT_EQ(scan(pe_file("other resources" + script + "more")).contents(), Names{"content"});
}

TEST(AutoIt, SeveralScripts) {
  const std::string two = compiled_script(Version::ea05, {{"a", "a", "first"}}) + "between" +
                          compiled_script(Version::ea06, {{"b", "b", "second"}});
  EXPECT_EQ(scan(two).contents(), (Names{"first", "second"}));
}

TEST(AutoIt, ScriptsAsText) {
  const std::string content =
      compiled_script(Version::ea05, {{">AUTOIT SCRIPT<", "a", "Beep()"},
                                      {">AUTOIT UNICODE SCRIPT<", "b", wide("Exit 1")}}) +
      compiled_script(Version::ea06, {{">AUTOIT UNICODE SCRIPT<", "c", wide("Exit 2")}});
  EXPECT_EQ(scan(content).contents(), (Names{"Beep()", "Exit 1", "Exit 2"}));
}

TEST(AutoIt, Ciphers) {
  EXPECT_EQ(crypted(Version::ea05, 0x16FA, "FILE"), "\xFF\x6D\xB0\xCE");
  EXPECT_EQ(crypted(Version::ea06, 0x18EE, "FILE"), "\x6B\x43\xCA\x52");
}

std::string expanded(Version version, const std::string& body, bool damaged) {
  plugins::autoit::Expander expander(version, bytes_of(body));
  EXPECT_TRUE(expander.known());
  std::string out;
  for (plugins::carving::Bytes piece; !(piece = expander.next()).empty();)
    out += plugins::carving::text_of(piece);
  EXPECT_EQ(expander.damaged(), damaged);
  return out;
}

TEST(AutoIt, Repetitions) {
  for (const Version version : {Version::ea05, Version::ea06})
    for (const size_t run :
         {1, 2, 3, 5, 6, 7, 12, 13, 14, 43, 44, 45, 298, 299, 300, 554, 555, 1000})
      EXPECT_EQ(expanded(version, squeezed(version, "a" + std::string(run, 'b') + "c"), false),
                "a" + std::string(run, 'b') + "c");
  // Across the pieces that it comes in.
  const std::string large = random_text(1, 600'000);
  EXPECT_EQ(expanded(Version::ea06, squeezed(Version::ea06, large), false), large);
}

TEST(AutoIt, DamagedRepetitions) {
  for (const unsigned back : {0u, 2u, 0x7FFFu}) {  // one byte is there
    BitWriter bits;
    bits.put(1, 1);
    bits.put('a', 8);
    bits.put(0, 1);
    bits.put(back, 15);
    bits.put(0, 20);
    EXPECT_EQ(expanded(Version::ea06, "EA06" + big(9, 4) + bits.take(), true), "a");
  }
  EXPECT_EQ(expanded(Version::ea05, squeezed(Version::ea05, "abcdef").substr(0, 13), true), "abcd");
}

std::string source_of(const std::string& tokens, const std::string& problem = "") {
  const auto source = plugins::autoit::source_of(bytes_of(tokens));
  EXPECT_EQ(source.problem, problem);
  return source.text;
}
// A script of one line.
std::string line(const std::string& tokens) {
  return little(1, 4) + tokens + "\x7F";
}

TEST(AutoIt, Tokens) {
  EXPECT_EQ(source_of(kTokens), kSource);
  EXPECT_EQ(source_of(line("\x05" + little(static_cast<uint32_t>(-12), 4))), "-12\n");
  EXPECT_EQ(source_of(line("\x10" + little(1ull << 40, 8))), "1099511627776\n");
  EXPECT_EQ(source_of(line("\x20" + little(0x3FF8000000000000, 8))), "1.5\n");
  EXPECT_EQ(
      source_of(line("\0\x04\0\0\0\0\x03\0\0\0\x01\xF9\0\0\0\x47\x33\0\0\0\0\x48\0\x05\0\0\0"s)),
      "IF NOT MSGBOX($) THEN\n")
      << "names as numbers";
  EXPECT_EQ(source_of(line(token(0x32, "CRLF") + "\x4D" + token(0x33, "O") + token(0x35, "NAME") +
                           token(0x35, "ITEM") + "\x4E" + token(0x33, "I") + "\x4F" + "\x57" +
                           token(0x34, "_MY") + "\x47\x48\x58\x47" + token(0x36, "") + "\x48")),
            "@CRLF & $O.NAME.ITEM[$I] ? _MY() : (\"\")\n");
  std::string operators;
  for (char code = 0x40; code <= 0x58; ++code) operators += code;
  EXPECT_EQ(source_of(line(operators)),
            ", = > < <> >= <= () + - / * & [] == ^ += -= /= *= &= ? :\n");
  EXPECT_EQ(source_of(line(token(0x37, "#NoTrayIcon"))), "#NoTrayIcon\n");
}

TEST(AutoIt, TextMayBeginWithZero) {
  EXPECT_EQ(source_of(line(token(0x36, "\0ab"s))), "\"\0ab\"\n"s);
  const std::string script = compiled_script(Version::ea06, {{"\0ab"s, "path", "content"}});
  EXPECT_EQ(plugins::autoit::read_archives(bytes_of(script)).at(0).entries.at(0).name, "\0ab"s);
}

TEST(AutoIt, DamagedTokens) {
  EXPECT_EQ(
      source_of(little(2, 4) + token(0x30, "DIM") + "\x60more\x7F" + token(0x30, "EXIT") + "\x7F",
                "line 1: token 96 is damaged or not known"),
      "DIM\nEXIT\n");
  EXPECT_EQ(
      source_of(line("\x36" + little(0xFFFFFFFF, 4)), "line 1: token 54 is damaged or not known"),
      "\n");
  EXPECT_EQ(source_of(line("\x01" + little(406, 4)), "line 1: function_406 has no name here"),
            "function_406\n");
  EXPECT_EQ(source_of(little(3, 4) + token(0x30, "EXIT"), "line 1: there should be 3 lines"),
            "EXIT");
  EXPECT_EQ(source_of("abc", "line 1: there should be 0 lines"), "");
}

TEST(AutoIt, NamesByNumber) {
  using namespace plugins::autoit;
  EXPECT_EQ(keyword_of(0), "");
  EXPECT_EQ(keyword_of(1), "AND");
  EXPECT_EQ(keyword_of(44), "ENUM");
  EXPECT_EQ(keyword_of(45), "");
  EXPECT_EQ(function_of(0), "ABS");
  EXPECT_EQ(function_of(405), "WINWAITNOTACTIVE");
  EXPECT_EQ(function_of(406), "");
}

TEST(AutoIt, ChecksumsAreVerified) {
  const WorkerScan r = scan(compiled_script(Version::ea06, {{"a", "a", "content", true, 1}}));
  EXPECT_EQ(r.contents(), Names{"content"});
  EXPECT_EQ(r.metas(), Names{R"({"filename": "a", "name": "a", "path": "a", "type": "file", )"
                             R"("checksum": "wrong"})"});
  EXPECT_EQ(problems(r), Names{"EA06: entry 'a': its checksum is wrong"});
  EXPECT_TRUE(r.result.find(R"("status": "damaged")") != r.result.npos) << r.result;
}

TEST(AutoIt, BehindDamageItGoesOn) {
  for (const Version version : {Version::ea05, Version::ea06}) {
    const std::string name = version == Version::ea05 ? "EA05" : "EA06";
    const std::string head = script_head(name);
    std::string first = script_entry(version, {"a", "a", "first"});
    const std::string rest = script_entry(version, {"b", "b", "second"}) + "end";
    const std::string at = std::to_string(head.size());

    const WorkerScan magic = scan(head + put(first, 1, "?") + rest);
    EXPECT_EQ(magic.contents(), Names{"second"});
    EXPECT_EQ(problems(magic), Names{name + ": it is damaged or cut short at byte " + at});

    const WorkerScan length = scan(head + put(first, 6, "\1") + rest);
    EXPECT_EQ(length.contents(), Names{"second"});
    EXPECT_EQ(problems(length), Names{name + ": it is damaged or cut short at byte " + at});

    const size_t size = first.size() - squeezed(version, "first").size() - 16 - 12;
    const WorkerScan longer = scan(head + put(first, size + 2, "\1") + rest);
    EXPECT_EQ(longer.contents(), (Names{"first", "second"})) << "up to the next";
    EXPECT_EQ(problems(longer), Names{name + ": entry 'a': cut short"});
  }
}

TEST(AutoIt, CutShort) {
  const std::string whole = compiled_script(Version::ea06, {{"a", "a", "some content"}});
  const WorkerScan r = scan(whole.substr(0, whole.size() - 8 - 5));
  EXPECT_EQ(r.metas(), Names{R"({"filename": "a", "name": "a", "path": "a", "type": "file", )"
                             R"("incomplete": true})"});
  EXPECT_EQ(r.contents(), Names{"some con"});
  EXPECT_EQ(problems(r), Names{"EA06: entry 'a': it is damaged or cut short"});
  const WorkerScan head = scan(whole.substr(0, 60));
  EXPECT_EQ(problems(head), Names{"EA06: it is damaged or cut short at byte 40"});
}

TEST(AutoIt, SaysWhatItDoesNotRead) {
  EXPECT_EQ(problems(scan("text" + script_head("EA04"))),
            Names{"unsupported: EA04: a version that is not read, at byte 4"});
  EXPECT_EQ(problems(scan(script_head("EA06") + "text")),
            Names{"EA06: there is no entry behind its signature at byte 0"});
  std::string other = script_entry(Version::ea06, {"a", "a", "content", false});
  other[other.size() - 7 - 29] = 1;  // compressed, it says
  EXPECT_EQ(problems(scan(script_head("EA06") + other)),
            Names{"EA06: entry 'a': it is damaged, or compressed in a way that is not read"});
}

TEST(AutoIt, LargeScriptsAreLeftAsTheyAre) {
  for (const bool compressed : {true, false}) {
    const WorkerScan r =
        scan(compiled_script(Version::ea06, {{std::string(kScript), "a", kTokens, compressed}}),
             {{"max_script_size", "10"}});
    EXPECT_EQ(r.contents(), Names{kTokens});
    EXPECT_EQ(problems(r), Names{"EA06: entry '>>>AUTOIT SCRIPT<<<': larger than max_script_size: "
                                 "it is given as it is stored"});
  }
}

TEST(AutoIt, ListedEntriesAreBounded) {
  const WorkerScan r =
      scan(compiled_script(Version::ea05, {{"a", "a", "first"}, {"b", "b", "second"}}),
           {{"max_listed_entries", "1"}});
  EXPECT_EQ(r.extracted.size(), 2u);
  EXPECT_TRUE(r.result.ends_with(R"("entry_count": 2, "entries": [{"name": "a", "path": "a", )"
                                 R"("type": "file", "status": "extracted"}]}]})"))
      << r.result;
}

TEST(AutoIt, ErrorsAreBounded) {
  std::string heads;
  for (int i = 0; i < 1001; ++i) heads += script_head("EA05");
  const WorkerScan r = scan(heads);
  EXPECT_EQ(problems(r).size(), 100u);
  std::string entries = script_head("EA05");
  for (int i = 0; i < 101; ++i)
    entries += script_entry(Version::ea05, {"a", "a", std::to_string(i), true, 1});
  EXPECT_EQ(scan(entries).extracted.size(), 101u);
  EXPECT_EQ(problems(scan(entries)).size(), 100u);
}

TEST(AutoIt, StopsWhenNoMoreIsTaken) {
  const std::string content =
      compiled_script(Version::ea05, {{"a", "a", "first"}, {"b", "b", "second"}});
  EXPECT_EQ(scan_with("autoit", content, {}, {{"max_children", "1"}}).extracted.size(), 1u);
}

TEST(AutoIt, HasNothingToSayOfOtherFiles) {
  for (const std::string& other :
       {""s, "text"s, pe_file("program"), script_head("EA06").substr(0, 22)}) {
    EXPECT_EQ(scan(other).result, "");
    EXPECT_EQ(problems(scan(other)), Names());
  }
}

TEST(AutoIt, SurvivesEveryCutAndChange) {
  std::mt19937 random(1);
  for (const Version version : {Version::ea05, Version::ea06}) {
    const std::string whole = compiled_script(version, entries_of(version));
    for (int i = 0; i < 400; ++i) {
      std::string changed = whole.substr(0, i % 2 ? whole.size() : random() % whole.size());
      for (unsigned n = random() % 8; n > 0 && !changed.empty(); --n)
        changed[random() % changed.size()] = static_cast<char>(random());
      for (const auto& archive : plugins::autoit::read_archives(bytes_of(changed)))
        ASSERT_LE(archive.entries.size(), 4u);
    }
  }
}

}  // namespace
}  // namespace stoq::test
