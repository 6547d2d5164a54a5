// SPDX-License-Identifier: Apache-2.0
#include "names.h"

#include <algorithm>
#include <filesystem>

#include "stoq/sdk/views.h"

namespace stoq::plugins::dirmon {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

void append_hex(std::string& out, char c) {
  out += kDigits[static_cast<uint8_t>(c) >> 4];
  out += kDigits[c & 15];
}

std::string text_of(std::string_view name) {
  return sdk::text_from_bytes({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
}

void add_name(sdk::JsonWriter& json, const std::string& key, std::string_view name) {
  json.member(key, text_of(name));
  if (sdk::valid_utf8(name)) return;
  std::string hex;
  for (const char c : name) append_hex(hex, c);
  json.member(key + "_hex", hex);
}

// On a mismatch the last * takes one more character, so time is bounded by pattern × name.
bool matches(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0, star = pattern.npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != pattern.npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace

std::string shown(std::string_view path) {
  std::string out;
  for (const char c : text_of(path)) {
    if (static_cast<uint8_t>(c) >= 0x20 && c != 0x7f) {
      out += c;
    } else {
      out += "\\x";
      append_hex(out, c);
    }
  }
  return out;
}

std::string absolute(const std::string& path) {
  std::string out = std::filesystem::absolute(path).lexically_normal().string();
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

bool lies_in(const std::string& path, const std::string& directory, bool below) {
  const auto real = [](const std::string& name) {
    std::error_code error;
    const std::filesystem::path found = std::filesystem::weakly_canonical(name, error);
    return absolute(error ? name : found.string());
  };
  const std::string inner = real(path), outer = real(directory);
  return inner == outer || (below && inner.starts_with(join(outer, "")));
}

std::string join(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

std::string payload_meta(std::string_view directory, std::string_view name) {
  sdk::JsonWriter json;
  json.begin_object().key("extra_data").begin_object();
  add_name(json, "filename", name);
  add_name(json, "source_dir", directory);
  json.end_object().end_object();
  return json.take();
}

bool Patterns::match(std::string_view name) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [name](const std::string& pattern) { return matches(pattern, name); });
}

}  // namespace stoq::plugins::dirmon
