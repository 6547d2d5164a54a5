// SPDX-License-Identifier: Apache-2.0
#include "package.h"

#include <algorithm>

#include "marshal.h"

namespace stoq::plugins::pyinstaller {
namespace {

using namespace std::string_view_literals;
using carving::be32;
using carving::Bytes;
using carving::part;
using carving::text_of;

constexpr std::string_view kCookie = "MEI\014\013\012\013\016";
constexpr std::size_t kLongCookie = 88, kShortCookie = 24, kEntryHead = 18;
constexpr std::size_t kMostEntries = 100'000;
constexpr int kMostCookies = 8;  // that are tried, from the end

std::string_view type_name(char type) {
  switch (type) {
    case 's':
      return "script";
    case 'm':
      return "module";
    case 'M':
      return "package";
    case 'b':
      return "binary";
    case 'z':
    case 'Z':
      return "pyz";
    case 'x':
      return "data";
    case 'd':
      return "dependency";
    case 'n':
      return "symlink";
    case 'o':
      return "option";
    case 'l':
      return "splash";
    default:
      return "other";
  }
}

// 27 is 2.7, 311 is 3.11.
std::string python_of(std::uint32_t number) {
  if (number < 20 || number > 399) return "";
  const std::uint32_t ten = number >= 100 ? 100 : 10;
  return std::to_string(number / ten) + "." + std::to_string(number % ten);
}

void read_entries(Bytes all, Bytes table, Package& package) {
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t size = be32(table, at);
    if (size < kEntryHead || size > table.size() - at) {
      package.problem = "its table is damaged at byte " + std::to_string(at);
      return;
    }
    if (package.entries.size() >= kMostEntries) {
      package.problem = "it has more than 100000 entries";
      return;
    }
    Entry entry;
    const std::string_view name = text_of(part(table, at + kEntryHead, size - kEntryHead));
    entry.name = name.substr(0, name.find('\0'));
    entry.type = type_name(static_cast<char>(carving::u8(table, at + 17)));
    entry.compressed = carving::u8(table, at + 16) != 0;
    entry.size = be32(table, at + 12);
    const std::uint32_t stored = be32(table, at + 8);
    entry.content = part(all, be32(table, at + 4), stored);
    entry.cut = entry.content.size() < stored;
    package.entries.push_back(std::move(entry));
    at += size;
  }
}

std::optional<Package> archive_at(Bytes content, std::size_t cookie, std::size_t cookie_size) {
  const std::size_t length = be32(content, cookie + 8), table = be32(content, cookie + 12);
  const std::size_t table_size = be32(content, cookie + 16), end = cookie + cookie_size;
  if (end > content.size() || length > end || length < cookie_size || table_size == 0 ||
      table > length || table_size > length - table)
    return std::nullopt;
  Package package{"carchive", python_of(be32(content, cookie + 20)), end - length, {}, ""};
  const Bytes all = content.subspan(package.at, length);
  read_entries(all, all.subspan(table, table_size), package);
  if (package.entries.empty()) return std::nullopt;
  return package;
}

std::optional<Package> carchive(Bytes content) {
  const std::string_view text = text_of(content);
  std::size_t cookie = text.rfind(kCookie);
  for (int i = 0; i < kMostCookies && cookie != text.npos; ++i) {
    for (const std::size_t size : {kLongCookie, kShortCookie})
      if (auto package = archive_at(content, cookie, size)) return package;
    if (cookie == 0) break;
    cookie = text.rfind(kCookie, cookie - 1);
  }
  return std::nullopt;
}

std::string hex(Bytes bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::optional<Package> pyz(Bytes content) {
  const std::size_t table = be32(content, 8);
  if (table < 12 || table >= content.size()) return std::nullopt;
  Package package{"pyz", hex(part(content, 4, 4)), 0, {}, ""};
  bool whole = false;
  for (Place& place : read_table(content.subspan(table), kMostEntries, whole)) {
    Entry entry;
    entry.name = std::move(place.name);
    entry.type = place.kind == 1 ? "package" : place.kind == 2 ? "data" : "module";
    entry.compressed = true;
    const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(place.size, 0));
    if (place.at >= 0) entry.content = part(content, static_cast<std::uint64_t>(place.at), size);
    entry.cut = entry.content.size() < size;
    if (place.kind != 3) package.entries.push_back(std::move(entry));  // 3: a name without content
  }
  if (!whole)
    package.problem =
        "its table is damaged or too long behind entry " + std::to_string(package.entries.size());
  return package;
}

}  // namespace

std::optional<Package> read_package(Bytes content) {
  return carving::has(content, 0, "PYZ\0"sv) ? pyz(content) : carchive(content);
}

}  // namespace stoq::plugins::pyinstaller
