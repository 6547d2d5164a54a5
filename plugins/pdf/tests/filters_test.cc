// SPDX-License-Identifier: Apache-2.0
#include "filters.h"

#include <gtest/gtest.h>

#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>

#include <qpdf/Pipeline.hh>

#include "samples.h"

namespace stoq::plugins::pdf {
namespace {

using namespace std::string_literals;

class DecodedText final : public Pipeline {
 public:
  DecodedText() : Pipeline("kept", nullptr) {}
  using Pipeline::write;
  void write(const unsigned char* bytes, size_t size) override {
    text.append(reinterpret_cast<const char*>(bytes), size);
  }
  void finish() override {}
  std::string text;
};

struct Through {
  std::string text;
  bool worked = false, exceeded = false, damaged = false;
};

Through decoded(const std::string& dict, const std::string& data, uint64_t most = 1 << 20) {
  register_filters();
  QPDF pdf;
  pdf.setSuppressWarnings(true);
  pdf.emptyPDF();
  QPDFObjectHandle object = QPDFObjectHandle::newStream(&pdf, data);
  object.replaceDict(QPDFObjectHandle::parse("<<" + dict + ">>"));
  DecodedText kept;
  budget() = {most, most, false, false};
  bool attempted = false, worked = false;
  try {
    worked = object.pipeStreamData(&kept, &attempted, 0, qpdf_dl_all, true, false);
  } catch (const Stop&) {
  }
  return {kept.text, worked && attempted, budget().exceeded, budget().damaged};
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * i >> 3);
  return text + std::string(1000, 'z');
}

TEST(PdfFilters, EachAndAllInAChain) {
  const std::string s = sample();
  EXPECT_EQ(decoded("/Filter/FlateDecode", pdf_samples::flate(s)).text, s);
  EXPECT_EQ(decoded("/Filter/Fl", pdf_samples::flate(s)).text, s);
  EXPECT_EQ(decoded("/Filter/LZWDecode", pdf_samples::lzw(s)).text, s);
  EXPECT_EQ(decoded("/Filter/RunLengthDecode", pdf_samples::run_length(s)).text, s);
  EXPECT_EQ(decoded("/Filter/ASCIIHexDecode", pdf_samples::ascii_hex(s)).text, s);
  EXPECT_EQ(decoded("/Filter/ASCII85Decode", pdf_samples::ascii85(s)).text, s);
  using namespace pdf_samples;
  const Through chain = decoded(
      "/Filter[/ASCII85Decode/FlateDecode/ASCIIHexDecode/LZWDecode/RunLengthDecode/FlateDecode]",
      ascii85(flate(ascii_hex(lzw(run_length(flate(s)))))));
  EXPECT_EQ(chain.text, s);
  EXPECT_TRUE(chain.worked);
  EXPECT_FALSE(chain.damaged);
}

TEST(PdfFilters, LzwOfAnotherWriter) {  // the example of ISO 32000-1, 7.4.4.2
  EXPECT_EQ(decoded("/Filter/LZWDecode", "\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01").text,
            "-----A---B");
}

TEST(PdfFilters, LzwCodesGrow) {
  // Ever longer runs of one byte: code n stands for a run one longer than code n - 1.
  std::string packed, wanted;
  unsigned long bits = 0;
  unsigned count = 0, width = 9, next = 258;
  const auto put = [&](unsigned code) {
    bits = bits << width | code;
    for (count += width; count >= 8; count -= 8) packed += static_cast<char>(bits >> (count - 8));
  };
  put(256);
  put('a');
  wanted = "a";
  for (unsigned length = 2; length < 1500; ++length) {
    // the decoder will have made the code before this one
    put(next);
    wanted += std::string(length, 'a');
    ++next;
    if (next + 1 >= 512) width = 10;
    if (next + 1 >= 1024) width = 11;
  }
  put(257);
  if (count > 0) packed += static_cast<char>(bits << (8 - count));
  const Through out = decoded("/Filter/LZWDecode", packed, 10 << 20);
  EXPECT_EQ(out.text.size(), wanted.size());
  EXPECT_TRUE(out.text == wanted);
  EXPECT_FALSE(out.damaged);
}

TEST(PdfFilters, Predictors) {
  // Rows by none, up, left, average and Paeth in turn.
  const std::string rows = "\0abcd\2\1\1\1\1\1a\1\1\1\3\0\0\0\0\4\1\0\0\0"s;
  EXPECT_EQ(decoded("/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>",
                    pdf_samples::flate(rows))
                .text,
            "abcd"
            "bcde"
            "abcd"
            "\x30\x49\x56\x5D"
            "\x31\x49\x56\x5D");
  EXPECT_EQ(decoded("/Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 4>>",
                    pdf_samples::flate("a\1\1\1b\1\1\1"))
                .text,
            "abcdbcde");
}

TEST(PdfFilters, ABombIsEnded) {
  const std::string bomb = pdf_samples::flate(pdf_samples::flate(std::string(50 << 20, '\0')));
  EXPECT_LT(bomb.size(), 5000u);
  const Through out = decoded("/Filter[/FlateDecode/FlateDecode]", bomb);
  EXPECT_TRUE(out.exceeded);
  EXPECT_FALSE(out.worked);
  EXPECT_LE(out.text.size(), 1u << 20);
}

TEST(PdfFilters, DamageKeepsWhatIsBeforeIt) {
  const std::string whole = pdf_samples::flate(sample());
  const Through cut = decoded("/Filter/FlateDecode", whole.substr(0, whole.size() / 2));
  EXPECT_TRUE(cut.damaged);
  EXPECT_GT(cut.text.size(), 100u);
  EXPECT_TRUE(sample().starts_with(cut.text));
  EXPECT_TRUE(decoded("/Filter/FlateDecode", "nonsense").damaged);
  EXPECT_TRUE(decoded("/Filter/LZWDecode", "\xFF\xFF\xFF").damaged);
  EXPECT_TRUE(decoded("/Filter/RunLengthDecode",
                      "\x05"
                      "ab")
                  .damaged);
}

TEST(PdfFilters, CodingsOfPicturesStay) {
  EXPECT_EQ(decoded("/Filter[/FlateDecode/DCTDecode]", pdf_samples::flate("\xFF\xD8 jpeg")).text,
            "\xFF\xD8 jpeg");
}

}  // namespace
}  // namespace stoq::plugins::pdf
