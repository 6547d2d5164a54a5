// SPDX-License-Identifier: Apache-2.0
#include "cli/tree.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/tree_samples.h"
#include "cli/visible.h"

namespace stoq::cli {
namespace {

constexpr char kDigest[] = "2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7";
constexpr char kHashes[] =
    R"({"sha256": "2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7", )"
    R"("md5": "cfe671457bc475ef2f51cf12b1457475", "sha1": "f610f70b1464d97f7897fefd6420ffc904df5e4f"})";

size_t widest(std::string_view text) {
  size_t most = 0;
  for (size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
    most = std::max(most, columns_of(text.substr(0, end)));
  EXPECT_EQ(text, "") << "the last line ends too";
  return most;
}

StoqResponse mail() {
  PayloadResults root = payload("11111111-aaaa", "", "offer.eml", 20480);
  root.sha256 = kDigest;
  root.workers[0].set("hash", Json::parse(kHashes));
  root.workers[0].set("mimetype", Json{{"mimetype", "message/rfc822"}});
  PayloadResults zip = payload("22222222-aaaa", root.payload_id, "offer.zip", 11 << 20);
  zip.extracted_by = "smtp";
  zip.sha256 = kDigest;
  zip.workers[0].set("mimetype", Json{{"mimetype", "application/zip"}});
  zip.workers.emplace_back().set(
      "decompress",
      Json::parse(
          R"J({"format": "zip", "filters": [], "password": "infected", "member_count": 4, "members": [
          {"name": "offer.exe", "status": "extracted"}, {"name": "docs/", "status": "skipped: directory"},
          {"name": "a.exe", "status": "encrypted: no password fits"},
          {"name": "b.iso", "status": "too large (60000000 > 50000000)"}], "stopped": false})J"));
  PayloadResults text = payload("33333333-aaaa", root.payload_id, "", 1023);
  text.extracted_by = "smtp";
  text.payload_meta.should_scan = false;
  PayloadResults exe = payload("44444444-aaaa", zip.payload_id, "offer.exe", 1536);
  exe.sha256 = kDigest;
  exe.workers[0].set("hash", Json::parse(kHashes));
  exe.workers[0].set(
      "yara",
      Json::parse(
          R"({"matches": [{"tags": ["packed", "exe"], "namespace": "default", "rule": "packed_exe",
          "meta": {"author": "x", "description": "An executable whose sections were packed, and which unpacks itself"}, "strings": [[0, "$a", "MZ"]]},
         {"tags": [], "namespace": "local", "rule": "seen_before", "meta": {}, "strings": []}]})"));
  exe.workers[0].set("entropy", Json::parse(R"({"entropy": 7.912345678})"));
  exe.workers[0].set(
      "peinfo",
      Json::parse(
          R"({"machine": "I386", "dll": false, "sections": [1, 2, 3], "header": {"a": 1}, "note": null})"));
  exe.archivers.set("filedir", Json{{"path", "archive/2/f/2fa2"}});
  exe.duplicates = {{text.payload_id, "smtp", {}, 1},
                    {zip.payload_id, "decompress", payload("", "", "copy.exe").payload_meta, 1},
                    {"", "", {}, 4}};

  StoqResponse r = response({root, zip, text, exe});
  r.errors.add("peinfo",
               "worker:failed to scan: peinfo ; StoqException: the import table points outside of "
               "the file, the rest was read ; payload 44444444-aaaa");
  r.errors.add("stoq",
               "2 payloads extracted by decompress lie deeper than max_recursion 2 and were not "
               "scanned ; payload 44444444-aaaa");
  r.errors.add("smtp", "one part has no boundary");
  r.limits = {{"max_recursion", exe.payload_id, "decompress", 2, 1},
              {"deadline", zip.payload_id, "yara", std::nullopt, 1},
              {"max_errors", "", "", 9, 3}};
  r.decorators.set("verdict", Json{{"verdict", "malicious"}, {"score", 0.91}});
  return r;
}

TEST(Tree, At80Columns) {
  EXPECT_EQ(drawn(mail(), 80), R"(offer.eml  20 KiB  message/rfc822
│  sha256 2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7
├─ offer.zip  11 MiB  application/zip  by smtp
│  │  sha256 2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7
│  │  unpack zip · 4 members, 1 extracted · password "infected"
│  │         1 encrypted: no password fits: a.exe
│  │         1 too large (60000000 > 50000000): b.iso
│  │  limit  deadline, yara
│  └─ offer.exe  1.5 KiB  by decompress
│        sha256 2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7
│        yara   packed_exe [packed exe]  An executable whose sections were
│               packed, and which unpacks itself
│               local:seen_before
│        entropy 7.91235
│        peinfo machine: I386 · dll: false · sections: 3 items · header: 1
│               member · note: null
│        filedir path: archive/2/f/2fa2
│        also   6 more times: in 33333333, in offer.zip as copy.exe, and 4
│               others
│        error  worker:failed to scan: peinfo ; StoqException: the import table
│               points outside of the file, the rest was read
│        limit  2 payloads extracted by decompress lie deeper than max_recursion
│               2 and were not scanned
└─ 33333333  1023 B  not scanned  by smtp

error  smtp: one part has no boundary
limit  max_errors: 9 left out, on 3 occasions
verdict malicious · score: 0.91
4 payloads · 11 MiB · 2 YARA rules · 6 duplicates · 3 errors · 5 limits
scan 5caff01d
)");
}

TEST(Tree, At200Columns) {
  EXPECT_EQ(drawn(mail(), 200), R"(offer.eml  20 KiB  message/rfc822  #11111111
│  sha256 2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7
│  md5    cfe671457bc475ef2f51cf12b1457475  sha1 f610f70b1464d97f7897fefd6420ffc904df5e4f
├─ offer.zip  11 MiB  application/zip  by smtp  #22222222
│  │  sha256 2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7
│  │  unpack zip · 4 members, 1 extracted · password "infected"
│  │         1 encrypted: no password fits: a.exe
│  │         1 too large (60000000 > 50000000): b.iso
│  │  limit  deadline, yara
│  └─ offer.exe  1.5 KiB  by decompress  #44444444
│        sha256 2fa284e62b11fea1226b35cdd726a7a56090853ed135240665ceb3939f631af7
│        md5    cfe671457bc475ef2f51cf12b1457475  sha1 f610f70b1464d97f7897fefd6420ffc904df5e4f
│        yara   packed_exe [packed exe]  An executable whose sections were packed, and which unpacks itself
│               local:seen_before
│        entropy 7.91235
│        peinfo machine: I386 · dll: false · sections: 3 items · header: 1 member · note: null
│        filedir path: archive/2/f/2fa2
│        also   6 more times: in 33333333, in offer.zip as copy.exe, and 4 others
│        error  worker:failed to scan: peinfo ; StoqException: the import table points outside of the file, the rest was read
│        limit  2 payloads extracted by decompress lie deeper than max_recursion 2 and were not scanned
└─ 33333333  1023 B  not scanned  by smtp

error  smtp: one part has no boundary
limit  max_errors: 9 left out, on 3 occasions
verdict malicious · score: 0.91
4 payloads · 11 MiB · 2 YARA rules · 6 duplicates · 3 errors · 5 limits · scan 5caff01d
)");
}

TEST(Tree, OnlyTheStyleBringsColor) {
  PayloadResults root = payload("r", "", "f", 5);
  root.workers[0].set("mimetype", Json{{"mimetype", "text/plain"}});
  root.workers[0].set("yara", Json::parse(R"({"matches": [{"rule": "a_rule", "tags": ["t"]}]})"));
  StoqResponse r = response({root, payload("c", "r", "g", 5)});
  r.errors.add("stoq", "it broke ; payload c");
  EXPECT_EQ(drawn(r), R"(f  5 B  text/plain
│  yara   a_rule [t]
└─ g  5 B  by decompress
      error  it broke

2 payloads · 10 B · 1 YARA rule · 1 error · scan 5caff01d
)");
  EXPECT_EQ(tree_text(r, {true, 100}),
            "\x1b[1mf\x1b[0m  5 B\x1b[36m  text/plain\x1b[0m\n"
            "\x1b[2m│  \x1b[0m\x1b[2myara   \x1b[0m\x1b[31ma_rule\x1b[0m\x1b[33m [t]\x1b[0m\n"
            "\x1b[2m└─ \x1b[0m\x1b[1mg\x1b[0m  5 B\x1b[2m  by decompress\x1b[0m\n"
            "\x1b[2m      \x1b[0m\x1b[2merror  \x1b[0m\x1b[31mit broke\x1b[0m\n"
            "\n"
            "\x1b[1m2 payloads\x1b[0m · 10 B\x1b[31m · 1 YARA rule\x1b[0m\x1b[31m · 1 "
            "error\x1b[0m\x1b[2m · scan 5caff01d\x1b[0m\n");
}

TEST(Tree, NothingToDraw) {
  EXPECT_EQ(drawn(response({})), "\n0 payloads · 0 B · scan 5caff01d\n");
}

TEST(Tree, Sizes) {
  const auto size = [](uint64_t bytes) {
    const std::string text = drawn(response({payload("r", "", "f", bytes)}));
    return text.substr(3, text.find('\n') - 3);
  };
  EXPECT_EQ(size(1023), "1023 B");
  EXPECT_EQ(size(1024), "1.0 KiB");
  EXPECT_EQ(size(10188), "9.9 KiB");
  EXPECT_EQ(size(10240), "10 KiB");
  EXPECT_EQ(size((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size(UINT64_MAX), "16 EiB");
}

TEST(Tree, TextOfPayloadsCannotActOnTheTerminal) {
  PayloadResults root = payload("r", "", "a\x1b]0;x\x07\n\u202egpj.exe", 1);
  root.extracted_by = "p\x1b";
  root.workers[0].set("mimetype", Json{{"mimetype", "m\r"}});
  root.workers[0].set(
      "yara",
      Json::parse("{\"matches\": [{\"rule\": \"r\\u001b\", \"namespace\": \"n\\b\", \"tags\": "
                  "[\"t\\u009b\"], \"meta\": {\"description\": \"d\\u2066\"}}]}"));
  root.workers[0].set("decompress",
                      Json::parse("{\"format\": \"f\\u0007\", \"password\": \"p\\u0000\", "
                                  "\"members\": [{\"name\": \"m\\u200b\", \"status\": \"s\\n\"}], "
                                  "\"unsupported\": \"u\\u007f\", \"errors\": [\"e\\t\"]}"));
  root.workers[0].set("o\x1b", Json::parse("{\"k\\u001b\": \"v\\u202e\"}"));
  root.duplicates = {{"r", "x", payload("", "", "copy\x1b").payload_meta, 1}};
  StoqResponse r = response({root});
  r.errors.add("q\x1b", "e\xff\x80 ; payload r");
  r.limits = {{"l\x1b", "r", "g\a", 1, 1}};
  r.scan_id = "s\x1b";
  EXPECT_EQ(drawn(r), R"(a\x1b]0;x\x07\n\u202egpj.exe  1 B  m\r  by p\x1b
   yara   n\x08:r\x1b [t\u009b]  d\u2066
   unpack f\x07 · 1 member, 0 extracted · password "p\x00" · not supported: u\x7f
          1 s\n: m\u200b
          e\t
   o\x1b  k\x1b: v\u202e
   also   1 more time: in a\x1b]0;x\x07\n\u202egpj.exe as copy\x1b
   error  q\x1b: e\xff\x80
   limit  l\x1b, g\x07: 1 left out

1 payload · 1 B · 1 YARA rule · 1 duplicate · 1 error · 1 limit · scan s\x1b
)");
}

TEST(Tree, NamesCannotPassForFacts) {
  EXPECT_EQ(drawn(response({payload("r", "", "a.txt  5 B  text/plain", 9)})).substr(0, 31),
            "\"a.txt  5 B  text/plain\"  9 B\n\n");
  EXPECT_EQ(drawn(response({payload("r", "", " a", 9)})).substr(0, 11), "\" a\"  9 B\n\n");
}

TEST(Tree, LongNamesKeepTheirEndAndLeaveRoomForTheFacts) {
  PayloadResults root = payload("r", "", "invoice.pdf" + std::string(4000, '_') + ".exe", 9);
  root.workers[0].set("mimetype", Json{{"mimetype", "application/x-dosexec"}});
  const std::string text = drawn(response({root}), 60);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "invoice.pdf____________…____.exe  9 B  application/x-dosexec");
}

TEST(Tree, NoLineIsWiderThanTheStyle) {
  StoqResponse r = mail();
  for (int i = 0; i < 20; ++i) {
    PayloadResults deep = payload(
        "d" + std::to_string(i), i == 0 ? r.results.back().payload_id : "d" + std::to_string(i - 1),
        "文件文件文件\x1b文件e\u0301");
    deep.sha256 = kDigest;
    r.results.push_back(deep);
  }
  r.errors.add("文", std::string(500, 'x') + " ; payload d9");
  for (size_t width = 1; width <= 250; ++width) ASSERT_LE(widest(drawn(r, width)), width);
  for (const size_t width : {80u, 100u, 120u, 200u}) {
    const std::string text = drawn(r, width);
    size_t digests = 0;
    for (size_t at = 0; (at = text.find(kDigest, at)) != text.npos; ++at) ++digests;
    EXPECT_EQ(digests, 23u) << "each is whole at " << width;
  }
  EXPECT_NE(drawn(r, 0), "") << "no columns are no reason to fail";
}

TEST(Tree, DeepChainsStayInsideTheWidth) {
  std::vector<PayloadResults> chain;
  constexpr int kLevels = 20000;
  for (int i = 0; i < kLevels; ++i)
    chain.push_back(
        payload("p" + std::to_string(i), i == 0 ? "" : "p" + std::to_string(i - 1), "", 1));
  const std::string text = drawn(response(chain), 80);
  EXPECT_LE(widest(text), 80u);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kLevels + 2);
  EXPECT_TRUE(text.starts_with(R"(p0  1 B
└─ p1  1 B  by decompress
   └─ p2  1 B  by decompress
      └─ p3  1 B  by decompress
         ├─ p4  1 B  by decompress
         ├─ (depth 5) p5  1 B  by decompress
)")) << text.substr(0, 400);
  EXPECT_TRUE(text.ends_with(R"(         └─ (depth 19999) p19999  1 B  by decompress

20000 payloads · 20 KiB · scan 5caff01d
)"));
}

TEST(Tree, BranchesBelowTheLastColumn) {
  // At 70 columns one level is indented.
  const StoqResponse r = response({payload("a"), payload("b", "a"), payload("c", "a"),
                                   payload("d", "b"), payload("e", "d"), payload("f", "b")});
  EXPECT_EQ(drawn(r, 70), R"(a  0 B
├─ b  0 B  by decompress
├─ (depth 2) d  0 B  by decompress
├─ (depth 3) e  0 B  by decompress
├─ (depth 2) f  0 B  by decompress
└─ c  0 B  by decompress

6 payloads · 0 B · scan 5caff01d
)");
}

TEST(Tree, WideTrees) {
  constexpr int kChildren = 100000;
  std::vector<PayloadResults> results{payload("root", "", "many.zip", 7)};
  for (int i = 0; i < kChildren; ++i)
    results.push_back(payload("p" + std::to_string(i), "root", "", 1));
  StoqResponse r = response(std::move(results));
  for (int i = 0; i < kChildren; ++i)
    r.errors.add("stoq", "broken ; payload p" + std::to_string(i));
  const std::string text = drawn(r);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 * kChildren + 3);
  EXPECT_TRUE(text.starts_with(
      "many.zip  7 B\n├─ p0  1 B  by decompress\n│     error  broken\n├─ p1  1 B"));
  EXPECT_TRUE(
      text.ends_with("└─ p99999  1 B  by decompress\n      error  broken\n\n100001 payloads · 98 "
                     "KiB · 100000 errors · scan 5caff01d\n"));
}

TEST(Tree, EveryPayloadIsDrawnOnceWhateverItsParent) {
  const StoqResponse r =
      response({payload("a", "", "root"), payload("b", "gone-with-the-limit", "orphan"),
                payload("c", "c", "own child"), payload("d", "e", "before its parent"),
                payload("e", "d", "e"), payload("a", "a", "same id")});
  EXPECT_EQ(drawn(r), R"(root  0 B
└─ same id  0 B  by decompress
orphan  0 B  from gone-wit, which is not listed  by decompress
own child  0 B  by decompress
before its parent  0 B  by decompress
└─ e  0 B  by decompress

6 payloads · 0 B · scan 5caff01d
)");
}

}  // namespace
}  // namespace stoq::cli
