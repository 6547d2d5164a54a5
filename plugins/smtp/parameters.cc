// SPDX-License-Identifier: Apache-2.0
#include "parameters.h"

#include <algorithm>
#include <map>

#include "coding.h"
#include "header.h"
#include "lines.h"

namespace stoq::plugins::smtp {
namespace {

constexpr std::size_t kMaxParameters = 200;
constexpr unsigned kMaxPiece = 999;

struct Raw {
  std::string name, value;  // the name in lower case
  bool quoted = false;
};

/// Reads one value after '=': quoted, or up to a semicolon.
std::string read_value(std::string_view text, std::size_t& at, bool& quoted) {
  std::string value;
  while (at < text.size() && is_blank(text[at])) ++at;
  quoted = at < text.size() && text[at] == '"';
  if (quoted) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      // A backslash escapes a quote or itself; before anything else it is part of a path.
      if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\'))
        ++at;
      value.push_back(text[at]);
    }
    const std::size_t next = text.find(';', at);
    at = std::min(next, text.size());
    return value;
  }
  for (; at < text.size() && text[at] != ';'; ++at) {
    if (text[at] == '(' && !value.empty() && is_blank(value.back())) {  // a comment behind it
      at = std::min(text.find(';', at), text.size());
      break;
    }
    value.push_back(text[at]);
  }
  return std::string(trimmed(value));
}

/// Without comments in parentheses.
std::string word_of(std::string_view text) {
  std::string word;
  unsigned depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (depth == 0 && !is_blank(c) && c != '"') word.push_back(lower(c));
    if (c == ')' && depth > 0) --depth;
  }
  return word;
}

std::vector<Raw> read(std::string_view text, std::string& word) {
  std::vector<Raw> all;
  const std::size_t first = std::min(text.find(';'), text.size());
  std::string_view head = text.substr(0, first);
  std::size_t at = first;
  // "type/sub name=value" without a semicolon: what has '=' is a parameter.
  if (const std::size_t equals = head.find('='); equals != head.npos) {
    const std::size_t blank = head.find_last_of(" \t", equals);
    at = blank == head.npos ? 0 : blank;
    head = head.substr(0, at);
  }
  word = word_of(head);
  while (at < text.size() && all.size() < kMaxParameters) {
    if (text[at] == ';' || is_blank(text[at])) {
      ++at;
      continue;
    }
    const std::size_t stop = std::min(text.find_first_of("=;", at), text.size());
    Raw raw{word_of(text.substr(at, stop - at)), {}, false};
    at = stop;
    if (at == text.size() || text[at] == ';') continue;
    raw.value = read_value(text, ++at, raw.quoted);
    all.push_back(std::move(raw));
  }
  return all;
}

/// "name*3*" is piece 3 of name, extended. False: the name has no star.
bool taken_apart(std::string& name, unsigned& piece, bool& extended) {
  const std::size_t star = name.find('*');
  if (star == name.npos) return false;
  std::string_view rest = std::string_view(name).substr(star + 1);
  extended = rest.empty() || rest.back() == '*';
  piece = 0;
  for (const char c : rest) {
    if (c < '0' || c > '9' || piece > kMaxPiece) break;
    piece = piece * 10 + static_cast<unsigned>(c - '0');
  }
  name.resize(star);
  return true;
}

}  // namespace

Parameters::Parameters(std::string_view value, const charset::Charsets& charsets) {
  struct Pieces {
    std::string charset, bytes;
    std::map<unsigned, Raw> by_number;  // `quoted` says whether it is extended
  };
  std::map<std::string, Pieces> pieces;
  std::vector<std::string> order;
  const std::string line = unfolded(value);
  for (Raw& raw : read(line, word_)) {
    unsigned number = 0;
    bool extended = false;
    std::string name = raw.name;
    if (!taken_apart(name, number, extended)) {
      plain_.push_back({name, decoded(raw.value, charsets)});
      continue;
    }
    auto& of_name = pieces[name].by_number;
    if (of_name.empty()) order.push_back(name);
    of_name.try_emplace(number, Raw{name, std::move(raw.value), extended});
  }
  for (const std::string& name : order) {
    Pieces& all = pieces[name];
    bool first = true;
    for (auto& [number, raw] : all.by_number) {
      std::string_view text = raw.value;
      if (first && raw.quoted) {  // charset'language'text
        const std::size_t one = text.find('\''), two = text.find('\'', one + 1);
        if (one != text.npos && two != text.npos) {
          all.charset = std::string(text.substr(0, one));
          text.remove_prefix(two + 1);
        }
      }
      first = false;
      all.bytes += raw.quoted ? from_percent(text) : std::string(text);
    }
    extended_.push_back({name, charsets.text(all.bytes, all.charset)});
  }
}

std::vector<std::string> Parameters::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto* list : {&extended_, &plain_})
    for (const Parameter& parameter : *list)
      if (parameter.name == name && !parameter.value.empty() &&
          std::find(found.begin(), found.end(), parameter.value) == found.end())
        found.push_back(parameter.value);
  return found;
}

std::string Parameters::first(std::string_view name) const {
  const std::vector<std::string> found = all(name);
  return found.empty() ? std::string() : found.front();
}

}  // namespace stoq::plugins::smtp
