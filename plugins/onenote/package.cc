// SPDX-License-Identifier: Apache-2.0
//
// What the web exports: a stream of objects, each with a header of two or four bytes. Attached files
// are blobs of their own, or data of an object that was declared to be a file.
#include <bit>

#include "section.h"

namespace stoq::plugins::onenote {
namespace {

using office::Bytes;

constexpr std::size_t kStart = 68, kMostBlobs = 100'000, kMostDeclared = 1'000'000;
constexpr std::uint32_t kLongSize = 0x7FFF;
constexpr std::uint64_t kFilePartition = 2;

enum Object : unsigned {
  kBlob = 0x02,
  kBlobDeclaration = 0x05,
  kData = 0x16,
  kDeclaration = 0x18,
  kBlobReference = 0x1C,
  kDeclarations = 0x1D,
};

// A number whose first byte tells how many follow: by its lowest bit that is set.
std::uint64_t compact(office::Cursor& in) {
  const std::uint8_t first = in.u8();
  if (first == 0) return 0;
  if (first == 0x80) return in.u64();
  const auto size = static_cast<unsigned>(std::countr_zero(first)) + 1;
  std::uint64_t value = first;
  for (unsigned i = 1; i < size; ++i) value |= std::uint64_t{in.u8()} << (8 * i);
  return value >> size;
}

// An identifier: a number of 5 to 32 bits, then a GUID; or one byte for none.
void skip_identifier(office::Cursor& in) {
  const std::uint8_t first = in.u8();
  if (first == 0) return;
  const unsigned more = (first & 7) == 4         ? 0
                        : (first & 0x3F) == 0x20 ? 1
                        : (first & 0x7F) == 0x40 ? 2
                                                 : 4;
  in.skip(more + 16);
}

Bytes object_data(Bytes content) {
  office::Cursor in(content);
  for (std::uint64_t left = compact(in); left > 0 && in.ok(); --left) skip_identifier(in);
  for (std::uint64_t left = compact(in); left > 0 && in.ok(); --left)
    skip_identifier(in), skip_identifier(in);
  return in.take(compact(in));
}

std::uint64_t partition_of(Bytes declaration, bool blob) {
  office::Cursor in(declaration);
  skip_identifier(in);
  if (blob) skip_identifier(in);
  return compact(in);
}

}  // namespace

std::vector<Attached> attached_in_package(Bytes section) {
  std::vector<Attached> found;
  std::vector<std::uint64_t> declared;
  std::size_t next = 0;  // of the declared ones
  const auto give = [&](Bytes content, bool whole) {
    if (!content.empty())
      found.push_back(
          {static_cast<std::uint64_t>(content.data() - section.data()), "", content, whole});
  };
  for (office::Cursor in(office::part_of(section, kStart));
       in.left() >= 1 && in.ok() && found.size() < kMostBlobs;) {
    const std::uint8_t first = in.u8();
    if ((first & 3) == 1) continue;  // the end of an object
    if ((first & 3) == 3) {
      in.skip(1);
      continue;
    }
    unsigned type = 0;
    std::uint64_t size = 0;
    if ((first & 3) == 0) {
      const unsigned head = first | in.u8() << 8;
      type = head >> 3 & 0x3F;
      size = head >> 9;
    } else {
      const std::uint32_t second = in.u8(), upper = in.u16();
      const std::uint32_t head = first | second << 8 | upper << 16;
      type = head >> 3 & 0x3FFF;
      size = head >> 17;
      if (size == kLongSize) size = compact(in);
    }
    const Bytes content = in.take(size);
    switch (type) {
      case kDeclarations:
        declared.clear();
        next = 0;
        break;
      case kDeclaration:
      case kBlobDeclaration:
        if (declared.size() < kMostDeclared)
          declared.push_back(partition_of(content, type == kBlobDeclaration));
        break;
      case kData:
        if (next < declared.size() && declared[next] == kFilePartition)
          give(object_data(content), in.ok());
        ++next;
        break;
      case kBlobReference:
        ++next;
        break;
      case kBlob: {
        office::Cursor blob(content);
        const std::uint64_t length = compact(blob);
        give(blob.take(length), in.ok() && blob.ok());
        break;
      }
      default:
        break;
    }
  }
  return found;
}

}  // namespace stoq::plugins::onenote
