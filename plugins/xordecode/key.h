// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::xordecode {

using Key = std::vector<std::uint8_t>;

inline constexpr std::size_t kMaxKey = 65'536;  // bytes

/// The one key that `json`, canonical text, holds under the name `xorkey` at any depth: a number, a
/// list of numbers, or decimals in text ("41,52,63"). Empty where there is none, or one that
/// changes nothing. Throws sdk::Error for what is no key, and for keys that differ. Linear, not
/// recursive.
Key find_key(std::string_view json);

/// "41, 52, 63"
std::string decimals(const Key& key);

}  // namespace stoq::plugins::xordecode
