// SPDX-License-Identifier: Apache-2.0
#include "document.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace stoq::plugins::pdf {
namespace {

using namespace pdf_samples;
using Texts = std::vector<std::string>;
using Counts = std::map<std::string, uint64_t>;

class Kept final : public Sink {
 public:
  bool begin(const Found& found) override {
    EXPECT_FALSE(open_);
    open_ = true;
    got.push_back(std::string(found.kind) + " " + found.object + "=");
    return got.size() <= most;
  }
  bool data(std::span<const std::uint8_t> bytes) override {
    got.back().append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }
  bool end(const Found& found) override {
    EXPECT_TRUE(open_);
    open_ = false;
    if (found.status != "extracted") got.back() += " (" + found.status + ")";
    return got.size() <= most;
  }
  bool cancelled() override { return false; }
  Texts got;
  size_t most = 1000;

 private:
  bool open_ = false;
};

struct Reading {
  explicit Reading(const std::string& content, const Options& options = {}, size_t most = 1000) {
    sink.most = most;
    report = read_pdf(content, options, sink);
  }
  Kept sink;
  Report report;
};

const Texts kEverything = {"javascript 5 0=app.alert(1)", "xfa 8 0=<xdp></xdp>",
                           "embedded_file 6 0=MZ the file", "image 10 0=MZ in a picture"};

TEST(PdfDocument, EverythingIsFound) {
  for (const std::string& content : {document(everything()), packed(everything()),
                                     "some bytes before it\n" + document(everything())}) {
    const Reading r(content);
    EXPECT_EQ(r.sink.got, kEverything);
    EXPECT_EQ(r.report.errors, Texts());
    EXPECT_EQ(r.report.version, "1.7");
    EXPECT_EQ(r.report.pages, 1u);
    EXPECT_EQ(r.report.uris, Texts{"http://example.com/a"});
    EXPECT_EQ(r.report.launches, Texts{"cmd.exe /c calc"});
    EXPECT_EQ(r.report.actions,
              (Counts{{"JavaScript", 1}, {"Launch", 1}, {"OpenAction", 1}, {"URI", 1}}));
    EXPECT_EQ(r.report.not_extracted, 2u);
    for (const Found& found : r.report.found)
      if (found.kind == "embedded_file") {
        EXPECT_EQ(found.filename, "ä.exe");
        EXPECT_EQ(found.description, "text");
        EXPECT_EQ(found.filters, Texts{"FlateDecode"});
      }
  }
}

TEST(PdfDocument, StreamsOfEachKindAreCounted) {
  const Reading r(document(everything()));
  EXPECT_EQ(r.report.streams,
            (Counts{{"embedded_file", 1}, {"image", 2}, {"page_content", 1}, {"xfa", 2}}));
  Options all;
  all.all_streams = true;
  EXPECT_EQ(Reading(document(everything()), all).sink.got.size(), 6u);
}

TEST(PdfDocument, WhatAnUpdateReplacedIsFoundToo) {
  const std::string base = document(everything());
  const Reading r(updated(base, 6, stream("/Type/EmbeddedFile", "harmless")));
  EXPECT_EQ(r.report.revisions, 2u);
  EXPECT_EQ(r.sink.got, (Texts{"javascript 5 0=app.alert(1)", "xfa 8 0=<xdp></xdp>",
                               "embedded_file 6 0=harmless", "image 10 0=MZ in a picture",
                               "embedded_file 6 0=MZ the file"}));
}

TEST(PdfDocument, ACutOneIsReadAsFarAsItGoes) {
  const std::string content = document(everything());
  const Reading r(content.substr(0, content.find("9 0 obj")));
  EXPECT_EQ(r.sink.got[0], kEverything[0]) << testing::PrintToString(r.sink.got);
  EXPECT_NE(std::find(r.sink.got.begin(), r.sink.got.end(), kEverything[2]), r.sink.got.end());
  ASSERT_FALSE(r.report.errors.empty());
  EXPECT_TRUE(r.report.errors[0].starts_with("damaged: "));
  EXPECT_TRUE(r.report.errors[0].ends_with("; the objects that are there were read"))
      << r.report.errors[0];
}

TEST(PdfDocument, NoneAndNonsense) {
  EXPECT_FALSE(Reading("text").report.is_pdf);
  EXPECT_FALSE(Reading("").report.is_pdf);
  EXPECT_FALSE(Reading(std::string(1100, ' ') + "%PDF-1.7").report.is_pdf);
  const Reading r("%PDF-1.7\nnothing else");
  EXPECT_TRUE(r.report.is_pdf);
  EXPECT_EQ(r.sink.got, Texts());
  EXPECT_EQ(r.report.errors.size(), 1u) << testing::PrintToString(r.report.errors);
}

TEST(PdfDocument, ANumberAtTheBeginningThatQpdfRefusesHidesNothing) {
  std::string content = document(everything());
  content.insert(content.find('\n') + 1, "%9999999999 0 obj <<\n");
  EXPECT_EQ(Reading(content).sink.got, kEverything);
}

TEST(PdfDocument, BombsAreEnded) {
  const std::string zeros(100 << 20, '\0');
  Options options;
  options.maximum_size = 1 << 20;
  const std::string bomb = flate(flate(zeros));
  const Reading file(
      document({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>",
                stream("/Type/EmbeddedFile/Filter[/FlateDecode/FlateDecode]", bomb)}),
      options);
  ASSERT_EQ(file.report.found.size(), 1u);
  EXPECT_EQ(file.report.found[0].status, "too large (> 1048576)");
  EXPECT_EQ(file.report.found[0].size, 1u << 20);

  std::string objects =
      document({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"});
  const size_t offset = objects.find("xref\n0");
  objects.resize(offset);
  objects += "3 0 obj\n" +
             stream("/Type/ObjStm/N 1/First 5/Filter[/FlateDecode/FlateDecode]", bomb) +
             "\nendobj\n";
  const std::string start = std::to_string(objects.size());
  const auto entry = [](int type, size_t at, int index) {
    return std::string{static_cast<char>(type), static_cast<char>(at >> 8), static_cast<char>(at),
                       static_cast<char>(index)};
  };
  objects += "5 0 obj\n" +
             stream("/Type/XRef/W[1 2 1]/Size 6/Root 1 0 R",
                    entry(0, 0, 0) + entry(1, objects.find("1 0 obj"), 0) +
                        entry(1, objects.find("2 0 obj"), 0) + entry(1, offset, 0) +
                        entry(2, 3, 0) + entry(1, objects.size(), 0)) +
             "\nendobj\nstartxref\n" + start + "\n%%EOF\n";
  const Reading structure(objects);
  ASSERT_FALSE(structure.report.errors.empty())
      << testing::PrintToString(structure.report.warnings);
  EXPECT_EQ(structure.report.errors[0],
            "too large: an object stream holds more than 67108864 bytes, or all more than "
            "2147483648; its objects were left out");
}

TEST(PdfDocument, StopsWhenNoMoreIsTaken) {
  const Reading r(document(everything()), {}, 1);
  EXPECT_EQ(r.sink.got.size(), 2u);
  EXPECT_EQ(r.report.found.back().status, "stopped");
}

TEST(PdfDocument, FiltersThatAreNotKnown) {
  const Reading r(document({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>",
                            stream("/Type/EmbeddedFile/Filter/Own", "as it lies")}));
  EXPECT_EQ(r.sink.got, Texts{"embedded_file 3 0=as it lies"});
  EXPECT_TRUE(r.report.found.at(0).undecoded);
}

}  // namespace
}  // namespace stoq::plugins::pdf
