// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::vba {

/// An Excel 4 macro sheet as text: "A1: =EXEC("calc")", a cell a line, names such as Auto_Open first.
struct MacroSheet {
  std::string name;
  std::string_view visibility;  // "visible", "hidden", "very hidden"
  std::string text;
};
/// `workbook`: the stream Workbook or Book. Bounded by its size: where sheets overlap, eight times as
/// much is read together. Cells past 16 MiB of text are left out.
std::vector<MacroSheet> macro_sheets(office::Bytes workbook);

}  // namespace stoq::plugins::vba
