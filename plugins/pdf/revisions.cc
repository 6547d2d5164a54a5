// SPDX-License-Identifier: Apache-2.0
#include "revisions.h"

#include <algorithm>

namespace stoq::plugins::pdf {
namespace {

constexpr std::string_view kEnd = "%%EOF";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "12 0" before "obj" at `obj`, or nothing.
std::string_view object_before(std::string_view content, std::size_t obj) {
  std::size_t at = obj;
  const auto back_over = [&](auto wanted) {
    const std::size_t from = at;
    while (at > 0 && from - at < 12 && wanted(content[at - 1])) --at;
    return at < from;
  };
  const auto blank = [](char c) { return c == ' ' || c == '\r' || c == '\n' || c == '\t'; };
  if (!back_over(blank)) return {};
  const std::size_t end = at;
  if (!back_over(is_digit) || !back_over(blank) || !back_over(is_digit)) return {};
  return content.substr(at, end - at);
}

}  // namespace

bool is_pdf(std::string_view content) {
  return content.substr(0, 1024 + 5).find("%PDF-") != content.npos;
}

std::vector<std::size_t> ends_of_revisions(std::string_view content, std::size_t most) {
  std::vector<std::size_t> ends;
  std::size_t at = content.rfind(kEnd);
  while (at != content.npos && at > 0 && ends.size() < most) {
    at = content.rfind(kEnd, at - 1);
    if (at != content.npos) ends.push_back(at + kEnd.size());
  }
  return ends;
}

std::string substitute_trailer(std::string_view content) {
  std::string root = "8388606 0";  // an object of ours, where no other is found
  std::string out =
      "\nendstream\nendobj\n8388606 0 obj\n<</Type/Catalog/Pages 8388605 0 R>>\nendobj\n"
      "8388605 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n";
  if (const std::size_t type = content.rfind("/Catalog"); type != content.npos) {
    const std::size_t obj = content.rfind("obj", type);
    if (obj != content.npos)
      if (const auto found = object_before(content, obj); !found.empty()) root = found;
  }
  return out + "trailer\n<</Size 8388607/Root " + root + " R>>\nstartxref\n0\n%%EOF\n";
}

}  // namespace stoq::plugins::pdf
