// SPDX-License-Identifier: Apache-2.0
//
// Packs as UPX does, without a loader: ELF files as NRV2B with literals alone, Windows programs as LZMA.
#pragma once

#include <lzma.h>

#include "plugins/carving/tests/samples.h"

namespace stoq::test {

// NRV2B, bits in bytes.
inline std::string literals(std::string_view text) {
  std::string out;
  std::size_t bits_at = 0;
  unsigned left = 0;
  const auto bit = [&](unsigned value) {
    if (left == 0) bits_at = out.size(), out += '\0', left = 8;
    out[bits_at] = static_cast<char>(out[bits_at] | value << --left);
  };
  for (const char c : text) bit(1), out += c;
  bit(0);
  constexpr std::uint32_t kEnd = 0x1000002;
  for (int i = 23; i >= 0; --i) bit(kEnd >> i & 1), bit(i == 0);
  return out + '\xFF';
}

inline std::string lzma(std::string_view text) {
  lzma_options_lzma options{};
  lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT);
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(text.size() + 1024, '\0');
  std::size_t size = 0;
  lzma_raw_buffer_encode(filters, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                         text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size,
                         out.size());
  return little(options.pb, 1) + little(options.lp << 4 | options.lc, 1) + out.substr(0, size);
}

inline std::string block(std::string_view content) {
  const std::string packed = literals(content);
  if (packed.size() >= content.size())
    return little(content.size(), 4) + little(content.size(), 4) + "\3" + std::string(3, '\0') +
           std::string(content);
  return little(content.size(), 4) + little(packed.size(), 4) + "\3" + std::string(3, '\0') +
         packed;
}

struct ElfPacking {
  bool wiped = false;  // of what tells that it is packed
};

// Two parts that are loaded, something between them, and something behind.
inline std::string sample_elf() {
  std::string elf = put(std::string(64, '\0'), 0, "\x7F\x45\x4C\x46\2\1\1");
  elf = put(elf, 0x20, little(64, 8));
  elf = put(elf, 0x36, little(56, 2) + little(2, 2));
  const auto part = [](std::uint64_t at, std::uint64_t size) {
    return little(1, 4) + little(5, 4) + little(at, 8) + little(at, 8) + little(at, 8) +
           little(size, 8) + little(size, 8) + little(4096, 8);
  };
  elf += part(0, 600) + part(700, 300);
  return put(elf + random_text(1, 600 - elf.size()), 600, random_text(2, 704));
}

inline std::string packed_elf(const std::string& elf, const ElfPacking& packing = {}) {
  const std::string head = put(put(elf.substr(0, 64), 0x38, little(2, 2)), 64, elf.substr(64, 112));
  std::string packed = head + "sum." + (packing.wiped ? "nope" : "UPX!") + little(0, 2) +
                       "\x0D\x16" + little(0, 4) + little(packing.wiped ? 0 : elf.size(), 4) +
                       little(1 << 20, 4);
  packed += block(elf.substr(0, 176)) + block(elf.substr(176, 424)) + block(elf.substr(700, 300));
  packed += "here is the loader";
  packed += block(elf.substr(600, 100)) + block(elf.substr(1000));
  return packed + (packing.wiped ? "" : "UPX!") + std::string(32, '\0');
}

struct SamplePe {
  std::string file, image;  // the image as UPX compresses it, with what restores the rest
  std::string names;        // of libraries
  bool wide;
};

// With code, an import table and a relocation.
inline SamplePe sample_pe(bool wide) {
  const unsigned word = wide ? 8 : 4;
  std::string section(0x400, '\0');
  const auto set = [&](std::size_t at, std::string_view what) { section = put(section, at, what); };
  set(0, "\xE8" + little(0x20, 4) + random_text(3, 96));
  const std::string stripped = put(put(section, 1, little(0, 4)), 0x200, big(0x10, word));
  set(0x100, std::string(12, '\0') + little(0x1180, 4) + little(0x1140, 4));
  set(0x140, little(0x1186, word) + little(std::uint64_t{1} << (wide ? 63 : 31) | 7, word));
  set(0x180, std::string_view("K.dll\0\0\0Func\0", 13));
  set(0x200, little((wide ? 0x140000000 : 0x400000) + 0x1010, word));
  set(0x300,
      little(0x1000, 4) + little(12, 4) + little((wide ? 10 : 3) << 12 | 0x200, 2) + little(0, 2));

  std::string file = pe_file(section, wide);
  const std::size_t tables = 0x98 + (wide ? 112 : 96);
  file = put(file, 0x98 + 4, little(0x400, 4));
  file = put(file, 0x98 + 20, little(0x1000, 4));
  file = put(file, wide ? 0x98 + 24 : 0x98 + 28, little(wide ? 0x140000000 : 0x400000, word));
  file = put(file, tables + 8, little(0x1100, 4) + little(40, 4));
  file = put(file, tables + 40, little(0x1300, 4) + little(12, 4));

  std::string image = stripped;
  image.replace(1, 4, "\x05" + big(0x21, 3));  // the filter's mark, and where the call leads
  const std::size_t imports = image.size();
  image += little(1, 4) + little(0x140, 4) + "\1Func" + std::string(1, '\0') + "\xFF" +
           little(7, 2) + std::string(1, '\0') + little(0, 4);
  const std::size_t relocations = image.size();
  image += std::string("\xF0\x04\x02\0", 4);
  const std::size_t headers = image.size();
  image += file.substr(0x80, (wide ? 264 : 248) + 40);
  image += little(imports, 4) + little(0x1180, 4) + little(relocations, 4) + std::string(1, '\0');
  image += little(headers, 4);
  return {file, image, std::string("?K.dll\0", 7), wide};
}

struct PePacking {
  bool wiped = false;
  std::string rest = "";  // behind the file
};

inline std::string packed_pe(const SamplePe& pe, const PePacking& packing = {}) {
  const std::string packed = lzma(pe.image);
  std::string file = put(pe_file("", pe.wide).substr(0, 0x200), 0x86, little(2, 2));
  const std::size_t tables = 0x98 + (pe.wide ? 112 : 96), sections = tables + 128;
  file = put(file, tables + 8, little(0x3000 + packed.size(), 4) + little(40, 4));
  const auto section = [&](std::string_view name, std::uint32_t address, std::size_t size,
                           std::size_t at) {
    return put(std::string(40, '\0'), 0, name)
        .replace(12, 12, little(address, 4) + little(size, 4) + little(at, 4));
  };
  const std::size_t size = packed.size() + pe.names.size();
  file =
      put(file, sections, section("UPX0", 0x1000, 0, 0x400) + section("UPX1", 0x3000, size, 0x400));
  file = put(file, 0x3E0, packing.wiped ? "nope" : "UPX!");
  file += "\x0D" + std::string(1, pe.wide ? '\x24' : '\x09') + "\x0E\x08" + std::string(8, '\0') +
          little(pe.image.size(), 4) + little(packed.size(), 4) + little(pe.file.size(), 4) +
          "\x26\x05" + std::string(2, '\0');
  return file + packed + pe.names + packing.rest;
}

}  // namespace stoq::test
