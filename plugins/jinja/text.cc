// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <algorithm>
#include <cstdint>

#include "stoq/sdk/json.h"
#include "unicode.h"

namespace stoq::plugins::jinja {
namespace {

bool continues(char c) {
  return (static_cast<uint8_t>(c) & 0xC0) == 0x80;
}

std::string mapped(std::string_view text, char32_t (*map)(char32_t)) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) append_point(out, map(take_point(text)));
  return out;
}

// Whether all letters with a case have this one, and there is one.
bool cased(std::string_view text, bool (*wanted)(char32_t), bool (*other)(char32_t)) {
  bool any = false;
  while (!text.empty()) {
    const char32_t point = take_point(text);
    if (other(point)) return false;
    any = any || wanted(point);
  }
  return any;
}

}  // namespace

char32_t take_point(std::string_view& text) {
  const auto lead = static_cast<uint8_t>(text.front());
  const int size =
      lead < 0x80 ? 1 : sdk::detail::utf8_sequence(text.data(), text.data() + text.size());
  if (size < 0) {
    text.remove_prefix(1);
    return 0xFFFD;
  }
  char32_t point = size == 1 ? lead : lead & (0x7Fu >> size);
  for (int i = 1; i < size; ++i)
    point = point << 6 | (static_cast<uint8_t>(text[static_cast<size_t>(i)]) & 0x3Fu);
  text.remove_prefix(static_cast<size_t>(size));
  return point;
}

void append_point(std::string& out, char32_t point) {
  sdk::detail::append_point(out, point);
}

size_t length(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += !continues(c);
  return count;
}

size_t offset_of(std::string_view text, size_t index) {
  size_t at = 0;
  for (; at < text.size(); ++at)
    if (!continues(text[at]) && index-- == 0) break;
  return at;
}

std::string upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t point = take_point(text);
    if (point == U'ß')
      out += "SS";
    else
      append_point(out, upper_point(point));
  }
  return out;
}

std::string lower(std::string_view text) {
  return mapped(text, lower_point);
}

std::string capitalize(std::string_view text) {
  const std::string_view first = text.substr(0, offset_of(text, 1));
  return (first == "ß" ? "Ss" : upper(first)) + lower(text.substr(first.size()));
}

bool is_upper(std::string_view text) {
  return cased(text, is_upper_point, is_lower_point);
}

bool is_lower(std::string_view text) {
  return cased(text, is_lower_point, is_upper_point);
}

std::string_view strip(std::string_view text, const std::string_view* characters, Side side) {
  const auto drop = [&](char32_t point) {
    if (!characters) return is_space(point);
    std::string one;
    append_point(one, point);
    return characters->find(one) != characters->npos;
  };
  while (side != Side::right && !text.empty()) {
    std::string_view rest = text;
    if (!drop(take_point(rest))) break;
    text = rest;
  }
  while (side != Side::left && !text.empty()) {
    size_t at = text.size() - 1;
    while (at > 0 && continues(text[at])) --at;
    std::string_view last = text.substr(at);
    if (!drop(take_point(last))) break;
    text = text.substr(0, at);
  }
  return text;
}

std::vector<std::string_view> split_space(std::string_view text, size_t most) {
  std::vector<std::string_view> parts;
  text = strip(text, nullptr, Side::left);
  while (!text.empty()) {
    std::string_view rest = text;
    size_t end = text.size();
    while (parts.size() < most && !rest.empty()) {
      const size_t at = text.size() - rest.size();
      if (is_space(take_point(rest))) {
        end = at;
        break;
      }
    }
    parts.push_back(text.substr(0, end));
    text = strip(text.substr(end), nullptr, Side::left);
  }
  return parts;
}

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator,
                                       size_t most) {
  std::vector<std::string_view> parts;
  for (size_t at; parts.size() < most && (at = text.find(separator)) != text.npos;) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  std::string_view rest = text;
  size_t begin = 0;
  while (!rest.empty()) {
    const size_t at = text.size() - rest.size();
    const char32_t point = take_point(rest);
    const bool ends = (point >= 0x0A && point <= 0x0D) || (point >= 0x1C && point <= 0x1E) ||
                      point == 0x85 || point == 0x2028 || point == 0x2029;
    if (!ends) continue;
    if (point == '\r' && rest.starts_with('\n')) rest.remove_prefix(1);
    lines.push_back(text.substr(begin, at - begin));
    begin = text.size() - rest.size();
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

size_t replaced_size(std::string_view text, std::string_view from, std::string_view to,
                     size_t most) {
  if (from.empty()) return text.size() + to.size() * std::min(most, length(text) + 1);
  size_t size = text.size();
  for (size_t at = 0; most > 0 && (at = text.find(from, at)) != text.npos; at += from.size()) {
    size = size - from.size() + to.size();
    --most;
  }
  return size;
}

std::string replace(std::string_view text, std::string_view from, std::string_view to,
                    size_t most) {
  std::string out;
  if (from.empty()) {  // between all code points, and at both ends
    for (; most > 0; --most) {
      out += to;
      if (text.empty()) return out;
      const size_t size = offset_of(text, 1);
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
    return out.append(text);
  }
  for (size_t at; most > 0 && (at = text.find(from)) != text.npos; --most) {
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return out.append(text);
}

void append_escaped(std::string& out, std::string_view text) {
  for (size_t at; (at = text.find_first_of("&<>'\"")) != text.npos; text.remove_prefix(at + 1)) {
    out.append(text.substr(0, at));
    switch (text[at]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += "&#34;";
    }
  }
  out.append(text);
}

void append_repr(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
  const auto hex = [&](char letter, char32_t point, int digits) {
    out += '\\';
    out += letter;
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kDigits[point >> shift & 15];
  };
  out += quote;
  while (!text.empty()) {
    const char32_t point = take_point(text);
    if (point == static_cast<char32_t>(quote) || point == '\\') {
      out += '\\';
      out += static_cast<char>(point);
    } else if (point == '\n' || point == '\r' || point == '\t') {
      out += '\\';
      out += point == '\n' ? 'n' : point == '\r' ? 'r' : 't';
    } else if (is_printable(point)) {
      append_point(out, point);
    } else if (point < 0x100) {
      hex('x', point, 2);
    } else if (point < 0x10000) {
      hex('u', point, 4);
    } else {
      hex('U', point, 8);
    }
  }
  out += quote;
}

}  // namespace stoq::plugins::jinja
