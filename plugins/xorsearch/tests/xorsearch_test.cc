// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plugins/carving/tests/samples.h"
#include "search.h"
#include "stoq/sdk/views.h"
#include "support/extracted.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;
using plugins::carving::bytes_of;
using plugins::xorsearch::Match;
using plugins::xorsearch::Terms;

std::string under(std::string text, int key) {
  for (char& c : text) c = static_cast<char>(c ^ key);
  return text;
}

// "key@place text; ..."
std::string found(const Terms& terms, std::string_view content) {
  std::string all;
  terms.search(bytes_of(content), [&](Match&& m) {
    all += std::to_string(m.key) + "@" + std::to_string(m.at) + " " + m.text + "; ";
    return true;
  });
  return all;
}

std::string refusal(std::string_view lines) {
  try {
    Terms terms(lines);
    return "";
  } catch (const sdk::Error& e) {
    return e.what();
  }
}

TEST(XorSearch, AsTheReferenceDoes) {
  const WorkerScan r = scan_with("xorsearch", under("MZAdjustTokenPrivileges CurrentVersion", 92),
                                 {{"isolation", "process"}});
  EXPECT_EQ(r.result,
            R"({"0x5C": [{"pos": "0x0002", "match": "AdjustTokenPrivileges CurrentVersion"}, )"
            R"({"pos": "0x0018", "match": "CurrentVersion"}]})");
  EXPECT_EQ(r.errors, Names());
}

TEST(XorSearch, NothingInPlainText) {
  EXPECT_EQ(scan_with("xorsearch", "CreateFile GetTickCount").result, "");
  EXPECT_EQ(scan_with("xorsearch", "").result, "");
}

TEST(XorSearch, EveryKeyAtEveryPlace) {
  const Terms terms("abcd\nneedle\n");
  EXPECT_EQ(terms.size(), 2u);
  for (int key = 1; key < 256; ++key)
    for (const size_t before : {0, 1, 7})
      EXPECT_EQ(found(terms, std::string(before, '\0') + under("needle\x01", key)),
                std::to_string(key) + "@" + std::to_string(before) + " needle; ");
}

TEST(XorSearch, TheLongestOfTermsThatBeginAlike) {
  const Terms terms("load\nloadLibrary\nloadLib\nload\n");
  EXPECT_EQ(terms.size(), 3u);
  EXPECT_EQ(found(terms, under("loadLibraryA\nloadx", 7)), "7@0 loadLibraryA; 7@13 loadx; ");
}

TEST(XorSearch, TextEndsAtWhatCannotBePrintedAndIsBounded) {
  const Terms terms("needle");
  EXPECT_EQ(found(terms, under("needle and\tmore", 9)), "9@0 needle and; ");
  const std::string text = found(terms, under("needle" + std::string(1000, 'x'), 9));
  EXPECT_EQ(text.size(), 256 + "9@0 ; "s.size());
}

TEST(XorSearch, BadTerms) {
  EXPECT_EQ(refusal("good\nbad\n"), "terms, line 2: a term has 4 to 255 bytes, not 3");
  EXPECT_EQ(refusal(std::string(256, 'x')), "terms, line 1: a term has 4 to 255 bytes, not 256");
  EXPECT_EQ(refusal("\n\n"), "terms: there is none; give a file with a term on each line");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "term" + std::to_string(i) + "\n";
  EXPECT_EQ(refusal(many), "terms, line 1001: there may be 1000 terms, no more");
}

TEST(XorSearch, OwnTermsAndMatchesThatAreNotListed) {
  TemporaryDirectory directory;
  const std::string path = directory.file("terms", "needle\r\n");
  const WorkerScan r = scan_with("xorsearch", under("needle needle needle", 1),
                                 {{"terms", path}, {"max_matches", "1"}});
  EXPECT_EQ(r.result, R"({"0x01": [{"pos": "0x0000", "match": "needle needle needle"}]})");
  ASSERT_EQ(r.errors.size(), 1u);
  EXPECT_TRUE(r.errors[0].find("key 0x01: 2 more matches are not listed (option max_matches)") !=
              std::string::npos)
      << r.errors[0];
}

}  // namespace
}  // namespace stoq::test
