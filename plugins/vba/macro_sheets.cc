// SPDX-License-Identifier: Apache-2.0
#include "macro_sheets.h"

#include <map>

#include "formula.h"

namespace stoq::plugins::vba {
namespace {

constexpr std::size_t kMostSheets = 1000, kMostNames = 10'000, kMostSheetText = 16 << 20;
constexpr std::uint64_t kTimesRead = 8;  // of the stream, by sheets that overlap; sound ones do not
constexpr std::string_view kVisibility[] = {"visible", "hidden", "very hidden", "very hidden"};
constexpr const char* kBuiltIn[] = {
    "Consolidate_Area", "Auto_Open",       "Auto_Close",   "Extract",        "Database",
    "Criteria",         "Print_Area",      "Print_Titles", "Recorder",       "Data_Form",
    "Auto_Activate",    "Auto_Deactivate", "Sheet_Title",  "_FilterDatabase"};

enum CellRecord : std::uint16_t {
  kCellFormula = 0x06,
  kCellEnd = 0x0A,
  kCellName = 0x18,
  kCellEncrypted = 0x2F,
  kCellSheet = 0x85,
  kCellText = 0x204,
  kCellResult = 0x207,
  kCellBegin = 0x809,
};

struct Found {
  std::uint32_t offset;
  MacroSheet sheet;
};

struct DefinedName {
  std::string name;
  office::Bytes formula;
};

DefinedName defined_name(office::Bytes record, bool wide) {
  office::Cursor in(record);
  const std::uint16_t flags = in.u16();
  in.skip(1);
  const std::size_t size = in.u8();
  const std::uint16_t formula = in.u16();
  in.skip(8);
  DefinedName found;
  if ((flags & 0x20) != 0 && size == 1) {
    if (wide) in.skip(1);
    const std::uint8_t number = in.u8();
    found.name =
        number < std::size(kBuiltIn) ? kBuiltIn[number] : "Built_In" + std::to_string(number);
  } else {
    found.name = record_text(in, size, wide);
  }
  found.formula = in.take(formula);
  return found;
}

// The cells of one sheet, from its BOF on. `left`: bytes that may still be read.
std::string cells(office::Bytes sheet, const Workbook& workbook, std::uint64_t& left) {
  std::string text;
  unsigned depth = 0;
  for (office::Cursor in(sheet); in.left() >= 4 && text.size() < kMostSheetText;) {
    const std::uint16_t type = in.u16(), size = in.u16();
    const office::Bytes record = in.take(size);
    if (left < record.size() + 4) return text + "(what follows is left out: the sheets overlap)\n";
    left -= record.size() + 4;
    if (type == kCellBegin) ++depth;
    if (type == kCellEnd && --depth == 0) break;
    if (depth == 0) break;
    if (type != kCellFormula && type != kCellText && type != kCellResult) continue;
    office::Cursor cell(record);
    if (type == kCellResult) {  // of the formula above
      const std::size_t units = cell.u16();
      text += "    gives \"" + record_text(cell, units, workbook.wide) + "\"\n";
      continue;
    }
    const unsigned row = cell.u16(), column = cell.u16();
    cell.skip(2);
    text += cell_name(row, column) + ": ";
    if (type == kCellFormula) {
      cell.skip(14);
      text += "=" + formula_text(cell.take(cell.u16()), workbook) + "\n";
    } else {
      const std::size_t units = cell.u16();
      text += record_text(cell, units, workbook.wide) + "\n";
    }
  }
  return text;
}

}  // namespace

std::vector<MacroSheet> macro_sheets(office::Bytes bytes) {
  Workbook workbook;
  workbook.wide = office::number_at<std::uint16_t>(bytes, 4) >= 0x600;
  std::vector<Found> found;
  std::vector<DefinedName> names;
  bool encrypted = false;
  for (office::Cursor in(bytes); in.left() >= 4;) {
    const std::uint16_t type = in.u16(), size = in.u16();
    const office::Bytes record = in.take(size);
    if (type == kCellEnd) break;
    encrypted = encrypted || type == kCellEncrypted;
    if (type == kCellName && names.size() < kMostNames) {
      names.push_back(defined_name(record, workbook.wide));
      workbook.names.push_back(names.back().name);
    }
    if (type != kCellSheet || found.size() >= kMostSheets) continue;
    office::Cursor sheet(record);
    const std::uint32_t offset = sheet.u32();
    const std::uint8_t hidden = sheet.u8(), kind = sheet.u8();
    const std::size_t length = sheet.u8();
    if (kind == 1)
      found.push_back(
          {offset, {record_text(sheet, length, workbook.wide), kVisibility[hidden & 3], ""}});
  }
  std::vector<MacroSheet> sheets;
  std::string head;
  for (const DefinedName& name : names)
    if (head.size() < kMostSheetText)
      head += name.name + ": =" + (encrypted ? "?" : formula_text(name.formula, workbook)) + "\n";
  std::size_t total = 0;
  std::uint64_t left = kTimesRead * bytes.size();
  std::map<std::uint32_t, std::string> read;  // by offset: sheets may share it
  for (Found& one : found) {
    if (total < 2 * kMostSheetText) {
      const auto [text, is_new] = read.try_emplace(one.offset, "(encrypted)\n");
      if (is_new && !encrypted)
        text->second = cells(office::part_of(bytes, one.offset), workbook, left);
      one.sheet.text = head + text->second;
    }
    total += one.sheet.text.size();
    sheets.push_back(std::move(one.sheet));
  }
  return sheets;
}

}  // namespace stoq::plugins::vba
