// SPDX-License-Identifier: Apache-2.0
#include "filter.h"

#include <cstddef>

namespace stoq::plugins::upx {
namespace {

std::uint8_t byte(std::span<char> code, std::size_t at) {
  return static_cast<std::uint8_t>(code[at]);
}

// Which opcodes have their targets changed.
struct Kind {
  bool call, jump, conditional;
};

bool kind_of(std::uint8_t filter, Kind& kind) {
  switch (filter) {
    case 0x24:
      kind = {true, false, false};
      return true;
    case 0x25:
      kind = {false, true, false};
      return true;
    case 0x26:
    case 0x36:
      kind = {true, true, false};
      return true;
    case 0x46:
    case 0x49:
      kind = {true, true, true};
      return true;
    default:
      return false;
  }
}

}  // namespace

// A changed target is the place it leads to, the highest byte first, which is `mark`.
bool undo_filter(std::uint8_t filter, std::uint8_t mark, std::uint32_t base, std::span<char> code) {
  if (filter == 0) return true;
  Kind kind{};
  if (!kind_of(filter, kind)) return false;
  std::size_t behind = 0;  // the last one that was changed
  for (std::size_t at = 0; at + 5 <= code.size(); ++at) {
    const std::uint8_t op = byte(code, at);
    const bool here =
        (kind.call && op == 0xE8) || (kind.jump && op == 0xE9) ||
        (kind.conditional && at > behind && byte(code, at - 1) == 0x0F && op >= 0x80 && op <= 0x8F);
    if (!here || byte(code, at + 1) != mark) continue;
    std::uint32_t target = 0;
    for (std::size_t i = 1; i <= 4; ++i) target = target << 8 | byte(code, at + i);
    target -= static_cast<std::uint32_t>(at) + 1 + base + (std::uint32_t{mark} << 24);
    for (std::size_t i = 1; i <= 4; ++i) code[at + i] = static_cast<char>(target >> 8 * (i - 1));
    at += 4;
    behind = at + 1;
  }
  return true;
}

}  // namespace stoq::plugins::upx
