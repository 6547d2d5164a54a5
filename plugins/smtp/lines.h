// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace stoq::plugins::smtp {

/// Lines of a text, ended by LF or CRLF; by CR where the text has no LF at all.
class Lines {
 public:
  explicit Lines(std::string_view text)
      : text_(text), end_(text.find('\n') == text.npos ? '\r' : '\n') {}

  /// Takes the next line, without its end; false: there is none.
  bool next(std::string_view& line) {
    if (at_ >= text_.size()) return false;
    start_ = at_;
    const std::size_t found = text_.find(end_, at_);
    const std::size_t stop = std::min(found, text_.size());
    at_ = found == text_.npos ? text_.size() : found + 1;
    line = text_.substr(start_, stop - start_);
    if (end_ == '\n' && line.ends_with('\r')) line.remove_suffix(1);
    return true;
  }
  std::size_t start() const { return start_; }  // of the line that was taken last
  std::size_t at() const { return at_; }        // behind it
  void seek(std::size_t at) { at_ = at; }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  char end_;
  std::size_t start_ = 0, at_ = 0;
};

inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
inline bool same(std::string_view a, std::string_view b) {  // but for case
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}
inline bool begins(std::string_view text, std::string_view with) {  // but for case
  return text.size() >= with.size() && same(text.substr(0, with.size()), with);
}
inline bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace stoq::plugins::smtp
