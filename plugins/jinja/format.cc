// SPDX-License-Identifier: Apache-2.0
#include "format.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "operators.h"
#include "show.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

constexpr int kMostPlaces = 10'000;

std::string_view take(std::string_view& text, size_t count) {
  const std::string_view head = text.substr(0, count);
  text.remove_prefix(head.size());
  return head;
}

bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> take_number(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  if (count == 0) return std::nullopt;
  const std::string_view digits = take(text, count);
  int number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || number > kMostPlaces)
    fail("a format may not ask for more than " + std::to_string(kMostPlaces) + " places");
  return number;
}

std::string cut(std::string text, std::optional<int> precision) {
  if (precision) text.resize(offset_of(text, static_cast<size_t>(*precision)));
  return text;
}

std::string maybe_escaped(std::string text, bool escape) {
  if (!escape) return text;
  std::string out;
  append_escaped(out, text);
  return out;
}

class Percent {
 public:
  Percent(const Value& text, const Value& arguments, Budget& budget)
      : rest_(text.text()), safe_(text.is_safe()), arguments_(arguments), budget_(budget) {}

  Value run() {
    for (size_t at; (at = rest_.find('%')) != rest_.npos;) {
      add(take(rest_, at));
      rest_.remove_prefix(1);
      field();
    }
    add(rest_);
    const bool left = !keyed_ && (is_tuple() ? next_ < arguments_.list().size()
                                             : next_ == 0 && !arguments_.is(Kind::dict));
    if (left) fail("the format has fewer fields than there are values for it");
    return Value::text(budget_, std::move(out_), safe_);
  }

 private:
  bool is_tuple() const { return arguments_.is(Kind::list) && arguments_.list().is_tuple(); }

  void add(std::string_view text) { budget_.append(out_, text); }

  Value argument(std::optional<std::string_view> key) {
    if (key) {
      keyed_ = true;
      if (!arguments_.is(Kind::dict)) fail("the format '%(name)' needs values by name");
      const Value* found = arguments_.dict().find(*key);
      if (!found) fail("the format has no value for '" + std::string(*key) + "'");
      return *found;
    }
    const size_t count = is_tuple() ? arguments_.list().size() : 1;
    if (next_ >= count) fail("the format has more fields than there are values for it");
    ++next_;
    return is_tuple() ? arguments_.list().items()[next_ - 1] : arguments_;
  }

  void field() {
    std::optional<std::string_view> key;
    if (skip(rest_, '(')) {
      const size_t end = rest_.find(')');
      if (end == rest_.npos) fail("a format '%(' has no ')'");
      key = take(rest_, end);
      rest_.remove_prefix(1);
    }
    FieldFormat format;
    for (; !rest_.empty() && std::string_view("-0+# ").find(rest_[0]) != std::string_view::npos;
         rest_.remove_prefix(1)) {
      const char flag = rest_.front();
      format.left = format.left || flag == '-';
      format.zeros = format.zeros || flag == '0';
      format.alternate = format.alternate || flag == '#';
      if (flag == '+' || (flag == ' ' && format.plus != '+')) format.plus = flag;
    }
    format.width = static_cast<size_t>(take_number(rest_).value_or(0));
    if (skip(rest_, '.')) format.precision = take_number(rest_).value_or(0);
    if (rest_.empty()) fail("a format ends after '%'");
    const std::string_view letter = take(rest_, offset_of(rest_, 1));
    if (letter.size() > 1) unknown(letter);
    format.type = letter.front();
    if (format.type == '%') return add("%");
    convert(argument(key), format);
  }

  [[noreturn]] static void unknown(std::string_view letter) {
    fail("the format '%" + std::string(letter) +
         "' is not known; there are %s %r %d %i %u %x %X %o %e %E %f %F %g %G %%");
  }

  void convert(const Value& value, FieldFormat format) {
    switch (format.type) {
      case 's':
        return text_field(shown(value, budget_), value.is_safe(), format);
      case 'r':
        return text_field(repr(value, budget_), false, format);
      case 'd':
      case 'i':
      case 'u':
        format.type = 'd';
        format.alternate = false;
        if (value.is_undefined()) use_of_undefined(value);
        return add(format_number(whole(value), format));
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'o':
      case 'x':
      case 'X':
        if (value.is_undefined()) use_of_undefined(value);
        return add(format_number(value, format));
      default:
        unknown({&format.type, 1});
    }
  }

  void text_field(std::string text, bool already_safe, const FieldFormat& format) {
    text = maybe_escaped(std::move(text), safe_ && !already_safe);
    add(padded(cut(std::move(text), format.precision), format));
  }

  static Value whole(const Value& value) {
    if (!value.is(Kind::real)) return value;
    if (!(std::abs(value.real()) < 9e18)) fail("a float is too large for the format '%d'");
    return static_cast<int64_t>(value.real());
  }

  std::string_view rest_;
  const bool safe_;
  const Value& arguments_;
  Budget& budget_;
  std::string out_;
  size_t next_ = 0;
  bool keyed_ = false;
};

}  // namespace

Value format_percent(const Value& text, const Value& arguments, Budget& budget) {
  return Percent(text, arguments, budget).run();
}

}  // namespace stoq::plugins::jinja
