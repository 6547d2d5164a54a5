// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/tree.h"

namespace stoq::cli {

inline constexpr size_t kWide = 120;  // from so many columns on MD5, SHA-1 and ids have room

enum class Ink { plain, dim, strong, good, warning, bad };

// A piece of a line. The text may be anything; the page makes it harmless.
struct Span {
  Ink ink;
  std::string text;
};
using Spans = std::vector<Span>;

// Lines of text, each at most so wide as the style says.
class Page {
 public:
  explicit Page(const TreeStyle& style) : color_(style.color), width_(style.width) {}

  size_t width() const { return width_; }

  // One line behind `rail` (box drawing). What does not fit continues on further lines, at most
  // `rows` in all and indented by `hang`; then it is cut off.
  void line(std::string_view rail, const Spans& spans, size_t rows = 1, size_t hang = 0);

  // A line with a label in front, `rows` as above.
  void finding(std::string_view rail, std::string_view label, Spans spans, size_t rows = 1);

  std::string take() { return std::move(text_); }

 private:
  void row(std::string_view rail, const Spans& spans);

  bool color_;
  size_t width_;
  std::string text_;
};

}  // namespace stoq::cli
