// SPDX-License-Identifier: Apache-2.0
//
// A Windows program that UPX packed: one block holds its image, and behind it its headers and what
// restores its tables.
#include "pe.h"

#include <algorithm>

#include "filter.h"
#include "nrv.h"
#include "packed.h"

namespace stoq::plugins::upx {

using carving::Bytes;
using carving::le16;
using carving::le32;
using carving::little;

namespace {

constexpr std::size_t kPackHead = 32, kSection = 40, kMostSections = 96;
constexpr std::uint64_t kGap = 1 << 16;  // beyond the image, of what a section says to be in a file

struct Head {
  std::size_t at;
  std::uint8_t version, format, method, filter, mark;
  std::uint32_t size, packed;
};

std::optional<Head> head_at(Bytes content, std::size_t at) {
  constexpr std::uint8_t kPe32 = 9, kPe64 = 36;
  const Bytes b = carving::part(content, at, kPackHead);
  if (b.size() < kPackHead) return std::nullopt;
  const Head head{at, b[4], b[5], b[6], b[28], b[29], le32(b, 16), le32(b, 20)};
  const bool sound = (head.format == kPe32 || head.format == kPe64) && known(head.method) &&
                     head.packed != 0 && head.packed <= head.size;
  return sound ? std::optional(head) : std::nullopt;
}

// By its magic; or where it has to be, for that is often wiped.
std::optional<Head> head_of(Bytes content, const Headers& packed) {
  const std::string_view front = carving::text_of(carving::part(content, 0, 1 << 12));
  for (std::size_t at = front.find(kMagic); at != front.npos; at = front.find(kMagic, at + 1))
    if (const auto head = head_at(content, at)) return head;
  for (const Section& section : packed.sections)
    if (section.size != 0 && section.at >= kPackHead)
      if (const auto head = head_at(content, section.at - kPackHead)) return head;
  return std::nullopt;
}

// Whether another packer has put its own beginning before UPX's, which lies behind what it unpacks.
bool is_covered(const Headers& packed, const Head& head) {
  for (const Section& section : packed.sections) {
    const std::size_t block = head.at + kPackHead;
    if (section.size == 0 || block < section.at || block - section.at >= section.size) continue;
    return packed.entry != 0 &&
           (packed.entry < section.address || packed.entry - section.address >= section.size);
  }
  return false;
}

std::size_t at_of_pe(Bytes content) {
  return le32(content, 0x3C);
}

// The file that the image makes, with the packed one's head in front and its rest behind.
std::string file_of(const Headers& original, Bytes pe, Image& image, Bytes content,
                    const Headers& packed, std::size_t most) {
  std::string file(carving::text_of(carving::part(content, 0, at_of_pe(content))));
  file += carving::text_of(pe);
  for (const Section& section : original.sections) {
    const std::uint64_t alignment = std::clamp<std::uint64_t>(original.file_alignment, 1, kGap);
    const std::uint64_t size = (section.size + alignment - 1) / alignment * alignment;
    if (section.at == 0 || size == 0 || section.at + size > most) continue;
    const std::string_view there = image.read(section.address, size);
    if (section.at > file.size() + there.size() + kGap + image.bytes().size()) continue;
    if (file.size() < section.at + size) file.resize(section.at + size);
    std::copy(there.begin(), there.end(), file.begin() + section.at);
  }
  std::uint64_t end = 0;
  for (const Section& section : packed.sections)
    end = std::max<std::uint64_t>(end, section.size ? std::uint64_t{section.at} + section.size : 0);
  const std::string_view rest = carving::text_of(carving::part(content, end));
  file += rest.substr(0, most - std::min(most, file.size()));
  return file;
}

void restore(Unpacked& unpacked, Bytes content, const Headers& packed, const Head& head,
             Image& image, std::size_t most) {
  const std::size_t begin = le32(image.bytes(), image.bytes().size() - 4);
  const Headers original = Headers::read(carving::part(image.bytes(), begin));
  if (original.sections.empty() || packed.sections.empty()) {
    unpacked.problem = "its headers are damaged: this is its image in memory";
    unpacked.content = image.take();
    return;
  }
  const std::string pe(carving::text_of(carving::part(image.bytes(), begin, original.size)));
  if (!undo_filter(head.filter, head.mark, original.code_at - image.first(),
                   image.part(original.code_at, original.code_size)))
    unpacked.problem = "its code was changed in a way that is not known";
  std::size_t at = begin + original.size;
  std::string missing;
  const auto note = [&](bool done, std::string_view what) {
    if (!done) missing += (missing.empty() ? "" : ", ") + std::string(what);
    return done;
  };
  // Each stands behind the one before.
  note(note(restore_imports(image, at, original, packed.table_of(content, Headers::imports)),
            "imports") &&
           note(restore_relocations(image, at, original), "relocations") &&
           note(restore_resources(image, at, original, packed, content), "resources") &&
           note(restore_exports(image, original, packed, content), "exports"),
       "those behind");
  if (!missing.empty()) unpacked.problem = "tables are damaged: " + missing;
  unpacked.content = file_of(original, carving::bytes_of(pe), image, content, packed, most);
}

}  // namespace

Headers Headers::read(Bytes pe) {
  Headers h;
  const std::uint16_t magic = le16(pe, 24);
  if (!carving::has(pe, 0, std::string_view("PE\0\0", 4)) || (magic != 0x10B && magic != 0x20B))
    return h;
  h.wide = magic == 0x20B;
  h.flags = le16(pe, 22);
  h.code_size = le32(pe, 28);
  h.entry = le32(pe, 40);
  h.code_at = le32(pe, 44);
  h.base = h.wide ? little(pe, 48, 8) : le32(pe, 52);
  h.file_alignment = le32(pe, 60);
  const std::size_t tables = h.wide ? 136 : 120;
  for (unsigned i = 0; i < 16; ++i)
    h.address[i] = le32(pe, tables + 8 * i), h.length[i] = le32(pe, tables + 8 * i + 4);
  const std::size_t count = std::min<std::size_t>(le16(pe, 6), kMostSections);
  for (std::size_t i = 0, at = tables + 128; i < count; ++i, at += kSection) {
    if (carving::part(pe, at, kSection).size() < kSection) break;
    h.sections.push_back({le32(pe, at + 12), le32(pe, at + 20), le32(pe, at + 16)});
  }
  h.size = static_cast<std::uint32_t>(tables + 128 + h.sections.size() * kSection);
  return h;
}

// To the end of the section that it begins in: what belongs to it lies behind it.
Bytes Headers::table_of(Bytes file, Table table) const {
  for (const Section& section : sections)
    if (address[table] >= section.address && address[table] - section.address < section.size)
      return carving::part(carving::part(file, section.at, section.size),
                           address[table] - section.address);
  return {};
}

std::string_view Image::read(std::uint32_t address, std::uint64_t size) const {
  if (address < first_ || address - first_ > bytes_.size()) return {};
  return std::string_view(bytes_).substr(address - first_, size);
}

std::span<char> Image::part(std::uint32_t address, std::uint64_t size) {
  const std::string_view there = read(address, size);
  if (there.empty()) return {};
  return {bytes_.data() + (there.data() - bytes_.data()), there.size()};
}

std::uint64_t Image::get(std::uint32_t address, unsigned count) const {
  return little(carving::bytes_of(read(address, count)), 0, count);
}

bool Image::put(std::uint32_t address, std::string_view text) {
  const std::span<char> there = part(address, text.size());
  if (there.size() < text.size()) return false;
  std::copy(text.begin(), text.end(), there.begin());
  return true;
}

bool Image::put(std::uint32_t address, std::uint64_t value, unsigned count) {
  char bytes[8];
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> 8 * i);
  return put(address, std::string_view(bytes, count));
}

std::optional<Unpacked> unpack_pe(Bytes content, std::size_t most, std::string& why) {
  if (!carving::has(content, 0, "MZ")) return std::nullopt;
  const Headers packed = Headers::read(carving::part(content, at_of_pe(content)));
  const auto head = head_of(content, packed);
  if (!head) {
    const std::string_view front = carving::text_of(carving::part(content, 0, 1 << 12));
    if (front.find("UPX0") != front.npos)
      why = "UPX, its header was removed or is of a kind that is not read";
    else if (packed.sections.empty() && front.find(kMagic) != front.npos)
      why = "UPX, an executable of DOS";
    return std::nullopt;
  }
  if (is_covered(packed, *head)) {
    why = "UPX, with another packer over it";
    return std::nullopt;
  }
  if (head->size > most) {
    why = kTooLarge;
    return std::nullopt;
  }
  Unpacked unpacked;
  unpacked.format = "pe";
  unpacked.version = head->version;
  unpacked.method = name_of(head->method);
  std::string bytes;
  const bool whole =
      expand(static_cast<Method>(head->method),
             carving::part(content, head->at + kPackHead, head->packed), head->size, bytes);
  if (!whole || bytes.size() < 4) {
    unpacked.problem = "damaged: this is the beginning of its image in memory";
    unpacked.content = std::move(bytes);
    return unpacked;
  }
  Image image(std::move(bytes), packed.sections.empty() ? 0 : packed.sections.front().address);
  restore(unpacked, content, packed, *head, image, most);
  return unpacked;
}

}  // namespace stoq::plugins::upx
