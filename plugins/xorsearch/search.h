// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "carving/bytes.h"

namespace stoq::plugins::xorsearch {

inline constexpr std::size_t kLeastTerm = 4, kMostTerm = 255, kMostTerms = 1000;
inline constexpr std::size_t kMostText = 256;  // bytes of a match

struct Match {
  std::size_t at = 0;
  std::uint8_t key = 0;  // never 0
  std::string text;      // what the term begins: printable ASCII under the key
};

/// Terms prepared for a search that needs one pass for all of them and all 255 keys: what two
/// bytes differ by is the same under each key. Read-only once made, [thread-safe].
class Terms {
 public:
  /// Throws sdk::Error, with the number of the line, for what is no term.
  explicit Terms(std::string_view lines);
  std::size_t size() const { return terms_.size(); }

  /// Calls `found(Match)` in the order of the content until it answers false.
  template <class Found>
  void search(carving::Bytes content, Found&& found) const {
    for (std::size_t at = 0; at + kLeastTerm <= content.size(); ++at) {
      const std::size_t bucket = bucket_of(content.data() + at);
      if (!buckets_[bucket]) continue;
      for (std::size_t i = buckets_[bucket] - 1; i < terms_.size(); ++i) {
        if (bucket_of(bytes_of(terms_[i]).data()) != bucket) break;
        const auto key =
            static_cast<std::uint8_t>(content[at] ^ static_cast<std::uint8_t>(terms_[i][0]));
        if (key == 0 || !matches(content, at, terms_[i], key)) continue;
        if (!found(Match{at, key, text_at(content, at, key)})) return;
        break;  // terms that begin alike: the longest stands first
      }
    }
  }

 private:
  static carving::Bytes bytes_of(const std::string& term) { return carving::bytes_of(term); }
  static std::size_t bucket_of(const std::uint8_t* four) {
    return static_cast<std::size_t>(four[0] ^ four[1]) << 8 |
           static_cast<std::size_t>(four[1] ^ four[2]);
  }
  static bool matches(carving::Bytes content, std::size_t at, const std::string& term,
                      std::uint8_t key);
  static std::string text_at(carving::Bytes content, std::size_t at, std::uint8_t key);

  std::vector<std::string> terms_;  // by bucket, the longest of each first
  std::vector<std::uint16_t> buckets_ = std::vector<std::uint16_t>(1 << 16);  // place + 1
};

}  // namespace stoq::plugins::xorsearch
