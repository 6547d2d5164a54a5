// SPDX-License-Identifier: Apache-2.0
#include "bench/extractor.h"

#include <openssl/crypto.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "bench/samples.h"

namespace stoq::bench {
namespace {

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("a floor failed: ") + what);
}

uint8_t* raw(char* bytes) {
  return reinterpret_cast<uint8_t*>(bytes);
}
const uint8_t* raw(const char* bytes) {
  return reinterpret_cast<const uint8_t*>(bytes);
}

volatile size_t kept = 0;

}  // namespace

Sink::Sink() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  require(algorithm_ && context_, "SHA-256");
}
Sink::~Sink() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(algorithm_);
}

void Sink::begin() {
  require(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1, "SHA-256");
}
void Sink::add(std::string_view piece) {
  require(EVP_DigestUpdate(context_, piece.data(), piece.size()) == 1, "SHA-256");
}
void Sink::end() {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context_, digest, &size) == 1, "SHA-256");
  sha256.insert(hex_digits({reinterpret_cast<const char*>(digest), size}));
}
void Sink::take(std::string_view content) {
  begin();
  add(content);
  end();
}
void Sink::copy(std::string_view content) {
  char* const to = room(content.size());
  std::memcpy(to, content.data(), content.size());
  take({to, content.size()});
}
char* Sink::room(size_t size) {
  if (room_.size() < size) room_.resize(size);
  return room_.data();
}

std::string noise(uint64_t seed, size_t size) {
  Random random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random.byte());
  return out;
}

std::string words(uint64_t seed, size_t size) {
  Random random(seed);
  std::string out;
  while (out.size() < size) {
    out += random.letters(random.between(2, 9));
    out += random.below(12) ? ' ' : '\n';
  }
  out.resize(size);
  return out;
}

std::string base64(std::string_view bytes, size_t line) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  out.resize(static_cast<size_t>(
      EVP_EncodeBlock(raw(out.data()), raw(bytes.data()), static_cast<int>(bytes.size()))));
  if (line == 0) return out;
  std::string lines;
  for (size_t at = 0; at < out.size(); at += line) lines.append(out, at, line).append("\r\n");
  return lines;
}

std::string hex_digits(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

void look_for(std::string_view content, std::string_view magic) {
  size_t found = 0;
  for (const char* at = content.data(); at;) {
    const char* const end = content.data() + content.size();
    at = static_cast<const char*>(
        memmem(at, static_cast<size_t>(end - at), magic.data(), magic.size()));
    if (at) ++found, ++at;
  }
  kept = found;
}

void decode_base64(std::string_view text, Sink& sink) {
  static EVP_ENCODE_CTX* const context = EVP_ENCODE_CTX_new();
  char* const out = sink.room(text.size());
  int size = 0, rest = 0;
  EVP_DecodeInit(context);
  require(EVP_DecodeUpdate(context, raw(out), &size, raw(text.data()),
                           static_cast<int>(text.size())) >= 0 &&
              EVP_DecodeFinal(context, raw(out) + size, &rest) >= 0,
          "base64");
  sink.take({out, static_cast<size_t>(size + rest)});
}

void decode_hex(std::string_view digits, Sink& sink) {
  // OpenSSL's decoder wants an end.
  char* const text = sink.room(digits.size() * 2 + 1);
  std::memcpy(text, digits.data(), digits.size());
  text[digits.size()] = '\0';
  char* const out = text + digits.size() + 1;
  size_t size = 0;
  require(OPENSSL_hexstr2buf_ex(raw(out), digits.size() / 2, &size, text, '\0') == 1, "hex");
  sink.take({out, size});
}

void inflate(std::string_view packed, size_t size, Sink& sink) {
  char* const out = sink.room(size);
  uLongf got = size;
  require(uncompress(raw(out), &got, raw(packed.data()), packed.size()) == Z_OK, "zlib");
  sink.take({out, got});
}

}  // namespace stoq::bench
