// SPDX-License-Identifier: Apache-2.0
#include "cli/findings.h"

#include <gtest/gtest.h>

#include "cli/tree_samples.h"

namespace stoq::cli {
namespace {

// A payload with the result of one worker.
StoqResponse worked(std::string_view plugin, std::string_view result) {
  PayloadResults root = payload("r", "", "f");
  root.workers[0].set(plugin, Json::parse(result));
  return response({root});
}

// The lines below the first payload's own, without what is at the foot.
std::string findings(const StoqResponse& r, size_t width = 100) {
  const std::string text = drawn(r, width);
  const size_t first = text.find('\n') + 1;
  return text.substr(first, text.find("\n\n") + 1 - first);
}

std::string foot(const StoqResponse& r, size_t width = 100) {
  const std::string text = drawn(r, width);
  return text.substr(text.find("\n\n") + 2);
}

TEST(Findings, LongTextContinuesAndIsCutAtLast) {
  StoqResponse r = response({payload("r", "", "f")});
  r.errors.add("stoq",
               "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
               "fifteen ; payload r");
  r.errors.add("stoq", std::string(200, 'x') + " ; payload r");
  EXPECT_EQ(findings(r, 40), R"(   error  one two three four five six
          seven eight nine ten eleven
          twelve thirteen fourteen fift…
   error  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
          xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
)");
}

TEST(Findings, TimingsAndReasonsWhenThereAreAny) {
  PayloadResults root = payload("r", "", "f");
  root.timings = Json::parse(
      R"({"dispatchers": {"yara": 0.0012}, "workers": [{"hash": 0.00001}, {"exif": 1.5}], "archivers": {}})");
  root.explain = Json::parse(
      R"({"workers": [{"hash": "always_dispatch"}, {"exif": "named by \u001b[31m yara"}]})");
  EXPECT_EQ(findings(response({root})),
            R"(   time   dispatch by yara 1.2 ms · hash 0.01 ms · exif 1.5 s
   why    hash: always_dispatch · exif: named by \x1b[31m yara
)");
}

TEST(Findings, MetadataBeginsWithWhoMadeIt) {
  EXPECT_EQ(findings(worked("exif", R"({"ExifToolVersion": 12.57, "FileType": "PDF", "ZoomLevel": 3,
            "Producer": "a\u001b[31mtool", "Author": ["Eve", "Bob"], "MIMEType": "application/pdf"})")),
            R"(   exif   Author: ["Eve", "Bob"] · Producer: a\x1b[31mtool · ZoomLevel: 3
)");
  EXPECT_EQ(findings(worked("exif", R"({"FileType": "TXT"})")),
            "   exif   nothing beside the type\n");
  EXPECT_EQ(findings(worked("exif", R"("text")")), "   exif   text\n");
}

TEST(Findings, MetadataOfProgramsIsInWords) {
  EXPECT_EQ(
      findings(worked("exif", R"({"FileType": "Win64 DLL", "MIMEType": "application/octet-stream",
            "MachineType": 34404, "PEType": 523, "Subsystem": 2, "CPUType": 62})")),
      "   exif   FileType: Win64 DLL · MachineType: x86-64 · PEType: PE32+ · Subsystem: "
      "Windows · CPUType:\n          62\n");
  EXPECT_EQ(findings(worked("exif", R"({"FileType": "ELF executable", "CPUArchitecture": 1,
            "CPUByteOrder": 2, "ObjectFileType": 2, "CPUType": 8})")),
            "   exif   CPUType: MIPS · ObjectFileType: executable · CPUArchitecture: 32 bit · "
            "CPUByteOrder: big\n          endian\n");
  // Numbers that nobody knows, and those of other formats, stay what they are.
  EXPECT_EQ(
      findings(worked("exif", R"({"FileType": "Win32 EXE", "MachineType": 1, "PEType": "x"})")),
      "   exif   FileType: Win32 EXE · MachineType: 1 · PEType: x\n");
  EXPECT_EQ(findings(worked("exif", R"({"FileType": "Mach-O executable", "CPUType": 7})")),
            "   exif   CPUType: 7\n");
}

TEST(Findings, MetadataOfImagesIsTheirSize) {
  EXPECT_EQ(findings(worked("exif", R"j({"FileType": "PNG", "ImageWidth": 72, "ImageHeight": 27,
            "Filter": 0, "Palette": "(Binary data 24 bytes, use -b option to extract)",
            "ImageSize": "72 27", "Megapixels": 0.001944, "BitDepth": 8})j")),
            "   exif   ImageSize: 72x27 · BitDepth: 8\n");
}

TEST(Findings, IndicatorsShowTheFirstOfEachKind) {
  EXPECT_EQ(
      findings(worked("iocextract",
                      R"({"ipv4": ["1.2.3.4"], "url": ["http://a/", "http://b/", "http://c/\u202e",
                                "http://d/", "http://e/"]})")),
      R"(   iocs   ipv4 1.2.3.4
          url http://a/ · http://b/ · http://c/\u202e and 2 more
)");
}

TEST(Findings, ErrorsStandWhereTheyBelong) {
  StoqResponse r = response({payload("aa", "", "f"), payload("bb", "aa", "g")});
  r.errors.add("yara", "first ; payload bb");
  r.errors.add("yara", "worker:failed to scan: yara ; StoqException: second ; payload aa");
  r.errors.add("yara", "about no payload cc");
  r.errors.add("yara", "about payload bb and more");
  r.errors.add("stoq", "payload bb");
  EXPECT_EQ(drawn(r), R"(f  0 B
│  error  worker:failed to scan: yara ; StoqException: second
└─ g  0 B  by decompress
      error  yara: first
      error  payload bb

error  yara: about no payload cc
error  yara: about payload bb and more
2 payloads · 0 B · 5 errors · scan 5caff01d
)");
}

TEST(Findings, ManyErrorsAndLimitsAreCounted) {
  StoqResponse r = response({payload("r", "", "f")});
  for (int i = 0; i < 12; ++i) r.errors.add("stoq", "no " + std::to_string(i) + " ; payload r");
  for (int i = 0; i < 11; ++i)
    r.limits.push_back({"limit" + std::to_string(i), "r", "", std::nullopt, 1});
  const std::string text = findings(r);
  EXPECT_TRUE(text.starts_with("   error  no 0\n"));
  EXPECT_TRUE(
      text.ends_with("   error  no 9\n   error  and 2 more errors\n"
                     "   limit  limit0\n   limit  limit1\n   limit  limit2\n   limit  limit3\n   "
                     "limit  limit4\n   limit  limit5\n"
                     "   limit  limit6\n   limit  limit7\n   limit  limit8\n   limit  limit9\n   "
                     "limit  and 1 more limit\n"))
      << text;
}

TEST(Findings, LimitsAreToldOnceAndNeverLost) {
  StoqResponse r = response({payload("r", "", "f")});
  for (int i = 0; i < 10; ++i) r.errors.add("yara", "yara mentions max_children ; payload r");
  r.errors.add("stoq", "too many: max_payloads ; payload r");  // the eleventh is not shown
  r.limits = {{"max_payloads", "r", "p", 3, 1},
              {"max_children", "r", "", 1, 1},
              {"deadline", "", "", 5, 14}};
  EXPECT_TRUE(
      findings(r).ends_with("   error  and 1 more error\n   limit  max_payloads, p: 3 left out\n   "
                            "limit  max_children: 1 left out\n"))
      << findings(r);
  EXPECT_EQ(foot(r),
            "limit  deadline: 5 left out, on 14 occasions\n1 payload · 0 B · 11 errors · 16 limits "
            "· scan 5caff01d\n");
}

TEST(Findings, ManyRulesAreCounted) {
  std::string matches;
  for (int i = 0; i < 25; ++i)
    matches += (i ? ", " : "") + ("{\"rule\": \"r" + std::to_string(i) + "\"}");
  const StoqResponse r = worked("yara", "{\"matches\": [" + matches + "]}");
  EXPECT_TRUE(findings(r).starts_with("   yara   r0\n          r1\n"));
  EXPECT_TRUE(findings(r).ends_with("          r19\n          and 5 more rules\n"));
  EXPECT_EQ(foot(r), "1 payload · 0 B · 25 YARA rules · scan 5caff01d\n");
  EXPECT_EQ(findings(worked("yara", R"({"matches": []})")), "");
}

TEST(Findings, MembersThatWereNotExtractedAreGroupedByReason) {
  std::string members;
  for (int i = 0; i < 5; ++i)
    members += "{\"name\": \"m" + std::to_string(i) + "\", \"status\": \"skipped: link\"}, ";
  for (int i = 0; i < 6; ++i)
    members += "{\"name\": \"d" + std::to_string(i) +
               "\", \"status\": \"damaged: " + std::to_string(i) + "\"}, ";
  const StoqResponse r = worked(
      "decompress", R"({"format": "tar", "filters": ["gzip"], "member_count": 2000, "members": [)" +
                        members + R"({"name": "x", "status": "extracted"}], "stopped": true})");
  EXPECT_EQ(findings(r),
            R"(   unpack tar in gzip · 2000 members, 12 listed, 1 extracted · stopped early
          5 skipped: link: m0, m1, m2, and 2 others
          1 damaged: 0: d0
          1 damaged: 1: d1
          1 damaged: 2: d2
          1 damaged: 3: d3
          2 more members not extracted for other reasons
)");
  EXPECT_EQ(findings(worked("decompress", R"({"unsupported": "arj"})")),
            "   unpack not supported: arj\n");
}

TEST(Findings, ResultsOfAnyShape) {
  EXPECT_EQ(findings(worked("x", "{}")), "");
  EXPECT_EQ(findings(worked("x", "[1, 2]")), "   x      2 items\n");
  EXPECT_EQ(findings(worked("x", "\"text\"")), "   x      text\n");
  EXPECT_EQ(findings(worked("hash_ssdeep", R"({"ssdeep": "3:hMCE7pr3Kn:huJ6"})")),
            "   hash_ssdeep ssdeep: 3:hMCE7pr3Kn:huJ6\n");
  EXPECT_EQ(
      findings(worked(
          "x", R"({"a": 18446744073709551615, "b": 1e300, "c": [[]], "d": {"e": {}}, "f": true})")),
      "   x      a: 18446744073709551615 · b: 1e+300 · c: 1 item · d: 1 member · f: true\n");
  // Known names with another shape than the plugins here give.
  EXPECT_EQ(findings(worked("yara", R"({"matches": 3})")), "   yara   matches: 3\n");
  EXPECT_EQ(findings(worked("yara", R"({"matches": [1, {"rule": []}]})")),
            "   yara   ?\n          ?\n");
  EXPECT_EQ(findings(worked("decompress", "{\"note\": \"none\"}")), "   decompress note: none\n");
  EXPECT_EQ(findings(worked("mimetype", "{\"mimetype\": 1}")), "   mimetype 1\n");
  EXPECT_EQ(findings(worked("hash", "[]")), "");
  EXPECT_EQ(findings(worked("hash", R"({"sha256": "abc", "md5": "d"})"), 120),
            "   sha256 abc\n   md5    d\n");
  EXPECT_EQ(
      findings(worked("decompress", R"({"format": 1, "members": [1, {}], "member_count": -5})")),
      "   unpack 2 members, 0 extracted\n");
}

TEST(Findings, LargeResultsAreCut) {
  std::string object = "{\"first\": \"" + std::string(100000, 'v') + "\"";
  for (int i = 0; i < 10000; ++i)
    object += ", \"k" + std::to_string(i) + "\": " + std::to_string(i);
  const std::string text = findings(worked("x", object + "}"), 60);
  EXPECT_EQ(text, "   x      first: " + std::string(43, 'v') + "\n          " +
                      std::string(16, 'v') + "… · k0: 0 · k1: 1 · k2: 2 · k3: 3…\n");
}

TEST(Findings, DuplicatesSayWhere) {
  PayloadResults root = payload("r", "", "f");
  for (int i = 0; i < 100; ++i) root.duplicates.push_back({"r", "x", {}, 1});
  root.duplicates.push_back({"", "", {}, 400});
  EXPECT_EQ(findings(response({root})),
            "   also   500 more times: in f, in f, in f, and 497 others\n");
  root.duplicates = {{"12345678-unlisted", "x", {}, 1}};
  EXPECT_EQ(findings(response({root})), "   also   1 more time: in 12345678\n");
  root.duplicates = {{"", "", {}, 2}};
  EXPECT_EQ(findings(response({root})), "   also   2 more times\n");
}

}  // namespace
}  // namespace stoq::cli
