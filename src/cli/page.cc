// SPDX-License-Identifier: Apache-2.0
#include "cli/page.h"

#include <algorithm>
#include <utility>

#include "cli/visible.h"

namespace stoq::cli {
namespace {

constexpr size_t kLabel = 6;  // columns that labels are filled up to

std::string_view code(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::dim:
      return "\x1b[2m";
    case Ink::strong:
      return "\x1b[1m";
    case Ink::good:
      return "\x1b[36m";
    case Ink::warning:
      return "\x1b[33m";
    case Ink::bad:
      return "\x1b[31m";
  }
  return "";
}

// Takes the spans of one row of `room` columns off the front of `rest`; the last row is cut
// instead. A row ends behind a space where there is one in its second half.
Spans take_row(Spans& rest, size_t room, bool last) {
  std::string flat;
  for (const Span& span : rest) flat += span.text;
  if (columns_of(flat) <= room) return std::exchange(rest, {});
  size_t end = 0, columns = 0, behind_space = 0;
  Cells cells(flat);
  for (Cells::Cell cell; cells.next(cell); end += cell.text.size()) {
    columns += cell.columns;
    if (columns > room - (last ? 1 : 0)) break;
    if (cell.text == " " && columns > room / 2) behind_space = end + 1;
  }
  // A line may break in a space that would be the first column too many.
  if (!last && flat[end] == ' ') behind_space = end + 1;
  if (!last && behind_space > 0) end = behind_space;

  Spans row;
  while (end > 0) {
    Span& front = rest.front();
    const size_t taken = std::min(end, front.text.size());
    row.push_back({front.ink, front.text.substr(0, taken)});
    front.text.erase(0, taken);
    if (front.text.empty()) rest.erase(rest.begin());
    end -= taken;
  }
  if (last) {
    row.push_back({Ink::dim, "…"});
    rest.clear();
  } else if (!row.empty() && row.back().text.ends_with(' ')) {
    row.back().text.erase(row.back().text.find_last_not_of(' ') + 1);
  }
  if (!last && !rest.empty()) rest.front().text.erase(0, rest.front().text.find_first_not_of(' '));
  return row;
}

}  // namespace

void Page::row(std::string_view rail, const Spans& spans) {
  const auto put = [&](Ink ink, std::string_view text) {
    if (text.empty()) return;
    const std::string_view start = color_ ? code(ink) : "";
    text_.append(start).append(text).append(start.empty() ? "" : "\x1b[0m");
  };
  put(Ink::dim, rail);
  for (const Span& span : spans) put(span.ink, span.text);
  text_ += '\n';
}

void Page::line(std::string_view rail, const Spans& spans, size_t rows, size_t hang) {
  const std::string cut_rail = visible(rail, width_);
  const size_t room = width_ - std::min(width_, columns_of(cut_rail));
  Spans rest;
  size_t left = room * rows + 1;  // one more, to see that it does not fit
  for (const Span& span : spans) {
    if (left == 0) break;
    rest.push_back({span.ink, visible(span.text, left)});
    left -= std::min(left, columns_of(rest.back().text));
  }
  if (room == 0) return row(cut_rail, {});
  if (hang * 2 > room) hang = 0;
  for (size_t n = 1; n == 1 || !rest.empty(); ++n) {
    const size_t indent = n == 1 ? 0 : hang;
    Spans piece = take_row(rest, room - indent, n >= rows);
    if (indent > 0) piece.insert(piece.begin(), {Ink::plain, std::string(indent, ' ')});
    row(cut_rail, piece);
  }
}

void Page::finding(std::string_view rail, std::string_view label, Spans spans, size_t rows) {
  std::string text = visible(label, std::max<size_t>(width_ / 4, kLabel));
  const size_t columns = columns_of(text);
  text.append(kLabel + 1 - std::min(columns, kLabel), ' ');
  const size_t hang = columns_of(text);
  spans.insert(spans.begin(), {Ink::dim, std::move(text)});
  line(rail, spans, rows, hang);
}

}  // namespace stoq::cli
