// SPDX-License-Identifier: Apache-2.0
#pragma once
// The XOR key behind a hit, from its plain text. Stateless.

#include <cstdint>
#include <string>
#include <vector>

#include "scan.h"

namespace stoq::plugins::yara {

using XorKey = std::vector<std::uint8_t>;

// The shortest key that repeated turns the rule's plain text into the hit; empty if the rule gives
// none, if the lengths differ, or if the hit is not encoded at all.
XorKey xor_key_of(const Match& match, const StringHit& hit);

// The key turned such that its first byte belongs to offset 0 and not to `offset`.
XorKey from_start(const XorKey& key, std::uint64_t offset);

// "17,16"
std::string decimals(const XorKey& key);

}  // namespace stoq::plugins::yara
