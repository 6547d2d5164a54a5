// SPDX-License-Identifier: Apache-2.0
//
// What each extracting plugin is measured on, and the bare library or loop that it stands beside.
#pragma once

#include <openssl/evp.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bench/bench.h"
#include "stoq/stoq.h"

namespace stoq::bench {

// Takes what a floor extracts, and its SHA-256 as the engine does.
class Sink {
 public:
  Sink();
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // A content whole, out of memory that stays.
  void take(std::string_view content);
  // The same copied first, as what comes out of a container is.
  void copy(std::string_view content);
  // The same in pieces.
  void begin();
  void add(std::string_view piece);
  void end();

  // Room for at least so many bytes, the same for each call.
  char* room(size_t size);

  std::set<std::string> sha256;  // in hex, of what was taken

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
  std::string room_;
};

struct Extractor {
  std::string plugin;
  std::string sample;                 // in a few words
  std::vector<std::string> contents;  // each is a payload
  // Does to one of them what the plugin does, and nothing else; none: the plugin noop in a host.
  std::function<void(const std::string& content, Sink& sink)> floor;
  std::string skipped = {};  // why it cannot be measured here
  OptionMap options = {};    // of the plugin, so that it sends nothing to others
};

// Samples of 16 to 64 MiB, from fixed seeds.
void add_archive_extractors(const Bench& bench, std::vector<Extractor>& all);
void add_carvers(const Bench& bench, std::vector<Extractor>& all);
void add_document_extractors(const Bench& bench, std::vector<Extractor>& all);
void add_office_extractors(const Bench& bench, std::vector<Extractor>& all);
void add_text_extractors(const Bench& bench, std::vector<Extractor>& all);
void add_xorsearch(const Bench& bench, std::vector<Extractor>& all);

// What samples are made of, and what floors share.
inline constexpr size_t kMiB = 1 << 20;
std::string noise(uint64_t seed, size_t size);                // bytes that are alike nothing
std::string words(uint64_t seed, size_t size);                // text in lines
std::string base64(std::string_view bytes, size_t line = 0);  // in lines of so many characters
std::string hex_digits(std::string_view bytes);
// All places of `magic`, by memmem.
void look_for(std::string_view content, std::string_view magic);
// By OpenSSL, line ends passed over; into the sink.
void decode_base64(std::string_view text, Sink& sink);
void decode_hex(std::string_view digits, Sink& sink);
// zlib, whole, of a known size.
void inflate(std::string_view packed, size_t size, Sink& sink);

}  // namespace stoq::bench
