// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "charset/charset.h"

namespace stoq::plugins::smtp {

struct Field {
  std::string name;        // in lower case, without comments and blanks
  std::string_view value;  // raw, with its line ends where it goes over several lines
};

/// The header fields at the start of a text, up to the first empty line.
struct Head {
  std::vector<Field> fields;
  std::size_t body = 0;    // where it begins; the size of the text where there is none
  std::size_t strays = 0;  // lines among the fields that are none, and were passed over
  bool separated = false;  // an empty line stood between header and body

  /// All values of a field, in order.
  std::vector<std::string_view> all(std::string_view name) const;
};

/// Comments in a field's name ("Content-Type (x): …") and blanks around it do not count. A line
/// that is no field is passed over where the next one is a field that mails have; else the body
/// begins there. At most 100 000 fields are kept.
Head parse_head(std::string_view text);

/// The lines of a value as one.
std::string unfolded(std::string_view value);

/// A value as text: unfolded, encoded words (RFC 2047) decoded, other bytes that are no UTF-8 as
/// Windows-1252. Encoded words that stand side by side in one charset are decoded as one, since
/// mail programs cut inside of characters. They are looked for in the first 256 KiB.
std::string decoded(std::string_view value, const charset::Charsets& charsets);

}  // namespace stoq::plugins::smtp
