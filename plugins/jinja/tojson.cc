// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "operators.h"
#include "show.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

class Json {
 public:
  Json(std::optional<size_t> indent, Budget& budget) : budget_(budget), indent_(indent) {}

  void write(const Value& value) {
    budget_.room(out_.size() - seen_);
    seen_ = out_.size();
    if (out_.size() > budget_.longest_text()) budget_.too_long();
    switch (value.kind()) {
      case Kind::none:
        out_ += "null";
        break;
      case Kind::boolean:
        out_ += value.boolean() ? "true" : "false";
        break;
      case Kind::real:
        out_ += std::isnan(value.real())   ? "NaN"
                : std::isinf(value.real()) ? (value.real() > 0 ? "Infinity" : "-Infinity")
                                           : float_repr(value.real());
        break;
      case Kind::text:
        string(value.text());
        break;
      case Kind::list:
        sequence('[', value.list().items(), ']', [this](const Value& item) { write(item); });
        break;
      case Kind::dict:
        dict(value.dict().entries());
        break;
      case Kind::integer:
      case Kind::big:
        out_ += shown(value, budget_);
        break;
      default:
        fail("a " + std::string(type_name(value)) + " cannot be written as JSON");
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void line() {
    if (indent_) out_.append(1, '\n').append(*indent_ * depth_, ' ');
  }
  template <class Items, class Write>
  void sequence(char open, const Items& items, char close, const Write& write_one) {
    out_ += open;
    ++depth_;
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += indent_ ? "," : ", ";
      line();
      write_one(items[i]);
    }
    --depth_;
    if (!items.empty()) line();
    out_ += close;
  }
  void dict(const std::vector<Dict::Entry>& entries) {
    std::vector<const Dict::Entry*> sorted;
    for (const Dict::Entry& entry : entries) sorted.push_back(&entry);
    std::stable_sort(sorted.begin(), sorted.end(), [&](const auto* a, const auto* b) {
      return less(a->first, b->first, budget_);
    });
    sequence('{', sorted, '}', [this](const Dict::Entry* entry) {
      if (entry->first.is(Kind::list)) fail("a tuple cannot be a key in JSON");
      const bool quoted = entry->first.is_text();
      if (!quoted) out_ += '"';
      write(entry->first);
      out_ += quoted ? ": " : "\": ";
      write(entry->second);
    });
  }
  void escape(char32_t unit) {
    static constexpr char kDigits[] = "0123456789abcdef";
    out_ += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out_ += kDigits[unit >> shift & 15];
  }
  void string(std::string_view text) {
    out_ += '"';
    while (!text.empty()) {
      const char32_t point = take_point(text);
      if (point >= 0x10000) {
        escape(0xD800 + ((point - 0x10000) >> 10));
        escape(0xDC00 + ((point - 0x10000) & 0x3FF));
      } else if (point >= 0x7F || point == '<' || point == '>' || point == '&' || point == '\'') {
        escape(point);
      } else if (point < 0x20 || point == '"' || point == '\\') {
        char bytes[6];
        out_.append(bytes, sdk::detail::escape_ascii(static_cast<char>(point), bytes));
      } else {
        out_ += static_cast<char>(point);
      }
    }
    out_ += '"';
  }

  Budget& budget_;
  const std::optional<size_t> indent_;
  std::string out_;
  size_t seen_ = 0, depth_ = 0;
};

}  // namespace

std::string to_json(const Value& value, std::optional<size_t> indent, Budget& budget) {
  Json json(indent, budget);
  json.write(value);
  return json.take();
}

}  // namespace stoq::plugins::jinja
