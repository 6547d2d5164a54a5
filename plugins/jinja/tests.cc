// SPDX-License-Identifier: Apache-2.0
#include "callable_tables.h"
#include "operators.h"
#include "show.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

template <Kind kind>
bool of_kind(const Value& value, Arguments&) {
  return value.is(kind);
}
bool defined(const Value& value, Arguments&) {
  return !value.is_undefined();
}
bool integer(const Value& value, Arguments&) {
  return value.is(Kind::integer) || value.is(Kind::big);
}
bool number(const Value& value, Arguments&) {
  return value.is_number();
}
bool is_true(const Value& value, Arguments&) {
  return value.is(Kind::boolean) && value.boolean();
}
bool is_false(const Value& value, Arguments&) {
  return value.is(Kind::boolean) && !value.boolean();
}
bool sequence(const Value& value, Arguments&) {
  return value.is_text() || value.is(Kind::list) || value.is(Kind::dict);
}
bool iterable(const Value& value, Arguments&) {
  return is_iterable(value);
}
bool escaped_text(const Value& value, Arguments&) {
  return value.is_safe();
}
bool is_lower_text(const Value& value, Arguments& a) {
  return is_lower(as_text(value, a.budget).text());
}
bool is_upper_text(const Value& value, Arguments& a) {
  return is_upper(as_text(value, a.budget).text());
}

bool rest_is(const Value& value, const Value& divisor, int64_t rest, Budget& budget) {
  if (value.is_text()) fail("a test of divisibility needs a number, not a str");
  return equal(modulo(value, divisor, budget), rest, budget);
}
bool odd(const Value& value, Arguments& a) {
  return rest_is(value, int64_t{2}, 1, a.budget);
}
bool even(const Value& value, Arguments& a) {
  return rest_is(value, int64_t{2}, 0, a.budget);
}
bool divisible(const Value& value, Arguments& a) {
  return rest_is(value, *a.find(0), 0, a.budget);
}

bool in(const Value& value, Arguments& a) {
  return contains(*a.find(0), value, a.budget);
}
bool eq(const Value& value, Arguments& a) {
  return equal(value, *a.find(0), a.budget);
}
bool ne(const Value& value, Arguments& a) {
  return !equal(value, *a.find(0), a.budget);
}
bool lt(const Value& value, Arguments& a) {
  return compare(value, *a.find(0), a.budget) < 0;
}
bool le(const Value& value, Arguments& a) {
  return compare(value, *a.find(0), a.budget) <= 0;
}
bool gt(const Value& value, Arguments& a) {
  return compare(value, *a.find(0), a.budget) > 0;
}
bool ge(const Value& value, Arguments& a) {
  return compare(value, *a.find(0), a.budget) >= 0;
}

constexpr Test kTests[] = {
    {"!=", "other!", ne},
    {"<", "other!", lt},
    {"<=", "other!", le},
    {"==", "other!", eq},
    {">", "other!", gt},
    {">=", "other!", ge},
    {"boolean", "", of_kind<Kind::boolean>},
    {"defined", "", defined},
    {"divisibleby", "num!", divisible},
    {"eq", "other!", eq},
    {"equalto", "other!", eq},
    {"escaped", "", escaped_text},
    {"even", "", even},
    {"false", "", is_false},
    {"float", "", of_kind<Kind::real>},
    {"ge", "other!", ge},
    {"greaterthan", "other!", gt},
    {"gt", "other!", gt},
    {"in", "seq!", in},
    {"integer", "", integer},
    {"iterable", "", iterable},
    {"le", "other!", le},
    {"lessthan", "other!", lt},
    {"lower", "", is_lower_text},
    {"lt", "other!", lt},
    {"mapping", "", of_kind<Kind::dict>},
    {"ne", "other!", ne},
    {"none", "", of_kind<Kind::none>},
    {"number", "", number},
    {"odd", "", odd},
    {"sequence", "", sequence},
    {"string", "", of_kind<Kind::text>},
    {"true", "", is_true},
    {"undefined", "", of_kind<Kind::undefined>},
    {"upper", "", is_upper_text},
};

}  // namespace

std::span<const Test> all_tests() {
  return kTests;
}

}  // namespace stoq::plugins::jinja
