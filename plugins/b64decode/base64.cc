// SPDX-License-Identifier: Apache-2.0
#include "base64.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

namespace stoq::plugins::b64decode {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 64;
// Characters that are sorted at a time: few where whole groups are the rule, as in lines of text.
constexpr std::size_t kFew = 16, kMany = 64;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values;
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

// A group of three bytes as the word that lies in memory with the first of them first. The fourth
// byte is free.
constexpr std::uint32_t in_memory(std::uint32_t group) {
  if constexpr (std::endian::native == std::endian::big) return group << 8;
  return (group & 0xFF) << 16 | (group & 0xFF00) | group >> 16;
}
constexpr std::uint32_t kFree = ~in_memory(0xFFFFFF);

// What a character adds to its group, by its place in it. The free byte tells that it is none.
constexpr std::array<std::array<std::uint32_t, 256>, 4> kParts = [] {
  std::array<std::array<std::uint32_t, 256>, 4> parts;
  for (unsigned place = 0; place < 4; ++place)
    for (std::size_t c = 0; c < 256; ++c)
      parts[place][c] =
          kValues[c] == kNone ? kFree : in_memory(std::uint32_t{kValues[c]} << (18 - 6 * place));
  return parts;
}();

std::uint32_t group_of(const std::uint8_t* in) {
  return kParts[0][in[0]] | kParts[1][in[1]] | kParts[2][in[2]] | kParts[3][in[3]];
}

void store(std::uint32_t word, std::uint8_t* out) {
  std::memcpy(out, &word, sizeof word);
}

void store_values(const std::uint8_t* values, std::uint8_t* out) {
  store(in_memory(std::uint32_t{values[0]} << 18 | std::uint32_t{values[1]} << 12 |
                  std::uint32_t{values[2]} << 6 | values[3]),
        out);
}

}  // namespace

const std::uint8_t* decode_groups(const std::uint8_t* in, const std::uint8_t* end,
                                  std::uint8_t*& out) {
  for (; end - in >= 16; in += 16, out += 12) {
    const auto a = group_of(in), b = group_of(in + 4), c = group_of(in + 8), d = group_of(in + 12);
    if (((a | b | c | d) & kFree) != 0) break;
    store(a, out), store(b, out + 3), store(c, out + 6), store(d, out + 9);
  }
  for (; end - in >= 4; in += 4, out += 3) {
    const auto word = group_of(in);
    if ((word & kFree) != 0) break;
    store(word, out);
  }
  return in;
}

std::size_t Decoder::decode(std::span<const std::uint8_t> text, std::uint8_t* out) {
  const std::uint8_t* in = text.data();
  const std::uint8_t* const end = in + text.size();
  std::uint8_t* const first = out;
  while (in != end && !ended_) {
    const std::uint8_t* const start = in;
    if (open_ == 0) in = decode_groups(in, end, out);
    const auto passed = static_cast<std::size_t>(in - start);
    characters_ += passed;
    if (in != end) in = step(in, end, passed >= kFew ? kFew : kMany, out);
  }
  const auto ignored = std::count_if(in, end, [](std::uint8_t c) { return kValues[c] != kNone; });
  ignored_ += static_cast<std::uint64_t>(ignored);
  return static_cast<std::size_t>(out - first);
}

// Sorts out the characters that count, without a branch for each: in foreign bytes they cannot be
// foreseen. What is behind the last whole group is given back, so that whole groups can follow.
const std::uint8_t* Decoder::step(const std::uint8_t* in, const std::uint8_t* end, std::size_t most,
                                  std::uint8_t*& out) {
  if (*in == '=') {
    for (; in != end && *in == '=' && !ended_; ++in) pad(out);
    return in;
  }
  auto size = std::min(static_cast<std::size_t>(end - in), most);
  if (const void* padding = std::memchr(in, '=', size))
    size = static_cast<std::size_t>(static_cast<const std::uint8_t*>(padding) - in);

  std::uint8_t values[3 + kMany + 1];
  std::uint8_t places[3 + kMany + 1];
  std::copy_n(group_.begin(), 3, values);
  std::size_t count = open_;
  for (std::size_t i = 0; i < size; ++i) {
    values[count] = kValues[in[i]];
    places[count] = static_cast<std::uint8_t>(i);
    count += values[count] != kNone;
  }
  if (count > open_) padding_ = 0;
  const std::size_t whole = count / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4, out += 3) store_values(values + i, out);
  characters_ += whole;
  if (whole > 0) {
    open_ = 0;
    return in + (count > whole ? places[whole] : size);
  }
  std::copy_n(values, count, group_.begin());
  open_ = static_cast<unsigned>(count);
  return in + size;
}

void Decoder::pad(std::uint8_t*& out) {
  if (open_ < 2 || open_ + ++padding_ < 4) return;
  std::fill(group_.begin() + open_, group_.end(), 0);
  store_values(group_.data(), out);
  out += open_ - 1;
  characters_ += open_;
  open_ = 0;
  ended_ = true;
}

Decoder::Ending Decoder::ending() const {
  if (open_ == 0) return Ending::whole;
  return open_ == 1 ? Ending::odd : Ending::unpadded;
}

}  // namespace stoq::plugins::b64decode
