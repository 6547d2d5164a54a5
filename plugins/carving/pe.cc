// SPDX-License-Identifier: Apache-2.0
#include "carving/pe.h"

#include <algorithm>
#include <bit>

namespace stoq::plugins::carving {
namespace {

constexpr std::uint64_t kCoffHeader = 24, kSectionSize = 40, kSymbolSize = 18;
constexpr unsigned kMaxSections = 96;

// i386, x64, ARM and ARM64 with their variants, IA-64, RISC-V, LoongArch, EFI byte code, and what
// Windows ran on once.
constexpr std::uint16_t kMachines[] = {
    0x14C,  0x14D,  0x14E,  0x162,  0x166,  0x168,  0x169,  0x184,  0x1A2, 0x1A3, 0x1A6,
    0x1A8,  0x1C0,  0x1C2,  0x1C4,  0x1F0,  0x1F1,  0x200,  0x266,  0x284, 0x366, 0x466,
    0x5032, 0x5064, 0x6232, 0x6264, 0x8664, 0x9041, 0xAA64, 0xA641, 0xEBC};

struct Veiled {
  Bytes content;
  Veil veil;

  std::uint64_t number(std::uint64_t at, unsigned count) const {
    const Bytes there = part(content, at, count);
    if (there.size() < count) return 0;
    std::uint64_t value = 0;
    for (unsigned i = count; i-- > 0;) value = value << 8 | veil.lift(there[i]);
    return value;
  }
  std::uint16_t le16(std::uint64_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t le32(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
};

// Behind the table of symbols and the strings that follow it; 0 where there is none that fits.
std::uint64_t symbols_end(const Veiled& v, std::uint64_t header) {
  const std::uint64_t at = v.le32(header + 12), count = v.le32(header + 16);
  if (at == 0 || count == 0) return 0;
  const std::uint64_t strings = at + count * kSymbolSize;
  if (strings > v.content.size()) return 0;
  const std::uint64_t end = strings + v.le32(strings);
  return end <= v.content.size() ? end : strings;
}

}  // namespace

std::optional<PeFile> read_pe(Bytes content, Veil veil) {
  const Veiled v{content, veil};
  const std::uint16_t magic = v.le16(0);
  if (magic != 0x5A4D && magic != 0x4D5A) return std::nullopt;
  const std::uint64_t header = v.le32(0x3C);
  if (header < 4 || header % 4 != 0 || v.le32(header) != 0x4550) return std::nullopt;
  if (std::ranges::find(kMachines, v.le16(header + 4)) == std::end(kMachines)) return std::nullopt;

  const unsigned sections = v.le16(header + 6);
  const std::uint64_t optional = header + kCoffHeader, optional_size = v.le16(header + 20);
  const std::uint16_t kind = v.le16(optional);
  const std::uint64_t directories = kind == 0x20B ? 112 : 96;
  if ((kind != 0x10B && kind != 0x20B) || sections == 0 || sections > kMaxSections)
    return std::nullopt;
  const std::uint32_t section_alignment = v.le32(optional + 32), alignment = v.le32(optional + 36);
  const std::uint64_t headers = v.le32(optional + 60);
  if (!std::has_single_bit(section_alignment) || !std::has_single_bit(alignment) ||
      alignment > section_alignment || headers == 0)
    return std::nullopt;
  const std::uint64_t table = optional + optional_size, table_end = table + sections * kSectionSize;
  if (optional_size < 64 || table_end > content.size()) return std::nullopt;

  PeFile pe;
  pe.size = std::max(table_end, std::min<std::uint64_t>(headers, content.size()));
  for (std::uint64_t at = table; at < table_end; at += kSectionSize) {
    const std::uint64_t size = v.le32(at + 16), begin = v.le32(at + 20);
    if (size == 0 || begin == 0) continue;
    // The loader reads from a multiple of 512.
    pe.size = std::max(pe.size, (alignment >= 512 ? begin & ~std::uint64_t{511} : begin) + size);
  }
  if (pe.size <= content.size()) pe.size = std::max(pe.size, symbols_end(v, header));
  if (optional_size >= directories + 40 && v.le32(optional + directories - 4) > 4) {
    pe.certificate_at = v.le32(optional + directories + 32);
    pe.certificate_size = v.le32(optional + directories + 36);
    if (pe.certificate_at < pe.size || pe.certificate_at >= content.size() ||
        pe.certificate_size > content.size() - pe.certificate_at)
      pe.certificate_at = pe.certificate_size = 0;
  }
  return pe;
}

}  // namespace stoq::plugins::carving
