// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace stoq::plugins::entropy {

/// Bits per byte: 0.0 for one value only or nothing at all, 8.0 for all values alike. Stateless.
double shannon_entropy(std::span<const std::uint8_t> bytes);

}  // namespace stoq::plugins::entropy
