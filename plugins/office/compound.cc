// SPDX-License-Identifier: Apache-2.0
#include "office/compound.h"

#include <algorithm>
#include <cstdio>

namespace stoq::plugins::office {
namespace {

constexpr std::uint8_t kSignature[] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
constexpr std::size_t kHeaderSize = 512, kEntrySize = 128, kMiniSector = 64;
constexpr std::uint32_t kLastSector = 0xFFFFFFFA;  // higher numbers have meanings of their own
constexpr std::uint64_t kMiniCutoff = 4096;
constexpr std::size_t kMostDepth = 64, kMostEntries = 100'000;
constexpr std::uint32_t kNoEntry = 0xFFFFFFFF;
constexpr std::uint64_t kTimesRead = 8;  // parsers come back to a stream; a sound file needs 1

// One of 128 bytes in the directory.
struct Slot {
  std::string name;
  std::uint8_t type;
  std::uint32_t left, right, child;
};

Slot slot_at(Bytes directory, std::size_t index) {
  const Bytes raw = part_of(directory, index * kEntrySize, kEntrySize);
  const auto size = std::min<std::size_t>(number_at<std::uint16_t>(raw, 64), 64);
  return {utf16_text(part_of(raw, 0, size)), number_at<std::uint8_t>(raw, 66),
          number_at<std::uint32_t>(raw, 68), number_at<std::uint32_t>(raw, 72),
          number_at<std::uint32_t>(raw, 76)};
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool CompoundFile::is_one(Bytes content) {
  return content.size() >= kHeaderSize &&
         std::equal(std::begin(kSignature), std::end(kSignature), content.begin());
}

std::optional<CompoundFile> CompoundFile::open(Bytes content) {
  if (!is_one(content)) return std::nullopt;
  CompoundFile file(content);
  if (!file.load()) return std::nullopt;
  return file;
}

bool CompoundFile::load() {
  const unsigned shift = number_at<std::uint16_t>(content_, 30);
  if (shift != 9 && shift != 12)
    problems_.push_back("its sectors are of 2^" + std::to_string(shift) +
                        " bytes, which no Office reads; 512 are taken");
  sector_size_ = shift == 12 ? 4096 : 512;
  const std::uint64_t behind = content_.size() - std::min(content_.size(), sector_size_);
  sectors_ = static_cast<std::uint32_t>(
      std::min<std::uint64_t>((behind + sector_size_ - 1) / sector_size_, kLastSector));
  budget_ = kTimesRead * content_.size();
  load_fat();
  return load_directory();
}

Bytes CompoundFile::sector(std::uint32_t number) const {
  return part_of(content_, (std::uint64_t{number} + 1) * sector_size_, sector_size_);
}

void CompoundFile::load_fat() {
  std::vector<std::uint32_t> parts;  // sectors that hold the table
  const std::size_t most = sectors_ / (sector_size_ / 4) + 1;
  const auto add = [&](Bytes list) {
    for (std::size_t i = 0; i + 4 <= list.size() && parts.size() < most; i += 4)
      if (const auto part = number_at<std::uint32_t>(list, i); part < kLastSector)
        parts.push_back(part);
  };
  add(part_of(content_, 76, std::size_t{109} * 4));
  auto next = number_at<std::uint32_t>(content_, 68);
  for (std::uint32_t steps = 0; next < sectors_ && steps < sectors_ && parts.size() < most;
       ++steps) {
    const Bytes list = sector(next);
    add(part_of(list, 0, sector_size_ - 4));
    next = number_at<std::uint32_t>(list, sector_size_ - 4);
  }
  std::size_t missing = 0;
  for (const std::uint32_t part : parts) {
    if (part >= sectors_) ++missing;
    const Bytes table = part < sectors_ ? sector(part) : Bytes{};
    for (std::size_t i = 0; i < sector_size_ / 4; ++i)
      fat_.push_back(4 * i + 4 <= table.size() ? number_at<std::uint32_t>(table, 4 * i) : kNoEntry);
  }
  if (missing > 0)
    problems_.push_back(std::to_string(missing) + " of " + std::to_string(parts.size()) +
                        " sectors of its allocation table lie behind the end of the file");
}

CompoundFile::Content CompoundFile::follow(std::uint32_t first, std::uint64_t most) const {
  Content out;
  std::vector<Bytes> pieces;
  std::size_t size = 0;
  std::uint32_t next = first;
  for (std::uint32_t steps = 0; size < most; ++steps) {
    if (next >= kLastSector) {
      out.problem = "its chain of sectors ends there";
      break;
    }
    if (steps == sectors_) {
      out.problem = "its chain of sectors is a circle";
      break;
    }
    const Bytes here = part_of(sector(next), 0, most - size);
    size += here.size();
    if (!pieces.empty() && pieces.back().data() + pieces.back().size() == here.data())
      pieces.back() = Bytes(pieces.back().data(), pieces.back().size() + here.size());
    else
      pieces.push_back(here);
    if (here.size() < std::min<std::uint64_t>(sector_size_, most) && size < most) {
      out.problem = "the file ends there";
      break;
    }
    next = next < fat_.size() ? fat_[next] : kNoEntry;
  }
  if (pieces.size() == 1) {
    out.bytes = pieces.front();
    return out;
  }
  out.joined.reserve(size);
  for (const Bytes piece : pieces) out.joined.insert(out.joined.end(), piece.begin(), piece.end());
  out.bytes = out.joined;
  return out;
}

CompoundFile::Content CompoundFile::follow_mini(std::uint32_t first, std::uint64_t most) {
  if (!mini_fat_) {
    mini_fat_.emplace();
    const std::uint64_t all = std::uint64_t{sectors_} * sector_size_;
    const Content table = follow(number_at<std::uint32_t>(content_, 60), all);
    for (std::size_t i = 0; i + 4 <= table.bytes.size(); i += 4)
      mini_fat_->push_back(number_at<std::uint32_t>(table.bytes, i));
    mini_stream_ = follow(root_first_, std::min(root_size_, all));
  }
  Content out;
  std::uint32_t next = first;
  while (out.joined.size() < most) {
    if (next >= kLastSector) {
      out.problem = "its chain of small sectors ends there";
      break;
    }
    const Bytes here = part_of(mini_stream_.bytes, std::uint64_t{next} * kMiniSector,
                               std::min<std::uint64_t>(kMiniSector, most - out.joined.size()));
    if (here.empty()) {
      out.problem = "the stream of small sectors ends there";
      break;
    }
    out.joined.insert(out.joined.end(), here.begin(), here.end());
    next = next < mini_fat_->size() ? (*mini_fat_)[next] : kNoEntry;
  }
  out.bytes = out.joined;
  return out;
}

bool CompoundFile::load_directory() {
  const std::uint64_t all = std::uint64_t{sectors_} * sector_size_;
  const Content stream = follow(number_at<std::uint32_t>(content_, 48), all);
  const Bytes directory = stream.bytes;
  std::size_t count = directory.size() / kEntrySize;
  if (count == 0) return false;
  if (count > kMostEntries) {
    problems_.push_back("its directory has " + std::to_string(count) + " entries; only the first " +
                        std::to_string(kMostEntries) + " were read");
    count = kMostEntries;
  }
  const Bytes root = part_of(directory, 0, kEntrySize);
  root_first_ = number_at<std::uint32_t>(root, 116);
  root_size_ = number_at<std::uint32_t>(root, 120);
  std::copy_n(root.begin() + 80, 16, root_clsid_.begin());

  const auto add = [&](std::size_t index, const Slot& slot, std::size_t parent, bool orphan) {
    Entry entry;
    entry.name = slot.name;
    entry.parent = parent;
    entry.path = parent == kNone ? slot.name : entries_[parent].path + "/" + slot.name;
    entry.kind = slot.type == 1 ? Kind::storage : Kind::stream;
    entry.orphan = orphan;
    const Bytes raw = part_of(directory, index * kEntrySize, kEntrySize);
    std::copy_n(raw.begin() + 80, 16, entry.clsid.begin());
    entry.first = number_at<std::uint32_t>(raw, 116);
    // version 3 leaves the upper half undefined
    entry.size = sector_size_ == 512 ? number_at<std::uint32_t>(raw, 120)
                                     : number_at<std::uint64_t>(raw, 120);
    entries_.push_back(std::move(entry));
  };

  // In order: what is left of a node, the node, what is below it, what is right of it.
  struct Step {
    std::uint32_t index;
    std::size_t parent, depth;
    bool passed;  // its left side is done
  };
  std::vector<bool> seen(count, false);
  seen[0] = true;
  std::vector<Step> steps = {{slot_at(directory, 0).child, kNone, 0, false}};
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    if (step.index >= count || (!step.passed && seen[step.index])) continue;
    const Slot slot = slot_at(directory, step.index);
    if (!step.passed) {
      seen[step.index] = true;
      steps.push_back({step.index, step.parent, step.depth, true});
      steps.push_back({slot.left, step.parent, step.depth, false});
      continue;
    }
    steps.push_back({slot.right, step.parent, step.depth, false});
    if (slot.type != 1 && slot.type != 2) continue;
    add(step.index, slot, step.parent, false);
    if (slot.type == 1 && step.depth < kMostDepth)
      steps.push_back({slot.child, entries_.size() - 1, step.depth + 1, false});
  }
  for (std::size_t i = 1; i < count; ++i)
    if (!seen[i])
      if (const Slot slot = slot_at(directory, i); slot.type == 2) add(i, slot, kNone, true);
  for (std::size_t i = entries_.size(); i-- > 0;) {
    entries_[i].end = std::max(entries_[i].end, i + 1);
    if (const std::size_t parent = entries_[i].parent; parent != kNone)
      entries_[parent].end = std::max(entries_[parent].end, entries_[i].end);
  }
  return true;
}

std::size_t CompoundFile::find(std::string_view name, std::size_t parent) const {
  const Range range = below(parent);
  for (std::size_t i = range.begin; i < range.end; ++i)
    if (entries_[i].parent == parent && !entries_[i].orphan && same_name(entries_[i].name, name))
      return i;
  return kNone;
}

std::string CompoundFile::charge(std::uint64_t size) {
  if (size > budget_)
    return "the streams of this file hold more than " + std::to_string(kTimesRead) +
           " times its size: they share sectors";
  budget_ -= size;
  return {};
}

CompoundFile::Content CompoundFile::read(std::size_t index) {
  const Entry& entry = entries_.at(index);
  if (entry.kind != Kind::stream || entry.size == 0) return {};
  const std::uint64_t there = std::min<std::uint64_t>(entry.size, content_.size());
  Content out;
  if (out.problem = charge(there); !out.problem.empty()) return out;
  out = entry.size < kMiniCutoff ? follow_mini(entry.first, there) : follow(entry.first, there);
  if (out.bytes.size() == entry.size) {
    out.problem.clear();
  } else {
    if (out.problem.empty()) out.problem = "the file is not that large";
    out.problem = "has " + std::to_string(out.bytes.size()) + " of " + std::to_string(entry.size) +
                  " bytes: " + out.problem;
  }
  return out;
}

std::vector<std::uint8_t> CompoundFile::read(std::string_view name, std::size_t parent) {
  const std::size_t index = find(name, parent);
  if (index == kNone) return {};
  const Content content = read(index);
  return {content.bytes.begin(), content.bytes.end()};
}

std::string clsid_text(const std::array<std::uint8_t, 16>& c) {
  if (std::ranges::all_of(c, [](std::uint8_t byte) { return byte == 0; })) return {};
  char text[39];
  std::snprintf(text, sizeof text,
                "{%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X}", c[3],
                c[2], c[1], c[0], c[5], c[4], c[7], c[6], c[8], c[9], c[10], c[11], c[12], c[13],
                c[14], c[15]);
  return text;
}

}  // namespace stoq::plugins::office
