// SPDX-License-Identifier: Apache-2.0
//
// Tables of a Windows program, out of what UPX keeps of them.
#include <algorithm>
#include <utility>

#include "pe.h"

namespace stoq::plugins::upx {
namespace {

using carving::Bytes;
using carving::le16;
using carving::le32;
using carving::little;

constexpr std::size_t kMostRelocations = 4 << 20, kMostEntries = 1 << 16;

std::string_view text_at(Bytes b, std::uint64_t at) {
  const std::string_view rest = carving::text_of(carving::part(b, at));
  return rest.substr(0, rest.find('\0'));
}

std::string zero_ended(std::string_view text) {
  return std::string(text) + '\0';
}

// The list of libraries, each with what is taken from it: `at` stands at its first.
class Imports {
 public:
  Imports(Image& image, std::size_t at, const Headers& original, Bytes packed)
      : image_(image),
        at_(at),
        packed_(packed),
        word_(original.wide ? 8 : 4),
        by_number_(std::uint64_t{1} << (original.wide ? 63 : 31)),
        table_(original.address[Headers::imports]) {}

  // `names`: where names are to stand; 0: where the tables say already.
  bool restore(std::uint32_t names) {
    const std::uint64_t length = length_of_names();
    if (length > image_.bytes().size()) return false;
    names_ = names;
    functions_ = first_function_ = names + static_cast<std::uint32_t>(length);
    for (; le32(image_.bytes(), at_) != 0; ++at_, table_ += 20)
      if (!library()) return false;
    return image_.put(table_, std::string(20, '\0'));
  }

 private:
  // All names of libraries stand before those of functions. It stops where they fit in no image.
  std::uint64_t length_of_names() {
    const Bytes b = image_.bytes();
    std::uint64_t length = 0;
    std::size_t at = at_;
    for (std::uint32_t name; length <= b.size() && (name = le32(b, at)) != 0; ++at) {
      length += text_at(packed_, name).size() + 1;
      at += 8;
      while (const unsigned kind = carving::u8(b, at))
        at += kind == 1 ? text_at(b, at + 1).size() + 2 : kind == 0xFF ? 3 : 5;
    }
    return length;
  }

  bool library() {
    const std::string name = zero_ended(text_at(packed_, le32(image_.bytes(), at_)));
    if ((written_ += name.size()) > image_.bytes().size()) return false;
    std::uint32_t address = le32(image_.bytes(), at_ + 4) + image_.first();
    const std::uint32_t name_at =
        names_ ? names_ : static_cast<std::uint32_t>(image_.get(table_ + 12, 4));
    if (!image_.put(name_at, name) || !image_.put(table_ + 12, name_at, 4) ||
        !image_.put(table_ + 16, address, 4))
      return false;
    if (names_) names_ += static_cast<std::uint32_t>(name.size());
    for (at_ += 8; carving::u8(image_.bytes(), at_) != 0; address += word_)
      if (!function(address)) return false;
    return image_.put(address, 0, word_);
  }

  bool function(std::uint32_t address) {
    const unsigned kind = carving::u8(image_.bytes(), at_);
    if (kind == 1) {
      const std::string name = zero_ended(text_at(image_.bytes(), at_ + 1));
      at_ += name.size() + 1;
      if (!names_) return image_.put(static_cast<std::uint32_t>(image_.get(address, 4)) + 2, name);
      if ((functions_ - first_function_) & 1) --functions_;
      const std::uint32_t at = functions_;
      functions_ += static_cast<std::uint32_t>(name.size()) + 2;
      return image_.put(at + 2, name) && image_.put(address, at, word_);
    }
    const std::size_t at = at_ + 1;
    at_ += kind == 0xFF ? 3 : 5;
    return image_.put(address,
                      kind == 0xFF ? le16(image_.bytes(), at) | by_number_
                                   : le32(packed_, le32(image_.bytes(), at)),
                      word_);
  }

  Image& image_;
  std::size_t at_;
  Bytes packed_;
  unsigned word_;
  std::uint64_t by_number_;
  std::uint32_t table_, names_ = 0, functions_ = 0, first_function_ = 0;
  std::uint64_t written_ = 0;  // of names of libraries
};

// Distances from one to the next, ended by 0. False: too many.
bool read_places(Bytes b, std::size_t at, std::vector<std::uint32_t>& places) {
  std::uint32_t place = static_cast<std::uint32_t>(-4);
  while (std::uint32_t distance = carving::u8(b, at++)) {
    if (distance >= 0xF0) {
      distance = (distance & 0x0F) << 16 | le16(b, at);
      at += 2;
      if (distance == 0) distance = le32(b, at), at += 4;
    }
    place += distance;
    if (places.size() >= kMostRelocations) return false;
    places.push_back(place);
  }
  return true;
}

// The table of relocations: a block for each page.
std::string blocks_of(std::vector<std::uint32_t> addresses, unsigned kind) {
  std::sort(addresses.begin(), addresses.end());
  std::string table;
  const auto number = [&](std::uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) table += static_cast<char>(value >> 8 * i);
  };
  for (std::size_t i = 0; i < addresses.size();) {
    const std::uint32_t page = addresses[i] & ~0xFFFu;
    std::size_t end = i;
    while (end < addresses.size() && (addresses[end] & ~0xFFFu) == page) ++end;
    const std::size_t count = end - i, padded = count + (count & 1);
    number(page, 4);
    number(8 + 2 * padded, 4);
    for (; i < end; ++i) number(kind << 12 | (addresses[i] & 0xFFF), 2);
    if (padded != count) number(0, 2);
  }
  return table;
}

// The directory of resources, copied with its leaves; what they point at was moved.
class Resources {
 public:
  Resources(Image& image, const Headers& original, const Headers& packed, Bytes table,
            std::uint16_t icons)
      : image_(image),
        to_(original.address[Headers::resources]),
        from_(packed.address[Headers::resources]),
        table_(table),
        icons_(icons) {}

  bool restore() {
    if (!directory(0, 0, 0)) return false;
    // Where its parts lay scattered it was left in the image. Else it is written as one piece:
    // directories, leaves, and names behind them.
    rewrite_ = image_.get(to_ + 12, 4) == 0;
    if (rewrite_ && !image_.put(to_, carving::text_of(carving::part(table_, 0, end_))))
      return false;
    return move_leaves();
  }

 private:
  bool directory(std::uint64_t at, unsigned depth, std::uint32_t type) {
    const unsigned count = le16(table_, at + 12) + le16(table_, at + 14);
    if (depth > 2 || (entries_ += count) > kMostEntries) return false;
    reach(at + 16 + 8 * std::uint64_t{count});
    for (unsigned i = 0; i < count; ++i) {
      const std::uint32_t name = le32(table_, at + 16 + 8 * i),
                          there = le32(table_, at + 20 + 8 * i);
      if (name >> 31) {
        const std::uint64_t text = name & 0x7FFFFFFF;
        reach(text + 2 + 2 * std::uint64_t{le16(table_, text)});
      }
      const std::uint32_t kind = depth == 0 ? name : type;
      if (there >> 31) {
        if (!directory(there & 0x7FFFFFFF, depth + 1, kind)) return false;
      } else {
        reach(std::uint64_t{there} + 16);
        leaves_.push_back({there, kind});
      }
    }
    return true;
  }

  void reach(std::uint64_t end) {
    end_ = std::max(end_, std::min<std::uint64_t>(end, table_.size()));
  }

  // What stands in front of its content is where it was.
  bool move_leaves() {
    constexpr std::uint32_t kIcons = 14;
    bool done = true;
    std::uint64_t room = image_.bytes().size();
    for (const auto& [leaf, kind] : leaves_) {
      const std::uint32_t now = le32(table_, leaf), size = le32(table_, leaf + 4);
      if (now <= from_ || now - from_ < 4) continue;
      const std::uint32_t before = le32(table_, now - from_ - 4);
      const Bytes content = carving::part(table_, now - from_, size);
      if (content.size() > room) return false;  // they overlap
      room -= content.size();
      done &= content.size() == size && image_.put(before, carving::text_of(content)) &&
              (!rewrite_ || image_.put(to_ + leaf, before, 4));
      if (kind == kIcons && icons_ != 0) image_.put(before + 4, std::exchange(icons_, 0), 2);
    }
    return done;
  }

  struct Leaf {
    std::uint32_t at, kind;
  };
  Image& image_;
  std::uint32_t to_, from_;
  Bytes table_;
  std::uint16_t icons_;
  std::uint64_t end_ = 0;
  unsigned entries_ = 0;
  bool rewrite_ = false;
  std::vector<Leaf> leaves_;
};

}  // namespace

bool restore_imports(Image& image, std::size_t& at, const Headers& original, Bytes packed_table) {
  constexpr std::uint32_t kEntry = 20;
  if (original.address[Headers::imports] == 0 || original.length[Headers::imports] <= kEntry)
    return true;
  const std::uint32_t list = le32(image.bytes(), at), names = le32(image.bytes(), at + 4);
  at += 8;
  return Imports(image, list, original, packed_table).restore(names);
}

bool restore_relocations(Image& image, std::size_t& at, const Headers& original) {
  constexpr std::uint16_t kStripped = 1;
  const std::uint32_t table = original.address[Headers::relocations],
                      length = original.length[Headers::relocations];
  if (table == 0 || length == 0 || (original.flags & kStripped)) return true;
  if (length == 8) return image.put(table, std::uint64_t{8} << 32, 8);
  const std::uint32_t list = le32(image.bytes(), at);
  const unsigned more = carving::u8(image.bytes(), at + 4);
  at += 5;
  std::vector<std::uint32_t> places;
  if (!read_places(image.bytes(), list, places)) return false;
  const unsigned word = original.wide ? 8 : 4;
  for (std::uint32_t& place : places) {
    place += image.first();
    // It was kept the highest byte first, and without what depends on where it is loaded.
    const std::uint64_t value = carving::big(carving::bytes_of(image.read(place, word)), 0, word) +
                                original.base + image.first();
    if (!image.put(place, value, word)) return false;
  }
  constexpr unsigned k32 = 3, k64 = 10, kShort = 6;
  const std::string blocks = blocks_of(std::move(places), original.wide ? k64 : k32);
  return image.put(table, std::string_view(blocks).substr(0, length)) && !(more & kShort);
}

bool restore_resources(Image& image, std::size_t& at, const Headers& original,
                       const Headers& packed, Bytes file) {
  if (original.length[Headers::resources] == 0 || packed.length[Headers::resources] == 0)
    return true;
  const std::uint16_t icons = le16(image.bytes(), at);
  at += 2;
  return Resources(image, original, packed, packed.table_of(file, Headers::resources), icons)
      .restore();
}

// Moved as it is: its addresses of names have to follow.
bool restore_exports(Image& image, const Headers& original, const Headers& packed, Bytes file) {
  const std::uint32_t to = original.address[Headers::exports],
                      from = packed.address[Headers::exports];
  if (original.length[Headers::exports] == 0 || to == 0 || to == from) return true;
  const Bytes table =
      carving::part(packed.table_of(file, Headers::exports), 0, original.length[Headers::exports]);
  constexpr std::uint32_t kHead = 40;
  if (table.size() < kHead || !image.put(to, carving::text_of(table))) return false;
  const std::uint32_t moved = to - from;
  const auto follow = [&](std::uint64_t where) {
    const std::uint32_t address = le32(table, where);
    if (address >= from && address - from < table.size())
      image.put(to + static_cast<std::uint32_t>(where), address + moved, 4);
  };
  for (const unsigned field : {12u, 28u, 32u, 36u}) follow(field);
  const std::uint32_t functions = le32(table, 28) - from, names = le32(table, 32) - from;
  const auto follow_all = [&](std::uint32_t list, std::uint32_t count) {
    for (std::uint64_t i = 0; i < count && list + 4 * i + 4 <= table.size(); ++i)
      follow(list + 4 * i);
  };
  follow_all(functions, le32(table, 20));
  follow_all(names, le32(table, 24));
  return true;
}

}  // namespace stoq::plugins::upx
