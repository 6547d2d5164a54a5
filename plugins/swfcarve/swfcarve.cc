// SPDX-License-Identifier: Apache-2.0
//
// The worker around next_head(): every movie becomes a payload, decompressed.
#include <algorithm>
#include <array>

#include "carving/give.h"
#include "carving/inflate.h"
#include "swf.h"

namespace stoq::plugins::swfcarve {
namespace {

using carving::Bytes;
using carving::Inflater;

constexpr std::size_t kTags = 4;  // that a movie must have which breaks off

class Carver {
 public:
  Carver(Bytes content, uint64_t most, sdk::Call& call)
      : content_(content), most_(most), call_(call), budget_((content.size() + (2 << 20)) * 8) {}

  void run() {
    for (std::size_t at = 0; !stopped_ && !call_.cancelled();) {
      const auto hit = next_head(content_, at);
      if (!hit) return;
      const SwfHead head = head_at(content_, *hit);
      const std::size_t passed = head.compression == 'F' ? stored(*hit, head) : packed(*hit, head);
      at = *hit + std::max<std::size_t>(passed, 1);
      if (budget_ > 0) continue;
      call_.error("Too many damaged SWF payloads: not looked at from offset " + std::to_string(at) +
                  " on");
      return;
    }
  }

 private:
  // Both give how many bytes of the content belong to the movie for sure; 0 where there is none.
  std::size_t stored(std::size_t at, const SwfHead& head) {
    const Bytes movie = carving::part(content_, at, head.length);
    if (!is_movie(carving::part(movie, kHead), kTags)) return 0;
    if (movie.size() == content_.size()) return movie.size();  // the payload itself
    stopped_ = !carving::give(call_, movie, meta_of(at, head, movie.size() < head.length));
    return movie.size();
  }

  std::size_t packed(std::size_t at, const SwfHead& head) {
    const bool lzma = head.compression == 'Z';
    const Bytes body = carving::part(content_, at + kHead + (lzma ? 4 : 0));
    if (lzma ? !may_be_lzma(body) : !may_be_zlib(body)) return 0;
    if (head.length > most_) {
      call_.error("SWF payload at offset " + std::to_string(at) + " says that it has " +
                  std::to_string(head.length) + " bytes, more than maximum_size (" +
                  std::to_string(most_) + "); it was left out");
      return 0;
    }
    Inflater inflater(lzma ? Inflater::Kind::lzma : Inflater::Kind::zlib, body,
                      head.length - kHead);
    Bytes piece = inflater.next();
    if (!is_movie(piece, 0)) {
      budget_ -= std::min(budget_, inflater.taken());
      if (inflater.damaged()) unable(at);
      return 0;
    }
    std::array<uint8_t, kHead> first{'F', 'W', 'S', head.version};
    for (unsigned i = 0; i < 4; ++i) first[4 + i] = static_cast<uint8_t>(head.length >> 8 * i);
    uint64_t rest = head.length - kHead;
    bool going = call_.begin(meta_of(at, head, false)) && call_.write(first);
    for (; going && !piece.empty() && rest > 0; piece = inflater.next()) {
      piece = carving::part(piece, 0, rest);
      rest -= piece.size();
      going = call_.write(piece);
    }
    if (going && rest > 0) {
      unable(at);
      going = call_.meta(meta_of(at, head, true));
    }
    stopped_ = !going || !call_.end();
    constexpr std::size_t kRough = 16 << 10;
    return inflater.taken() > kRough ? inflater.taken() - kRough : kHead;
  }

  void unable(std::size_t at) {
    if (++errors_ <= 100)
      call_.error("Unable to decompress SWF payload at offset " + std::to_string(at));
  }

  static bool may_be_zlib(Bytes b) {
    return (carving::u8(b, 0) & 0x8F) == 8 && carving::be16(b, 0) % 31 == 0;
  }
  static bool may_be_lzma(Bytes b) {  // properties, a dictionary, and a first byte that is always 0
    return b.size() > 6 && b[0] < 225 && b[5] == 0 && carving::le32(b, 1) >= 1 << 12;
  }

  static std::string meta_of(std::size_t at, const SwfHead& head, bool truncated) {
    return carving::meta_with([&](sdk::JsonWriter& w) {
      w.member("offset", at).member("swf_version", head.version);
      if (truncated) w.member("truncated", true);
    });
  }

  Bytes content_;
  uint64_t most_;
  sdk::Call& call_;
  std::size_t budget_;  // bytes that may be read for nothing
  unsigned errors_ = 0;
  bool stopped_ = false;
};

class SwfCarve {
 public:
  static constexpr sdk::Option options[] = {
      {"maximum_size", sdk::Kind::size, "256MiB",
       "bytes of one movie, as its head says; a larger one is an error", 1024, 4294967295.0},
  };

  explicit SwfCarve(const sdk::Host& host)
      : most_(static_cast<uint64_t>(host.integer("maximum_size"))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    Carver(payload.content(), most_, call).run();
  }

 private:
  uint64_t most_;
};

}  // namespace

STOQ_PLUGIN(SwfCarve, "swfcarve", "4.0.0")

}  // namespace stoq::plugins::swfcarve
