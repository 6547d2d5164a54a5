// SPDX-License-Identifier: Apache-2.0
//
// A Windows program as it lies in memory, and what UPX keeps of its tables in a form that packs
// better.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carving/bytes.h"

namespace stoq::plugins::upx {

struct Section {
  std::uint32_t address = 0, at = 0, size = 0;  // in memory; in the file
};

// Of one PE file, the packed one or the one that is restored.
struct Headers {
  enum Table : unsigned { exports, imports, resources, exceptions, certificates, relocations };

  // From the signature on.
  static Headers read(carving::Bytes pe);
  carving::Bytes table_of(carving::Bytes file, Table table) const;  // none: not in one section

  bool wide = false;  // PE32+
  std::uint16_t flags = 0;
  std::uint32_t code_size = 0, code_at = 0, file_alignment = 0, size = 0;  // size of all headers
  std::uint32_t entry = 0;  // where it begins to run, in memory
  std::uint64_t base = 0;
  std::uint32_t address[16] = {}, length[16] = {};  // of tables
  std::vector<Section> sections;
};

// What is outside of it reads as 0, and is not written.
class Image {
 public:
  Image(std::string bytes, std::uint32_t first) : bytes_(std::move(bytes)), first_(first) {}

  carving::Bytes bytes() const { return carving::bytes_of(bytes_); }
  std::uint32_t first() const { return first_; }  // address of its first byte
  std::span<char> part(std::uint32_t address, std::uint64_t size);
  std::string_view read(std::uint32_t address, std::uint64_t size) const;
  std::uint64_t get(std::uint32_t address, unsigned count) const;
  bool put(std::uint32_t address, std::string_view text);
  bool put(std::uint32_t address, std::uint64_t value, unsigned count);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  std::uint32_t first_;
};

// They read at `at` of the image what was kept, and go behind it; the time is linear in the image
// and the packed file. False: damaged; what was restored up to there stands.
bool restore_imports(Image& image, std::size_t& at, const Headers& original,
                     carving::Bytes packed_table);
bool restore_relocations(Image& image, std::size_t& at, const Headers& original);
bool restore_resources(Image& image, std::size_t& at, const Headers& original,
                       const Headers& packed, carving::Bytes file);
bool restore_exports(Image& image, const Headers& original, const Headers& packed,
                     carving::Bytes file);

}  // namespace stoq::plugins::upx
