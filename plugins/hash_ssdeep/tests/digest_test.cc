// SPDX-License-Identifier: Apache-2.0
//
// Digests as version 2.14.1 of the program ssdeep gives them.
#include <gtest/gtest.h>

#include <vector>

#include "piece_hash.h"
#include "samples.h"
#include "ssdeep.h"

namespace stoq::plugins::hash_ssdeep {
namespace {

std::string digest_of(const std::string& content) {
  return ssdeep_digest({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

TEST(SsdeepDigest, OfNothingAndOfZeros) {
  EXPECT_EQ(digest_of(""), "3::");
  for (const std::size_t size : {1u, 6u, 7u, 8u, 5000u})
    EXPECT_EQ(digest_of(std::string(size, '\0')), "3::") << size;
  EXPECT_EQ(digest_of("This is a payload to hash"), "3:hMCE7pr3Kn:huJ6");
}

TEST(SsdeepDigest, OfSamples) {
  struct Known {
    Sample kind;
    std::uint32_t seed;
    std::size_t size;
    const char* digest;
  };
  static constexpr Known kKnown[] = {
      {Sample::random, 1, 1, "3:P:P"},
      {Sample::random, 1, 7, "3:R:R"},
      {Sample::random, 1, 100, "3:RZyvR+RUT5yzI4A2qgOqX18/qYMd/3NvR:eR+yTsGSqjMVf"},
      {Sample::random, 1, 4096,
       "96:Pvq/jiSXGNEwh9YzWYzHLrtE+jA4V6ZkrVLKgbL1yOfbiN7:3q/jaEwb/YBE+jfCkrVL91yUbM"},
      {Sample::random, 1, 100000, "3072:TSxraRMRkfyPH0rCNU4i3fu+dGFplzpvU12z3:uxriMDPUGy56ZRUYz3"},
      {Sample::random, 1, 3000000,
       "49152:zuJBO1pHFeJJErgRwSL4lDb/+kzq/X7uVtgn6+tS+rXB0GO6F7IEqsKXy0hoccE:zliJOjSslP+ke/"
       "ruEnFS+rXB26dIEJq1"},
      {Sample::one_byte, 11, 1, "3:8:8"},
      {Sample::one_byte, 11, 7, "3:J8:y"},
      {Sample::one_byte, 11, 100, "3:Jh:z"},
      {Sample::one_byte, 11, 4096, "3:Jl:n"},
      {Sample::one_byte, 11, 100000, "3:JF:H"},
      {Sample::one_byte, 11, 3000000, "3:Jl:n"},
      {Sample::repeated, 21, 1, "3:p:p"},
      {Sample::repeated, 21, 7, "3:4:4"},
      {Sample::repeated, 21, 100, "3:So4lyvSaHMFN/RuehOySopvfK+EzVvho0s4:Sdlyvps9OySYKoV4"},
      {Sample::repeated, 21, 4096,
       "96:e6ybc9x/tDn6ybc9x/tDn6ybc9x/tDn6ybc9x/tDn6ybc9x/tDn6ybc3:e6bHF6bHF6bHF6bHF6bHF6b3"},
      {Sample::repeated, 21, 100000,
       "3072:e6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6J6JW:"
       "Rgggggggggggggggggggggggggggggg4"},
      {Sample::repeated, 21, 3000000,
       "6144:RggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggE:2"},
      {Sample::text, 31, 1, "3:N:N"},
      {Sample::text, 31, 7, "3:0LpF:0LpF"},
      {Sample::text, 31, 100, "3:0LpZUB/EIBWO0jxH0B0LVmD+FMWdBe:0LpZUZEIMJjxH0CLVu6MWdg"},
      {Sample::text, 31, 4096,
       "96:yWWCB7UOfjhlqBxP/"
       "E2W979qUqdCT2U57OEs+PAMg3IJPN9UtbX+LQAS1C:yWWCB7vfjhlqzXE2WvqUqdCT2U5vAMgK"},
      {Sample::text, 31, 100000,
       "768:yENXjhlqTEpqUqdY2UpTrpRZS1Ri1jHIC6FHogSAZWbqf35yNgt9qP7+nl9L6wA4:S"},
      {Sample::text, 31, 3000000,
       "768:yENXjhlqTEpqUqdY2UpTrpRZS1Ri1jHIC6FHogSAZWbqf35yNgt9qP7+nl9L6wAP:N"},
      {Sample::zeros_behind, 41, 1, "3:L:L"},
      {Sample::zeros_behind, 41, 7, "3:0:0"},
      {Sample::zeros_behind, 41, 100, "3:cMWO6t86q8dJcKX:c/t86q8k"},
      {Sample::zeros_behind, 41, 4096,
       "48:qZqrq6t9KCWvuaKODhF63ObbBezNqo6GlBrLBUlKQDQXA6ev:qZqrq6Qma3f39e9JTXBUEzX1e"},
      {Sample::zeros_behind, 41, 100000, "48:qZqrq6t9KCWvuaKODhF63ObbBezNqo6Gl:qZqrq6Qma3f39e9J"},
      {Sample::zeros_behind, 41, 3000000,
       "49152:U/"
       "UTEefQxxEG2GXixZgSWKsnmmJRQR50KD1avD2w0NRzbpjJz7TtvHI:p48SXgZgSWKcJRQgKD+70NR3ptz7ThI"},
      {Sample::zeros_before, 51, 1, "3:2:2"},
      {Sample::zeros_before, 51, 7, "3:u:u"},
      {Sample::zeros_before, 51, 100, "3:hyUqWmiBzJMSY7F/ff:hHtlBm7FP"},
      {Sample::zeros_before, 51, 4096,
       "24:PLP55KSjMMJpBYm5qEcThSdqXiG7woEKB2DU27UZ+e4ufK:PN5KEJpBtKzXiSBB2Dj2pfK"},
      {Sample::zeros_before, 51, 100000,
       "1536:L0CdA1AkZF+e583B5/QLdEWWcgbp8A5P0xxonZOe4YTGD/"
       "yDeeI81MMCjhOPW6Ku:FdADZkXQLd2cmpn0cnZO6kOMfhOOju"},
      {Sample::zeros_before, 51, 3000000,
       "49152:Cktg2XoNynmS4piiP3u5WX/k+9VI0Oad6oF9bHFM:4bcmLzzkqKozJM"},
      {Sample::patches, 61, 1, "3:5:5"},
      {Sample::patches, 61, 7, "3:U:U"},
      {Sample::patches, 61, 100, "3:L4qva/4qva/4qva/4qva/4qva/4qva/4qva/4qn:L929292929292929n"},
      {Sample::patches, 61, 4096, "48:O3Zy4YChAABV0jkFC9Rz55X8yOVE3opQ:MLGAomu1Z1sEiQ"},
      {Sample::patches, 61, 100000,
       "384:gozsYCjaJNpK2HlM/vZDat324on2hmaUa7TJvkAosQqSU3AnNyC8XSgZIp/"
       "YixWx:Hy27o2HlMcl94WtqqSU3CNyMa3xTBQQ"},
      {Sample::patches, 61, 3000000, "24576:Ox3u9VNGgPcAXDqWKkPVrUdtg4xR8Rvq8L:ORuB/DQkPWdtg4j4"},
  };
  for (const Known& known : kKnown)
    EXPECT_EQ(digest_of(make_sample(known.kind, known.seed, known.size)), known.digest)
        << int(known.kind) << ' ' << known.size;
}

// However many there are and however long, each piece has the hash that it has alone.
TEST(PieceHash, LanesDoNotMix) {
  const std::string content = make_sample(Sample::random, 7, 1000);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(content.data());
  for (std::size_t count = 0; count < 12; ++count) {
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < count; ++i) pieces.push_back({bytes + i * 7, i * i * 5 % 61, 99});
    hash_pieces(pieces);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t hash = 0x28021967;
      for (std::size_t k = 0; k < i * i * 5 % 61; ++k) hash = hash * 0x01000193 ^ bytes[i * 7 + k];
      EXPECT_EQ(pieces[i].hash, hash & 63) << count << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace stoq::plugins::hash_ssdeep
