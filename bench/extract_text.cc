// SPDX-License-Identifier: Apache-2.0
//
// Mails, pages, scripts and shortcuts. The floor of what holds base64 is OpenSSL's decoder on the
// base64 alone, that of what holds bytes as they are a copy of them.
#include <numeric>

#include "bench/extractor.h"
#include "plugins/tnef/tests/samples.h"

namespace stoq::bench {
namespace {

constexpr size_t kSize = 24 * kMiB;

volatile unsigned sum = 0;

// A sample in which base64 stands between two texts.
struct Wrapped {
  std::string content;
  size_t at, size;
};
Wrapped wrapped(const std::string& before, const std::string& inside, const std::string& after) {
  return {before + inside + after, before.size(), inside.size()};
}

Extractor base64_extractor(const std::string& plugin, const std::string& sample,
                           const Wrapped& wrapped) {
  return {plugin,
          sample,
          {wrapped.content},
          [at = wrapped.at, size = wrapped.size](const std::string& content, Sink& sink) {
            decode_base64(std::string_view(content).substr(at, size), sink);
          }};
}

Extractor copy_extractor(const std::string& plugin, const std::string& sample,
                         const Wrapped& wrapped) {
  return {plugin,
          sample,
          {wrapped.content},
          [at = wrapped.at, size = wrapped.size](const std::string& content, Sink& sink) {
            sink.copy(std::string_view(content).substr(at, size));
          }};
}

Extractor smtp() {
  const std::string head =
      "From: Alice <a@example.com>\r\nTo: b@example.com\r\nSubject: a file\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: "
      "text/plain\r\n\r\nhello\r\n--x\r\nContent-Type: application/octet-stream\r\n"
      "Content-Disposition: attachment; filename=\"a.bin\"\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\n";
  Extractor extractor =
      base64_extractor("smtp", "an attachment of 16 MiB in base64",
                       wrapped(head, base64(noise(1, 16 * kMiB), 76), "--x--\r\n"));
  extractor.options = {{"extract_iocs", "false"}, {"always_dispatch", ""}};
  return extractor;
}

Extractor tnef() {
  using tnef_samples::attribute;
  const std::string file = noise(2, kSize);
  const std::string content = tnef_samples::stream(
      attribute(2, 0x00069002, std::string(14, '\0')) +
      attribute(2, 0x00018010, std::string("a.bin\0", 6)) + attribute(2, 0x0006800F, file));
  Extractor extractor =
      copy_extractor("tnef", "an attachment of 24 MiB", {content, content.find(file), kSize});
  extractor.floor = [copy = extractor.floor](const std::string& in, Sink& sink) {
    sum = std::accumulate(in.begin(), in.end(), 0u);  // the format's checksum
    copy(in, sink);
  };
  return extractor;
}

Extractor html() {
  return base64_extractor(
      "html", "text, and a data: URI of 16 MiB",
      wrapped("<!DOCTYPE html><html><body><p>" + words(3, 2 * kMiB) +
                  "</p><a download='a.bin' href='data:application/octet-stream;base64,",
              base64(noise(4, 12 * kMiB)), "'>x</a>" + words(5, 2 * kMiB) + "</body></html>"));
}

Extractor script_decode() {
  // Something known, or it would be left alone.
  const std::string file = "7z\xBC\xAF\x27\x1C" + noise(6, 12 * kMiB);
  return base64_extractor("script-decode", "text, and 16 MiB of base64",
                          wrapped("' " + words(7, 2 * kMiB) + "\r\nx = FromBase64String(\"",
                                  base64(file), "\")\r\n' " + words(8, 2 * kMiB)));
}

Extractor lnk() {
  std::string head("L\0\0\0\1\x14\2\0\0\0\0\0\xC0\0\0\0\0\0\0\x46\x80\0\0\0", 24);
  head.resize(0x4C + 4, '\0');
  return copy_extractor("lnk", "24 MiB of appended data", wrapped(head, noise(9, kSize), ""));
}

// What it reads is small; the pass over the file that the engine makes is what is left.
Extractor url_files() {
  Extractor extractor{"url-files", "2000 shortcuts of 8 KiB", {}, {}};
  for (uint64_t i = 0; i < 2000; ++i)
    extractor.contents.push_back("[InternetShortcut]\r\nURL=http://example.com/" +
                                 std::to_string(i) + "\r\nIconFile=C:\\x.ico\r\n" +
                                 "Comment=" + words(i, 8192) + "\r\n");
  return extractor;
}

}  // namespace

void add_text_extractors(const Bench&, std::vector<Extractor>& all) {
  all.push_back(smtp());
  all.push_back(tnef());
  all.push_back(html());
  all.push_back(script_decode());
  all.push_back(lnk());
  all.push_back(url_files());
}

}  // namespace stoq::bench
