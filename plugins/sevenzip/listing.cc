// SPDX-License-Identifier: Apache-2.0
#include "listing.h"

#include <algorithm>
#include <charconv>

namespace stoq::plugins::sevenzip {
namespace {

constexpr std::string_view kArchive = "/proc/self/fd/";  // what we call the archive to 7zz

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return true;
  }

 private:
  std::string_view rest_;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

void take(Item& item, std::string_view key, std::string_view value) {
  if (key == "Path") item.path = value;
  if (key == "Size") item.size = number(value);
  if (key == "Folder") item.folder |= value == "+";
  if (key == "Attributes") item.folder |= value.starts_with('D');
  if (key == "Encrypted") item.encrypted |= value == "+";
  if (key == "Symbolic Link") item.link = value;
}

}  // namespace

Listing parse_listing(std::string_view text) {
  Listing listing;
  Lines lines(text);
  bool in_items = false, open = false;
  Item item;
  const auto close = [&] {
    if (open) listing.items.push_back(std::move(item));
    item = {}, open = false;
  };
  for (std::string_view line; lines.next(line);) {
    if (line == "----------") {
      in_items = true;
      continue;
    }
    const std::size_t equals = line.find(" = ");
    if (equals == line.npos) {
      if (line.empty() && in_items) close();
      if (line == "{")  // a value of several lines
        while (lines.next(line) && line != "}") {
        }
      continue;
    }
    const std::string_view key = line.substr(0, equals), value = line.substr(equals + 3);
    if (in_items) {
      open = true;
      take(item, key, value);
    } else if (key == "Type") {
      listing.types.push_back(lower(value));
    }
  }
  close();
  return listing;
}

const std::string* Complaints::about(std::string_view path) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [path](const About& about) { return about.path == path; });
  return found == members.end() ? nullptr : &found->why;
}

Complaints parse_complaints(std::string_view text) {
  static constexpr std::string_view kError = "ERROR: ", kOpen = "Open ERROR: ";
  Complaints out;
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    if (line.find("Wrong password") != line.npos || line.find("encrypted archive") != line.npos)
      out.wrong_password = true;
    const bool error = line.starts_with(kError);
    if (error) line.remove_prefix(kError.size());
    if (line.starts_with(kOpen)) line.remove_prefix(kOpen.size());
    std::size_t colon = line.find(" : ");
    const bool of_archive = line.starts_with(kArchive);
    if (of_archive) line.remove_prefix(colon == line.npos ? line.size() : colon + 3);
    if (of_archive) colon = line.npos;
    if (line.empty() || line.starts_with(kArchive) || line.starts_with("ERRORS:") ||
        line.starts_with("WARNINGS:"))
      continue;
    if (error && colon != line.npos) {
      out.members.push_back(
          {std::string(line.substr(colon + 3)), std::string(line.substr(0, colon))});
    } else {
      out.others.emplace_back(line);
    }
  }
  return out;
}

}  // namespace stoq::plugins::sevenzip
