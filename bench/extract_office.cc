// SPDX-License-Identifier: Apache-2.0
//
// Office's files. The floor of what only lies in a container is a copy of it.
#include <openssl/sha.h>

#include <algorithm>
#include <stdexcept>

#include "bench/extractor.h"
#include "document_writer.h"
#include "message_writer.h"
#include "package_writer.h"
#include "project_writer.h"
#include "section_writer.h"

namespace stoq::bench {
namespace {

namespace samples = office_samples;
using std::string_view;

constexpr size_t kSize = 24 * kMiB;

// The file lies in one piece, as the writers of the samples do it.
Extractor copied(const std::string& plugin, const std::string& sample, const std::string& content,
                 const std::string& file) {
  const size_t at = content.find(file);
  if (at == content.npos) throw std::runtime_error("the sample of " + plugin + " is in pieces");
  return {plugin, sample, {content}, [at, size = file.size()](const std::string& in, Sink& sink) {
            sink.copy(string_view(in).substr(at, size));
          }};
}

Extractor ole() {
  const std::string file = noise(20, kSize);
  return copied("ole", "a stream of 24 MiB", samples::compound({samples::stream("Data", file)}),
                file);
}

Extractor msg() {
  const std::string file = noise(21, kSize);
  samples::Message message;
  message.subject = "a file";
  message.attachments.push_back({"a.bin", file, {}});
  return copied("msg", "an attachment of 24 MiB", samples::message_file(message), file);
}

Extractor onenote() {
  const std::string file = noise(22, kSize);
  Extractor extractor = copied("onenote", "an attached file of 24 MiB",
                               samples::onenote_section({{"a.bin", file}}), file);
  extractor.floor = [copy = extractor.floor](const std::string& in, Sink& sink) {
    // Files are found by a mark before them, wherever it stands.
    look_for(in,
             string_view("\xE7\x16\xE3\xBD\x65\x26\x11\x45\xA4\xC4\x8D\x4D\x0B\x7A\x9E\xAC", 16));
    copy(in, sink);
  };
  return extractor;
}

// What [MS-OVBA] 2.4.1 says, in a plain loop: there is no library for it.
void expand(string_view in, Sink& sink) {
  char* const begin = sink.room(in.size() * 16);
  char* out = begin;
  const auto u16 = [&](size_t at) {
    return static_cast<unsigned>(static_cast<uint8_t>(in[at]) | static_cast<uint8_t>(in[at + 1])
                                                                    << 8);
  };
  for (size_t at = 1; at + 2 < in.size();) {
    const size_t end = std::min(in.size(), at + (u16(at) & 0xFFF) + 3);
    char* const chunk = out;
    for (at += 2; at < end;) {
      for (unsigned flags = static_cast<uint8_t>(in[at++]), bit = 0; bit < 8 && at < end; ++bit) {
        if (!(flags >> bit & 1)) {
          *out++ = in[at++];
          continue;
        }
        unsigned width = 4;
        while (width < 12 && (1 << width) < out - chunk) ++width;
        const unsigned token = u16(at), length = (token & (0xFFFF >> width)) + 3;
        const char* from = out - (token >> (16 - width)) - 1;
        for (unsigned i = 0; i < length; ++i) *out++ = *from++;
        at += 2;
      }
    }
  }
  sink.take({begin, static_cast<size_t>(out - begin)});
}

// Modules of 1 MiB: the first 4 KiB of each are its own, or all would be the same payload.
Extractor vba() {
  const std::string common = samples::compress_source(words(23, 16 << 12)).substr(1);
  std::vector<samples::Macro> macros;
  std::vector<samples::Node> nodes;
  std::vector<std::string> packed;
  for (unsigned i = 0; i < 64; ++i) {
    std::string module = samples::compress_source("Attribute VB_Name = \"M" + std::to_string(i) +
                                                  "\"\r\n" + words(100 + i, 4074));
    for (int k = 0; k < 16; ++k) module += common;
    macros.push_back({"M" + std::to_string(i), ""});
    nodes.push_back(samples::stream(macros.back().name, macros.back().before + module));
    packed.push_back(std::move(module));
  }
  nodes.push_back(samples::stream("dir", samples::compress_source(samples::project_dir(macros))));
  nodes.push_back(samples::stream("_VBA_PROJECT", "\xCC\x61\xFF\xFF" + std::string(3, '\0')));
  return {"vba",
          "64 modules of 1 MiB",
          {samples::compound({samples::storage("VBA", nodes)})},
          [packed](const std::string&, Sink& sink) {
            for (const std::string& module : packed) expand(module, sink);
          }};
}

Extractor ooxml() {
  const std::string content = samples::flat_package(
      {{"/word/vbaProject.bin", noise(24, 16 * kMiB)}}, "http://example.com/");
  const size_t begin = content.find("<pkg:binaryData>") + 16,
               end = content.find("</pkg:binaryData>");
  return {"ooxml",
          "one XML file with a part of 16 MiB in base64",
          {content},
          [begin, end](const std::string& in, Sink& sink) {
            decode_base64(string_view(in).substr(begin, end - begin), sink);
          }};
}

// [MS-OFFCRYPTO] 2.3.4.7, with OpenSSL: 50 000 rounds of SHA-1, then AES-128 over all.
void decrypt(string_view package, Sink& sink) {
  const auto sha1 = [](const std::string& text) {
    std::string digest(20, '\0');
    SHA1(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         reinterpret_cast<uint8_t*>(digest.data()));
    return digest;
  };
  std::string h = sha1("0123456789abcdef" + samples::utf16("VelvetSweatshop"));
  for (unsigned i = 0; i < 50'000; ++i) h = sha1(samples::le(i, 4) + h);
  h = sha1(h + samples::le(0, 4));
  std::string block(64, '\x36');
  for (size_t i = 0; i < h.size(); ++i) block[i] = static_cast<char>(block[i] ^ h[i]);
  const std::string key = sha1(block);
  char* const out = sink.room(package.size() + 16);
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  int size = 0;
  EVP_DecryptInit_ex(context, EVP_aes_128_ecb(), nullptr,
                     reinterpret_cast<const uint8_t*>(key.data()), nullptr);
  EVP_CIPHER_CTX_set_padding(context, 0);
  EVP_DecryptUpdate(context, reinterpret_cast<uint8_t*>(out), &size,
                    reinterpret_cast<const uint8_t*>(package.data()),
                    static_cast<int>(package.size()));
  EVP_CIPHER_CTX_free(context);
  sink.take({out, static_cast<size_t>(size)});
}

Extractor officecrypt() {
  const std::string file = noise(25, kSize);
  const std::string content = samples::encrypted_standard(file, "VelvetSweatshop");
  const size_t at = content.find(samples::le(kSize, 8)) + 8;
  return {"officecrypt",
          "24 MiB under standard encryption",
          {content},
          [at](const std::string& in, Sink& sink) {
            decrypt(string_view(in).substr(at, kSize), sink);
          }};
}

}  // namespace

void add_office_extractors(const Bench&, std::vector<Extractor>& all) {
  all.push_back(ole());
  all.push_back(msg());
  all.push_back(onenote());
  all.push_back(vba());
  all.push_back(ooxml());
  all.push_back(officecrypt());
}

}  // namespace stoq::bench
