// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <zlib.h>

#include "collector.h"
#include "samples.h"

namespace {

using namespace unpack_test;

std::string file(unsigned method, std::uint64_t size, const std::string& data) {
  return "KWAJ\x88\xF0\x27\xD1" + samples::le(method, 2) + samples::le(18, 2) + samples::le(1, 2) +
         samples::le(size, 4) + data;
}

class Bits {
 public:
  Bits& put(unsigned value, unsigned count) {
    while (count-- > 0) text_ += value >> count & 1 ? '1' : '0';
    return *this;
  }
  std::string bytes() const {
    std::string out;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (i % 8 == 0) out += '\0';
      if (text_[i] == '1') out.back() = static_cast<char>(out.back() | 0x80 >> i % 8);
    }
    return out;
  }

 private:
  std::string text_;
};

// Tables of equal lengths in all of the ways that they can be written.
Bits tables() {
  Bits bits;
  for (const unsigned kind : {0u, 1u, 2u, 3u, 0u, 0u}) bits.put(kind, 4);
  bits.put(4, 4).put(0, 15).put(5, 4);
  for (int i = 1; i < 32; ++i) bits.put(1, 2);
  for (int i = 0; i < 64; ++i) bits.put(6, 4);
  return bits;
}

std::string deflated(const std::string& text, const std::string& before) {
  z_stream stream{};
  std::string out(text.size() + 100, '\0');
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  if (!before.empty())
    deflateSetDictionary(&stream, reinterpret_cast<const Bytef*>(before.data()),
                         static_cast<uInt>(before.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return samples::le(out.size() + 2, 2) + "CK" + out;
}

TEST(Kwaj, HuffmanCodesAndCopies) {
  Bits bits = tables();
  bits.put(0, 4).put(2, 5);  // three literals, then a copy of six from three before
  for (const char c : {'a', 'b', 'c'}) bits.put(static_cast<unsigned char>(c), 8);
  bits.put(4, 4).put(0, 6).put(3, 6);
  bits.put(1, 4).put(1, 6).put(0, 6);  // a copy of three out of the window as it is at first
  const auto r = run(file(3, 12, bits.bytes()));
  EXPECT_EQ(r.contents(), Strings{"data=abcabcabc   "});
  EXPECT_EQ(r.report.errors, Strings{});

  const auto cut = run(file(3, 13, bits.bytes()));
  EXPECT_EQ(cut.statuses(), Strings{"data: damaged: it ends after 12 of 13 bytes"});
}

TEST(Kwaj, ACodeThatCannotBeGivesNothing) {
  Bits bits;
  bits.put(1, 4).put(0, 20).put(1, 4).put(0, 15);  // sixteen codes of one bit
  const auto r = run(file(3, 5, bits.bytes() + std::string(400, '\xFF')));
  EXPECT_EQ(r.statuses(), Strings{"data: damaged: it ends after 0 of 5 bytes"});
}

TEST(Kwaj, BlocksOfDeflateShareAWindow) {
  const std::string first = samples::noise(32768, 1), second = first.substr(1000, 20'000);
  const std::string packed = deflated(first, "") + deflated(second, first);
  const auto r = run(file(4, 52'768, packed + std::string(2, '\0')));
  EXPECT_EQ(r.contents(), Strings{"data=" + first + second});
  EXPECT_EQ(r.report.errors, Strings{});
  EXPECT_LT(packed.size(), 34'000u);

  const auto cut = run(file(4, 52'768, packed.substr(0, deflated(first, "").size() + 2)));
  EXPECT_EQ(cut.statuses(), Strings{"data: damaged: it ends after 32768 of 52768 bytes"});
  const auto other = run(file(4, 9, "\x05\x00XX123"));
  EXPECT_EQ(other.statuses(), Strings{"data: damaged: it ends after 0 of 9 bytes"});
}

TEST(Kwaj, AMethodThatIsNotKnownIsNamed) {
  EXPECT_EQ(run(file(5, 1, "x")).report.unsupported, "kwaj with an unknown method");
}

}  // namespace
