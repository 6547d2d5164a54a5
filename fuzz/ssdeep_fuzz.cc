// SPDX-License-Identifier: Apache-2.0
// The form of a piecewise hash: block size, and two signatures of at most 64 and 32 characters.
#include <charconv>

#include "fuzz/target.h"
#include "plugins/hash_ssdeep/boundaries.h"
#include "plugins/hash_ssdeep/ssdeep.h"

using namespace stoq::plugins::hash_ssdeep;
using stoq::fuzz::must;

STOQ_FUZZ(ssdeep) {
  const std::string digest = ssdeep_digest(data);
  must(digest == ssdeep_digest(data));
  uint64_t block = 0;
  const auto [end, error] = std::from_chars(digest.data(), digest.data() + digest.size(), block);
  must(error == std::errc() && *end == ':' && block % kMinBlock == 0);
  must(block == kMinBlock || block <= data.size());
  const std::string_view signatures(end + 1, digest.data() + digest.size());
  const size_t colon = signatures.find(':');
  must(colon <= kMaxPieces && signatures.size() - colon - 1 <= kMaxPieces);
  must(signatures.find_first_not_of(":ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789+/") == std::string_view::npos);
  must(!data.empty() || digest == "3::");
}
