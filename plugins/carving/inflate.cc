// SPDX-License-Identifier: Apache-2.0
//
// libarchive reads deflate in gzip files and LZMA in .lzma files: the body gets such a head, and
// zeros for the checksum at the end, which libarchive does not look at.
#include "carving/inflate.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>

namespace stoq::plugins::carving {
namespace {

constexpr std::size_t kTaken = std::size_t{16} << 10;
constexpr std::array<std::uint8_t, 10> kGzip = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF};
constexpr std::array<std::uint8_t, 8> kTail{};

// A power of two, since libarchive takes no others; larger than asked for does no harm.
std::uint32_t dictionary_for(std::uint32_t asked) {
  std::uint32_t size = 1u << 12;
  while (size < asked && size < 1u << 26) size <<= 1;
  return size;
}

bool is_zlib(Bytes b) {
  return b.size() >= 2 && (u8(b, 0) & 0x8F) == 8 && (u8(b, 1) & 0x20) == 0 && be16(b, 0) % 31 == 0;
}

}  // namespace

Inflater::Inflater(Kind kind, Bytes body, std::uint64_t size) : body_(body) {
  if (kind == Kind::lzma) {
    if (body.size() < 5) {
      damaged_ = ended_ = true;
      return;
    }
    head_[0] = body[0];
    const std::uint64_t dictionary = dictionary_for(le32(body, 1));
    for (unsigned i = 0; i < 4; ++i) head_[1 + i] = static_cast<std::uint8_t>(dictionary >> 8 * i);
    for (unsigned i = 0; i < 8; ++i) head_[5 + i] = static_cast<std::uint8_t>(size >> 8 * i);
    head_size_ = 13;
    body_ = body.subspan(5);
  } else {
    if (kind == Kind::zlib) {
      if (!is_zlib(body)) {
        damaged_ = ended_ = true;
        return;
      }
      body_ = body.subspan(2);
    }
    std::ranges::copy(kGzip, head_.begin());
    head_size_ = kGzip.size();
  }
  archive_ = archive_read_new();
  archive_read_support_format_raw(archive_);
  if (kind == Kind::lzma) {
    archive_read_support_filter_lzma(archive_);
  } else {
    archive_read_support_filter_gzip(archive_);
  }
  archive_entry* entry = nullptr;
  const auto read_callback = [](archive* a, void* self, const void** bytes) -> la_ssize_t {
    return read(a, self, bytes);
  };
  if (archive_read_open(archive_, this, nullptr, read_callback, nullptr) != ARCHIVE_OK ||
      archive_read_next_header(archive_, &entry) != ARCHIVE_OK)
    damaged_ = ended_ = true;
  else if (archive_filter_count(archive_) < 2)  // it saw no compression
    damaged_ = ended_ = true;
}

Inflater::~Inflater() {
  if (archive_) archive_read_free(archive_);
}

std::int64_t Inflater::read(archive*, void* self, const void** bytes) {
  auto& me = *static_cast<Inflater*>(self);
  if (me.next_ == Next::head) {
    me.next_ = Next::body;
    *bytes = me.head_.data();
    return static_cast<std::int64_t>(me.head_size_);
  }
  if (me.next_ == Next::body && me.taken_ < me.body_.size()) {
    const Bytes piece = part(me.body_, me.taken_, kTaken);
    me.taken_ += piece.size();
    *bytes = piece.data();
    return static_cast<std::int64_t>(piece.size());
  }
  if (me.next_ == Next::nothing) return 0;
  me.next_ = Next::nothing;
  *bytes = kTail.data();
  return static_cast<std::int64_t>(kTail.size());
}

Bytes Inflater::next() {
  while (!ended_) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(archive_, &bytes, &size, &offset);
    if (status == ARCHIVE_EOF) {
      ended_ = true;
    } else if (status != ARCHIVE_OK) {
      ended_ = damaged_ = true;
    } else if (size > 0) {
      return {static_cast<const std::uint8_t*>(bytes), size};
    }
  }
  return {};
}

Inflated inflate(Inflater::Kind kind, Bytes body, std::size_t most) {
  Inflated out;
  Inflater inflater(kind, body);
  for (Bytes piece; !out.cut && !(piece = inflater.next()).empty();) {
    const std::size_t room = most - out.content.size();
    out.cut = piece.size() > room;
    out.content += text_of(piece.first(std::min(piece.size(), room)));
  }
  out.damaged = inflater.damaged();
  return out;
}

}  // namespace stoq::plugins::carving
