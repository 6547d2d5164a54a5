// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace stoq::plugins::hash_ssdeep {

/// The context-triggered piecewise hash, as the program ssdeep prints it: "3:hMCE7pr3Kn:huJ6".
/// Nothing at all gives "3::". Stateless; linear time, some 20 KiB of memory.
std::string ssdeep_digest(std::span<const std::uint8_t> bytes);

}  // namespace stoq::plugins::hash_ssdeep
