// SPDX-License-Identifier: Apache-2.0
// Heads of Flash files, and compressed bytes behind them.
#include "fuzz/target.h"
#include "plugins/carving/inflate.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/swfcarve/swf.h"

using namespace stoq::plugins;
using stoq::fuzz::must;

STOQ_FUZZ(swfcarve) {
  unsigned most = 20;
  for (size_t at = 0; most-- > 0;) {
    const auto hit = swfcarve::next_head(data, at);
    if (!hit) return;
    must(*hit >= at && *hit + swfcarve::kHead < data.size());
    const auto head = swfcarve::head_at(data, *hit);
    must(head.version >= 1 && head.version <= swfcarve::kMaxVersion &&
         head.length > swfcarve::kHead);
    swfcarve::is_movie(carving::part(data, *hit + swfcarve::kHead), 4);
    if (head.compression != 'F') {
      const bool lzma = head.compression == 'Z';
      const auto body = carving::part(data, *hit + swfcarve::kHead + (lzma ? 4 : 0));
      carving::Inflater inflater(
          lzma ? carving::Inflater::Kind::lzma : carving::Inflater::Kind::zlib, body, head.length);
      size_t size = 0;
      for (carving::Bytes piece; size < 1 << 20 && !(piece = inflater.next()).empty();)
        size += piece.size();
      must(inflater.taken() <= body.size());
    }
    at = *hit + 1;
  }
}

STOQ_FUZZ_SEEDS(swfcarve) {
  using namespace std::string_literals;
  const std::string body = "\x08\0\0\x18\1\0\x44\x11\0\0\0\0\x43\2rgb\x40\0\x40\0\x40\0\0\0"s;
  const std::string size = stoq::test::little(body.size() + 8, 4);
  const std::string stored = "\x78\x01\1"s + stoq::test::little(body.size(), 2) +
                             stoq::test::little(~body.size(), 2) + body + "\0\0\0\0"s;
  const std::string lzma = "\x44\0\0\0\x5D\0\0\x80\0\0\x04\0\x07\xDD\xA7\x84\x1A\x79\x6C"s;
  return {"text FWS\x0A" + size + body, "FWS CWS\x0A" + size + stored, "ZWS\x0D" + size + lzma};
}
