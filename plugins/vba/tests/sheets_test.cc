// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "collector.h"
#include "project_writer.h"
#include "vba/formula.h"
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

TEST(Formula, TokensAreText) {
  EXPECT_EQ(shown("\x1E\x41\0\x41\x6F\0"s), "CHAR(65)");
  EXPECT_EQ(shown("\x1E\1\0\x1E\2\0\3\x15\x1F\0\0\0\0\0\0\xE0\x3F\5"s), "(1+2)*0.5");
  EXPECT_EQ(shown("\x43\1\0\0\0\x1D\1"s + call_token(2, 0x8060)), "FORMULA(target,TRUE)");
  EXPECT_EQ(shown("\x43\1\0\0\0\x1E\7\0"s + call_token(2, 255)), "target(7)");
  EXPECT_EQ(shown("\x45\0\0\2\0\0\0\x1B\0\x19\x10\0\0"s), "SUM(A1:AB3)");
  EXPECT_EQ(shown(call_token(0, 999)), "FUNCTION999()");
  EXPECT_EQ(shown("\x3"s), "?+?");
  EXPECT_EQ(shown("\x1E\1\0\x1B\1"s), "1 \u2026");
  EXPECT_EQ(cell_name(0, 702), "AAA1");
}

}  // namespace
}  // namespace stoq::plugins::vba
  EXPECT_EQ(shown(text_token("\0ab"s)), "\"\0ab\""s);
  EXPECT_EQ(shown("\x25\x1F\x4E\x29\x4E\0\0\0\0"s), "A20000:A20010");
  EXPECT_EQ(shown("\x24\x1F\x4E\0\xC0"s), "A20000");
  EXPECT_EQ(formula_text(in_bytes("\x25\0\xC0\2\xC0\0\1"s), {false, {}}), "A1:B3");
