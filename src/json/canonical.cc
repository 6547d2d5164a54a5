// SPDX-License-Identifier: Apache-2.0
#include "json/canonical.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <system_error>
#include <utility>
#include <vector>

#include "stoq/sdk/json_detail.h"

namespace stoq::json {
namespace {

namespace detail = sdk::detail;

constexpr uint32_t kArray = std::numeric_limits<uint32_t>::max();
constexpr size_t kLinear = 16;    // up to so many keys are compared each with each
constexpr size_t kShownKey = 64;  // bytes of a key in a message

constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"true", "true"}, {"false", "false"},   {"null", "null"},
    {"NaN", "null"},  {"Infinity", "null"}, {"-Infinity", "null"}};

// A key of an object that is still open. `at` counts from the start of the output, `input` from
// that of the input.
struct Key {
  uint32_t print, length, at, input;
};

// Enough to tell most keys apart; equal prints are compared in full.
uint32_t fingerprint(const char* key, size_t length) {
  uint64_t head = 0, tail = 0;
  if (length >= 8) {
    head = detail::load64(key);
    tail = detail::load64(key + length - 8);
  } else {
    std::memcpy(&head, key, length);
  }
  const uint64_t mixed = (head ^ (tail << 29 | tail >> 35)) * 0x9E3779B97F4A7C15u;
  return static_cast<uint32_t>(mixed >> 32);
}

// Text that is canonical already is not copied piece by piece: it stays pending in the input,
// from run_ to p_, until something has to differ.
class Canonicaliser {
 public:
  Canonicaliser(std::string_view text, std::string& out, const Limits& limits)
      : begin_(text.data()),
        end_(begin_ + text.size()),
        p_(begin_),
        run_(begin_),
        out_(out),
        start_(out.size()),
        room_(std::min<size_t>(limits.max_size, kArray)),
        limits_(limits) {
    frames_.reserve(16);
    keys_.reserve(32);
  }

  Outcome run() {
    if (static_cast<size_t>(end_ - begin_) > kArray) {
      too_large();
    } else {
      out_.reserve(start_ +
                   std::min<size_t>(room_, static_cast<size_t>(end_ - begin_) * 9 / 8 + 16));
      document();
    }
    if (outcome_.fault != Fault::none) out_.resize(start_);
    return std::move(outcome_);
  }

 private:
  bool document() {
    skip_space();
    for (;;) {
      if (p_ == end_) return unexpected("a value");
      if (*p_ == '{' || *p_ == '[') {
        const bool object = *p_ == '{';
        if (frames_.size() >= limits_.max_depth) return too_deep();
        frames_.push_back(object ? static_cast<uint32_t>(keys_.size()) : kArray);
        ++p_;
        skip_space();
        const bool empty = p_ != end_ && *p_ == (object ? '}' : ']');
        if (!empty) {
          if (over()) return too_large();
          if (object && !key()) return false;
          continue;
        }
      } else if (!scalar()) {
        return false;
      }
      // After a value, or at the end of an empty container: close until another value is due.
      for (;;) {
        skip_space();
        if (over()) return too_large();
        if (frames_.empty()) return finish();
        const bool object = frames_.back() != kArray;
        if (p_ == end_) return unexpected(object ? "',' or '}'" : "',' or ']'");
        if (*p_ == ',') {
          separator();
          if (object && !key()) return false;
          break;
        }
        if (*p_ != (object ? '}' : ']')) return unexpected(object ? "',' or '}'" : "',' or ']'");
        ++p_;
        if (object && !close_object()) return false;
        frames_.pop_back();
      }
    }
  }

  bool finish() {
    if (p_ != end_) return unexpected("the end of the text");
    flush(p_);
    return over() ? too_large() : true;
  }

  bool scalar() {
    if (*p_ == '"') return string();
    const std::string_view rest(p_, static_cast<size_t>(end_ - p_));
    if (detail::is_digit(*p_) || (*p_ == '-' && !rest.starts_with("-Infinity"))) return number();
    for (const auto& [word, canonical] : kWords) {
      if (!rest.starts_with(word)) continue;
      const char* const first = p_;
      p_ += word.size();
      replace(first, canonical);
      return true;
    }
    return unexpected("a value");
  }

  bool digits() {
    if (p_ == end_ || !detail::is_digit(*p_)) return unexpected("a digit");
    while (p_ != end_ && detail::is_digit(*p_)) ++p_;
    return true;
  }

  bool number() {
    const char* const first = p_;
    if (*p_ == '-') ++p_;
    if (p_ != end_ && *p_ == '0')
      ++p_;
    else if (!digits())
      return false;
    if (p_ == end_ || (*p_ != '.' && *p_ != 'e' && *p_ != 'E')) {
      if (*first == '-' && first[1] == '0') replace(first, "0");
      return true;
    }
    if (*p_ == '.' && (++p_, !digits())) return false;
    if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (p_ != end_ && (*p_ == '+' || *p_ == '-')) ++p_;
      if (!digits()) return false;
    }
    double value = 0;
    if (std::from_chars(first, p_, value).ec == std::errc::result_out_of_range)
      value = beyond_double({first, static_cast<size_t>(p_ - first)});
    char text[detail::kDoubleSize];
    replace(first, {text, detail::format_double(value, text)});
    return true;
  }

  // Which way a number left the range of double: the place of its first digit that counts
  // decides.
  static double beyond_double(std::string_view text) {
    const bool negative = text.front() == '-';
    const size_t e = std::min(text.find_first_of("eE"), text.size());
    const size_t point = std::min(text.find('.'), e), leading = text.find_first_of("123456789");
    if (leading >= e) return negative ? -0.0 : 0.0;
    const auto place = static_cast<int64_t>(point) - static_cast<int64_t>(leading);
    // The input is below 4 GiB, so an exponent with more than 12 digits outweighs any place.
    int64_t exponent = 0;
    const bool down = e + 1 < text.size() && text[e + 1] == '-';
    for (size_t i = e + 1; i < text.size(); ++i)
      if (detail::is_digit(text[i]))
        exponent = std::min<int64_t>(exponent * 10 + (text[i] - '0'), 1'000'000'000'000);
    if (place + (down ? -exponent : exponent) > 0) return std::numeric_limits<double>::infinity();
    return negative ? -0.0 : 0.0;
  }

  bool string() {
    const char* const quote = p_++;
    for (;;) {
      p_ = detail::clean_run(p_, end_);
      if (p_ == end_)
        return unexpected("the '\"' that ends the string of byte " +
                          std::to_string(quote - begin_));
      if (*p_ == '"') return ++p_, true;
      if (*p_ != '\\') return bad_character();
      if (!escape()) return false;
      if (over()) return too_large();
    }
  }

  bool escape() {
    const char* const first = p_++;
    if (p_ == end_) return unexpected("the rest of an escape");
    if (*p_ != 'u') {
      if (!detail::short_escape(*p_)) return bad_escape(first);
      if (*p_++ == '/') replace(first, "/");  // the only one of these that is not canonical
      return true;
    }
    char32_t point;
    const char* const after = detail::read_unicode_escape(p_ + 1, end_, point);
    if (!after) return bad_escape(first);
    p_ = after;
    char text[6];
    const bool escaped = point < ' ' || point == '"' || point == '\\';
    replace(first, {text, escaped ? detail::escape_ascii(static_cast<char>(point), text)
                                  : detail::encode_utf8(point, text)});
    return true;
  }

  bool key() {
    if (p_ == end_ || *p_ != '"') return unexpected("a key in double quotes");
    const char* const first = p_;
    const size_t at = written() + static_cast<size_t>(p_ - run_);
    if (!string()) return false;
    if (at < written()) flush(p_);  // a key never lies half in the output, half in the input
    if (over()) return too_large();
    const size_t length = written() + static_cast<size_t>(p_ - run_) - at;
    keys_.push_back({0, static_cast<uint32_t>(length), static_cast<uint32_t>(at),
                     static_cast<uint32_t>(first - begin_)});
    keys_.back().print = fingerprint(text_of(keys_.back()), length);
    skip_space();
    if (p_ == end_ || *p_ != ':') return unexpected("':'");
    separator();
    return true;
  }

  const char* text_of(const Key& key) const {
    return key.at < written() ? out_.data() + start_ + key.at : run_ + (key.at - written());
  }

  bool same(const Key& a, const Key& b) const {
    return a.print == b.print && a.length == b.length &&
           std::memcmp(text_of(a), text_of(b), a.length) == 0;
  }

  bool close_object() {
    const auto first = keys_.begin() + frames_.back(), last = keys_.end();
    const Key* twice = nullptr;
    const auto seen = [&](const Key& key) {
      if (!twice || key.input < twice->input) twice = &key;
    };
    if (static_cast<size_t>(last - first) <= kLinear) {
      for (auto a = first; a != last; ++a)
        for (auto b = first; b != a; ++b)
          if (same(*a, *b)) seen(*a);
    } else {
      std::sort(first, last, [&](const Key& a, const Key& b) {
        if (a.print != b.print) return a.print < b.print;
        if (a.length != b.length) return a.length < b.length;
        const int order = std::memcmp(text_of(a), text_of(b), a.length);
        return order != 0 ? order < 0 : a.input < b.input;
      });
      for (auto b = first + 1; b != last; ++b)
        if (same(b[-1], *b)) seen(*b);
    }
    if (twice) return duplicate(*twice);
    keys_.erase(first, last);
    return true;
  }

  // At ',' or ':': one space follows it.
  void separator() {
    ++p_;
    if (p_ != end_ && *p_ == ' ') {
      ++p_;
    } else {
      flush(p_);
      emit(" ", 1);
    }
    skip_space();
  }

  void skip_space() {
    if (p_ == end_ || detail::byte(*p_) > ' ') return;
    const char* const first = p_;
    p_ = detail::skip_space(p_, end_);
    replace(first, {});
  }

  // What was read from `first` on is to appear as `canonical`.
  void replace(const char* first, std::string_view canonical) {
    if (canonical == std::string_view(first, static_cast<size_t>(p_ - first))) return;
    flush(first);
    emit(canonical.data(), canonical.size());
    run_ = p_;
  }

  void flush(const char* to) {
    if (to != run_) emit(run_, static_cast<size_t>(to - run_));
    run_ = to;
  }

  void emit(const char* text, size_t length) {
    if (length > room_) {
      over_ = true;
      return;
    }
    room_ -= length;
    out_.append(text, length);
  }

  size_t written() const { return out_.size() - start_; }
  bool over() const { return over_ || static_cast<size_t>(p_ - run_) > room_; }

  bool fail(Fault fault, const char* at, const std::string& what, const std::string& advice) {
    outcome_.fault = fault;
    outcome_.offset = static_cast<size_t>(at - begin_);
    outcome_.message = what + " at byte " + std::to_string(outcome_.offset) + advice;
    return false;
  }

  static std::string hex(const char* at) {
    static constexpr char kHex[] = "0123456789abcdef";
    return {'0', 'x', kHex[detail::byte(*at) >> 4], kHex[detail::byte(*at) & 15]};
  }

  bool unexpected(const std::string& wanted) {
    std::string what = "unexpected end";
    if (p_ != end_) {
      if (detail::byte(*p_) >= 0x80 && detail::utf8_sequence(p_, end_) < 0) return bad_character();
      const bool printable = *p_ > ' ' && *p_ < 0x7F;
      what = printable ? std::string("unexpected '") + *p_ + "'" : "unexpected " + hex(p_);
    }
    return fail(Fault::syntax, p_, what, ", expected " + wanted);
  }

  bool bad_character() {
    if (detail::byte(*p_) >= 0x80)
      return fail(Fault::utf8, p_, "invalid UTF-8 (" + hex(p_) + ")",
                  ", turn bytes into text first");
    char escape[6];
    const size_t length = detail::escape_ascii(*p_, escape);
    return fail(Fault::syntax, p_, "raw control character " + hex(p_),
                ", write it as " + std::string(escape, length));
  }

  bool bad_escape(const char* at) {
    return fail(Fault::syntax, at, "unknown escape",
                ", expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
  }

  bool duplicate(const Key& key) {
    std::string shown(text_of(key), key.length);
    if (shown.size() > kShownKey) {
      size_t cut = kShownKey;
      while ((shown[cut] & 0xC0) == 0x80) --cut;
      shown.replace(cut, std::string::npos, "...");
    }
    return fail(Fault::duplicate_key, begin_ + key.input, "duplicate key " + shown,
                ", give each key once");
  }

  bool too_large() {
    const size_t most = std::min<size_t>(limits_.max_size, kArray);
    return fail(Fault::too_large, p_, "more than " + std::to_string(most) + " bytes of JSON",
                ", return less or raise the limit");
  }

  bool too_deep() {
    return fail(Fault::too_deep, p_,
                "more than " + std::to_string(limits_.max_depth) + " levels of brackets",
                ", nest less or raise the limit");
  }

  const char* const begin_;
  const char* const end_;
  const char* p_;
  const char* run_;
  std::string& out_;
  const size_t start_;  // of our part of out_
  size_t room_;         // bytes that may still be written
  const Limits& limits_;
  bool over_ = false;
  Outcome outcome_;

  std::byte buffer_[1024];
  std::pmr::monotonic_buffer_resource memory_{buffer_, sizeof buffer_};
  std::pmr::vector<uint32_t> frames_{&memory_};  // one per open bracket: its first key, or kArray
  std::pmr::vector<Key> keys_{&memory_};
};

}  // namespace

Outcome canonicalise(std::string_view text, std::string& out, const Limits& limits) {
  return Canonicaliser(text, out, limits).run();
}

}  // namespace stoq::json
