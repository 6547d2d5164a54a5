// SPDX-License-Identifier: Apache-2.0
//
// Writes VBA projects and Excel 4 macro sheets.
#pragma once

#include "compound_writer.h"

namespace office_samples {

struct Macro {
  std::string name, source;
  bool procedural = true;
  std::string before = "compiled code, of any kind";  // in front of the source
};

std::string compress_source(const std::string& text);  // by copies, as Office does
/// The list of modules, decompressed.
std::string project_dir(const std::vector<Macro>& macros);
/// The storage VBA and the stream PROJECT.
std::vector<Node> project_nodes(const std::vector<Macro>& macros);

std::string record(std::uint16_t type, const std::string& content);
/// The stream Workbook with one macro sheet, whose cells of column A have these formulas.
std::string workbook(const std::vector<std::string>& formulas, std::uint8_t hidden = 2);
std::string text_token(const std::string& text);
std::string call_token(unsigned count, unsigned function);

}  // namespace office_samples
