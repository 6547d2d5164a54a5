// SPDX-License-Identifier: Apache-2.0
#include "archives/member.h"

#include <array>
#include <utility>

namespace stoq::plugins::archives {
namespace {

constexpr std::size_t kMaxErrors = 100;

}  // namespace

std::string_view name_of(Kind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"file",     "directory", "symlink",
                                                             "hardlink", "device",    "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string too_large(std::uint64_t size, std::uint64_t maximum) {
  return "too large (" + std::to_string(size) + " > " + std::to_string(maximum) + ")";
}

void Report::error(std::string what) {
  if (errors.size() < kMaxErrors) {
    errors.push_back(std::move(what));
  } else {
    ++more_errors;
  }
}

void Report::list(Member&& member, std::size_t max_listed) {
  if (member.status.starts_with("damaged: ")) error(member.name + ": " + member.status);
  if (member.status.starts_with("too large "))
    error("Extracted object is " + member.status + ": " + member.name);
  ++member_count;
  if (members.size() < max_listed) members.push_back(std::move(member));
}

void Report::close_errors() {
  if (more_errors > 0)
    errors.push_back(std::to_string(more_errors) + " more errors are not listed");
}

}  // namespace stoq::plugins::archives
