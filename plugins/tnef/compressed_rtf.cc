// SPDX-License-Identifier: Apache-2.0
#include "compressed_rtf.h"

#include "bytes.h"
#include "office/lzfu.h"

namespace stoq::plugins::tnef {
namespace {

constexpr std::size_t kHead = 16;

}  // namespace

std::optional<Rtf> from_compressed_rtf(std::string_view bytes) {
  Bytes in(bytes);
  in.u32();  // the size of what follows
  const std::uint32_t raw_size = in.u32(), kind = in.u32();
  in.u32();  // a checksum
  if (in.failed()) return std::nullopt;
  if (kind == office::kLzfuStored) {
    std::string text(bytes.substr(kHead, raw_size));
    const bool complete = text.size() == raw_size;
    return Rtf{std::move(text), complete};
  }
  if (kind != office::kLzfuCompressed) return std::nullopt;
  const office::Lzfu out = office::expand_lzfu(office::bytes_of(bytes.substr(kHead)));
  return Rtf{std::string(office::view_of(out.bytes)), out.ended};
}

}  // namespace stoq::plugins::tnef
