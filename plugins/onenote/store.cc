// SPDX-License-Identifier: Apache-2.0
//
// The revision store: attached files stand in blocks with a signature. Lists of nodes, which have one
// too, tell the name: a block has a GUID, a declaration ties the GUID to an object, and a property
// set of an embedded file holds that object and the name.
#include <algorithm>
#include <map>
#include <optional>

#include "section.h"

namespace stoq::plugins::onenote {
namespace {

using office::Bytes;

constexpr std::string_view kBlock(
    "\xE7\x16\xE3\xBD\x65\x26\x11\x45\xA4\xC4\x8D\x4D\x0B\x7A\x9E\xAC", 16);
constexpr std::string_view kNodes("\xC4\xF4\xF7\xF5\xB1\x7A\x56\xA4", 8);
constexpr std::size_t kBlockHead = 36, kMostFiles = 100'000, kMostNodes = 300'000, kMostName = 1024,
                      kMostProperties = 200;
constexpr std::uint32_t kEmbeddedFile = 0x00060035;
constexpr std::uint32_t kFileName = 0x1C001D9C, kFileObject = 0x20001D9B;

enum Node : std::uint32_t {
  kFileData = 0x72,
  kFileDataLarge = 0x73,
  kBlockReference = 0x94,
  kObject = 0xA4,
  kObjectLarge = 0xA5,
  kObjectReadOnly = 0xC4,
  kObjectReadOnlyLarge = 0xC5,
  kChunkEnd = 0xFF,
};

// As the lists write it: "{BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}", in capitals.
std::string guid_text(Bytes raw) {
  static constexpr int kOrder[] = {3,  2, 1, 0,  -1, 5,  4,  -1, 7,  6,
                                   -1, 8, 9, -1, 10, 11, 12, 13, 14, 15};
  std::string out = "{";
  for (const int i : kOrder) {
    if (i < 0) {
      out += '-';
      continue;
    }
    const std::uint8_t byte = office::number_at<std::uint8_t>(raw, static_cast<std::uint64_t>(i));
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return out + "}";
}

struct Chunk {
  std::uint64_t at = 0, size = 0;
};

// A place and a size, in one of four forms each.
Chunk read_chunk(office::Cursor& in, unsigned place_form, unsigned size_form) {
  Chunk chunk;
  chunk.at = place_form == 0   ? in.u64()
             : place_form == 2 ? in.u16() * 8ull
                               : in.u32() * (place_form == 3 ? 8ull : 1ull);
  chunk.size = size_form == 0   ? in.u32()
               : size_form == 1 ? in.u64()
               : size_form == 2 ? in.u8() * 8ull
                                : in.u16() * 8ull;
  return chunk;
}

std::string counted_text(office::Cursor& in) {
  const std::uint32_t units = in.u32();
  if (units > kMostName) return {};
  return office::utf16_text(in.take(units * 2ull));
}

struct EmbeddedFile {
  std::uint32_t object = 0;
  std::string name;
};

// A property set: identifiers of objects, then properties, whose values are in the order of their
// names.
std::optional<EmbeddedFile> read_properties(Bytes set) {
  office::Cursor in(set);
  const std::uint32_t head = in.u32();
  const Bytes objects = in.take((head & 0xFFFFFF) * 4ull);
  if ((head >> 31 & 1) == 0) {
    const std::uint32_t spaces = in.u32();
    in.skip((spaces & 0xFFFFFF) * 4ull);
    if ((spaces >> 30 & 1) != 0) in.skip((in.u32() & 0xFFFFFF) * 4ull);
  }
  const std::size_t count = in.u16();
  if (!in.ok() || count > kMostProperties) return std::nullopt;
  office::Cursor names(in.take(count * 4));
  std::size_t object = 0;
  EmbeddedFile file;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint32_t name = names.u32();
    switch (name >> 26 & 31) {
      case 1:
      case 2:
        break;
      case 3:
        in.skip(1);
        break;
      case 4:
        in.skip(2);
        break;
      case 5:
        in.skip(4);
        break;
      case 6:
        in.skip(8);
        break;
      case 7: {
        const Bytes value = in.take(in.u32());
        if ((name & 0x7FFFFFFF) == kFileName)
          file.name = office::utf16_text(office::part_of(value, 0, kMostName));
        break;
      }
      case 8:
        if ((name & 0x7FFFFFFF) == kFileObject)
          file.object = office::number_at<std::uint32_t>(objects, object * 4);
        ++object;
        break;
      case 9:
        object += in.u32();
        break;
      default:
        i = count;  // what follows cannot be told apart
    }
  }
  if (file.name.empty() || file.object == 0) return std::nullopt;
  return file;
}

class Lists {
 public:
  explicit Lists(Bytes section) : section_(section) {
    const std::string_view text = office::view_of(section);
    for (std::size_t at = text.find(kNodes); at != text.npos && nodes_ < kMostNodes;
         at = text.find(kNodes, at + 8))
      fragment(office::part_of(section, at + 16));
  }

  // Of the block at `offset`, as far as it is known.
  std::string name_of(std::uint64_t offset) const {
    const auto guid = blocks_.find(offset);
    if (guid == blocks_.end()) return {};
    const auto name = names_.find(guid->second);
    return name == names_.end() ? std::string() : name->second;
  }

 private:
  void fragment(Bytes nodes) {
    std::map<std::uint32_t, std::string> guids;  // by object
    std::vector<EmbeddedFile> files;
    for (office::Cursor in(nodes); in.left() >= 4 && ++nodes_ < kMostNodes;) {
      const std::uint32_t head = in.u32();
      const std::uint32_t kind = head & 0x3FF, size = head >> 10 & 0x1FFF;
      if (kind == 0 || kind == kChunkEnd || size < 4) break;
      node(kind, head, in.take(size - 4), guids, files);
      if (!in.ok()) break;
    }
    for (const EmbeddedFile& file : files)
      if (const auto guid = guids.find(file.object); guid != guids.end())
        names_[guid->second] = file.name;
  }

  void node(std::uint32_t kind, std::uint32_t head, Bytes content,
            std::map<std::uint32_t, std::string>& guids, std::vector<EmbeddedFile>& files) {
    office::Cursor in(content);
    if (kind == kFileData || kind == kFileDataLarge) {
      const std::uint32_t object = in.u32();
      in.skip(kind == kFileData ? 5 : 8);
      const std::string reference = counted_text(in), extension = counted_text(in);
      const std::size_t brace = reference.find('{');
      if (!reference.starts_with("<ifndf>") || brace == reference.npos) return;
      std::string guid = reference.substr(brace);
      for (char& c : guid)
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
      guids[object] = guid;
      names_.emplace(guid, extension);
    } else if (kind == kBlockReference) {
      const Chunk chunk = read_chunk(in, head >> 23 & 3, head >> 25 & 3);
      const Bytes guid = in.take(16);
      if (in.ok()) blocks_[chunk.at] = guid_text(guid);
    } else if (kind == kObject || kind == kObjectLarge || kind == kObjectReadOnly ||
               kind == kObjectReadOnlyLarge) {
      const Chunk chunk = read_chunk(in, head >> 23 & 3, head >> 25 & 3);
      in.skip(4);
      if (in.u32() != kEmbeddedFile || !in.ok()) return;
      if (auto file = read_properties(
              office::part_of(section_, chunk.at, std::min<std::uint64_t>(chunk.size, 1 << 20))))
        files.push_back(std::move(*file));
    }
  }

  Bytes section_;
  std::size_t nodes_ = 0;
  std::map<std::uint64_t, std::string> blocks_;  // offset: GUID
  std::map<std::string, std::string> names_;     // GUID: name
};

}  // namespace

std::vector<Attached> attached_in_store(Bytes section) {
  const Lists lists(section);
  std::vector<Attached> found;
  const std::string_view text = office::view_of(section);
  std::size_t next = 0;
  for (std::size_t at = text.find(kBlock); at != text.npos && found.size() < kMostFiles;
       at = text.find(kBlock, next)) {
    const auto size = office::number_at<std::uint64_t>(section, at + 16);
    const Bytes content = office::part_of(section, at + kBlockHead, size);
    found.push_back({at + kBlockHead, lists.name_of(at), content, content.size() == size});
    // what a file holds is its own; of a cut one the size may be a lie
    next = at + kBlockHead + (content.size() == size ? content.size() : 0);
  }
  return found;
}

}  // namespace stoq::plugins::onenote
