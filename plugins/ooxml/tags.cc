// SPDX-License-Identifier: Apache-2.0
#include "tags.h"

#include <charconv>
#include <utility>

namespace stoq::plugins::ooxml {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view without_prefix(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

void append_point(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 63));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 63));
    out += static_cast<char>(0x80 | (point & 63));
  } else if (point < 0x110000) {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 63));
    out += static_cast<char>(0x80 | (point >> 6 & 63));
    out += static_cast<char>(0x80 | (point & 63));
  }
}

std::string resolved(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      out += text[i];
      continue;
    }
    const std::string_view rest = text.substr(i + 1);
    std::size_t size = 0;  // of the entity; 0: there is none
    for (const auto& [name, c] : kNamed)
      if (rest.starts_with(name)) out += c, size = name.size();
    if (rest.starts_with('#')) {
      const bool hex = rest.starts_with("#x");
      const char* const end = rest.data() + rest.size();
      std::uint32_t point = 0;
      const auto [behind, error] =
          std::from_chars(rest.data() + (hex ? 2 : 1), end, point, hex ? 16 : 10);
      if (error == std::errc() && behind != end && *behind == ';') {
        append_point(out, point);
        size = static_cast<std::size_t>(behind + 1 - rest.data());
      }
    }
    if (size == 0) out += '&';
    i += size;
  }
  return out;
}

}  // namespace

bool Tags::next() {
  for (;;) {
    at_ = xml_.find('<', at_);
    if (at_ == xml_.npos) return false;
    ++at_;
    const std::string_view rest = xml_.substr(at_);
    if (rest.starts_with("!--")) {
      at_ = xml_.find("-->", at_);
      if (at_ == xml_.npos) return false;
      continue;
    }
    if (rest.empty() || rest[0] == '/' || rest[0] == '?' || rest[0] == '!') continue;
    // '>' may stand in an attribute
    char quote = 0;
    std::size_t end = 0;
    for (; end < rest.size() && (quote != 0 || rest[end] != '>'); ++end)
      if (quote == 0 && (rest[end] == '"' || rest[end] == '\''))
        quote = rest[end];
      else if (quote == rest[end])
        quote = 0;
    if (end == rest.size()) return false;
    const std::string_view tag = rest.substr(0, end);
    const std::size_t name_end = std::min(tag.find_first_of(" \t\r\n/"), tag.size());
    name_ = without_prefix(tag.substr(0, name_end));
    inside_ = tag.substr(name_end);
    at_ += end + 1;
    return true;
  }
}

std::string Tags::attribute(std::string_view wanted) const {
  for (std::string_view rest = inside_;;) {
    const std::size_t first = rest.find_first_not_of(kSpace);
    if (first == rest.npos) return {};
    rest.remove_prefix(first);
    const std::size_t equals = rest.find('=');
    if (equals == rest.npos) return {};
    const std::string_view name = rest.substr(0, rest.find_first_of(" \t\r\n="));
    rest.remove_prefix(equals + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(kSpace), rest.size()));
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return {};
    const std::size_t end = rest.find(rest[0], 1);
    if (end == rest.npos) return {};
    if (without_prefix(name) == wanted) return resolved(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  }
}

std::string_view Tags::text() const {
  return xml_.substr(at_, xml_.find('<', at_) - at_);
}

}  // namespace stoq::plugins::ooxml
