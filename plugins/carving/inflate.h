// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "carving/bytes.h"

struct archive;

namespace stoq::plugins::carving {

/// Compressed bytes without a container, piece by piece. One thread at a time.
class Inflater {
 public:
  enum class Kind : std::uint8_t {
    zlib,     // deflate behind two bytes of header
    deflate,  // the same without
    lzma,     // behind five bytes of properties; its size is known
  };

  /// `body` must outlive the reader. `size`: of what comes out, for lzma alone.
  Inflater(Kind kind, Bytes body, std::uint64_t size = 0);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The next piece, valid until the next call; empty at the end, and where the rest is damaged.
  Bytes next();
  bool damaged() const { return damaged_; }
  /// Bytes of the body that were read, up to 16 KiB more than were needed.
  std::size_t taken() const { return taken_; }

 private:
  static std::int64_t read(archive*, void* self, const void** bytes);

  Bytes body_;
  std::array<std::uint8_t, 16> head_{};
  std::size_t head_size_ = 0, taken_ = 0;
  enum class Next : std::uint8_t { head, body, tail, nothing } next_ = Next::head;
  bool damaged_ = false, ended_ = false;
  archive* archive_ = nullptr;
};

/// Up to `most` bytes of what `body` holds. `damaged`: there should have been more.
struct Inflated {
  std::string content;
  bool damaged = false, cut = false;  // cut: there is more than `most`
};
Inflated inflate(Inflater::Kind kind, Bytes body, std::size_t most);

}  // namespace stoq::plugins::carving
