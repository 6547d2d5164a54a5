// SPDX-License-Identifier: Apache-2.0
#include "properties.h"

#include <charconv>
#include <ctime>

namespace stoq::plugins::msg {
namespace {

using office::CompoundFile;

constexpr std::string_view kStream = "__substg1.0_";
constexpr std::uint16_t kAnsi = 0x1E, kWide = 0x1F, kBinary = 0x102, kObject = 0x0D, kLong = 3,
                        kTime = 0x40;

}  // namespace

Properties::Properties(CompoundFile& file, std::size_t storage, std::size_t head) : file_(file) {
  const auto& entries = file.entries();
  const auto range = file.below(storage);
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (entries[i].parent != storage) continue;
    const std::string_view name = entries[i].name;
    if (entries[i].orphan || !office::same_name(name.substr(0, kStream.size()), kStream)) continue;
    std::uint32_t tag = 0;
    const char* const end = name.data() + name.size();
    if (std::from_chars(name.data() + kStream.size(), end, tag, 16).ptr == end)
      streams_.emplace(tag, i);
  }
  const auto list = file.read("__properties_version1.0", storage);
  for (std::size_t at = head; at + 16 <= list.size(); at += 16)
    fixed_.emplace(office::number_at<std::uint32_t>(list, at),
                   office::number_at<std::uint64_t>(list, at + 8));
}

std::optional<std::size_t> Properties::find(std::uint16_t property, std::uint16_t type) const {
  const auto found = streams_.find(std::uint32_t{property} << 16 | type);
  if (found == streams_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint64_t> Properties::fixed(std::uint16_t property, std::uint16_t type) const {
  const auto found = fixed_.find(std::uint32_t{property} << 16 | type);
  if (found == fixed_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Properties::text(std::uint16_t property) const {
  if (const auto wide = find(property, kWide)) return office::utf16_text(file_.read(*wide).bytes);
  if (const auto ansi = find(property, kAnsi)) return sdk::text_from_bytes(file_.read(*ansi).bytes);
  return std::nullopt;
}

std::optional<CompoundFile::Content> Properties::binary(std::uint16_t property) const {
  const auto found = find(property, kBinary);
  if (!found) return std::nullopt;
  return file_.read(*found);
}

std::size_t Properties::size_of(std::uint16_t property) const {
  const auto found = find(property, kBinary);
  return found ? static_cast<std::size_t>(file_.entries()[*found].size) : 0;
}

std::optional<std::uint32_t> Properties::number(std::uint16_t property) const {
  const auto value = fixed(property, kLong);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::string> Properties::time(std::uint16_t property) const {
  constexpr std::uint64_t kPerSecond = 10'000'000, kFrom1601 = 11'644'473'600;
  const auto value = fixed(property, kTime);
  if (!value || *value / kPerSecond < kFrom1601) return std::nullopt;
  const auto seconds = static_cast<std::time_t>(*value / kPerSecond - kFrom1601);
  std::tm parts{};
  char out[40];
  if (!gmtime_r(&seconds, &parts)) return std::nullopt;
  return std::string(out, std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

std::size_t Properties::object(std::uint16_t property) const {
  return find(property, kObject).value_or(CompoundFile::kNone);
}

}  // namespace stoq::plugins::msg
