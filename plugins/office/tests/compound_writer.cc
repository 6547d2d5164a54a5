// SPDX-License-Identifier: Apache-2.0
#include "compound_writer.h"

#include <algorithm>
#include <functional>

namespace office_samples {
namespace {

constexpr std::uint32_t kFree = 0xFFFFFFFF, kEnd = 0xFFFFFFFE, kFatPart = 0xFFFFFFFD,
                        kDifatPart = 0xFFFFFFFC;

struct Slot {
  const Node* node;
  std::uint32_t left = kFree, right = kFree, child = kFree, first = kEnd;
  std::uint64_t size = 0;
};

std::string padded(std::string text, std::size_t unit) {
  text.resize((text.size() + unit - 1) / unit * unit, '\0');
  return text;
}

std::string utf16_of(const std::u16string& name) {
  std::string out;
  for (const char16_t c : name) out += le(c, 2);
  return out;
}

std::u16string upper(std::u16string text) {
  for (char16_t& c : text)
    if (c >= u'a' && c <= u'z') c = static_cast<char16_t>(c - 32);
  return text;
}

// Children as a balanced tree, in the order that the format asks for.
void place(const std::vector<Node>& children, std::vector<Slot>& slots, std::size_t parent) {
  std::vector<const Node*> sorted;
  for (const Node& child : children) sorted.push_back(&child);
  std::ranges::sort(sorted, [](const Node* a, const Node* b) {
    if (a->name.size() != b->name.size()) return a->name.size() < b->name.size();
    return upper(a->name) < upper(b->name);
  });
  const std::size_t first = slots.size();
  for (const Node* child : sorted) slots.push_back({child});
  const std::function<std::uint32_t(std::size_t, std::size_t)> tree = [&](std::size_t low,
                                                                          std::size_t high) {
    if (low == high) return kFree;
    const std::size_t middle = (low + high) / 2;
    slots[middle].left = tree(low, middle);
    slots[middle].right = tree(middle + 1, high);
    return static_cast<std::uint32_t>(middle);
  };
  slots[parent].child = tree(first, slots.size());
  const std::size_t end = slots.size();
  for (std::size_t i = first; i < end; ++i)
    if (slots[i].node->is_storage) place(slots[i].node->children, slots, i);
}

class Sectors {
 public:
  explicit Sectors(std::size_t size) : size_(size) {}
  std::uint32_t add(const std::string& content) {  // a chain; its first sector
    if (content.empty()) return kEnd;
    const auto first = static_cast<std::uint32_t>(fat.size());
    bytes += padded(content, size_);
    const std::size_t end = bytes.size() / size_;
    while (fat.size() < end) fat.push_back(static_cast<std::uint32_t>(fat.size()) + 1);
    fat.back() = kEnd;
    return first;
  }
  std::string bytes;
  std::vector<std::uint32_t> fat;

 private:
  std::size_t size_;
};

}  // namespace

std::string le(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(i < 8 ? value >> 8 * i & 0xFF : 0);
  return out;
}

std::string utf16(std::string_view ascii, bool end) {
  std::string out;
  for (const char c : ascii) out += {c, '\0'};
  return end ? out + std::string(2, '\0') : out;
}

Node stream(std::string_view name, std::string content) {
  return {{name.begin(), name.end()}, std::move(content), {}, false, {}};
}

Node storage(std::string_view name, std::vector<Node> children) {
  return {{name.begin(), name.end()}, {}, std::move(children), true, {}};
}

std::string compound(const std::vector<Node>& children, const Layout& layout) {
  const std::size_t size = layout.version4 ? 4096 : 512;
  Node root = storage("Root Entry", {});
  root.clsid = layout.root_clsid;
  std::vector<Slot> slots = {{&root}};
  place(children, slots, 0);

  Sectors sectors(size);
  std::string small;
  std::string small_fat;
  for (Slot& slot : slots) {
    const std::string& content = slot.node->content;
    if (slot.node->is_storage || content.empty()) continue;
    slot.size = content.size();
    if (content.size() >= 4096) {
      slot.first = sectors.add(content);
      continue;
    }
    slot.first = static_cast<std::uint32_t>(small.size() / 64);
    small += padded(content, 64);
    while (small_fat.size() / 4 < small.size() / 64) small_fat += le(small_fat.size() / 4 + 1, 4);
    small_fat.replace(small_fat.size() - 4, 4, le(kEnd, 4));
  }
  slots[0].first = sectors.add(small);
  slots[0].size = small.size();
  while (small_fat.size() % size != 0) small_fat += le(kFree, 4);
  const std::uint32_t small_fat_first = sectors.add(small_fat);

  std::string directory;
  for (const Slot& slot : slots) {
    const std::string name = utf16_of(slot.node->name) + std::string(2, '\0');
    const int type = &slot == &slots[0] ? 5 : slot.node->is_storage ? 1 : 2;
    std::string raw = name;
    raw.resize(64, '\0');
    raw += le(name.size(), 2) + le(static_cast<unsigned>(type), 1) + le(1, 1) + le(slot.left, 4) +
           le(slot.right, 4) + le(slot.child, 4);
    for (const std::uint8_t byte : slot.node->clsid) raw += static_cast<char>(byte);
    raw += le(0, 20) + le(type == 1 ? 0 : slot.first, 4) + le(slot.size, 8);
    directory += raw;
  }
  while (directory.size() % size != 0)
    directory +=
        std::string(68, '\0') + le(kFree, 4) + le(kFree, 4) + le(kFree, 4) + std::string(48, '\0');
  const std::size_t directory_sectors = directory.size() / size;
  const std::uint32_t directory_first = sectors.add(directory);

  // The table that also holds itself, and the list of its sectors where the header has no room.
  const std::size_t per_sector = size / 4, data = sectors.fat.size();
  std::size_t parts = 1, lists = 0;
  for (;; ++parts) {
    lists = parts > 109 ? (parts - 109 + per_sector - 2) / (per_sector - 1) : 0;
    if (data + parts + lists <= parts * per_sector) break;
  }
  std::vector<std::uint32_t> fat = sectors.fat;
  fat.insert(fat.end(), parts, kFatPart);
  fat.insert(fat.end(), lists, kDifatPart);
  fat.resize(parts * per_sector, kFree);
  for (const std::uint32_t entry : fat) sectors.bytes += le(entry, 4);
  const auto part_at = [&](std::size_t i) { return i < parts ? data + i : kFree; };
  for (std::size_t list = 0; list < lists; ++list) {
    for (std::size_t i = 0; i + 1 < per_sector; ++i)
      sectors.bytes += le(part_at(109 + list * (per_sector - 1) + i), 4);
    sectors.bytes += le(list + 1 < lists ? data + parts + list + 1 : kEnd, 4);
  }

  std::string header =
      "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(16, '\0') + le(0x3E, 2) +
      le(layout.version4 ? 4 : 3, 2) + le(0xFFFE, 2) + le(layout.version4 ? 12 : 9, 2) + le(6, 2) +
      le(0, 6) + le(layout.version4 ? directory_sectors : 0, 4) + le(parts, 4) +
      le(directory_first, 4) + le(0, 4) + le(4096, 4) + le(small_fat_first, 4) +
      le(small_fat.size() / size, 4) + le(lists > 0 ? data + parts : kEnd, 4) + le(lists, 4);
  for (std::size_t i = 0; i < 109; ++i) header += le(part_at(i), 4);
  return padded(header, size) + sectors.bytes;
}

std::string package(const std::string& file_name, const std::string& content, bool wide) {
  const std::string source = "C:\\work\\" + file_name, temp = "C:\\Temp\\" + file_name;
  std::string out = le(2, 2) + file_name + '\0' + source + '\0' + le(0, 2) + le(3, 2) +
                    le(temp.size() + 1, 4) + temp + '\0' + le(content.size(), 4) + content;
  if (wide)
    for (const std::string& text : {temp, file_name, source})
      out += le(text.size(), 4) + utf16(text);
  return out;
}

std::string ole10native(const std::string& data) {
  return le(data.size(), 4) + data;
}

std::string ole1(const std::string& class_name, const std::string& data, std::uint32_t format) {
  return le(0x501, 4) + le(format, 4) + le(class_name.size() + 1, 4) + class_name + '\0' +
         le(0, 4) + le(0, 4) + le(data.size(), 4) + data;
}

std::string hidden_program(std::size_t size) {
  std::string out = "MZ";
  out.resize(0x3C, '\0');
  out += le(0x80, 4);
  out.resize(0x80, '\0');
  out += std::string("PE\0\0", 4);
  for (unsigned i = 0; out.size() < size; ++i) out += static_cast<char>(i * 7 + i / 251);
  return out;
}

}  // namespace office_samples
