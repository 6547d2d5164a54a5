// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "carving/bytes.h"

namespace stoq::plugins::last_resort {

enum class Kind : std::uint8_t { none, pe, sis, egg, alz };

/// What a content is to this plugin, by its head alone. Of a PE it does not tell whether it is
/// packed. Thread-safe.
Kind kind_of(carving::Bytes content);
std::string_view name_of(Kind kind);

}  // namespace stoq::plugins::last_resort
