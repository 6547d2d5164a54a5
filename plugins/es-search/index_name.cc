// SPDX-License-Identifier: Apache-2.0
#include "index_name.h"

#include <algorithm>
#include <ctime>

#include "http/split.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::es_search {
namespace {

constexpr size_t kLongest = 255;  // bytes
constexpr std::string_view kForbidden = "\\/*?\"<>| ,#:";

bool is_forbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 || kForbidden.find(c) != kForbidden.npos;
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// "2026-11" of "2026-11-24T02:55:10".
std::string month_of(std::string_view time) {
  const auto digits = [&](size_t from, size_t count) {
    return std::all_of(time.begin() + from, time.begin() + from + count,
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  if (time.size() > 7 && digits(0, 4) && time[4] == '-' && digits(5, 2))
    return std::string(time.substr(0, 7));
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%Y-%m", &local)};
}

}  // namespace

std::string index_problem(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kLongest) return "it is longer than 255 bytes";
  if (name == "." || name == ".." || std::string_view("-_+").find(name[0]) != name.npos)
    return "it begins with -, _ or +, or is a dot or two";
  if (std::any_of(name.begin(), name.end(), is_upper)) return "it must be lower case";
  if (std::any_of(name.begin(), name.end(), is_forbidden))
    return R"(a blank and \ / * ? " < > | , # : are not allowed in it)";
  return "";
}

IndexName::IndexName(std::string name, bool by_month, bool split)
    : name_(std::move(name)), by_month_(by_month) {
  if (!split && name_.find(http::kPluginPlace) != name_.npos)
    throw sdk::Error("es_index '" + name_ + "' needs split = true for its {plugin}");
  if (const std::string why = index_problem(of("plugin", "2000-01-01T00:00:00")); !why.empty())
    throw sdk::Error("es_index '" + name_ + "' cannot be the name of an index: " + why);
}

std::string IndexName::of(std::string_view plugin, std::string_view time) const {
  std::string safe(plugin);
  for (char& c : safe) {
    if (is_upper(c)) c = static_cast<char>(c | 0x20);
    if (is_forbidden(c)) c = '_';
  }
  std::string index = http::for_plugin(name_, safe);
  return by_month_ ? index + "-" + month_of(time) : index;
}

}  // namespace stoq::plugins::es_search
