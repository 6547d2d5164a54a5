// SPDX-License-Identifier: Apache-2.0
#include "base64.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::b64decode {
namespace {

using Ending = Decoder::Ending;

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Decoded {
  std::string bytes;
  Ending ending = Ending::whole;
  std::uint64_t characters = 0, ignored = 0;

  bool operator==(const Decoded&) const = default;
};
void PrintTo(const Decoded& d, std::ostream* out) {
  *out << testing::PrintToString(d.bytes) << " ending " << int(d.ending) << " characters "
       << d.characters << " ignored " << d.ignored;
}

// In pieces of the sizes that `next` gives.
template <class Next>
Decoded decode(std::string_view text, Next next) {
  Decoder decoder;
  Decoded result;
  do {
    const std::string_view piece = text.substr(0, next());
    text.remove_prefix(piece.size());
    // Exactly as large as it must be: what is written beyond shows under a sanitizer.
    std::vector<std::uint8_t> out(decoded_room(piece.size()));
    const std::size_t size = decoder.decode(
        {reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()}, out.data());
    result.bytes.append(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
  } while (!text.empty());
  result.ending = decoder.ending();
  result.characters = decoder.characters();
  result.ignored = decoder.ignored();
  return result;
}
Decoded decode(std::string_view text) {
  return decode(text, [&] { return text.size(); });
}

// The same a character at a time, by the rules alone.
Decoded by_the_rules(std::string_view text) {
  Decoded result;
  std::string bits;
  int padding = 0;
  bool ended = false;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    const std::size_t open = bits.size() / 6 % 4;
    if (ended) {
      result.ignored += value != kAlphabet.npos;
    } else if (c == '=' && open >= 2) {
      ended = open + static_cast<std::size_t>(++padding) >= 4;
    } else if (value != kAlphabet.npos) {
      for (int bit = 5; bit >= 0; --bit) bits.push_back((value >> bit & 1) != 0 ? '1' : '0');
      padding = 0;
      ++result.characters;
    }
  }
  const std::size_t open = bits.size() / 6 % 4;
  if (!ended && open > 0) {
    result.ending = open == 1 ? Ending::odd : Ending::unpadded;
    bits.resize(bits.size() - open * 6);
  }
  for (std::size_t i = 0; i + 8 <= bits.size(); i += 8)
    result.bytes.push_back(static_cast<char>(std::stoi(bits.substr(i, 8), nullptr, 2)));
  return result;
}

std::string encode(std::string_view bytes, std::size_t line = 0, std::string_view end = "\r\n") {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    const std::size_t size = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < size ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(k <= size ? kAlphabet[group >> (18 - 6 * k) & 63] : '=');
      if (line > 0 && ++column == line) out += end, column = 0;
    }
  }
  return out;
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(Base64, KnownTexts) {
  EXPECT_EQ(decode("").bytes, "");
  EXPECT_EQ(decode("Zg==").bytes, "f");
  EXPECT_EQ(decode("Zm8=").bytes, "fo");
  EXPECT_EQ(decode("Zm9v").bytes, "foo");
  EXPECT_EQ(decode("Zm9vYmFy").bytes, "foobar");
  EXPECT_EQ(decode("VGhpcyBpcyBhIHBheWxvYWQgdG8gZGVjb2Rl").bytes, "This is a payload to decode");
  EXPECT_EQ(decode("+/+/").bytes, "\xFB\xFF\xBF");
}

TEST(Base64, EveryLengthAndLine) {
  std::mt19937 random(4);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(random, size);
    for (const std::size_t line : {0, 1, 3, 4, 19, 64, 76}) {
      const Decoded got = decode(encode(bytes, line));
      EXPECT_EQ(got.bytes, bytes) << size << " in lines of " << line;
      EXPECT_EQ(got.ending, Ending::whole);
      EXPECT_EQ(got.characters, (size * 8 + 5) / 6);
    }
  }
}

TEST(Base64, EveryCharacterAtEveryPlace) {
  const std::string text = encode(std::string(24, '\x5A'));
  for (int c = 0; c < 256; ++c) {
    for (std::size_t place = 0; place < text.size(); ++place) {
      std::string changed = text;
      changed[place] = static_cast<char>(c);
      ASSERT_EQ(decode(changed), by_the_rules(changed)) << c << " at " << place;
    }
  }
}

TEST(Base64, ForeignCharactersAreSkipped) {
  EXPECT_EQ(decode(" Z\tm\r\n9 v\n").bytes, "foo");
  EXPECT_EQ(decode(std::string("Z\0m\0008\0=\0", 8)).bytes, "fo") << "UTF-16";
  EXPECT_EQ(decode("Z-m_9v").bytes, "foo") << "the alphabet for URLs is another one";
  EXPECT_EQ(decode("!\xFF\x80#").bytes, "");
}

TEST(Base64, PaddingEndsTheText) {
  EXPECT_EQ(decode("Zg==Zm9v"), (Decoded{"f", Ending::whole, 2, 4}));
  EXPECT_EQ(decode("Zm8=\r\n"), (Decoded{"fo", Ending::whole, 3, 0}));
  EXPECT_EQ(decode("Zm8=Zg=="), (Decoded{"fo", Ending::whole, 3, 2}));
  EXPECT_EQ(decode("Zg=\n="), (Decoded{"f", Ending::whole, 2, 0}));
  EXPECT_EQ(decode("Zm=8="), (Decoded{"fo", Ending::whole, 3, 0})) << "the first fills no group";
}

TEST(Base64, PaddingWhereNoneCanBeIsSkipped) {
  EXPECT_EQ(decode("=Zm9v").bytes, "foo");
  EXPECT_EQ(decode("Z=m9v").bytes, "foo");
  EXPECT_EQ(decode("Zm9v=").bytes, "foo");
  EXPECT_EQ(decode("Zm9v====Zm9v").bytes, "foofoo");
  EXPECT_EQ(decode(std::string(100, '=')), Decoded());
}

TEST(Base64, TextThatIsCutShort) {
  EXPECT_EQ(decode("Zm9vZ"), (Decoded{"foo", Ending::odd, 5, 0}));
  EXPECT_EQ(decode("Zm9vZ==="), (Decoded{"foo", Ending::odd, 5, 0}));
  EXPECT_EQ(decode("Zm9vZg"), (Decoded{"foo", Ending::unpadded, 6, 0}));
  EXPECT_EQ(decode("Zm9vZg="), (Decoded{"foo", Ending::unpadded, 6, 0}));
  EXPECT_EQ(decode("Zm9vZm8"), (Decoded{"foo", Ending::unpadded, 7, 0}));
}

// Texts in which whole groups, other characters and padding come in every mixture, whole and in
// pieces.
TEST(Base64, RandomTextsByTheRules) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    const unsigned foreign = random() % 4 == 0 ? random() % 256 : random() % 8;
    const unsigned padding = random() % 3 == 0 ? random() % 64 : 0;
    std::string text(random() % 400, '\0');
    for (char& c : text) {
      c = kAlphabet[random() % 64];
      if (random() % 256 < foreign) c = static_cast<char>(random());
      if (random() % 256 < padding) c = '=';
    }
    const Decoded expected = by_the_rules(text);
    ASSERT_EQ(decode(text), expected) << testing::PrintToString(text);
    ASSERT_EQ(decode(text, [] { return 1; }), expected) << testing::PrintToString(text);
    ASSERT_EQ(decode(text, [&] { return random() % 50; }), expected)
        << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace stoq::plugins::b64decode
