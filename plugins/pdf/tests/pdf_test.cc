// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped.
#include <gtest/gtest.h>

#include <qpdf/QPDF.hh>
#include <qpdf/QPDFWriter.hh>

#include <mutex>

#include "samples.h"
#include "support/objects.h"

namespace stoq::test {
namespace {

struct ScannedPdf {
  StoqResponse response;
  Names contents;
  std::string result() const { return std::string(response.results[0].workers[0]["pdf"].text()); }
  std::string meta(size_t i) const {
    return std::string(response.results.at(i).payload_meta.extra_data.text());
  }
  Names errors() const { return errors_of(response, "pdf"); }
};

ScannedPdf scan_pdf(const std::string& content, const char* isolation = "process",
                    Json extra_data = Json::object()) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.plugin_opts["pdf"]["isolation"] = isolation;
  Stoq s(std::move(o));
  ScannedPdf out;
  std::mutex mutex;
  std::map<std::string, std::string> contents;
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([&](Payload& payload, Request&) {
                 const std::lock_guard lock(mutex);
                 DispatcherResponse r;
                 if (payload.level == 0) r.plugin_names = {"pdf"};
                 contents[std::string(payload.payload_id)] = text(payload);
                 return r;
               }));
  out.response =
      s.scan(content, {.payload_meta = PayloadMeta{.extra_data = std::move(extra_data)}});
  for (size_t i = 1; i < out.response.results.size(); ++i)
    out.contents.push_back(contents[std::string(out.response.results[i].payload_id)]);
  return out;
}

std::string encrypted(const std::string& content, const char* password) {
  QPDF pdf;
  pdf.processMemoryFile("sample", content.data(), content.size());
  QPDFWriter writer(pdf);
  writer.setOutputMemory();
  writer.setR6EncryptionParameters(password, "owner", true, true, true, true, true, true,
                                   qpdf_r3p_full, true);
  writer.write();
  const auto buffer = writer.getBufferSharedPointer();
  return {reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize()};
}

TEST(Pdf, EverythingBecomesPayloads) {
  for (const char* isolation : {"process", "none"}) {
    const ScannedPdf r = scan_pdf(pdf_samples::document(pdf_samples::everything()), isolation);
    EXPECT_EQ(r.errors(), Names()) << isolation;
    EXPECT_EQ(r.contents, (Names{"app.alert(1)", "<xdp></xdp>", "MZ the file", "MZ in a picture"}));
    EXPECT_EQ(r.meta(1),
              R"({"filename": "javascript-5.js", "kind": "javascript", "object": "5 0"})");
    EXPECT_EQ(r.meta(3), R"({"filename": "ä.exe", "kind": "embedded_file", "object": "6 0", )"
                         R"("description": "text", "filters": ["FlateDecode"]})");
    EXPECT_EQ(
        r.result(),
        R"({"version": "1.7", "encrypted": false, "pages": 1, "objects": 11, "revisions": 1, )"
        R"("info": {}, "streams": {"embedded_file": 1, "image": 2, "page_content": 1, "xfa": 2}, )"
        R"("actions": {"JavaScript": 1, "Launch": 1, "OpenAction": 1, "URI": 1}, "uri_count": 1, )"
        R"("uris": ["http://example.com/a"], "launches": ["cmd.exe /c calc"], )"
        R"("extracted_count": 4, "not_extracted": 2, "extracted": [)"
        R"({"kind": "javascript", "object": "5 0", "size": 12, "status": "extracted"}, )"
        R"({"kind": "xfa", "object": "8 0", "size": 11, "status": "extracted"}, )"
        R"({"kind": "embedded_file", "object": "6 0", "filename": "ä.exe", "filters": )"
        R"(["FlateDecode"], "size": 11, "status": "extracted"}, )"
        R"({"kind": "image", "object": "10 0", "filters": ["FlateDecode"], "size": 15, )"
        R"("status": "extracted"}], "warnings": []})");
  }
}

TEST(Pdf, PasswordsThatCameWithIt) {
  const std::string open = encrypted(pdf_samples::document(pdf_samples::everything()), "");
  EXPECT_EQ(scan_pdf(open).contents.size(), 3u) << scan_pdf(open).response.dumps();
  const std::string locked = encrypted(pdf_samples::document(pdf_samples::everything()), "s3cret");
  const ScannedPdf none = scan_pdf(locked);
  EXPECT_EQ(none.contents, Names());
  ASSERT_EQ(none.errors().size(), 1u);
  EXPECT_NE(
      none.errors()[0].find("it is encrypted, and none of 3 passwords fits; add the right one "
                            "to the option passwords"),
      std::string::npos)
      << none.errors()[0];
  const ScannedPdf given =
      scan_pdf(locked, "process", Json::parse(R"({"passwords": ["x", "s3cret"]})"));
  EXPECT_EQ(given.contents.size(), 3u);
  EXPECT_NE(given.result().find(R"("encrypted": true, "password": "s3cret")"), std::string::npos)
      << given.result();
}

TEST(Pdf, WhatIsNoneGivesNothing) {
  const ScannedPdf r = scan_pdf("just text");
  EXPECT_EQ(r.errors(), Names());
  EXPECT_EQ(r.contents, Names());
}

}  // namespace
}  // namespace stoq::test
