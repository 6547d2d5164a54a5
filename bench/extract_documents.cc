// SPDX-License-Identifier: Apache-2.0
#include <qpdf/QPDF.hh>

#include "bench/extractor.h"
#include "bench/samples.h"
#include "plugins/pdf/tests/samples.h"

namespace stoq::bench {
namespace {

using std::string_view;

// Lines of 128 digits, as Word writes them.
Extractor rtf() {
  const std::string digits = hex_digits(noise(30, 12 * kMiB));
  std::string content = "{\\rtf1 {\\object\\objemb{\\*\\objdata ";
  const size_t at = content.size();
  content.reserve(digits.size() * 2);
  for (size_t i = 0; i < digits.size(); i += 128) content.append(digits, i, 128).append("\r\n");
  const size_t end = content.size();
  return {"rtf",
          "an object of 12 MiB in hex",
          {content + "}}}"},
          [at, end](const std::string& in, Sink& sink) {
            static std::string all;
            all.clear();
            for (size_t i = at; i < end; i += 130) all.append(in, i, 128);
            decode_hex(all, sink);
          }};
}

Extractor pdf() {
  constexpr int kFiles = 16;
  std::vector<std::string> objects = {
      "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names ["};
  objects.emplace_back("<< /Type /Pages /Kids [] /Count 0 >>");
  for (int i = 0; i < kFiles; ++i) {
    Random random(31 + static_cast<uint64_t>(i));
    const std::string number = std::to_string(objects.size() + 1);
    objects[0] += "(" + number + ") " + number + " 0 R ";
    objects.push_back("<< /Type /Filespec /F (" + number + ".bin) /EF << /F " +
                      std::to_string(objects.size() + 2) + " 0 R >> >>");
    objects.push_back(pdf_samples::stream("/Type /EmbeddedFile /Filter /FlateDecode ",
                                          pdf_samples::flate(made_bytes(random, 2 * kMiB))));
  }
  objects[0] += "] >> >> >>";
  return {"pdf",
          "16 embedded files of 2 MiB",
          {pdf_samples::document(objects)},
          [](const std::string& in, Sink& sink) {
            const auto document = QPDF::create();
            document->processMemoryFile("sample", in.data(), in.size());
            for (QPDFObjectHandle object : document->getAllObjects()) {
              if (!object.isStream()) continue;
              const auto data = object.getStreamData();
              sink.take({reinterpret_cast<const char*>(data->getBuffer()), data->getSize()});
            }
          }};
}

Extractor xdpcarve() {
  const std::string head =
      "<?xml version=\"1.0\"?>\n<xdp:xdp xmlns:xdp=\"http://ns.adobe.com/xdp/\"><pdf><document>"
      "<chunk>\n";
  const std::string inside = base64(noise(60, 16 * kMiB), 76);
  return {"xdpcarve",
          "a chunk of 16 MiB in base64",
          {head + inside + "</chunk></document></pdf></xdp:xdp>\n"},
          [at = head.size(), size = inside.size()](const std::string& in, Sink& sink) {
            decode_base64(string_view(in).substr(at, size), sink);
          }};
}

}  // namespace

void add_document_extractors(const Bench&, std::vector<Extractor>& all) {
  all.push_back(rtf());
  all.push_back(pdf());
  all.push_back(xdpcarve());
}

}  // namespace stoq::bench
