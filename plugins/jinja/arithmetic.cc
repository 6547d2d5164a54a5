// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "format.h"
#include "operators.h"
#include "show.h"

namespace stoq::plugins::jinja {
namespace {

[[noreturn]] void no_such(const char* sign, const Value& a, const Value& b) {
  if (a.is_undefined()) use_of_undefined(a);
  if (b.is_undefined()) use_of_undefined(b);
  fail("'" + std::string(sign) + "' takes no " + std::string(type_name(a)) + " and " +
       std::string(type_name(b)));
}

[[noreturn]] void too_large() {
  fail("an integer would be beyond 64 bits");
}

void check_numbers(const char* sign, const Value& a, const Value& b) {
  if (!a.is_number() || !b.is_number()) no_such(sign, a, b);
  if (a.is(Kind::big) || b.is(Kind::big))
    fail("an integer beyond 64 bits can be printed and compared, but not computed with");
}

void check_divisor(const Value& b) {
  if (b.real() == 0) fail("division by zero");
}

bool integers(const Value& a, const Value& b) {
  return a.is_integer() && b.is_integer();
}

template <class Exact, class Real>
Value calculate(const char* sign, const Value& a, const Value& b, Exact exact, Real real) {
  check_numbers(sign, a, b);
  if (!integers(a, b)) return real(a.real(), b.real());
  int64_t result = 0;
  if (exact(a.integer(), b.integer(), &result)) too_large();
  return result;
}

bool is_sequence(const Value& value) {
  return value.is_text() || (value.is(Kind::list) && value.list().style() <= ListStyle::group);
}

Value repeat(const Value& sequence, int64_t times, Budget& budget) {
  const auto count = static_cast<uint64_t>(std::max<int64_t>(times, 0));
  const size_t size = sequence.is_text() ? sequence.text().size() : sequence.list().size();
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(size * (sequence.is_text() ? 1 : sizeof(Value)), count, &bytes))
    bytes = UINT64_MAX;
  budget.room(bytes);
  if (sequence.is_text()) {
    if (bytes > budget.longest_text()) budget.too_long();
    std::string text;
    text.reserve(bytes);
    for (uint64_t i = 0; size > 0 && i < count; ++i) text += sequence.text();
    return Value::text(budget, std::move(text), sequence.is_safe());
  }
  Values items;
  items.reserve(size * count);
  for (uint64_t i = 0; size > 0 && i < count; ++i)
    items.insert(items.end(), sequence.list().items().begin(), sequence.list().items().end());
  return List::make(budget, std::move(items), sequence.list().style());
}

// The remainder has the sign of the divisor.
double python_mod(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (b < 0) != (rest < 0) ? rest + b : rest;
}

}  // namespace

Value add(const Value& a, const Value& b, Budget& budget) {
  if (a.is_text() && b.is_text()) return concatenate({a, b}, true, budget);
  if (a.is(Kind::list) && b.is(Kind::list) && a.list().is_tuple() == b.list().is_tuple()) {
    budget.room((a.list().size() + b.list().size()) * sizeof(Value));
    Values items = a.list().items();
    items.insert(items.end(), b.list().items().begin(), b.list().items().end());
    return List::make(budget, std::move(items),
                      a.list().is_tuple() ? ListStyle::tuple : ListStyle::list);
  }
  return calculate(
      "+", a, b, [](auto x, auto y, auto* out) { return __builtin_add_overflow(x, y, out); },
      [](double x, double y) { return x + y; });
}

Value subtract(const Value& a, const Value& b, Budget&) {
  return calculate(
      "-", a, b, [](auto x, auto y, auto* out) { return __builtin_sub_overflow(x, y, out); },
      [](double x, double y) { return x - y; });
}

Value multiply(const Value& a, const Value& b, Budget& budget) {
  if (is_sequence(a) && b.is_integer()) return repeat(a, b.integer(), budget);
  if (is_sequence(b) && a.is_integer()) return repeat(b, a.integer(), budget);
  return calculate(
      "*", a, b, [](auto x, auto y, auto* out) { return __builtin_mul_overflow(x, y, out); },
      [](double x, double y) { return x * y; });
}

Value divide(const Value& a, const Value& b, Budget&) {
  check_numbers("/", a, b);
  check_divisor(b);
  return a.real() / b.real();
}

Value floor_divide(const Value& a, const Value& b, Budget&) {
  check_numbers("//", a, b);
  check_divisor(b);
  if (!integers(a, b)) {
    const double quotient = (a.real() - python_mod(a.real(), b.real())) / b.real();
    const double down = std::floor(quotient);
    return quotient - down > 0.5 ? down + 1 : down;
  }
  if (a.integer() == INT64_MIN && b.integer() == -1) too_large();
  const int64_t quotient = a.integer() / b.integer(), rest = a.integer() % b.integer();
  return int64_t{quotient - (rest != 0 && (rest < 0) != (b.integer() < 0))};
}

Value modulo(const Value& a, const Value& b, Budget& budget) {
  if (a.is_text()) return format_percent(a, b, budget);
  check_numbers("%", a, b);
  check_divisor(b);
  if (!integers(a, b)) return python_mod(a.real(), b.real());
  if (b.integer() == -1) return int64_t{0};
  const int64_t rest = a.integer() % b.integer();
  return int64_t{rest != 0 && (rest < 0) != (b.integer() < 0) ? rest + b.integer() : rest};
}

Value power(const Value& a, const Value& b, Budget&) {
  check_numbers("**", a, b);
  if (integers(a, b) && b.integer() >= 0) {
    int64_t result = 1, base = a.integer();
    for (int64_t left = b.integer(); left > 0; left >>= 1) {
      if ((left & 1) && __builtin_mul_overflow(result, base, &result)) too_large();
      if (left > 1 && __builtin_mul_overflow(base, base, &base)) too_large();
    }
    return result;
  }
  if (a.real() == 0 && b.real() < 0) fail("division by zero");
  const double result = std::pow(a.real(), b.real());
  if (std::isnan(result) && !std::isnan(a.real()) && !std::isnan(b.real()))
    fail("a negative number to a fractional power is no number");
  return result;
}

Value negate(const Value& value) {
  if (value.is(Kind::real)) return -value.real();
  check_numbers("-", int64_t{0}, value);
  int64_t result = 0;
  if (__builtin_sub_overflow(int64_t{0}, value.integer(), &result)) too_large();
  return result;
}

Value concatenate(const Values& parts, bool escape, Budget& budget) {
  bool safe = false;
  for (const Value& part : parts) safe = safe || (escape && part.is_safe());
  std::string text;
  for (const Value& part : parts)
    budget.append(text, safe ? escaped(part, budget) : shown(part, budget));
  return Value::text(budget, std::move(text), safe);
}

}  // namespace stoq::plugins::jinja
