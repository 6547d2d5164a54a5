// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "callable_tables.h"
#include "numbers.h"
#include "operators.h"

namespace stoq::plugins::jinja {
namespace {

void check_number(const char* filter, const Value& value) {
  if (value.is_undefined()) use_of_undefined(value);
  if (!value.is_number())
    fail("the filter '" + std::string(filter) + "' needs a number, not a " +
         std::string(type_name(value)));
}

std::optional<double> number_of(const Value& value, Budget& budget) {
  if (value.is_number()) return value.real();
  if (!value.is_text()) return std::nullopt;
  budget.work(value.text().size());
  return parse_float(value.text());
}

Value absolute(const Value& value, Arguments&) {
  check_number("abs", value);
  if (value.is(Kind::real)) return std::abs(value.real());
  if (value.is(Kind::big))
    return BigInteger{std::make_shared<const std::string>(
        value.digits().substr(value.digits().starts_with('-')))};
  return value.integer() < 0 ? negate(value) : Value(value.integer());
}

Value to_integer(const Value& value, Arguments& a) {
  const int64_t base = a.integer(1, 10);
  if (base != 0 && (base < 2 || base > 36)) fail("the filter 'int' needs a base of 0 or 2 to 36");
  if (value.is_integer()) return value.integer();
  if (value.is(Kind::big)) return value;
  if (value.is_text()) {
    a.budget.work(value.text().size());
    if (const auto exact = parse_integer(value.text(), static_cast<int>(base))) return *exact;
  }
  const std::optional<double> number = number_of(value, a.budget);
  if (!number) return a.value(0, int64_t{0});
  if (!(std::abs(*number) < 9.2e18)) fail("the filter 'int' is given a number beyond 64 bits");
  return static_cast<int64_t>(*number);
}

Value to_float(const Value& value, Arguments& a) {
  const std::optional<double> number = number_of(value, a.budget);
  return number ? Value(double{*number}) : a.value(0, 0.0);
}

// To the even one where two are as near.
double round_to(double number, int64_t places) {
  if (!std::isfinite(number) || places > 300) return number;
  if (places < -300) return std::copysign(0.0, number);
  if (places < 0) {
    const double unit = std::pow(10, static_cast<double>(-places));
    return std::nearbyint(number / unit) * unit;
  }
  char text[700];  // of the largest double and 300 places
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(places), number);
  return std::strtod(text, nullptr);
}

Value rounded(const Value& value, Arguments& a) {
  const int64_t places = a.integer(0, 0);
  const Value method = a.text(1, "common");
  const bool common = method.text() == "common", up = method.text() == "ceil";
  if (!up && !common && method.text() != "floor")
    fail("the filter 'round' has the methods common, ceil and floor");
  check_number("round", value);
  if (common) {
    if (value.is(Kind::real)) return round_to(value.real(), places);
    if (value.is(Kind::big)) return value;
    if (places >= 0) return value.integer();
    return static_cast<int64_t>(round_to(value.real(), places));
  }
  if (places < -300 || places > 300) fail("the filter 'round' takes at most 300 places");
  const double unit = std::pow(10, static_cast<double>(places));
  const double scaled = value.real() * unit;
  return (up ? std::ceil(scaled) : std::floor(scaled)) / unit;
}

Value file_size(const Value& value, Arguments& a) {
  static constexpr const char* kDecimal[] = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  static constexpr const char* kBinary[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};
  const bool binary = a.flag(0);
  const std::optional<double> number = number_of(value, a.budget);
  if (!number || !std::isfinite(*number)) fail("the filter 'filesizeformat' needs a number");
  const double base = binary ? 1024 : 1000;
  if (*number == 1) return Value::literal("1 Byte");
  char text[400];
  if (*number < base) {
    std::snprintf(text, sizeof text, "%.0f Bytes", std::trunc(*number) + 0.0);
    return Value::text(a.budget, text);
  }
  double unit = base;
  size_t prefix = 0;
  for (; prefix < 7 && *number >= unit * base; ++prefix) unit *= base;
  std::snprintf(text, sizeof text, "%.1f %s", *number / unit,
                (binary ? kBinary : kDecimal)[prefix]);
  return Value::text(a.budget, text);
}

constexpr Filter kFilters[] = {
    {"abs", "", absolute},
    {"filesizeformat", "binary", file_size},
    {"float", "default", to_float},
    {"int", "default,base", to_integer},
    {"round", "precision,method", rounded},
};

}  // namespace

std::span<const Filter> number_filters() {
  return kFilters;
}

}  // namespace stoq::plugins::jinja
