// SPDX-License-Identifier: Apache-2.0
//
// Handing parts of a payload on.
#pragma once

#include <algorithm>
#include <string>

#include "carving/bytes.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::carving {

inline constexpr std::size_t kPiece = std::size_t{256} << 10;

/// {"extra_data": {...}}: `members` writes what stands between the inner braces.
template <class Members>
std::string meta_with(Members&& members) {
  sdk::JsonWriter w;
  w.begin_object().key("extra_data").begin_object();
  members(w);
  w.end_object().end_object();
  return w.take();
}

/// One payload out of `content`, in pieces. False: the engine takes no more.
inline bool give(sdk::Call& call, Bytes content, std::string_view meta) {
  if (!call.begin(meta)) return false;
  for (; !content.empty(); content = content.subspan(std::min(kPiece, content.size())))
    if (!call.write(content.first(std::min(kPiece, content.size())))) return false;
  return call.end();
}
inline bool give(sdk::Call& call, std::string_view content, std::string_view meta) {
  return give(call, bytes_of(content), meta);
}

}  // namespace stoq::plugins::carving
