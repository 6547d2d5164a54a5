// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "callable_tables.h"
#include "format.h"
#include "operators.h"
#include "show.h"
#include "text.h"
#include "unicode.h"

namespace stoq::plugins::jinja {
namespace {

constexpr size_t kWidest = 10'000;

// What one text makes of another, as safe as the first.
template <class Make>
Value mapped(const Value& value, const Arguments& a, Make make) {
  const Value text = as_text(value, a.budget);
  a.budget.room(text.text().size());
  return Value::text(a.budget, std::string(make(text.text())), text.is_safe());
}

Value to_upper(const Value& value, Arguments& a) {
  return mapped(value, a, upper);
}
Value to_lower(const Value& value, Arguments& a) {
  return mapped(value, a, lower);
}
Value capitalized(const Value& value, Arguments& a) {
  return mapped(value, a, capitalize);
}

// A word begins at the start, and behind a dash, space or opening bracket.
Value title(const Value& value, Arguments& a) {
  const Value text = as_text(value, a.budget);
  a.budget.room(text.text().size());
  std::string out;
  bool begins = true;
  for (std::string_view rest = text.text(); !rest.empty();) {
    const std::string_view from = rest;
    const char32_t point = take_point(rest);
    const std::string_view one = from.substr(0, from.size() - rest.size());
    out += begins ? upper(one) : lower(one);
    begins = is_space(point) || point == '-' || point == '(' || point == '{' || point == '[' ||
             point == '<';
  }
  return Value::text(a.budget, std::move(out));
}

Value trim(const Value& value, Arguments& a) {
  const Value* const characters = a.find(0);
  const bool given = characters && characters->is_text();
  const std::string_view set = given ? characters->text() : std::string_view();
  return mapped(value, a, [&](std::string_view text) {
    return strip(text, given ? &set : nullptr, Side::both);
  });
}

Value replaced(const Value& value, Arguments& a) {
  Value text = as_text(value, a.budget);
  const Value from = a.text(0, ""), to = a.text(1, ""), *const count = a.find(2);
  const int64_t most = count && !count->is(Kind::none) ? a.integer(2, -1) : -1;
  if (a.escape && (from.is_safe() || to.is_safe()) && !text.is_safe())
    text = Value::text(a.budget, escaped(text, a.budget), true);
  const bool escapes = a.escape && text.is_safe();
  const std::string new_text = escapes ? escaped(to, a.budget) : std::string(to.text());
  const std::string old_text = escapes ? escaped(from, a.budget) : std::string(from.text());
  const size_t times = most < 0 ? SIZE_MAX : static_cast<size_t>(most);
  a.budget.work(text.text().size());
  const size_t size = replaced_size(text.text(), old_text, new_text, times);
  if (size > a.budget.longest_text() && size > text.text().size()) a.budget.too_long();
  a.budget.room(size);
  return Value::text(a.budget, replace(text.text(), old_text, new_text, times), escapes);
}

Value indent(const Value& value, Arguments& a) {
  const Value text = as_text(value, a.budget);
  const Value* const width = a.find(0);
  const Value unit =
      width && width->is_text()
          ? *width
          : Value::text(a.budget, std::string(std::min(a.count(0, 4), kWidest), ' '));
  const std::string mark = text.is_safe() ? escaped(unit, a.budget) : std::string(unit.text());
  const bool first = a.flag(1), blank = a.flag(2);
  std::vector<std::string_view> lines = split_lines(text.text());
  if (text.text().empty() || text.text().ends_with('\n')) lines.push_back("");
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) a.budget.append(out, "\n");
    if (i > 0 ? blank || !lines[i].empty() : first) a.budget.append(out, mark);
    a.budget.append(out, lines[i]);
  }
  return Value::text(a.budget, std::move(out), text.is_safe());
}

Value truncate(const Value& value, Arguments& a) {
  const Value text = as_text(value, a.budget), end = a.text(2, "...");
  const size_t most = a.count(0, 255), end_length = length(end.text());
  const Value* const given = a.find(3);
  const size_t leeway = given && !given->is(Kind::none) ? a.count(3, 5) : 5;
  if (most < end_length)
    fail("the filter 'truncate' needs a length of at least " + std::to_string(end_length));
  a.budget.work(text.text().size());
  const size_t whole = length(text.text());
  if (whole <= leeway || whole - leeway <= most) return text;
  std::string_view kept = text.text().substr(0, offset_of(text.text(), most - end_length));
  if (!a.flag(1)) kept = kept.substr(0, kept.rfind(' '));
  a.budget.room(kept.size());
  return concatenate({Value::text(a.budget, std::string(kept), text.is_safe()), end}, true,
                     a.budget);
}

Value format(const Value& value, Arguments& a) {
  const Value text = as_text(value, a.budget);
  if (!a.given.empty() && !a.named.empty())
    fail("the filter 'format' takes values by place or by name, not both");
  if (!a.named.empty()) {
    std::vector<Dict::Entry> entries;
    for (const Named& one : a.named) entries.emplace_back(Value::literal(one.name), one.value);
    return format_percent(text, Dict::make(a.budget, std::move(entries)), a.budget);
  }
  Values values;
  for (const auto& one : a.given) values.push_back(*one);
  return format_percent(text, List::make(a.budget, std::move(values), ListStyle::tuple), a.budget);
}

constexpr Filter kFilters[] = {
    {"capitalize", "", capitalized},
    {"format", "*", format},
    {"indent", "width,first,blank", indent},
    {"lower", "", to_lower},
    {"replace", "old!,new!,count", replaced},
    {"title", "", title},
    {"trim", "chars", trim},
    {"truncate", "length,killwords,end,leeway", truncate},
    {"upper", "", to_upper},
};

}  // namespace

std::span<const Filter> text_filters() {
  return kFilters;
}

}  // namespace stoq::plugins::jinja
