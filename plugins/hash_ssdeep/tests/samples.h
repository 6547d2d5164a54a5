// SPDX-License-Identifier: Apache-2.0
//
// Contents of every kind, the same for the same seed everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace stoq::plugins::hash_ssdeep {

enum class Sample { random, one_byte, repeated, text, zeros_behind, zeros_before, patches, end };

std::string make_sample(Sample kind, std::uint32_t seed, std::size_t size);

}  // namespace stoq::plugins::hash_ssdeep
