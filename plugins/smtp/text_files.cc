// SPDX-License-Identifier: Apache-2.0
#include "text_files.h"

#include <algorithm>
#include <cstdint>

#include "carving/binhex.h"
#include "coding.h"
#include "lines.h"

namespace stoq::plugins::smtp {
namespace {

unsigned uu_value(char c) {
  return static_cast<unsigned>(static_cast<unsigned char>(c) - ' ') & 63;
}

/// Whether this can be a line of data: its length and its characters agree. A mail program may have
/// cut spaces at the end, and some add a character.
bool is_uu_line(std::string_view line) {
  if (line.empty() || line[0] < ' ' || line[0] > '`') return false;
  const std::size_t wanted = (uu_value(line[0]) * 4 + 2) / 3;
  if (line.size() > (uu_value(line[0]) + 2) / 3 * 4 + 3) return false;
  if (line.size() < 2 && wanted > 0) return false;
  return std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '`'; });
}

void add_uu_line(std::string_view line, std::string& out) {
  std::size_t left = uu_value(line[0]);
  for (std::size_t i = 1; left > 0; i += 4) {
    const auto value = [&](std::size_t at) { return at < line.size() ? uu_value(line[at]) : 0; };
    const unsigned group = value(i) << 18 | value(i + 1) << 12 | value(i + 2) << 6 | value(i + 3);
    for (int shift = 16; shift >= 0 && left > 0; shift -= 8, --left)
      out.push_back(static_cast<char>(group >> shift));
  }
}

/// Reads data up to "end"; false: it breaks off.
bool read_uu(Lines& lines, std::string& out) {
  bool zero = false;
  for (std::string_view line; lines.next(line);) {
    if (line == "end" || (zero && trimmed(line) == "end")) return true;
    if (line.empty()) continue;
    if (!is_uu_line(line)) return false;
    zero = uu_value(line[0]) == 0;
    add_uu_line(line, out);
  }
  return false;
}

bool read_base64(Lines& lines, std::string& out) {
  const std::size_t from = lines.at();
  std::size_t to = from;
  bool ended = false;
  for (std::string_view line; !ended && lines.next(line);) {
    ended = line.starts_with("====");
    to = ended ? lines.start() : lines.at();
  }
  out = from_base64(lines.text().substr(from, to - from));
  return ended;
}

/// "begin 644 name" or "begin-base64 644 name".
bool is_begin(std::string_view line, std::string_view& name, bool& base64) {
  if (!line.starts_with("begin")) return false;
  line.remove_prefix(5);
  base64 = line.starts_with("-base64");
  if (base64) line.remove_prefix(7);
  if (!line.starts_with(' ')) return false;
  line.remove_prefix(1);
  const std::size_t digits = std::min(line.find_first_not_of("01234567"), line.size());
  if (digits < 3 || digits > 5 || digits == line.size() || line[digits] != ' ') return false;
  name = trimmed(line.substr(digits));
  return !name.empty() && name.size() <= 255;
}

/// A line with which a file begins.
struct Opening {
  std::string_view kind, name;  // no name: BinHex has it in its header
  std::size_t offset = 0, end = 0;
};

std::optional<Opening> next_opening(Lines& lines) {
  std::string_view name;
  bool base64 = false;
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with(carving::kBinHexLine))
      return Opening{"binhex", "", lines.start(), lines.at()};
    if (is_begin(line, name, base64))
      return Opening{base64 ? "base64" : "uuencode", name, lines.start(), lines.at()};
  }
  return std::nullopt;
}

/// `text` stands behind the line of BinHex. False: `take` wants no more.
bool read_binhex(std::string_view text, std::size_t offset, std::size_t most,
                 const std::function<bool(TextFile&&)>& take) {
  const std::size_t colon = text.find_first_not_of(" \t\r\n");
  if (colon == text.npos || text[colon] != ':') return true;
  auto file = carving::from_binhex(text.substr(colon + 1), most);
  if (!file) return true;
  const bool complete = file->problem.empty();
  return take({"binhex", file->name, std::move(file->data), offset, complete}) &&
         (file->resource.empty() ||
          take({"binhex resource fork", file->name, std::move(file->resource), offset, complete}));
}

}  // namespace

void find_text_files(std::string_view text, std::size_t most,
                     const std::function<bool(TextFile&&)>& take) {
  Lines lines(text);
  bool go_on = true;
  for (auto opening = next_opening(lines), next = opening; opening && go_on; opening = next) {
    next = next_opening(lines);  // what has no end of its own ends there
    const std::string_view content =
        text.substr(opening->end, (next ? next->offset : text.size()) - opening->end);
    if (opening->kind == "binhex") {
      go_on = read_binhex(content, opening->offset, most, take);
      continue;
    }
    TextFile file{opening->kind, std::string(opening->name), {}, opening->offset, true};
    Lines inside(content);
    file.complete = opening->kind == "base64" ? read_base64(inside, file.content)
                                              : read_uu(inside, file.content);
    if (!file.content.empty() || file.complete) go_on = take(std::move(file));
  }
}

std::string from_uuencode(std::string_view text) {
  Lines lines(text);
  std::string out;
  std::string_view line, name;
  bool base64 = false;
  while (lines.next(line) && !is_begin(line, name, base64)) {
    if (!is_uu_line(line)) continue;
    lines.seek(lines.start());
    break;
  }
  if (base64)
    read_base64(lines, out);
  else
    read_uu(lines, out);
  return out;
}

}  // namespace stoq::plugins::smtp
