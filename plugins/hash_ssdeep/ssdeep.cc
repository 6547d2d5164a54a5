// SPDX-License-Identifier: Apache-2.0
#include "ssdeep.h"

#include <algorithm>
#include <vector>

#include "boundaries.h"
#include "piece_hash.h"

namespace stoq::plugins::hash_ssdeep {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Appends the pieces between boundaries, `most` less one at the most, and the rest as one more.
// Where the content ends blank the rest ends at the last boundary, and is nothing without one.
void append_pieces(std::vector<Piece>& pieces, std::span<const std::uint8_t> bytes,
                   const Level& level, std::size_t most, bool blank_end) {
  std::size_t from = 0;
  const auto add = [&](std::size_t end) {
    pieces.push_back({bytes.data() + from, end - from, 0});
    from = end;
  };
  const auto whole = std::min<std::uint64_t>(level.count, most - 1);
  for (std::size_t i = 0; i < whole; ++i) add(level.first[i]);
  if (!blank_end)
    add(bytes.size());
  else if (level.count >= most)
    add(level.last);
}

void append_signature(std::string& out, std::span<const Piece> pieces) {
  for (const Piece& piece : pieces) out.push_back(kAlphabet[piece.hash]);
}

}  // namespace

std::string ssdeep_digest(std::span<const std::uint8_t> bytes) {
  const Boundaries found = find_boundaries(bytes);
  std::size_t level = found.guess;
  while (level > 0 && found.levels[level].count < kMaxPieces / 2) --level;

  std::vector<Piece> pieces;
  append_pieces(pieces, bytes, found.levels[level], kMaxPieces, found.blank_end);
  const std::size_t first = pieces.size();
  append_pieces(pieces, bytes, found.levels[level + 1], kMaxPieces / 2, found.blank_end);
  hash_pieces(pieces);

  std::string digest = std::to_string(block_size(level)) + ':';
  append_signature(digest, std::span(pieces).first(first));
  digest.push_back(':');
  append_signature(digest, std::span(pieces).subspan(first));
  return digest;
}

}  // namespace stoq::plugins::hash_ssdeep
