// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "config/text.h"
#include "json/canonical.h"
#include "stoq/sdk/json.h"

namespace stoq::config {
namespace {

Parsed refused(std::string_view text, std::string_view why) {
  return {{}, quote(text) + " " + std::string(why)};
}

// A decimal number of the kind T that takes up all of the text; a leading + is allowed.
template <typename T>
std::errc read_number(std::string_view text, T& out) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end != text.data() + text.size()) return std::errc::invalid_argument;
  return error;
}

bool read_real(std::string_view text, double& out) {
  return read_number(text, out) == std::errc() && std::isfinite(out);
}

template <typename T>
Parsed in_range(T value, std::string_view written, const OptionSpec& spec,
                std::string_view unit = "") {
  const auto number = static_cast<double>(value);
  const bool low = spec.min && number < *spec.min, high = spec.max && number > *spec.max;
  if (!low && !high) return {value, ""};
  const std::string text = printable(written);
  if (spec.min && spec.max)
    return {{}, fmt::format("{} is out of range {} to {}{}", text, *spec.min, *spec.max, unit)};
  if (low) return {{}, fmt::format("{} is below the minimum {}{}", text, *spec.min, unit)};
  return {{}, fmt::format("{} is above the maximum {}{}", text, *spec.max, unit)};
}

Parsed parse_boolean(std::string_view text) {
  const std::string word = lower(text);
  if (word == "yes" || word == "true" || word == "on" || word == "1") return {true, ""};
  if (word == "no" || word == "false" || word == "off" || word == "0") return {false, ""};
  return refused(text, "is not a boolean; write yes or no");
}

Parsed parse_integer(std::string_view text, const OptionSpec& spec) {
  int64_t value = 0;
  const std::errc error = read_number(text, value);
  if (error == std::errc::result_out_of_range) return refused(text, "does not fit in 64 bits");
  if (error != std::errc()) return refused(text, "is not an integer");
  return in_range(value, text, spec);
}

Parsed parse_number(std::string_view text, const OptionSpec& spec) {
  double value = 0;
  if (!read_real(text, value)) return refused(text, "is not a number");
  return in_range(value, text, spec);
}

struct Unit {
  std::string_view name;
  double factor;
};

// Splits `10 KiB` into its number and its unit's factor; 0 for an unknown unit.
template <size_t N>
double cut_unit(std::string_view& text, const Unit (&units)[N]) {
  const size_t digits = text.find_last_of("0123456789.") + 1;
  const std::string name = lower(strip(text.substr(digits)));
  text = text.substr(0, digits);
  const auto* unit = std::find_if(std::begin(units), std::end(units),
                                  [&](const Unit& u) { return u.name == name; });
  return unit == std::end(units) ? 0 : unit->factor;
}

Parsed parse_size(std::string_view text, const OptionSpec& spec) {
  static constexpr Unit kUnits[] = {{"", 1},          {"b", 1},        {"kb", 1e3},
                                    {"mb", 1e6},      {"gb", 1e9},     {"kib", 1 << 10},
                                    {"mib", 1 << 20}, {"gib", 1 << 30}};
  std::string_view digits = text;
  const auto factor = static_cast<int64_t>(cut_unit(digits, kUnits));
  int64_t count = 0, bytes = 0;
  const std::errc error = read_number(digits, count);
  if (error == std::errc::invalid_argument || count < 0 || factor == 0) {
    return refused(
        text, "is not a size; write bytes, or a whole number with KB, MB, GB, KiB, MiB or GiB");
  }
  if (error != std::errc() || __builtin_mul_overflow(count, factor, &bytes)) {
    return refused(text, "does not fit in 64 bits");
  }
  return in_range(bytes, text, spec, " bytes");
}

Parsed parse_duration(std::string_view text, const OptionSpec& spec) {
  static constexpr Unit kUnits[] = {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  std::string_view digits = text;
  const double factor = cut_unit(digits, kUnits);
  double value = 0;
  if (factor == 0 || digits.find_first_of("eE") != digits.npos || !read_real(digits, value) ||
      value < 0 || !std::isfinite(value * factor)) {
    return refused(text, "is not a duration; write seconds, or a number with ms, s, m or h");
  }
  return in_range(factor == 1e-3 ? value / 1000 : value * factor, text, spec, " seconds");
}

std::string among(const OptionSpec& spec) {
  std::string names;
  for (const std::string& choice : spec.choices) names += (names.empty() ? "" : ", ") + choice;
  return "is not one of: " + names;
}

bool allowed(const std::string& item, const OptionSpec& spec) {
  return spec.choices.empty() ||
         std::find(spec.choices.begin(), spec.choices.end(), item) != spec.choices.end();
}

Parsed parse_text(std::string_view text, const OptionSpec& spec) {
  std::string value(text);
  if (!allowed(value, spec)) return refused(text, among(spec));
  return {std::move(value), ""};
}

// `text` starts with a bracket.
bool json_strings(std::string_view text, std::vector<std::string>& items) {
  std::string canonical;
  if (!json::canonicalise(text, canonical)) return false;
  const sdk::JsonView view(canonical);
  items = view.strings();
  return items.size() == view.size();
}

Parsed parse_json(std::string_view text) {
  std::string canonical;
  if (const json::Outcome outcome = json::canonicalise(text, canonical); !outcome) {
    // Not quoted: such values hold credentials, too.
    return {{}, "it is not JSON: " + outcome.message};
  }
  return {std::move(canonical), ""};
}
Parsed parse_list(std::string_view text, const OptionSpec& spec) {
  std::vector<std::string> items;
  if (text.substr(0, 1) == "[") {
    if (!json_strings(text, items)) return refused(text, "is not a JSON array of strings");
  } else {
    for (size_t start = 0; start <= text.size();) {
      const size_t end = std::min(text.find(',', start), text.size());
      if (const auto item = strip(text.substr(start, end - start)); !item.empty())
        items.emplace_back(item);
      start = end + 1;
    }
  }
  for (const std::string& item : items) {
    if (!allowed(item, spec)) return refused(item, among(spec));
  }
  return {std::move(items), ""};
}

}  // namespace

Parsed parse_value(std::string_view text, const OptionSpec& spec) {
  if (valid_prefix(text) != text.size()) return refused(text, "is not UTF-8");
  const std::string_view stripped = strip(text);
  switch (spec.type) {
    case Type::boolean:
      return parse_boolean(stripped);
    case Type::integer:
      return parse_integer(stripped, spec);
    case Type::number:
      return parse_number(stripped, spec);
    case Type::text:
      return parse_text(text, spec);
    case Type::list:
      return parse_list(stripped, spec);
    case Type::size:
      return parse_size(stripped, spec);
    case Type::duration:
      return parse_duration(stripped, spec);
    case Type::json:
      return parse_json(stripped);
  }
  return refused(text, "has no type");
}

std::string_view type_name(Type type) {
  static constexpr std::string_view kNames[] = {"boolean", "integer", "number",   "text",
                                                "list",    "size",    "duration", "json"};
  return kNames[static_cast<size_t>(type)];
}

}  // namespace stoq::config
