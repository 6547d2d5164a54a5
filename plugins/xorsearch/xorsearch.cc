// SPDX-License-Identifier: Apache-2.0
//
// The worker around Terms: {"0x5C": [{"pos": "0x0002", "match": "..."}]}
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "search.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::xorsearch {
namespace {

constexpr std::size_t kMostFile = 1 << 20;

std::string read_terms(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) throw sdk::Error("terms: " + path + " cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostFile) throw sdk::Error("terms: " + path + " has more than 1 MiB");
  return text;
}

std::string hex(std::size_t number, int digits) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%0*zX", digits, number);
  return text;
}

class XorSearch {
 public:
  static constexpr sdk::Option options[] = {
      {"terms", sdk::Kind::text, "terms.txt",
       "a file with a term on each line; a relative path is one in the plugin's folder"},
      {"max_matches", sdk::Kind::integer, "100", "matches that are listed for each key", 1,
       100'000},
  };

  explicit XorSearch(const sdk::Host& host)
      : terms_(read_terms(host.path(host.text("terms")))),
        most_(static_cast<std::size_t>(host.integer("max_matches"))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    std::array<std::vector<Match>, 256> found;
    std::array<std::size_t, 256> counts{};
    std::size_t all = 0;
    terms_.search(payload.content(), [&](Match&& match) {
      ++all;
      if (counts[match.key]++ < most_) found[match.key].push_back(std::move(match));
      return all % 4096 != 0 || !call.cancelled();
    });
    if (all == 0) return;
    sdk::JsonWriter w;
    w.begin_object();
    for (std::size_t key = 1; key < found.size(); ++key) {
      if (found[key].empty()) continue;
      w.key(hex(key, 2)).begin_array();
      for (const Match& match : found[key])
        w.begin_object()
            .member("pos", std::string_view(hex(match.at, 4)))
            .member("match", std::string_view(match.text))
            .end_object();
      w.end_array();
      if (counts[key] > most_)
        call.error("key " + hex(key, 2) + ": " + std::to_string(counts[key] - most_) +
                   " more matches are not listed (option max_matches)");
    }
    call.result(w.end_object());
  }

 private:
  Terms terms_;
  std::size_t most_;
};

}  // namespace

STOQ_PLUGIN(XorSearch, "xorsearch", "4.0.0")

}  // namespace stoq::plugins::xorsearch
