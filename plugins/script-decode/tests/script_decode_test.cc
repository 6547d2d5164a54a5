// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base64_text.h"
#include "encoded_script.h"
#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;
using plugins::script_decode::Decoded;
using plugins::script_decode::each_base64;
using plugins::script_decode::Joined;

// What Microsoft's encoder makes of: MsgBox "Hello"
const std::string kEncoded = "#@~^DgAAAA==\\ko$K6,JC\x7FV^GJqAQAAA==^#~@";
const std::string kScript = "MsgBox \"Hello\"";

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("script-decode", content, std::move(options));
}
std::string error_of(const WorkerScan& r) {
  EXPECT_EQ(r.errors.size(), 1u);
  return r.errors.empty() ? "" : r.errors[0];
}
// "place kind content"
Names found(std::string_view text, size_t least = 40) {
  Names all;
  each_base64(text, least, [&](Decoded&& d) {
    all.push_back(std::to_string(d.at) + " " + std::string(d.kind) + " " + d.content);
    return true;
  });
  return all;
}

TEST(ScriptDecode, EncodedScript) {
  const WorkerScan r = scan("<script language=\"VBScript.Encode\">" + kEncoded + "</script>",
                            {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), Names{kScript});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 35, "decoded_from": "encoded script"})"});
  EXPECT_EQ(r.result,
            R"({"found": [{"kind": "encoded script", "offset": 35, "size": 14}], "count": 1})");
  EXPECT_EQ(r.errors, Names());
}

TEST(ScriptDecode, EscapesAndOtherBytes) {
  using plugins::script_decode::decode_script;
  EXPECT_EQ(decode_script("@&@#@*@!@$"), "\n\r><@");
  EXPECT_EQ(decode_script("\xC3\xA4\\"), "\xC3\xA4M") << "not encoded, and not counted";
  EXPECT_EQ(decode_script("@"), "@");
}

TEST(ScriptDecode, ScriptsThatAreDamaged) {
  const auto problem = [](const std::string& content, const Names& scripts) {
    const WorkerScan r = scan(content);
    EXPECT_EQ(r.contents(), scripts) << content;
    const std::string text = error_of(r);
    const size_t at = text.find("encoded script at byte ");
    return at == text.npos ? text : text.substr(at, text.find(" ; payload") - at);
  };
  EXPECT_EQ(problem(kEncoded.substr(0, 20), {"MsgBox \""s}),
            "encoded script at byte 0: its end is missing");
  EXPECT_EQ(problem(put(kEncoded, 4, "DwAAAA=="), {kScript}),
            "encoded script at byte 0: it has 14 characters and says 15");
  EXPECT_EQ(problem(put(kEncoded, 26, "qQQAAA=="), {kScript}),
            "encoded script at byte 0: its checksum does not fit");
  EXPECT_EQ(scan("#@~^ is no script").response.results.size(), 1u);
}

TEST(ScriptDecode, PowerShellCommands) {
  const std::string command = "IEX (New-Object Net.WebClient)";
  const std::string encoded = base64_of(wide(command));
  for (const std::string& option : {"-e"s, "-ec"s, "-enc"s, "-EncodedCommand"s, "/Enc"s})
    EXPECT_EQ(scan("powershell " + option + " " + encoded).contents(), Names{command}) << option;
  EXPECT_EQ(found("powershell -enc \"" + base64_of("calc.exe -a b") + "\""),
            Names{"17 powershell command calc.exe -a b"});
  EXPECT_EQ(found("pwsh -e " + base64_of(wide("dir c:"))), Names{"8 powershell command dir c:"})
      << "short";
  EXPECT_EQ(found("pwsh -x " + base64_of(wide("dir c:"))), Names());
  EXPECT_EQ(found("encoded " + base64_of(wide("dir c:"))), Names()) << "no switch";
}

TEST(ScriptDecode, PowerShellCommandsWithOtherLetters) {
  std::string command = "dir # ", encoded = wide(command);
  for (int i = 0; i < 100; ++i) command += "кл", encoded += "\x3A\4\x3B\4";
  for (const std::string& odd : {""s, "!"s})
    EXPECT_EQ(found("pwsh -e " + base64_of(encoded + odd)),
              Names{"8 powershell command " + command + (odd.empty() ? "" : "\uFFFD")});
  EXPECT_EQ(found("pwsh -e " + base64_of(pe_file("a"))), Names{"8 pe " + pe_file("a")});
  EXPECT_EQ(found("grep -e someNameThatIsLongEnough"), Names());
}

TEST(ScriptDecode, WideText) {
  const WorkerScan r = scan("\xFF\xFE" + wide("powershell -enc " + base64_of(wide("Get-Process"))));
  EXPECT_EQ(r.contents(), Names{"Get-Process"});
  EXPECT_EQ(r.metas(),
            Names{R"({"offset": 16, "decoded_from": "powershell command", "wide": true})"});
  EXPECT_EQ(
      scan("\xFE\xFF" + wide_big("powershell -enc " + base64_of(wide("Get-Process")))).contents(),
      Names{"Get-Process"});
}

TEST(ScriptDecode, FilesAndTextInBase64) {
  const std::string program = pe_file("program");
  const WorkerScan r = scan("var a = '" + base64_of(program) + "';");
  EXPECT_EQ(r.contents(), Names{program});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 9, "decoded_from": "pe"})"});
  const std::string text = "a text that is long enough to be one";
  EXPECT_EQ(found("x = " + base64_of(text)), Names{"4 text " + text});
  EXPECT_EQ(found("x = " + base64_of(wide(text))), Names{"4 text " + text});
}

TEST(ScriptDecode, Lines) {
  const std::string program = pe_file("program"), encoded = base64_of(program);
  std::string lines;
  for (size_t i = 0; i < encoded.size(); i += 76) lines += encoded.substr(i, 76) + "\r\n";
  EXPECT_EQ(scan("$a = @'\r\n" + lines + "'@").contents(), Names{program});
}

TEST(ScriptDecode, LiteralsThatArePutTogether) {
  const std::string program = pe_file("program"), encoded = base64_of(program);
  const size_t third = encoded.size() / 3;
  const std::string a = encoded.substr(0, third), b = encoded.substr(third, third),
                    c = encoded.substr(2 * third);
  EXPECT_EQ(scan("x = '" + a + "' +\n  '" + b + "'+'" + c + "'").contents(), Names{program});
  EXPECT_EQ(scan("x = \"" + a + "\" & _\r\n\"" + b + "\" & \"" + c + "\"").contents(),
            Names{program});
  const Joined joined("ab = \"cd\" + \"ef\" + 'x'");
  EXPECT_EQ(joined.text(), "ab = \"cdef\" + 'x'");
  EXPECT_EQ(joined.origin(4), 4u);
  EXPECT_EQ(joined.origin(8), 13u) << "e";
  EXPECT_EQ(joined.text()[8], 'e');
}

TEST(ScriptDecode, UnderDeflate) {
  const std::string script = "Write-Host 'a script that was compressed'";
  const std::string stored = "\1"s + little(script.size(), 2) + little(~script.size(), 2) + script;
  const std::string text = "('" + base64_of(stored) + "')";
  EXPECT_EQ(found("IO.Compression.DeflateStream" + text), Names{"30 text " + script});
  EXPECT_EQ(found(text), Names());
}

TEST(ScriptDecode, EscapesOfJavaScript) {
  const WorkerScan r =
      scan("document.write(unescape('%3Cscript%3Ealert%28%271%27%29%3B%3C/script>'));");
  EXPECT_EQ(r.contents(), Names{"<script>alert('1');</script>"});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 25, "decoded_from": "escapes"})"});
  EXPECT_EQ(scan("unescape( \"%u9090%u4141%u0001%u0002%u0003%u0004%u0005%u0006\")").contents(),
            Names{"\x90\x90"s + "AA\1\0\2\0\3\0\4\0\5\0\6\0"s});
  EXPECT_EQ(scan("decodeURIComponent('%u00e4%u20ac%41%42%43%44%45%46')").contents(),
            Names{"\xC3\xA4\xE2\x82\xAC"s + "ABCDEF"});
  for (const std::string& content : {"unescape('%41%42%43%44%45%46%47')"s, "unescape(x)"s,
                                     "unescape('%41"s, "encode('%41%42%43%44%45%46%47%48')"s})
    EXPECT_EQ(scan(content).extracted.size(), 0u) << content;
}

TEST(ScriptDecode, CharacterCodes) {
  const WorkerScan r = scan("eval(String.fromCharCode(97,108, 0x65 ,114,116,40,49,41));");
  EXPECT_EQ(r.contents(), Names{"alert(1)"});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 25, "decoded_from": "character codes"})"});
  EXPECT_EQ(
      scan("fromCharCode(8364,8364,8364,8364,8364,8364,8364,65)").contents(),
      Names{"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
            "A"});
  EXPECT_EQ(scan("fromCharCode(0,8364,65,65,65,65,65,65)").contents(), Names{"\0\xE2\x82\xAC"
                                                                             "AAAAAA"s});
  EXPECT_EQ(scan("fromCharCode(1,2,3,4,5,6,7)").extracted.size(), 0u);
  EXPECT_EQ(scan("fromCharCode(70000,1,2,3,4,5,6,7,8)").extracted.size(), 0u);
}

TEST(ScriptDecode, WhatIsNoBase64OfAnything) {
  EXPECT_EQ(found("https://example.com/a/path/that/is/long/enough/to/be/taken/for/base64"),
            Names());
  EXPECT_EQ(found(std::string(1000, 'A')), Names());
  EXPECT_EQ(found("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), Names());
  EXPECT_EQ(found(random_text(1, 16 << 20)), Names());
  EXPECT_EQ(scan("").response.results.size(), 1u);
}

TEST(ScriptDecode, TheOptionDecidesWhatIsShort) {
  const std::string text = "a text of thirty characters !!";
  EXPECT_EQ(found(base64_of(text), 40).size(), 1u);
  EXPECT_EQ(scan(base64_of(text), {{"least_base64", "41"}}).extracted.size(), 0u);
}

}  // namespace
}  // namespace stoq::test
