// SPDX-License-Identifier: Apache-2.0
#include "cli/insight.h"

#include <algorithm>

#include "cli/machine_words.h"
#include "cli/visible.h"

namespace stoq::cli {
namespace {

using sdk::JsonKind;
using sdk::JsonView;

constexpr size_t kItems = 3;     // of one kind of indicator
constexpr size_t kLongest = 80;  // columns of one value

// What tells who made something, when and with what; in this order, before all else.
constexpr std::string_view kFirst[] = {
    "Title",           "Subject",     "Author",      "Creator",        "LastModifiedBy",
    "Company",         "CompanyName", "ProductName", "InternalName",   "OriginalFileName",
    "FileDescription", "FileVersion", "Producer",    "Software",       "Application",
    "CreateDate",      "ModifyDate",  "TimeStamp",   "FileType",       "MachineType",
    "PEType",          "Subsystem",   "CPUType",     "ObjectFileType", "PDFVersion",
    "PageCount",       "Pages",       "Template",    "ImageSize",      "Make",
    "Model",           "GPSPosition", "Comment",     "Warning",        "Error"};
// What the line of the payload says already, what others say better, and what says nothing of it.
constexpr std::string_view kLeftOut[] = {
    "ExifToolVersion", "FileSize",   "FileTypeExtension", "MIMEType", "SourceFile", "ImageWidth",
    "ImageHeight",     "Megapixels", "Compression",       "Filter",   "Interlace"};

template <class List>
size_t place_in(const List& list, std::string_view name) {
  return static_cast<size_t>(std::find(std::begin(list), std::end(list), name) - std::begin(list));
}

bool left_out(std::string_view key, JsonView value, bool pe) {
  if (place_in(kLeftOut, key) != std::size(kLeftOut) || key.starts_with("Zip")) return true;
  if (key == "FileType") return !pe;  // else the line of the payload says it
  return value.kind() == JsonKind::string && value.string_or("").starts_with("(Binary data ");
}

std::string shown(JsonView value) {
  if (value.kind() == JsonKind::string) return visible(value.string_or(""), kLongest);
  return visible(value.text(), kLongest);
}

// The same, with words where ExifTool gives the number that stands in the file.
std::string shown(std::string_view key, JsonView value, bool elf) {
  if (value.kind() == JsonKind::integer) {
    const std::string_view word = word_for(key, value.int_or(-1), elf);
    if (!word.empty()) return std::string(word);
  }
  std::string text = shown(value);
  if (key == "ImageSize") std::replace(text.begin(), text.end(), ' ', 'x');
  return text;
}

}  // namespace

bool add_metadata(Page& page, std::string_view rail, JsonView exif) {
  if (exif.kind() != JsonKind::object) return false;
  struct Entry {
    size_t rank;
    std::string key;
    JsonView value;
  };
  const std::string type = exif["FileType"].string_or("");
  const bool elf = type.starts_with("ELF"), pe = type.starts_with("Win");
  std::vector<Entry> entries;
  for (const auto& [key, value] : exif.members())
    if (!left_out(key, value, pe)) entries.push_back({place_in(kFirst, key), key, value});
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.rank < b.rank; });
  Spans spans;
  for (const Entry& entry : entries) {
    const std::string_view between = spans.empty() ? "" : " · ";
    spans.push_back({Ink::dim, std::string(between) + visible(entry.key, kLongest / 2) + ": "});
    spans.push_back({Ink::plain, shown(entry.key, entry.value, elf)});
  }
  if (spans.empty()) spans.push_back({Ink::dim, "nothing beside the type"});
  page.finding(rail, "exif", std::move(spans), 3);
  return true;
}

bool add_indicators(Page& page, std::string_view rail, JsonView found) {
  if (found.kind() != JsonKind::object) return false;
  bool first = true;
  for (const auto& [kind, items] : found.members()) {
    if (items.kind() != JsonKind::array) continue;
    Spans spans{{Ink::dim, visible(kind, kLongest / 2) + " "}};
    size_t count = 0;
    for (const JsonView item : items.elements()) {
      if (++count > kItems) continue;
      if (count > 1) spans.push_back({Ink::dim, " · "});
      spans.push_back({Ink::warning, shown(item)});
    }
    if (count > kItems)
      spans.push_back({Ink::dim, " and " + std::to_string(count - kItems) + " more"});
    page.finding(rail, first ? "iocs" : "", std::move(spans), 2);
    first = false;
  }
  return true;
}

}  // namespace stoq::cli
