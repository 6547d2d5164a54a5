// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "b64decode/base64.h"

namespace stoq::plugins::office {

/// The bytes behind base64 text in XML: what is no letter of the alphabet is passed over, '=' ends it.
inline std::vector<std::uint8_t> from_base64(std::string_view text) {
  text = text.substr(0, text.find('='));
  const auto bytes = [](std::string_view t) {
    return std::span(reinterpret_cast<const std::uint8_t*>(t.data()), t.size());
  };
  b64decode::Decoder decoder;
  std::vector<std::uint8_t> out(b64decode::decoded_room(text.size() + 4));
  std::size_t size = decoder.decode(bytes(text), out.data());
  if (decoder.ending() == b64decode::Decoder::Ending::unpadded)
    size += decoder.decode(bytes("=="), out.data() + size);
  out.resize(size);
  return out;
}

}  // namespace stoq::plugins::office
