// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace stoq::plugins::tnef {

/// One value of a MAPI property; of a property with several, each in turn.
struct Property {
  std::uint16_t id = 0, type = 0;  // the type without the mark of several values
  std::string_view value;          // as stored: text with its NUL, numbers little-endian
};

constexpr std::uint16_t kTypeObject = 0x000D, kTypeText8 = 0x001E, kTypeText16 = 0x001F,
                        kTypeBinary = 0x0102;

/// Gives the properties of a stream in order; false: it is broken, and what was read until there
/// was given (a value that is cut short too). Linear.
bool read_properties(std::string_view stream, const std::function<void(const Property&)>& take);

}  // namespace stoq::plugins::tnef
