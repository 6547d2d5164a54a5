// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stoq::config {

/// The types of options and what their text may be. White space around it is dropped, but for
/// `text`.
enum class Type {
  boolean,   // yes/no, true/false, on/off, 1/0 in any case                        -> bool
  integer,   // decimal, 64 bit                                                    -> int64_t
  number,    // decimal, fraction and exponent allowed                             -> double
  text,      // as it is                                                           -> string
  list,      // split at commas, items stripped, empty ones dropped; or, when the
             // text starts with `[`, a JSON array of strings                      -> vector<string>
  size,      // bytes: a whole number, or one with B, KB, MB, GB (powers of 1000)
             // or KiB, MiB, GiB (powers of 1024), in any case                     -> int64_t
  duration,  // seconds: a decimal number, or one with ms, s, m (minutes) or h     -> double
  json,      // any JSON value, made canonical                                     -> string
};

using Value =
    std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>>;

/// An option as its plugin declares it. `min` and `max` hold for integer, number, size (bytes) and
/// duration (seconds); `choices`, if there are any, for text and for each item of a list.
struct OptionSpec {
  std::string name;
  Type type = Type::text;
  std::string default_text;
  bool has_default = false;
  std::optional<double> min, max;
  std::vector<std::string> choices;
  std::string help;
};

/// monostate and an error, such as `'abc' is not an integer` or `70000 is out of range 1 to 65535`,
/// or else a value.
struct Parsed {
  Value value;
  std::string error;
};

/// The one reader of option text, for every layer. Thread-safe.
Parsed parse_value(std::string_view text, const OptionSpec& spec);

/// "boolean", "integer" … as documentation writes it.
std::string_view type_name(Type type);

}  // namespace stoq::config
