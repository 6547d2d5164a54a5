// SPDX-License-Identifier: Apache-2.0
#include "kinds.h"

namespace stoq::plugins::last_resort {
namespace {

using namespace std::string_view_literals;

bool is_pe(carving::Bytes content) {
  constexpr std::uint16_t kI386 = 0x14C;
  if (!carving::has(content, 0, "MZ"sv)) return false;
  const std::size_t at = carving::le32(content, 0x3C);
  return carving::has(content, at, "PE\0\0"sv) && carving::le16(content, at + 4) == kI386;
}

// The third identifier of what Symbian installs, up to release 8.
bool is_sis(carving::Bytes content) {
  return carving::le32(content, 8) == 0x10000419;
}

}  // namespace

Kind kind_of(carving::Bytes content) {
  if (is_pe(content)) return Kind::pe;
  if (is_sis(content)) return Kind::sis;
  if (carving::has(content, 0, "EGGA"sv)) return Kind::egg;
  if (carving::has(content, 0, "ALZ\1"sv)) return Kind::alz;
  return Kind::none;
}

std::string_view name_of(Kind kind) {
  constexpr std::string_view kNames[] = {"", "pe", "sis", "egg", "alz"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace stoq::plugins::last_resort
