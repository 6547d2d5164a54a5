// SPDX-License-Identifier: Apache-2.0
#include "show.h"

#include <cmath>

#include "text.h"

namespace stoq::plugins::jinja {
namespace {

// Writes one value as repr() does. Recurses over values only, whose depth is bounded; namespaces,
// which may hold themselves, have a bound of their own.
class Repr {
 public:
  explicit Repr(Budget& budget) : budget_(budget) {}

  void write(const Value& value) {
    budget_.room(out_.size() - seen_);
    seen_ = out_.size();
    if (out_.size() > budget_.longest_text()) budget_.too_long();
    switch (value.kind()) {
      case Kind::undefined:
        out_ += "Undefined";
        break;
      case Kind::none:
        out_ += "None";
        break;
      case Kind::boolean:
        out_ += value.boolean() ? "True" : "False";
        break;
      case Kind::integer:
        out_ += std::to_string(value.integer());
        break;
      case Kind::real:
        out_ += float_repr(value.real());
        break;
      case Kind::big:
        out_ += value.digits();
        break;
      case Kind::text:
        if (value.is_safe()) out_ += "Markup(";
        append_repr(out_, value.text());
        if (value.is_safe()) out_ += ')';
        break;
      case Kind::list:
        list(value.list());
        break;
      case Kind::dict:
        dict(value.dict().entries());
        break;
      case Kind::space:
        space(value.space());
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void list(const List& list) {
    static constexpr const char* kOpen[] = {"[",           "(", "(", "dict_keys([", "dict_values([",
                                            "dict_items(["};
    static constexpr const char* kClose[] = {"]", ")", ")", "])", "])", "])"};
    const auto style = static_cast<size_t>(list.style());
    out_ += kOpen[style];
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(list.items()[i]);
    }
    if (list.is_tuple() && list.size() == 1) out_ += ',';
    out_ += kClose[style];
  }
  void dict(const std::vector<Dict::Entry>& entries) {
    out_ += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(entries[i].first);
      out_ += ": ";
      write(entries[i].second);
    }
    out_ += '}';
  }
  void space(const Namespace& space) {
    if (++spaces_ > 5) fail("namespaces are nested too deep to be printed");
    out_ += "<Namespace {";
    for (size_t i = 0; i < space.members.size(); ++i) {
      if (i > 0) out_ += ", ";
      append_repr(out_, space.members[i].first);
      out_ += ": ";
      write(space.members[i].second);
    }
    out_ += "}>";
    --spaces_;
  }

  Budget& budget_;
  std::string out_;
  size_t seen_ = 0;
  int spaces_ = 0;
};

}  // namespace

std::string float_repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  char digits[sdk::detail::kDoubleSize];
  return {digits, sdk::detail::format_double(number, digits)};
}

std::string repr(const Value& value, Budget& budget) {
  Repr repr(budget);
  repr.write(value);
  return repr.take();
}

std::string shown(const Value& value, Budget& budget) {
  if (value.is_undefined()) return "";
  if (!value.is_text()) return repr(value, budget);
  budget.room(value.text().size());
  return std::string(value.text());
}

Value as_text(const Value& value, Budget& budget) {
  return value.is_text() ? value : Value::text(budget, shown(value, budget));
}

std::string escaped(const Value& value, Budget& budget) {
  if (value.is_safe()) return shown(value, budget);
  const std::string text = shown(value, budget);
  budget.room(text.size());
  std::string out;
  append_escaped(out, text);
  return out;
}

}  // namespace stoq::plugins::jinja
