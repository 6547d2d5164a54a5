// SPDX-License-Identifier: Apache-2.0
//
// An ELF file that UPX packed: blocks that, one behind the other, give the parts of the original
// that are loaded, and behind the loader what lies between and behind those.
#include <algorithm>
#include <vector>

#include "filter.h"
#include "nrv.h"
#include "packed.h"

namespace stoq::plugins::upx {
namespace {

using carving::Bytes;
using carving::le32;

constexpr std::size_t kBlockHead = 12, kMostParts = 256;

struct Part {
  std::uint64_t at = 0, size = 0;
};

struct Block {
  std::uint32_t size, packed;
  std::uint8_t method, filter, mark;
};

class Reader {
 public:
  Reader(Bytes content, std::size_t at) : content_(content), at_(at) {}

  std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }

  std::optional<Block> head() const {
    const Bytes b = carving::part(content_, at_, kBlockHead);
    if (b.size() < kBlockHead) return std::nullopt;
    const Block block{le32(b, 0), le32(b, 4), b[8], b[9], b[10]};
    if (block.size == 0 || block.packed == 0 || block.packed > block.size ||
        block.packed > content_.size() - at_ - kBlockHead || !known(block.method))
      return std::nullopt;
    return block;
  }

  // The block's content; behind it. False: damaged, or nothing that is a block.
  bool next(std::size_t most, std::string& out) {
    const auto block = head();
    if (!block || block->size > most) return false;
    out.clear();
    const Bytes packed = carving::part(content_, at_ + kBlockHead, block->packed);
    if (block->packed == block->size)
      out.assign(carving::text_of(packed));
    else if (!expand(static_cast<Method>(block->method), packed, block->size, out))
      return false;
    if (!undo_filter(block->filter, block->mark, 0, out)) filter_unknown_ = true;
    at_ += kBlockHead + block->packed;
    return true;
  }
  bool filter_unknown() const { return filter_unknown_; }

 private:
  Bytes content_;
  std::size_t at_;
  bool filter_unknown_ = false;
};

// Of the original's headers: what is loaded, in the order of its table.
std::vector<Part> loaded_parts(Bytes headers) {
  const bool wide = carving::u8(headers, 4) == 2;
  const unsigned word = wide ? 8 : 4;
  const std::uint64_t table = carving::little(headers, wide ? 0x20 : 0x1C, word);
  const unsigned step = carving::le16(headers, wide ? 0x36 : 0x2A),
                 count = carving::le16(headers, wide ? 0x38 : 0x2C);
  std::vector<Part> parts;
  for (unsigned i = 0; i < count && parts.size() < kMostParts; ++i) {
    const std::uint64_t at = table + std::uint64_t{i} * step;
    if (le32(headers, at) != 1) continue;
    parts.push_back({carving::little(headers, at + (wide ? 8 : 4), word),
                     carving::little(headers, at + (wide ? 0x20 : 0x10), word)});
  }
  return parts;
}

// What no part covers, up to the end of the file; in the order of the parts.
std::vector<Part> gaps_between(const std::vector<Part>& parts, std::uint64_t file_size) {
  std::vector<Part> gaps;
  for (const Part& part : parts) {
    const std::uint64_t begin = part.at + part.size;
    std::uint64_t end = file_size;
    for (const Part& other : parts)
      if (other.at >= begin) end = std::min(end, other.at);
    if (begin < end) gaps.push_back({begin, end - begin});
  }
  return gaps;
}

bool fill(Reader& in, const Part& part, std::string& file) {
  std::string piece;
  for (std::uint64_t done = 0; done < part.size; done += piece.size()) {
    if (part.at + done > file.size()) return false;
    const std::size_t room = static_cast<std::size_t>(
        std::min<std::uint64_t>(part.size - done, file.size() - (part.at + done)));
    if (!in.next(room, piece)) return false;
    std::copy(piece.begin(), piece.end(),
              file.begin() + static_cast<std::ptrdiff_t>(part.at + done));
  }
  return true;
}

// Behind the loader, whose length nobody says: to the first thing that is such a block.
bool find_gap(Reader& in, Bytes content, const Part& gap, std::uint32_t block_size,
              std::uint8_t method) {
  const std::uint64_t first = std::min<std::uint64_t>(gap.size, block_size);
  for (std::size_t at = in.at(); at + kBlockHead < content.size(); ++at) {
    if (le32(content, at) != first) continue;
    in.go_to(at);
    const auto block = in.head();
    if (block && (block->method == method || block->size == block->packed)) return true;
  }
  return false;
}

bool is_elf(Bytes b) {
  return carving::has(b, 0, "\x7F\x45\x4C\x46");
}

// Of the first block, which holds the original's headers: behind the magic, or, since that is often
// wiped, behind the table of what is loaded.
std::optional<std::size_t> start_of(Bytes content, std::string& headers) {
  constexpr std::size_t kHead = 20;  // from the magic to the first block
  const bool wide = carving::u8(content, 4) == 2;
  const std::string_view front = carving::text_of(carving::part(content, 0, 1 << 16));
  const std::size_t table = wide ? 64 + 56 * std::size_t{carving::le16(content, 0x38)}
                                 : 52 + 32 * std::size_t{carving::le16(content, 0x2C)};
  std::vector<std::size_t> places{table + 4};
  for (std::size_t at = front.find(kMagic); at != front.npos && places.size() < kMostParts;
       at = front.find(kMagic, at + 1))
    places.push_back(at);
  for (const std::size_t at : places) {
    Reader in(content, at + kHead);
    if (in.next(1 << 20, headers) && is_elf(carving::bytes_of(headers))) return at + kHead;
  }
  return std::nullopt;
}

// "" or what is missing; without the part of the file that nothing was found for.
std::string restore(Reader& in, Bytes content, const std::vector<Part>& parts, std::string& file) {
  const auto first = in.head();
  const std::uint32_t block_size = le32(content, in.at() - 4);
  std::uint64_t end = 0;
  for (const Part& part : parts) {
    if (!fill(in, part, file)) {
      file.resize(std::min<std::uint64_t>(file.size(), end));
      return "damaged: of what is loaded a part is missing";
    }
    end = std::max(end, part.at + part.size);
  }
  for (const Part& gap : gaps_between(parts, file.size())) {
    if (find_gap(in, content, gap, block_size, first->method) && fill(in, gap, file)) continue;
    return "what is not loaded is missing (sections, symbols)";
  }
  return in.filter_unknown() ? "its code was changed in a way that is not known" : "";
}

}  // namespace

std::optional<Unpacked> unpack_elf(Bytes content, std::size_t most, std::string& why) {
  if (!is_elf(content)) return std::nullopt;
  const bool little = carving::u8(content, 5) == 1;
  std::string headers;
  const auto start = little ? start_of(content, headers) : std::nullopt;
  if (!start) {
    // Where UPX has written it last.
    const std::size_t tail = content.size() - std::min<std::size_t>(content.size(), 64);
    if (carving::text_of(content.subspan(tail)).find(kMagic) != std::string_view::npos)
      why = little ? "UPX, damaged or of a kind that is not read" : "UPX, big-endian ELF";
    return std::nullopt;
  }
  const std::vector<Part> parts = loaded_parts(carving::bytes_of(headers));
  std::uint64_t file_size = le32(content, *start - 8);
  if (file_size == 0)  // wiped, too
    for (const Part& part : parts) file_size = std::max(file_size, part.at + part.size);
  Unpacked unpacked;
  unpacked.format = "elf";
  unpacked.version = carving::u8(content, *start - 14);
  Reader in(content, *start);
  unpacked.method = name_of(in.head()->method);
  if (file_size > most) {
    why = kTooLarge;
    return std::nullopt;
  }
  unpacked.content.resize(file_size);
  unpacked.problem = restore(in, content, parts, unpacked.content);
  return unpacked;
}

}  // namespace stoq::plugins::upx
