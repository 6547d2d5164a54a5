// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace stoq::plugins::upx {

/// Undoes what UPX did to the targets of calls and jumps in x86 code, so that it packs better.
/// `base` is what was added to the place of each. False: a filter that is not known; nothing was
/// changed. Linear.
bool undo_filter(std::uint8_t filter, std::uint8_t mark, std::uint32_t base, std::span<char> code);

}  // namespace stoq::plugins::upx
