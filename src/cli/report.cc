// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <algorithm>

#include "cli/visible.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {
namespace {

constexpr std::string_view kWords[] = {"ok", "note", "problem"};

}  // namespace

void Report::add(std::string name, Status status, std::string text, std::string advice) {
  checks_.push_back({section_, std::move(name), status, std::move(text), std::move(advice)});
}

size_t Report::problems() const {
  return static_cast<size_t>(std::count_if(checks_.begin(), checks_.end(), [](const Check& check) {
    return check.status == Status::problem;
  }));
}

std::string Report::text() const {
  size_t width = 0;
  for (const Check& check : checks_)
    width = std::max(width, std::min<size_t>(columns_of(visible(check.name, kTextColumns)), 24));
  std::string out, section;
  for (const Check& check : checks_) {
    if (check.section != section) {
      section = check.section;
      out += (out.empty() ? "" : "\n") + section + "\n";
    }
    const bool bad = check.status == Status::problem;
    out +=
        "  " + padded(bad ? "PROBLEM" : std::string(kWords[static_cast<size_t>(check.status)]), 9) +
        padded(visible(check.name, kTextColumns), width) + "  " + visible(check.text, kTextColumns);
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
    if (!check.advice.empty())
      out += std::string(11, ' ') + "-> " + visible(check.advice, kTextColumns) + "\n";
  }
  const size_t n = problems();
  return out + "\n" + (n == 0 ? "no" : std::to_string(n)) + (n == 1 ? " problem\n" : " problems\n");
}

std::string Report::json() const {
  sdk::JsonWriter w;
  w.begin_object();
  w.member("problems", problems());
  w.key("checks"), w.begin_array();
  for (const Check& check : checks_) {
    w.begin_object();
    w.member("section", std::string_view(check.section));
    w.member("name", std::string_view(check.name));
    w.member("status", kWords[static_cast<size_t>(check.status)]);
    w.member("text", std::string_view(check.text));
    w.member("advice", std::string_view(check.advice));
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return sdk::indent(w.str(), 4) + "\n";
}

}  // namespace stoq::cli
