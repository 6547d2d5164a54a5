// SPDX-License-Identifier: Apache-2.0
#include "addresses.h"

#include <algorithm>

namespace stoq::plugins::url_files {
namespace {

using std::string_view;

constexpr std::size_t kMostText = 1 << 20, kMostFields = 1000, kHead = 2048;
constexpr string_view kSpace = " \t\r\n";

std::string lowered(string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  });
  return out;
}
string_view trimmed(string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}
// In windows, so that looking for one kind of line end never runs far beyond the other.
std::size_t line_end(string_view text) {
  constexpr std::size_t kWindow = 256;
  for (std::size_t at = 0; at < text.size(); at += kWindow) {
    const string_view window = text.substr(at, kWindow);
    const std::size_t end = std::min(window.find('\n'), window.find('\r'));
    if (end != window.npos) return at + end;
  }
  return text.size();
}
string_view next_line(string_view& text) {
  const std::size_t end = line_end(text);
  const string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size()));
  return trimmed(line);
}

void add(UrlFile& file, string_view name, string_view value) {
  if (!value.empty() && file.fields.size() < kMostFields)
    file.fields.emplace_back(std::string(name), std::string(value));
}

UrlFile shortcut(string_view text) {
  UrlFile file{"url", {}};
  for (bool ours = false; !text.empty();) {
    const string_view line = next_line(text);
    if (line.starts_with('[')) ours = lowered(line) == "[internetshortcut]";
    const std::size_t equals = line.find('=');
    if (ours && equals != line.npos)
      add(file, lowered(trimmed(line.substr(0, equals))), trimmed(line.substr(equals + 1)));
  }
  return file;
}

// "WEB", a version, the address, the data that is posted; then keys and values.
UrlFile query(string_view text) {
  UrlFile file{"iqy", {}};
  next_line(text);
  unsigned number = 0;
  while (!text.empty()) {
    const string_view line = next_line(text);
    if (line.empty()) continue;
    ++number;
    if (number == 2) add(file, "url", line);
    const std::size_t equals = line.find('=');
    if (number == 3 && equals != line.npos)
      add(file, "posted", line);
    else if (number > 3 && equals != line.npos)
      add(file, lowered(trimmed(line.substr(0, equals))), trimmed(line.substr(equals + 1)));
  }
  return file;
}

// The attributes that lead somewhere or say what is run.
UrlFile launcher(string_view text) {
  UrlFile file{"jnlp", {}};
  static constexpr string_view kWanted[] = {"codebase", "href", "main-class", "url", "value"};
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    if (open == text.npos) break;
    text.remove_prefix(open + 1);
    const std::size_t end = std::min(text.find('>'), text.size());
    string_view tag = text.substr(0, end);
    text.remove_prefix(end);
    const std::string name = lowered(tag.substr(0, tag.find_first_of(" \t\r\n/")));
    for (std::size_t equals; (equals = tag.find('=')) != tag.npos;) {
      const string_view before = trimmed(tag.substr(0, equals));
      const std::string attribute = lowered(before.substr(before.find_last_of(kSpace) + 1));
      tag.remove_prefix(equals + 1);
      tag = tag.substr(std::min(tag.find_first_not_of(kSpace), tag.size()));
      if (tag.empty() || (tag[0] != '"' && tag[0] != '\'')) continue;
      const std::size_t close = std::min(tag.find(tag[0], 1), tag.size());
      if (std::ranges::find(kWanted, attribute) != std::end(kWanted))
        add(file, name + "." + attribute, trimmed(tag.substr(1, close - 1)));
      tag.remove_prefix(std::min(close + 1, tag.size()));
    }
  }
  return file;
}

}  // namespace

UrlFile read_url_file(string_view text) {
  text = text.substr(0, kMostText);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::string head = lowered(text.substr(0, kHead));
  if (head.find("[internetshortcut]") != head.npos) return shortcut(text);
  string_view rest = text;
  if (lowered(next_line(rest)) == "web" && next_line(rest) == "1") return query(text);
  if (head.find("<jnlp") != head.npos) return launcher(text);
  return {};
}

}  // namespace stoq::plugins::url_files
