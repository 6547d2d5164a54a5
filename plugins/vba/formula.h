// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::vba {

/// What formulas refer to by number.
struct Workbook {
  bool wide = true;                // texts of BIFF 8
  std::vector<std::string> names;  // defined names, the first is number 1
};

/// The tokens of a formula as text, as far as they are known: "?" stands for what is missing on the
/// stack, "…" for the rest behind an unknown token. At most 64 KiB.
std::string formula_text(office::Bytes tokens, const Workbook& workbook);
std::string cell_name(unsigned row, unsigned column);  // both from 0: "A1"
/// Characters of a string in a record: of one or two bytes each.
std::string record_text(office::Cursor& in, std::size_t size, bool wide);

}  // namespace stoq::plugins::vba
