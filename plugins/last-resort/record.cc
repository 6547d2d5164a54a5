// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include <algorithm>
#include <optional>

#include "carving/bytes.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::last_resort {
namespace {

using sdk::JsonKind;
using sdk::JsonView;

constexpr std::size_t kMostName = 4096, kMostLimits = 16, kMostComplaint = 300;

std::string readable(std::string_view text, std::size_t most) {
  text = text.substr(0, most);
  return sdk::valid_utf8(text) ? std::string(text) : sdk::text_from_bytes(carving::bytes_of(text));
}

std::string text_of(const JsonView& value) {
  return readable(value.string_or(""), kMostName);
}

// What of a path lies below the directory.
std::optional<std::string> below(std::string_view path, std::string_view directory) {
  if (!path.starts_with(directory) || path.size() > kMostName) return std::nullopt;
  path.remove_prefix(directory.size());
  if (path.empty() || path.front() != '/' || path.find('\0') != path.npos) return std::nullopt;
  path.remove_prefix(1);
  for (std::string_view rest = path;;) {
    const std::size_t end = rest.find('/');
    const std::string_view name = rest.substr(0, end);
    if (name.empty() || name == "." || name == "..") return std::nullopt;
    if (end == rest.npos) return std::string(path);
    rest.remove_prefix(end + 1);
  }
}

void add_pieces(const JsonView& contained, std::string_view directory, Record& record) {
  for (const JsonView& object : contained.elements()) {
    Piece piece;
    std::optional<std::string> place;
    for (const auto& [key, value] : object.members()) {
      if (key == "FilePath") place = below(value.string_or(""), directory);
      if (key == "FileName") piece.name = text_of(value);
    }
    if (!place) continue;
    if (record.pieces.size() == kMostPieces) {
      ++record.more;
      continue;
    }
    piece.place = *std::move(place);
    record.pieces.push_back(std::move(piece));
  }
}

void add_limits(const JsonView& problems, Record& record) {
  constexpr std::string_view kBefore = "Heuristics.Limits.Exceeded.";
  for (const std::string& problem : problems.strings()) {
    if (!problem.starts_with(kBefore) || record.limits.size() == kMostLimits) continue;
    std::string limit = problem.substr(kBefore.size(), 64);
    if (limit != "MaxRecursion" && sdk::valid_utf8(limit))  // deeper layers are not asked for
      record.limits.push_back(std::move(limit));
  }
}

// Of what it finds inside by its beginning, installers of this kind alone: no other worker knows
// them.
void add_installer(const JsonView& embedded, std::string_view directory, Record& record) {
  for (const JsonView& object : embedded.elements()) {
    bool wanted = false;
    JsonView contained;
    for (const auto& [key, value] : object.members()) {
      if (key == "FileType") wanted = value.string_or("") == "CL_TYPE_ISHIELD_MSI";
      if (key == "ContainedObjects") contained = value;
    }
    if (wanted) add_pieces(contained, directory, record);
  }
}

}  // namespace

Record parse_record(std::string_view json, std::string_view directory) {
  Record record;
  const JsonView root(json);
  for (const auto& [key, value] : root.members()) {
    record.sound |= key == "Magic" && value.string_or("") == "CLAMJSONv0";
    if (key == "PE") record.packer = text_of(value["Packer"]);
    if (key == "ParseErrors") add_limits(value, record);
    if (key == "ContainedObjects") add_pieces(value, directory, record);
    if (key == "EmbeddedObjects") add_installer(value, directory, record);
  }
  return record;
}

std::vector<std::string> parse_complaints(std::string_view errors) {
  std::vector<std::string> lines;
  while (!errors.empty() && lines.size() < kMostComplaints) {
    std::string_view line = errors.substr(0, errors.find('\n'));
    errors.remove_prefix(std::min(line.size() + 1, errors.size()));
    for (const std::string_view before :
         {"LibClamAV Warning: ", "LibClamAV Error: ", "WARNING: ", "ERROR: "})
      if (line.starts_with(before)) line.remove_prefix(before.size());
    if (!line.empty()) lines.push_back(readable(line, kMostComplaint));
  }
  return lines;
}

}  // namespace stoq::plugins::last_resort
