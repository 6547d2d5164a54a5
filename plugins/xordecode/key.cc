// SPDX-License-Identifier: Apache-2.0
#include "key.h"

#include <algorithm>
#include <charconv>

#include "stoq/sdk/views.h"

namespace stoq::plugins::xordecode {
namespace {

using std::string_view;

constexpr string_view kName = "\"xorkey\"";
constexpr size_t kShown = 60;  // bytes of a value in a message

// Behind the quote that closes the string which opens at `at`.
size_t string_end(string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return std::min(at + 1, json.size());
}

// The value that begins `text`. An object, or a list in a list, is cut short: neither is a key.
string_view value_of(string_view text) {
  if (text.starts_with('"')) return text.substr(0, string_end(text, 0));
  if (text.starts_with('[')) return text.substr(0, std::min(text.find(']'), text.size() - 1) + 1);
  return text.substr(0, text.find_first_of(",}]"));
}

std::string shown(string_view text) {
  if (text.size() <= kShown) return std::string(text);
  size_t size = kShown;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "...";
}

string_view trimmed(string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// A number, a list and a text hold the same once the brackets or quotes are gone.
Key read_key(string_view value) {
  const bool enclosed = value.size() >= 2 && (value.front() == '[' || value.front() == '"');
  string_view rest = trimmed(enclosed ? value.substr(1, value.size() - 2) : value);
  Key key;
  if (rest.empty() || value == "null") return key;
  for (;;) {
    const size_t comma = rest.find(',');
    const string_view item = trimmed(rest.substr(0, comma));
    const char* const last = item.data() + item.size();
    uint8_t byte = 0;
    const auto [end, error] = std::from_chars(item.data(), last, byte);
    if (error != std::errc() || end != last)
      throw sdk::Error("xorkey " + shown(value) + " in dispatch_meta: '" + shown(item) +
                       "' is not a number from 0 to 255; give a number, a list of numbers, or "
                       "decimals with commas such as \"41,52,63\"");
    if (key.size() == kMaxKey)
      throw sdk::Error("xorkey in dispatch_meta is longer than " + std::to_string(kMaxKey) +
                       " bytes; give a shorter one");
    key.push_back(byte);
    if (comma == rest.npos) return key;
    rest.remove_prefix(comma + 1);
  }
}

bool changes_something(const Key& key) {
  return std::ranges::any_of(key, [](uint8_t byte) { return byte != 0; });
}

}  // namespace

Key find_key(string_view json) {
  Key found;
  for (size_t at = json.find('"'); at < json.size(); at = json.find('"', at)) {
    const size_t end = string_end(json, at);
    const string_view name = json.substr(at, end - at);
    at = end;
    if (name != kName || !json.substr(at).starts_with(": ")) continue;
    const string_view value = value_of(json.substr(at + 2));
    at += 2 + value.size();
    Key key = read_key(value);
    if (!changes_something(key) || key == found) continue;
    if (!found.empty())
      throw sdk::Error("dispatch_meta holds two keys, " + shown(decimals(found)) + " and " +
                       shown(decimals(key)) +
                       "; let one rule give xordecode a key for this payload");
    found = std::move(key);
  }
  return found;
}

std::string decimals(const Key& key) {
  std::string out;
  for (const uint8_t byte : key) {
    if (!out.empty()) out += ", ";
    out += std::to_string(byte);
  }
  return out;
}

}  // namespace stoq::plugins::xordecode
