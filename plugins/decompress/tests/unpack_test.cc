// SPDX-License-Identifier: Apache-2.0
#include "plugins/decompress/unpack.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "samples.h"

namespace {

using namespace unpack_test;

std::string elf_with(const std::string& tail) {
  return samples::slurp("/bin/ls") + tail;
}

// ---- formats
// -------------------------------------------------------------------------------------------------------

struct Format {
  const char* writer;
  const char* expected;
};

class EachFormat : public testing::TestWithParam<Format> {};

TEST_P(EachFormat, GivesEveryFileWhole) {
  const auto archive = samples::write({GetParam().writer, "", "", ""}, kTwo);
  const auto r = run(archive);
  EXPECT_TRUE(r.report.is_archive);
  EXPECT_EQ(r.report.format, GetParam().expected);
  EXPECT_EQ(r.report.filters, Strings{});
  EXPECT_EQ(r.report.errors, Strings{});
  EXPECT_EQ(r.report.unsupported, "");
  EXPECT_FALSE(r.report.stopped);
  Strings files;
  for (const auto& s : r.statuses()) {
    if (!s.ends_with("skipped: directory")) files.push_back(s);
  }
  EXPECT_EQ(files, kTwoStatus);
  EXPECT_EQ(r.contents(), kTwoOut);
  EXPECT_EQ(r.report.member_count, r.report.members.size());
}

INSTANTIATE_TEST_SUITE_P(Unpack, EachFormat,
                         testing::Values(Format{"zip", "zip"}, Format{"7zip", "7zip"},
                                         Format{"ustar", "tar"}, Format{"v7tar", "tar"},
                                         Format{"pax", "tar"}, Format{"gnutar", "tar"},
                                         Format{"newc", "cpio"}, Format{"odc", "cpio"},
                                         Format{"bin", "cpio"}, Format{"iso9660", "iso9660"},
                                         Format{"xar", "xar"}),
                         [](const auto& test) { return std::string(test.param.writer); });

TEST(Unpack, WarcGivesItsRecords) {
  const auto r = run(samples::write({"warc", "", "", ""}, {{"http://h/x", "page"}}));
  EXPECT_EQ(r.report.format, "warc");
  ASSERT_EQ(r.sink.got.size(), 1u);
  EXPECT_EQ(r.sink.got[0].content, "page");
}

TEST(Unpack, ArAndDebGiveTheirMembers) {
  for (const char* style : {"arbsd", "arsvr4"}) {
    const auto r = run(samples::write(
        {style, "", "", ""}, {{"debian-binary", "2.0\n"}, {"data.tar.xz", "not looked into"}}));
    EXPECT_EQ(r.report.format, "ar");
    EXPECT_EQ(r.contents(), (Strings{"debian-binary=2.0\n", "data.tar.xz=not looked into"}));
  }
}

TEST(Unpack, HandMadeFormats) {
  const struct {
    const char* format;
    std::string archive;
  } cases[] = {{"rar", samples::rar4("a.txt", "in rar")},
               {"rar5", samples::rar5("a.txt", "in rar")},
               {"lha", samples::lha("a.txt", "in rar")},
               {"cab", samples::cab("a.txt", "in rar")}};
  for (const auto& c : cases) {
    const auto r = run(c.archive);
    EXPECT_EQ(r.report.format, c.format);
    EXPECT_EQ(r.contents(), Strings{"a.txt=in rar"}) << c.format;
    EXPECT_EQ(r.report.errors, Strings{}) << c.format;
  }
}

TEST(Unpack, RpmGivesTheMembersOfItsCpio) {
  for (const char* filter : {"gzip", "xz", "zstd", "bzip2", "lzma"}) {
    const auto r = run(samples::rpm(samples::write({"newc", filter, "", ""}, kTwo)));
    EXPECT_EQ(r.report.format, "cpio");
    EXPECT_EQ(r.report.filters, (Strings{"rpm", filter}));
    EXPECT_EQ(r.contents(), kTwoOut);
  }
}

TEST(Unpack, SevenZipMethodsOfTheRealProgram) {
  for (const char* method : {"-m0=lzma2", "-m0=ppmd", "-m0=bzip2", "-m0=deflate", "-m0=copy"}) {
    const auto archive = samples::by_7zz({"a", method}, "x.7z", {{"a.txt", "by 7zz"}});
    if (archive.empty()) GTEST_SKIP() << "/usr/bin/7zz (package 7zip) is missing";
    EXPECT_EQ(run(archive).contents(), Strings{"a.txt=by 7zz"}) << method;
  }
}

TEST(Unpack, ZipMethodsOfPython) {
  for (const std::string method : {"STORED", "DEFLATED", "BZIP2", "LZMA"}) {
    const auto archive =
        samples::by_python("import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_" +
                           method + ")\nz.writestr('a.txt','by python '*50)\nz.close()");
    if (archive.empty()) GTEST_SKIP() << "/usr/bin/python3 is missing";
    const auto r = run(archive);
    ASSERT_EQ(r.sink.got.size(), 1u) << method;
    EXPECT_EQ(r.sink.got[0].content.size(), 500u) << method;
    EXPECT_EQ(r.statuses(), Strings{"a.txt: extracted"});
  }
}

// ---- compressed files
// ----------------------------------------------------------------------------------------------

class EachFilter : public testing::TestWithParam<const char*> {};

TEST_P(EachFilter, PlainFileIsOneMember) {
  const std::string expected = std::string(GetParam()) == "uuencode" ? "uu" : GetParam();
  const auto content = samples::noise(200'000, 7);
  const auto r = run(samples::filtered(GetParam(), content), {}, {}, "suggested");
  EXPECT_EQ(r.report.format, expected);
  EXPECT_EQ(r.report.filters, Strings{expected});
  EXPECT_EQ(r.report.errors, Strings{});
  ASSERT_EQ(r.sink.got.size(), 1u);
  EXPECT_TRUE(r.sink.got[0].complete);
  EXPECT_EQ(r.sink.got[0].content, content);
  EXPECT_EQ(r.sink.got[0].name, expected == "uu" ? "-" : "suggested");
  EXPECT_EQ(r.report.members[0].size, content.size());
  EXPECT_FALSE(r.report.members[0].has_size);
}

TEST_P(EachFilter, TarInsideGivesItsMembersInOneStep) {
  const auto r = run(samples::write({"ustar", GetParam(), "", ""}, kTwo));
  EXPECT_EQ(r.report.format, "tar");
  EXPECT_EQ(r.report.filters, Strings{std::string(GetParam()) == "uuencode" ? "uu" : GetParam()});
  EXPECT_EQ(r.contents(), kTwoOut);
  EXPECT_EQ(r.report.errors, Strings{});
}

TEST_P(EachFilter, CutShortIsNeverComplete) {
  const auto whole = samples::filtered(GetParam(), samples::noise(300'000, 8));
  for (const std::size_t part : {2, 3, 10}) {
    const auto r = run(whole.substr(0, whole.size() / part));
    if (std::string(GetParam()) == "compress" || std::string(GetParam()) == "uuencode")
      continue;  // no length, no checksum
    if (std::string(GetParam()) == "lzma" &&
        part == 10) {  // a weak magic, and too little to give a first block
      EXPECT_FALSE(r.report.is_archive);
      continue;
    }
    EXPECT_EQ(r.report.errors.size(), 1u) << part;
    for (const auto& g : r.sink.got) EXPECT_FALSE(g.complete) << part;
  }
}

INSTANTIATE_TEST_SUITE_P(Unpack, EachFilter,
                         testing::Values("gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "compress",
                                         "lzip", "uuencode"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Unpack, GzipNameOfItsHeaderComesFirst) {
  const auto archive = samples::by_python(
      "import "
      "sys,gzip\nf=open(sys.argv[1],'wb')\ng=gzip.GzipFile('../"
      "inner.exe','wb',9,f)\ng.write(b'x')\ng.close()");
  if (archive.empty()) GTEST_SKIP() << "/usr/bin/python3 is missing";
  EXPECT_EQ(run(archive, {}, {}, "outer").contents(), Strings{"inner.exe=x"});
  EXPECT_EQ(run(samples::filtered("xz", "x")).contents(), Strings{"data=x"});
}

TEST(Unpack, OneStepOpensOneLayer) {
  const auto zip = samples::write({"zip", "", "", ""}, kTwo);
  const auto r = run(samples::filtered("gzip", zip), {}, {}, "x.zip");
  EXPECT_EQ(r.report.format, "gzip");
  ASSERT_EQ(r.sink.got.size(), 1u);
  EXPECT_EQ(r.sink.got[0].content, zip);

  const auto inner = samples::filtered("gzip", "twice");
  const auto twice = run(samples::filtered("gzip", inner));
  EXPECT_EQ(twice.report.filters, Strings{"gzip"});
  ASSERT_EQ(twice.sink.got.size(), 1u);
  EXPECT_EQ(twice.sink.got[0].content, inner);
}

TEST(Unpack, ZerosInGzipAreNoTar) {
  const auto r = run(samples::filtered("gzip", std::string(100'000, '\0')));
  EXPECT_EQ(r.report.format, "gzip");
  EXPECT_EQ(r.statuses(), Strings{"data: extracted"});
  EXPECT_EQ(r.sink.total, 100'000u);
}

TEST(Unpack, EmptyFileInGzipIsAMemberAndACutOneIsNot) {
  const auto empty = samples::filtered("gzip", "");
  EXPECT_EQ(run(empty).contents(), Strings{"data="});
  const auto cut = run(empty.substr(0, 13));
  EXPECT_EQ(cut.sink.got.size(), 0u);
  EXPECT_EQ(cut.report.errors, Strings{"gzip: damaged: it ends too early"});
}

TEST(Unpack, SequenceOfNumbersInGzipIsNoMtree) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + "\n";
  const auto r = run(samples::filtered("gzip", text));
  EXPECT_EQ(r.report.member_count, 1u);
  EXPECT_EQ(r.sink.got.at(0).content, text);
}

// ---- what is no archive
// --------------------------------------------------------------------------------------------

TEST(Unpack, PlainThingsAreNoArchive) {
  Strings plain = {"",
                   "x",
                   "MZ",
                   "\x7F"
                   "ELF",
                   samples::slurp("/bin/ls"),
                   samples::slurp("/bin/sh"),
                   std::string("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16),
                   "<!DOCTYPE html><html><body>PK</body></html>",
                   "import os\n\nbegin = 1\n",
                   "begin 644 of a story\nthat is no uuencode, surely\n",
                   "LZIP is a program",
                   "WARC/ is a format",
                   "-lh5- in a text",
                   "BZh9 is no magic",
                   std::string(2048, '\0'),
                   std::string("]\0\0\1\0", 5) + std::string(40, '\1'),
                   "PK\3",
                   std::string("\x1F\x9D\x90\xFF\xFF\xFF\xFF", 7),
                   "Rar! 7z\xBC\xAF"};
  for (std::uint32_t seed = 0; seed < 200; ++seed) plain.push_back(samples::noise(3000, seed));
  for (const auto& content : plain) {
    const auto r = run(content);
    EXPECT_FALSE(r.report.is_archive) << content.substr(0, 40);
    EXPECT_EQ(r.report.format, "");
    EXPECT_EQ(r.report.filters, Strings{});
    EXPECT_EQ(r.report.errors, Strings{});
    EXPECT_EQ(r.report.unsupported, "");
    EXPECT_EQ(r.report.member_count, 0u);
    EXPECT_EQ(r.sink.got.size(), 0u);
  }
}

TEST(Unpack, WeakMagicThatDoesNotDecodeIsNoArchive) {
  auto lzma = samples::filtered("lzma", samples::noise(5000, 1)).substr(0, 14);
  EXPECT_FALSE(run(lzma + std::string(100, '\xFF')).report.is_archive);
}

TEST(Unpack, SignatureWithoutAnArchiveInAnExecutable) {
  EXPECT_FALSE(run(elf_with("7z\xBC\xAF\x27\x1C" + std::string(100, 'x'))).report.is_archive);
  EXPECT_FALSE(
      run(elf_with(std::string("Rar!\x1A\x07\x00", 7) + std::string(100, 's'))).report.is_archive);
  EXPECT_FALSE(
      run(elf_with(std::string("MSCF\0\0\0\0", 8) + std::string(100, '\xFF'))).report.is_archive);
}

TEST(Unpack, ArchivesInExecutables) {
  const struct {
    const char* format;
    std::string archive;
  } cases[] = {{"zip", samples::write({"zip", "", "", ""}, {{"a", "sfx"}})},
               {"7zip", samples::write({"7zip", "", "", ""}, {{"a", "sfx"}})},
               {"rar", samples::rar4("a", "sfx")},
               {"rar5", samples::rar5("a", "sfx")},
               {"cab", samples::cab("a", "sfx")}};
  for (const auto& c : cases) {
    for (const auto& file : {elf_with(c.archive), "MZ" + std::string(5000, '\1') + c.archive}) {
      const auto r = run(file);
      EXPECT_EQ(r.report.format, c.format);
      EXPECT_EQ(r.contents(), Strings{"a=sfx"}) << c.format;
      EXPECT_EQ(r.report.errors, Strings{}) << c.format;
    }
  }
}

TEST(Unpack, FilesOfMicrosoftsCompress) {
  const std::string long_text(100'000, 'x');
  for (const std::string& content : {std::string("hello and so on"), long_text, std::string()}) {
    const auto szdd = run(samples::szdd(content), {}, {}, "file.tx_");
    EXPECT_EQ(szdd.report.format, "szdd");
    EXPECT_EQ(szdd.contents(), Strings{"file.txt=   " + content});
    const auto kwaj = run(samples::kwaj(content));
    EXPECT_EQ(kwaj.report.format, "kwaj");
    EXPECT_EQ(kwaj.contents(), Strings{"a.txt=" + content});
  }
  const auto cut = run(samples::kwaj("twelve bytes").substr(0, 32));
  EXPECT_EQ(cut.contents(), Strings{"a.txt=twelve (incomplete)"});
  EXPECT_EQ(cut.statuses(), Strings{"a.txt: damaged: it ends after 6 of 12 bytes"});
  Options small;
  small.maximum_size = 5;
  EXPECT_EQ(run(samples::kwaj("twelve bytes"), small).statuses(),
            Strings{"a.txt: too large (12 > 5)"});
}

TEST(Unpack, WhatIsKnownButNotReadableIsNamed) {
  const std::pair<std::string, std::string> cases[] = {
      {"arj", samples::arj()},
      {"ace", samples::ace()},
      {"wim", std::string("MSWIM\0\0\0", 8) + "data"},
      {"lrzip", "LRZI data"},
      {"lzop", std::string("\x89LZO\0\r\n\x1A\n", 9) + "data"}};
  for (const auto& [name, content] : cases) {
    const auto r = run(content);
    EXPECT_TRUE(r.report.is_archive) << name;
    EXPECT_EQ(r.report.unsupported, name);
    EXPECT_EQ(r.report.format, "");
    EXPECT_EQ(r.report.errors, Strings{});
  }
}

}  // namespace
