// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "collector.h"
#include "project_writer.h"
#include "vba/formula.h"
#include "vba/macro_sheets.h"
#include "vba/macros.h"

namespace stoq::plugins::vba {
namespace {

using namespace office_samples;
using namespace std::string_literals;

std::string shown(const std::string& tokens) {
  return formula_text(in_bytes(tokens), {true, {"target"}});
}

TEST(MacroSheets, ASheetIsText) {
  const std::string exec = text_token("calc") + text_token(".exe") + "\x08" + call_token(1, 110);
  Collector sink;
  EXPECT_EQ(
      take_macros(in_bytes(compound({stream("Workbook", workbook({exec, call_token(0, 54)}))})),
                  sink),
      R"({"module_count": 1, "modules": [{"name": "Macro1", "kind": "macro sheet", "size": 52, "status": "very hidden"}]})");
  EXPECT_EQ(sink.contents, Strings{"Auto_Open: =A1\nA1: =EXEC(\"calc\"&\".exe\")\nA2: =HALT()\n"});
  EXPECT_EQ(sink.metas,
            Strings{R"({"extra_data": {"filename": "Macro1.xlm", "path": "Workbook"}})"});
}

TEST(MacroSheets, AnEncryptedOneSaysSo) {
  std::string raw = workbook({call_token(0, 54)});
  raw.insert(20, record(0x2F, le(0, 2)));
  Collector sink;
  take_macros(in_bytes(compound({stream("Workbook", raw)})), sink);
  EXPECT_EQ(sink.contents, Strings{"Auto_Open: =?\n(encrypted)\n"});
}

// A workbook with a macro sheet at each of these places, counted from behind its globals.
std::string sheets_at(const std::vector<std::size_t>& places, const std::string& behind) {
  const std::string begin = record(0x809, le(0x600, 2) + le(5, 2) + le(0, 12)),
                    end = record(0x0A, "");
  const auto sheet = [](std::size_t at) {
    return record(0x85, le(at, 4) + le(0, 1) + le(1, 1) + le(1, 1) + '\0' + "s");
  };
  const std::size_t globals = begin.size() + places.size() * sheet(0).size() + end.size();
  std::string out = begin;
  for (const std::size_t place : places) out += sheet(globals + place);
  return out + end + behind;
}

const std::string kBegin = record(0x809, le(0x600, 2) + le(0x40, 2) + le(0, 12)),
                  kCell = record(0x204, le(0, 6) + le(1, 2) + '\0' + "x");

TEST(MacroSheets, OnesThatShareAPlaceAreReadOnce) {
  std::string filler;
  for (int i = 0; i < 1000; ++i) filler += record(0x55, "");
  const std::string raw = sheets_at(std::vector<std::size_t>(100, 0), kBegin + filler + kCell);
  const auto sheets = macro_sheets(in_bytes(raw));
  ASSERT_EQ(sheets.size(), 100u);
  for (const MacroSheet& sheet : sheets) EXPECT_EQ(sheet.text, "A1: x\n");
}

TEST(MacroSheets, OnesThatOverlapAreReadEightTimesTogether) {
  std::vector<std::size_t> places;
  std::string begins, filler;
  for (; places.size() < 20; begins += kBegin) places.push_back(begins.size());
  for (int i = 0; i < 1000; ++i) filler += record(0x55, "");
  const std::string raw = sheets_at(places, begins + filler + kCell);
  const auto sheets = macro_sheets(in_bytes(raw));
  ASSERT_EQ(sheets.size(), 20u);
  EXPECT_EQ(sheets[0].text, "A1: x\n");
  EXPECT_EQ(sheets[7].text, "A1: x\n");
  EXPECT_EQ(sheets[19].text, "(what follows is left out: the sheets overlap)\n");
}

TEST(Formula, TokensAreText) {
  EXPECT_EQ(shown("\x1E\x41\0\x41\x6F\0"s), "CHAR(65)");
  EXPECT_EQ(shown("\x1E\1\0\x1E\2\0\3\x15\x1F\0\0\0\0\0\0\xE0\x3F\5"s), "(1+2)*0.5");
  EXPECT_EQ(shown("\x43\1\0\0\0\x1D\1"s + call_token(2, 0x8060)), "FORMULA(target,TRUE)");
  EXPECT_EQ(shown("\x43\1\0\0\0\x1E\7\0"s + call_token(2, 255)), "target(7)");
  EXPECT_EQ(shown("\x45\0\0\2\0\0\0\x1B\0\x19\x10\0\0"s), "SUM(A1:AB3)");
  EXPECT_EQ(shown("\x25\x1F\x4E\x29\x4E\0\0\0\0"s), "A20000:A20010");
  EXPECT_EQ(shown("\x24\x1F\x4E\0\xC0"s), "A20000");
  EXPECT_EQ(formula_text(in_bytes("\x25\0\xC0\2\xC0\0\1"s), {false, {}}), "A1:B3");
  EXPECT_EQ(shown(call_token(0, 999)), "FUNCTION999()");
  EXPECT_EQ(shown(text_token("\0ab"s)), "\"\0ab\""s);
  EXPECT_EQ(shown("\x3"s), "?+?");
  EXPECT_EQ(shown("\x1E\1\0\x1B\1"s), "1 \u2026");
  EXPECT_EQ(cell_name(0, 702), "AAA1");
}

}  // namespace
}  // namespace stoq::plugins::vba
