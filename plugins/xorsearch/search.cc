// SPDX-License-Identifier: Apache-2.0
#include "search.h"

#include <algorithm>
#include <tuple>

#include "stoq/sdk/views.h"

namespace stoq::plugins::xorsearch {

using carving::Bytes;

Terms::Terms(std::string_view lines) {
  std::size_t number = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    ++number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() < kLeastTerm || line.size() > kMostTerm)
      throw sdk::Error("terms, line " + std::to_string(number) +
                       ": a term has 4 to 255 bytes, not " + std::to_string(line.size()));
    terms_.emplace_back(line);
    if (terms_.size() > kMostTerms)
      throw sdk::Error("terms, line " + std::to_string(number) +
                       ": there may be 1000 terms, no more");
  }
  if (terms_.empty())
    throw sdk::Error("terms: there is none; give a file with a term on each line");
  const auto order = [](const std::string& term) {
    return std::tuple(bucket_of(bytes_of(term).data()), -static_cast<std::ptrdiff_t>(term.size()),
                      std::string_view(term));
  };
  std::ranges::sort(terms_, {}, order);
  const auto doubles = std::ranges::unique(terms_);
  terms_.erase(doubles.begin(), doubles.end());
  for (std::size_t i = terms_.size(); i-- > 0;)
    buckets_[bucket_of(bytes_of(terms_[i]).data())] = static_cast<std::uint16_t>(i + 1);
}

bool Terms::matches(Bytes content, std::size_t at, const std::string& term, std::uint8_t key) {
  if (content.size() - at < term.size()) return false;
  return std::equal(term.begin(), term.end(), content.begin() + static_cast<std::ptrdiff_t>(at),
                    [key](char want, std::uint8_t byte) {
                      return static_cast<std::uint8_t>(want) == (byte ^ key);
                    });
}

std::string Terms::text_at(Bytes content, std::size_t at, std::uint8_t key) {
  std::string text;
  for (const std::uint8_t byte : carving::part(content, at, kMostText)) {
    const auto plain = static_cast<char>(byte ^ key);
    if (plain < ' ' || plain > '~') break;
    text += plain;
  }
  return text;
}

}  // namespace stoq::plugins::xorsearch
