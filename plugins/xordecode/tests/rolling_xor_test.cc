// SPDX-License-Identifier: Apache-2.0
#include "rolling_xor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace stoq::plugins::xordecode {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes random_bytes(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes one_by_one(const Bytes& in, const Bytes& key) {
  Bytes out(in.size());
  for (std::size_t i = 0; i < in.size(); ++i)
    out[i] = static_cast<std::uint8_t>(in[i] ^ key[i % key.size()]);
  return out;
}

const std::vector<std::size_t> kKeySizes = {1,  2,  3,  7,   8,   15,  16,  31,   32,   33,
                                            63, 64, 65, 100, 127, 128, 129, 1000, 4096, 65'536};

TEST(RollingXor, KeysOfAnyLengthOverDataOfAnyLength) {
  std::mt19937 random(2);
  for (const std::size_t key_size : kKeySizes) {
    const Bytes key = random_bytes(random, key_size);
    for (const std::size_t size : {0, 1, 2, 63, 64, 65, 127, 128, 129, 1000, 70'001}) {
      const Bytes in = random_bytes(random, size);
      Bytes out(size + 1, 0xAA);
      xor_into(in, key, out.data());
      EXPECT_EQ(out.back(), 0xAA) << "written beyond the end";
      out.pop_back();
      EXPECT_EQ(out, one_by_one(in, key)) << key_size << " over " << size;
    }
  }
}

TEST(RollingXor, PiecesGiveTheSameAsTheWhole) {
  std::mt19937 random(3);
  const Bytes in = random_bytes(random, 20'000);
  for (const std::size_t key_size : kKeySizes) {
    const Bytes key = random_bytes(random, key_size);
    RollingXor decode(key);
    Bytes out(in.size());
    for (std::size_t at = 0, size = 0; at < in.size(); at += size) {
      size = std::min<std::size_t>(random() % 300, in.size() - at);
      decode.apply(std::span(in).subspan(at, size), out.data() + at);
    }
    EXPECT_EQ(out, one_by_one(in, key)) << key_size;
  }
}

}  // namespace
}  // namespace stoq::plugins::xordecode
