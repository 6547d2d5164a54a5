// SPDX-License-Identifier: Apache-2.0
#include "text_files.h"

#include <algorithm>
#include <cstdint>

#include "binhex.h"
#include "coding.h"
#include "lines.h"

namespace stoq::plugins::smtp {
namespace {

constexpr std::string_view kBinHexLine = "(This file must be converted with BinHex";

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
    if (!is_uu_line(line)) {
      lines.seek(lines.start());
      return false;
    }
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

/// At the line of BinHex; false: no file follows.
bool read_binhex(Lines& lines, std::size_t most, const std::function<bool(TextFile&&)>& take,
                 bool& go_on) {
  const std::size_t offset = lines.start(), behind = lines.at();
  std::string_view line;
  while (lines.next(line) && trimmed(line).empty()) continue;
  if (!line.starts_with(':')) {
    lines.seek(behind);
    return false;
  }
  const std::size_t colon = lines.start();
  const std::string_view data = lines.text().substr(colon + 1);
  auto file = from_binhex(data, most);
  if (!file) return false;
  const std::size_t end = data.find(':');
  lines.seek(end == data.npos ? lines.text().size() : colon + 1 + end + 1);
  go_on = take({"binhex", file->name, std::move(file->data), offset, file->complete});
  if (go_on && !file->resource.empty())
    go_on = take(
        {"binhex resource fork", file->name, std::move(file->resource), offset, file->complete});
  return true;
}

}  // namespace

void find_text_files(std::string_view text, std::size_t most,
                     const std::function<bool(TextFile&&)>& take) {
  Lines lines(text);
  bool go_on = true;
  std::string_view name;
  bool base64 = false;
  for (std::string_view line; go_on && lines.next(line);) {
    if (line.starts_with(kBinHexLine)) {
      read_binhex(lines, most, take, go_on);
    } else if (is_begin(line, name, base64)) {
      TextFile file{base64 ? "base64" : "uuencode", std::string(name), {}, lines.start(), true};
      file.complete = base64 ? read_base64(lines, file.content) : read_uu(lines, file.content);
      if (!file.content.empty() || file.complete) go_on = take(std::move(file));
    }
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
