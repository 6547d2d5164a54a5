// SPDX-License-Identifier: Apache-2.0
#include "cli/visible.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "stoq/sdk/json_detail.h"

namespace stoq::cli {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr size_t kMarksOnOneCell = 3;  // more of them paint over the lines around

struct Range {
  char32_t first, last;
};

// Invisible, reordering, not assigned for exchange, or a gap that is no plain space.
constexpr std::array kEscaped = std::to_array<Range>({
    {0x80, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},      {0x61C, 0x61C},
    {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},    {0x180B, 0x180F},
    {0x2000, 0x200F},   {0x2028, 0x202F},   {0x205F, 0x206F},    {0x2800, 0x2800},
    {0x3000, 0x3000},   {0x3164, 0x3164},   {0xE000, 0xF8FF},    {0xFDD0, 0xFDEF},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},    {0xFFF0, 0xFFFC},
    {0xFFFE, 0xFFFF},   {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3},  {0x1D173, 0x1D17A},
    {0x1FFFE, 0x1FFFF}, {0x2FFFE, 0x2FFFF}, {0x3FFFE, 0x10FFFF},
});

constexpr std::array kMarks = std::to_array<Range>({
    {0x300, 0x36F},
    {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},
    {0x20D0, 0x20FF},
    {0x3099, 0x309A},
    {0xFE20, 0xFE2F},
});

// Generous: a character that takes one column and counts as two cuts a line early, the other way
// round breaks it.
constexpr std::array kWideRanges = std::to_array<Range>({
    {0x1100, 0x11FF},
    {0x231A, 0x232A},
    {0x23E9, 0x23F3},
    {0x25FD, 0x27BF},
    {0x2B1B, 0x2B55},
    {0x2E80, 0xA4CF},
    {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},
    {0xFE30, 0xFE6F},
    {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},
    {0x16FE0, 0x1B2FF},
    {0x1F000, 0x1FAFF},
    {0x20000, 0x3FFFD},
});

template <size_t N>
bool among(const std::array<Range, N>& ranges, char32_t point) {
  const auto at = std::lower_bound(ranges.begin(), ranges.end(), point,
                                   [](const Range& range, char32_t p) { return range.last < p; });
  return at != ranges.end() && at->first <= point;
}

char32_t decoded(std::string_view sequence) {
  char32_t point = sdk::detail::byte(sequence[0]) & (0xFFu >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) point = point << 6 | (sdk::detail::byte(c) & 0x3Fu);
  return point;
}

}  // namespace

void Cells::escape(Cell& cell, char kind, char32_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  escaped_ = {'\\', kind};
  while (digits-- > 0) escaped_ += kHex[value >> (4 * digits) & 15];
  marks_left_ = 0;
  cell = {escaped_, escaped_.size()};
}

bool Cells::next(Cell& cell) {
  if (rest_.empty()) return false;
  const uint8_t lead = sdk::detail::byte(rest_[0]);
  int length = 1;
  if (lead >= 0x80) length = sdk::detail::utf8_sequence(rest_.data(), rest_.data() + rest_.size());
  if (length < 0 || lead < ' ' || lead == 0x7F) {
    rest_.remove_prefix(1);
    static constexpr std::string_view kControls = "\t\n\r", kLetters = "tnr";
    if (const size_t at = kControls.find(static_cast<char>(lead)); at != kControls.npos)
      escape(cell, kLetters[at], 0, 0);
    else
      escape(cell, 'x', lead, 2);
    return true;
  }
  const std::string_view sequence = rest_.substr(0, static_cast<size_t>(length));
  rest_.remove_prefix(sequence.size());
  const char32_t point = length == 1 ? lead : decoded(sequence);
  const bool mark = among(kMarks, point);
  if (point >= 0x80 && (among(kEscaped, point) || (mark && marks_left_ == 0))) {
    point > 0xFFFF ? escape(cell, 'U', point, 8) : escape(cell, 'u', point, 4);
    return true;
  }
  marks_left_ = mark ? marks_left_ - 1 : kMarksOnOneCell;
  cell = {sequence, mark ? 0u : among(kWideRanges, point) ? 2u : 1u};
  return true;
}

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  Cells cells(text);
  for (Cells::Cell cell; cells.next(cell);) columns += cell.columns;
  return columns;
}

std::string visible(std::string_view text, size_t most) {
  if (most == 0) return "";
  std::string out;
  size_t columns = 0, room_for_ellipsis = 0;
  Cells cells(text);
  for (Cells::Cell cell; cells.next(cell); out += cell.text) {
    columns += cell.columns;
    if (columns > most) return out.substr(0, room_for_ellipsis).append(kEllipsis);
    if (columns < most) room_for_ellipsis = out.size() + cell.text.size();
  }
  return out;
}

std::string padded(std::string text, size_t columns) {
  return text.append(columns - std::min(columns, columns_of(text)), ' ');
}

std::string visible_ends(std::string_view text, size_t most) {
  if (most < 8 || columns_of(text) <= most) return visible(text, most);
  const size_t kept = most / 4;
  // Enough bytes for so many columns, and from there on whole cells while they are too many.
  size_t from = text.size() - std::min(text.size(), kept * 4);
  while (from < text.size() && (sdk::detail::byte(text[from]) & 0xC0) == 0x80) ++from;
  std::string_view end = text.substr(from);
  size_t columns = columns_of(end);
  std::string tail;
  Cells cells(end);
  for (Cells::Cell cell; cells.next(cell);) {
    if (columns <= kept) tail += cell.text;
    if (columns > kept) columns -= cell.columns;
  }
  return visible(text, most - columns_of(tail)) + tail;
}

}  // namespace stoq::cli
