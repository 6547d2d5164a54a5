// SPDX-License-Identifier: Apache-2.0
#include "filters.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <qpdf/Pipeline.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <qpdf/QPDFStreamFilter.hh>
#include <string>
#include <utility>
#include <vector>

namespace stoq::plugins::pdf {
namespace {

constexpr std::size_t kPiece = 64 << 10, kMaxRow = 1 << 20;

/// One filter: what it gives is counted.
class Stage : public Pipeline {
 public:
  explicit Stage(Pipeline* to) : Pipeline("stage", to) {}
  using Pipeline::write;
  void finish() override {
    if (!ended_ && fed_) budget().damaged = true;
    getNext()->finish();
  }

 protected:
  void give(const unsigned char* bytes, std::size_t size) {
    if (size == 0) return;
    budget().spend(size);
    getNext()->write(bytes, size);
  }
  bool ended_ = false;  // the data said where it ends
  bool fed_ = false;
};

class Inflate final : public Stage {
 public:
  explicit Inflate(Pipeline* to) : Stage(to) { inflateInit(&stream_); }
  ~Inflate() override { inflateEnd(&stream_); }

  void write(const unsigned char* bytes, std::size_t size) override {
    for (fed_ = fed_ || size > 0; size > 0 && !ended_;) {
      const std::size_t part = std::min<std::size_t>(size, 1u << 30);
      stream_.next_in = const_cast<unsigned char*>(bytes);
      stream_.avail_in = static_cast<unsigned>(part);
      bytes += part, size -= part;
      run();
    }
  }

 private:
  void run() {
    do {
      stream_.next_out = out_.data();
      stream_.avail_out = static_cast<unsigned>(out_.size());
      const int state = inflate(&stream_, Z_NO_FLUSH);
      give(out_.data(), out_.size() - stream_.avail_out);
      ended_ = state == Z_STREAM_END;
      if (state == Z_OK || state == Z_BUF_ERROR || ended_) continue;
      budget().damaged = ended_ = true;
    } while (!ended_ && (stream_.avail_in > 0 || stream_.avail_out == 0));
  }

  z_stream stream_{};
  std::array<unsigned char, kPiece> out_;
};

class Lzw final : public Stage {
 public:
  Lzw(Pipeline* to, bool early) : Stage(to), early_(early) {}

  void write(const unsigned char* bytes, std::size_t size) override {
    fed_ = fed_ || size > 0;
    for (std::size_t i = 0; i < size && !ended_; ++i) {
      bits_ = bits_ << 8 | bytes[i];
      count_ += 8;
      if (count_ < width_) continue;
      count_ -= width_;
      take(bits_ >> count_ & ((1u << width_) - 1));
    }
  }
  void finish() override {
    give(out_.data(), std::exchange(used_, 0));
    Stage::finish();
  }

 private:
  static constexpr unsigned kClear = 256, kEnd = 257, kMost = 4096, kNone = ~0u;

  void take(unsigned code) {
    if (code == kEnd) {
      ended_ = true;
      return;
    }
    if (code == kClear) {
      next_ = kEnd + 1, width_ = 9, last_ = kNone;
      return;
    }
    const bool is_new = code >= next_;
    if (is_new ? last_ == kNone || code > next_ : code > 255 && code < 258) {
      budget().damaged = ended_ = true;
      return;
    }
    // Backwards from the end of the sequence; a code that is just being made ends as it begins.
    std::size_t length = 0;
    if (is_new) ++length;
    for (unsigned at = is_new ? last_ : code;; at = before_[at]) {
      stack_[length++] = at < 256 ? static_cast<unsigned char>(at) : byte_[at];
      if (at < 256) break;
    }
    const unsigned char first = stack_[length - 1];
    if (is_new) stack_[0] = first;
    if (used_ + length > out_.size()) give(out_.data(), std::exchange(used_, 0));
    while (length > 0) out_[used_++] = stack_[--length];
    if (last_ != kNone && next_ < kMost) {
      before_[next_] = static_cast<std::uint16_t>(last_);
      byte_[next_++] = first;
    }
    last_ = code;
    const unsigned full = next_ + (early_ ? 1 : 0);
    width_ = full >= 2048 ? 12 : full >= 1024 ? 11 : full >= 512 ? 10 : 9;
  }

  bool early_;
  std::uint32_t bits_ = 0;
  unsigned count_ = 0, width_ = 9, next_ = kEnd + 1, last_ = kNone;
  std::array<std::uint16_t, kMost> before_{};
  std::array<unsigned char, kMost> byte_{};
  std::array<unsigned char, kMost + 1> stack_{};
  std::size_t used_ = 0;
  std::array<unsigned char, kPiece> out_;
};

class RunLength final : public Stage {
 public:
  using Stage::Stage;

  void write(const unsigned char* bytes, std::size_t size) override {
    fed_ = fed_ || size > 0;
    while (size > 0 && !ended_) {
      if (copies_ > 0) {
        const std::size_t part = std::min(copies_, size);
        give(bytes, part);
        copies_ -= part, bytes += part, size -= part;
        continue;
      }
      const unsigned char c = *bytes++;
      --size;
      if (repeats_ > 0) {
        const std::string run(std::exchange(repeats_, 0), static_cast<char>(c));
        give(reinterpret_cast<const unsigned char*>(run.data()), run.size());
      } else if (c < 128) {
        copies_ = c + 1u;
      } else if (c == 128) {
        ended_ = true;
      } else {
        repeats_ = 257u - c;
      }
    }
  }
  void finish() override {
    ended_ |= copies_ == 0 && repeats_ == 0;  // many leave the end mark out
    Stage::finish();
  }

 private:
  std::size_t copies_ = 0, repeats_ = 0;
};

/// Undoes the predictors of PNG (10 and above) and of TIFF (2, for samples of eight bits).
class Predictor final : public Pipeline {
 public:
  Predictor(Pipeline* to, bool png, std::size_t row, std::size_t pixel)
      : Pipeline("predictor", to), png_(png), pixel_(pixel), above_(row), row_(row) {}
  using Pipeline::write;

  void write(const unsigned char* bytes, std::size_t size) override {
    while (size > 0) {
      if (png_ && !tagged_) {
        tag_ = *bytes++;
        tagged_ = true;
        --size;
        continue;
      }
      const std::size_t part = std::min(size, row_.size() - filled_);
      std::copy_n(bytes, part, row_.begin() + static_cast<std::ptrdiff_t>(filled_));
      filled_ += part, bytes += part, size -= part;
      if (filled_ == row_.size()) end_row();
    }
  }
  void finish() override {
    if (filled_ > 0) end_row();
    getNext()->finish();
  }

 private:
  void end_row() {
    for (std::size_t i = 0; i < filled_; ++i) {
      const int left = i >= pixel_ ? row_[i - pixel_] : 0, up = above_[i],
                corner = i >= pixel_ ? above_[i - pixel_] : 0;
      row_[i] = static_cast<unsigned char>(row_[i] + (png_ ? predicted(left, up, corner) : left));
    }
    getNext()->write(row_.data(), filled_);
    std::swap(row_, above_);
    filled_ = 0;
    tagged_ = false;
  }
  int predicted(int left, int up, int corner) const {
    switch (tag_) {
      case 1:
        return left;
      case 2:
        return up;
      case 3:
        return (left + up) / 2;
      case 4: {
        const int a = std::abs(up - corner), b = std::abs(left - corner),
                  c = std::abs(left + up - 2 * corner);
        return a <= b && a <= c ? left : b <= c ? up : corner;
      }
      default:
        return 0;
    }
  }

  bool png_, tagged_ = false;
  unsigned char tag_ = 0;
  std::size_t pixel_, filled_ = 0;
  std::vector<unsigned char> above_, row_;
};

std::size_t number(QPDFObjectHandle parms, const char* key, std::size_t otherwise) {
  QPDFObjectHandle value = parms.getKey(key);
  if (!value.isInteger()) return otherwise;
  const long long n = value.getIntValue();
  return n < 0 || n > 1 << 30 ? 0 : static_cast<std::size_t>(n);
}

enum class Coding { flate, lzw, run_length, picture };

class Filter final : public QPDFStreamFilter {
 public:
  explicit Filter(Coding coding) : coding_(coding) {}

  bool setDecodeParms(QPDFObjectHandle parms) override {
    if (!parms.isDictionary()) return true;
    early_ = number(parms, "/EarlyChange", 1) != 0;
    predictor_ = number(parms, "/Predictor", 1);
    if (coding_ == Coding::picture || coding_ == Coding::run_length || predictor_ < 2) return true;
    const std::size_t columns = number(parms, "/Columns", 1), colors = number(parms, "/Colors", 1),
                      bits = number(parms, "/BitsPerComponent", 8);
    if (columns == 0 || columns > kMaxRow || colors == 0 || colors > 32 || bits == 0 || bits > 16)
      return false;
    row_ = (columns * colors * bits + 7) / 8;
    pixel_ = std::max<std::size_t>(1, colors * bits / 8);
    return row_ <= kMaxRow && (predictor_ >= 10 || (predictor_ == 2 && bits == 8));
  }

  Pipeline* getDecodePipeline(Pipeline* next) override {
    if (coding_ == Coding::picture) return next;
    if (coding_ == Coding::run_length) return keep(std::make_unique<RunLength>(next));
    if (predictor_ >= 2)
      next = keep(std::make_unique<Predictor>(next, predictor_ >= 10, row_, pixel_));
    if (coding_ == Coding::lzw) return keep(std::make_unique<Lzw>(next, early_));
    return keep(std::make_unique<Inflate>(next));
  }

 private:
  Pipeline* keep(std::unique_ptr<Pipeline> pipeline) {
    made_.push_back(std::move(pipeline));
    return made_.back().get();
  }

  Coding coding_;
  bool early_ = true;
  std::size_t predictor_ = 1, row_ = 0, pixel_ = 1;
  std::vector<std::unique_ptr<Pipeline>> made_;
};

}  // namespace

void Budget::spend(std::uint64_t bytes) {
  if (bytes > of_stream || bytes > of_document) {
    exceeded = true;
    throw Stop();
  }
  of_stream -= bytes;
  of_document -= bytes;
}

Budget& budget() {
  thread_local Budget of_thread;
  return of_thread;
}

void register_filters() {
  static std::once_flag once;
  std::call_once(once, [] {
    const std::pair<const char*, Coding> all[] = {
        {"/FlateDecode", Coding::flate},          {"/LZWDecode", Coding::lzw},
        {"/RunLengthDecode", Coding::run_length}, {"/DCTDecode", Coding::picture},
        {"/JPXDecode", Coding::picture},          {"/JBIG2Decode", Coding::picture},
        {"/CCITTFaxDecode", Coding::picture}};
    for (const auto& [name, coding] : all)
      QPDF::registerStreamFilter(name,
                                 [kept = coding] { return std::make_shared<Filter>(kept); });
  });
}

}  // namespace stoq::plugins::pdf
