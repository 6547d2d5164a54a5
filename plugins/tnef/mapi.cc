// SPDX-License-Identifier: Apache-2.0
#include "mapi.h"

#include "bytes.h"

namespace stoq::plugins::tnef {
namespace {

constexpr std::uint16_t kSeveral = 0x1000, kFirstNamed = 0x8000;

/// The size of a value of fixed size, or 0: it has its own size before it.
std::size_t fixed_size(std::uint16_t type) {
  switch (type) {
    case 0x0002:  // two bytes
    case 0x000B:
      return 2;
    case 0x0001:
    case 0x0003:
    case 0x0004:
    case 0x000A:
      return 4;
    case 0x0005:
    case 0x0006:
    case 0x0007:
    case 0x0014:
    case 0x0040:
      return 8;
    case 0x0048:
      return 16;
    default:
      return 0;
  }
}

std::uint64_t to_four(std::uint64_t size) {
  return (size + 3) / 4 * 4;
}

void skip_padding(Bytes& in, std::uint64_t size) {
  in.take(std::min<std::uint64_t>(to_four(size) - size, in.rest()));
}

}  // namespace

bool read_properties(std::string_view stream, const std::function<void(const Property&)>& take) {
  Bytes in(stream);
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count; ++i) {
    Property property;
    const std::uint16_t type = in.u16();
    property.type = type & static_cast<std::uint16_t>(~kSeveral);
    property.id = in.u16();
    if (in.failed()) return false;
    if (property.id >= kFirstNamed) {
      in.take(16);  // the set that its name belongs to
      if (in.u32() == 0) {
        in.u32();
      } else {
        const std::uint32_t size = in.u32();
        in.take(size);
        skip_padding(in, size);
      }
    }
    const std::size_t fixed = fixed_size(property.type);
    const bool several = type & kSeveral || fixed == 0;
    const std::uint32_t values = several ? in.u32() : 1;
    if (in.failed()) return false;
    for (std::uint32_t v = 0; v < values; ++v) {
      const std::uint64_t size = fixed == 0 ? in.u32() : fixed;
      if (in.failed()) return false;
      property.value = in.take(size);
      take(property);
      if (in.failed()) return false;
      skip_padding(in, size);
    }
  }
  return true;
}

}  // namespace stoq::plugins::tnef
