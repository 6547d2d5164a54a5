// SPDX-License-Identifier: Apache-2.0
#include "rtf_body.h"

#include <algorithm>

#include "office/lzfu.h"

namespace stoq::plugins::msg {

RtfBody decompress_rtf(office::Bytes property, std::size_t most) {
  office::Cursor in(property);
  in.skip(4);
  const std::uint32_t raw_size = in.u32(), method = in.u32();
  in.skip(4);  // a checksum that readers of foreign messages do not insist on
  RtfBody body;
  const std::size_t wanted = std::min<std::size_t>(raw_size, most);
  const office::Bytes packed = office::part_of(property, in.at());
  if (method == office::kLzfuStored) {
    const office::Bytes raw = office::part_of(packed, 0, wanted);
    body.bytes.assign(raw.begin(), raw.end());
  } else if (method == office::kLzfuCompressed) {
    body.bytes = office::expand_lzfu(packed, wanted).bytes;
  } else {
    body.problem = "is compressed by an unknown method";
    return body;
  }
  if (body.bytes.size() < raw_size)
    body.problem =
        "has " + std::to_string(body.bytes.size()) + " of " + std::to_string(raw_size) + " bytes";
  return body;
}

}  // namespace stoq::plugins::msg
