// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "format.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

[[noreturn]] void no_fit(const Value& value, char type) {
  fail(std::string("the format '%") + type + "' does not take a " + std::string(type_name(value)));
}

bool one_of(char c, std::string_view set) {
  return set.find(c) != set.npos;
}

std::string digits_of(uint64_t number, unsigned base, bool capital) {
  const char* const digits = capital ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  do out.insert(out.begin(), digits[number % base]);
  while (number /= base);
  return out;
}

// Without its sign.
std::string integer_body(const Value& number, const FieldFormat& format) {
  const unsigned base = format.type == 'o' ? 8 : one_of(format.type, "xX") ? 16 : 10;
  std::string body;
  if (number.is(Kind::big)) {
    if (base != 10) fail("an integer beyond 64 bits can only be written with base 10");
    body = number.digits().substr(number.digits().starts_with('-'));
  } else {
    const auto value = static_cast<uint64_t>(number.integer());
    body = digits_of(number.integer() < 0 ? 0 - value : value, base, format.type == 'X');
  }
  if (format.precision && static_cast<size_t>(*format.precision) > body.size())
    body.insert(0, static_cast<size_t>(*format.precision) - body.size(), '0');
  return body;
}

std::string float_body(double number, const FieldFormat& format) {
  const char plain[] = {'%', '.', '*', format.type, 0};
  const char alternate[] = {'%', '#', '.', '*', format.type, 0};
  const char* const pattern = format.alternate ? alternate : plain;
  const int places = format.precision.value_or(6);
  const int size = std::snprintf(nullptr, 0, pattern, places, std::abs(number));
  std::string out(static_cast<size_t>(size) + 1, 0);
  std::snprintf(out.data(), out.size(), pattern, places, std::abs(number));
  out.pop_back();
  return out;
}

}  // namespace

std::string padded(const std::string& body, const FieldFormat& format) {
  const size_t size = length(body);
  if (size >= format.width) return body;
  std::string out = body;
  out.insert(format.left ? out.size() : 0, format.width - size, ' ');
  return out;
}

std::string format_number(const Value& number, const FieldFormat& format) {
  const bool as_float = one_of(format.type, "eEfFgG");
  if (!number.is_number() || (number.is(Kind::real) && !as_float)) no_fit(number, format.type);
  const bool negative = number.is(Kind::big)    ? number.digits().starts_with('-')
                        : number.is(Kind::real) ? std::signbit(number.real())
                                                : number.integer() < 0;
  std::string front;
  if (negative)
    front = '-';
  else if (format.plus)
    front = format.plus;
  if (format.alternate && one_of(format.type, "oxX")) (front += '0') += format.type;
  std::string body = as_float ? float_body(number.real(), format) : integer_body(number, format);
  const size_t size = front.size() + body.size();
  if (format.zeros && !format.left && size < format.width) body.insert(0, format.width - size, '0');
  return padded(front + body, format);
}

}  // namespace stoq::plugins::jinja
