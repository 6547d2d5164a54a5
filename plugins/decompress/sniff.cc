// SPDX-License-Identifier: Apache-2.0
#include "sniff.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "lzss.h"

namespace stoq::plugins::decompress {
namespace {

using Bytes = std::span<const std::uint8_t>;
using namespace std::string_view_literals;

constexpr std::size_t kZipEnd = 22;           // end of central directory without its comment
constexpr std::size_t kMaxCandidates = 1000;  // signatures checked per kind inside an executable
constexpr std::size_t kMaxRarHeader = 4096;

bool has(Bytes b, std::size_t at, std::string_view magic) {
  return b.size() >= at + magic.size() &&
         std::memcmp(b.data() + at, magic.data(), magic.size()) == 0;
}

std::uint32_t le(Bytes b, std::size_t at, int bytes) {  // callers check the range
  std::uint32_t v = 0;
  for (int i = bytes; i-- > 0;) v = v << 8 | b[at + static_cast<std::size_t>(i)];
  return v;
}

std::uint32_t crc32(Bytes b) {
  std::uint32_t crc = ~0u;
  for (auto byte : b) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

bool is_hex(std::uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_octal(std::uint8_t c) {
  return c >= '0' && c <= '7';
}

bool is_tar(Bytes b) {
  constexpr std::size_t kSum = 148;
  if (b.size() < 512 || b[0] == 0) return false;
  long stored = 0, plain = 0, with_sign = 0;
  bool digits = false;
  for (std::size_t i = kSum; i < kSum + 8; ++i) {
    if (is_octal(b[i])) {
      stored = stored * 8 + (b[i] - '0');
      digits = true;
    } else if (b[i] != ' ' && b[i] != 0) {
      return false;
    } else if (digits) {
      break;
    }
  }
  for (std::size_t i = 0; i < 512; ++i) {
    const bool in_sum = i >= kSum && i < kSum + 8;
    plain += in_sum ? ' ' : b[i];
    with_sign += in_sum ? ' ' : static_cast<signed char>(b[i]);
  }
  return digits && (stored == plain || stored == with_sign);
}

bool is_cpio(Bytes b) {
  if (b.size() < 26) return false;
  if (has(b, 0, "070701"sv) || has(b, 0, "070702"sv))
    return b.size() >= 110 && std::all_of(b.begin() + 6, b.begin() + 110, is_hex);
  if (has(b, 0, "070707"sv))
    return b.size() >= 76 && std::all_of(b.begin() + 6, b.begin() + 76, is_octal);
  const bool little = has(b, 0, "\xC7\x71"sv);
  if (!little && !has(b, 0, "\x71\xC7"sv)) return false;
  const std::size_t name = little ? b[20] | b[21] << 8 : b[20] << 8 | b[21];
  return name >= 2 && name <= 1024 && b.size() >= 26 + name && b[26 + name - 1] == 0 &&
         std::find(b.begin() + 26, b.begin() + 26 + static_cast<long>(name), 0) ==
             b.begin() + 25 + static_cast<long>(name);
}

bool is_lha(Bytes b) {
  if (b.size() < 24 || b[2] != '-' || b[3] != 'l' || (b[4] != 'h' && b[4] != 'z') || b[6] != '-' ||
      b[20] > 3)
    return false;
  if (b[20] >= 2) return true;
  const std::size_t size = b[0];
  if (size < 20 || b.size() < size + 2) return false;
  std::uint8_t sum = 0;
  for (std::size_t i = 2; i < size + 2; ++i) sum = static_cast<std::uint8_t>(sum + b[i]);
  return sum == b[1];
}

bool is_lzma(
    Bytes b) {  // properties, dictionary, size, and the range coder's first byte, which is always 0
  if (b.size() < 18 || b[0] != 0x5D || b[13] != 0) return false;
  const auto dictionary = le(b, 1, 4);
  const auto low = dictionary & (~dictionary + 1);
  const bool power = dictionary >= 4096 &&
                     (dictionary == low || dictionary == (low | low << 1) || dictionary == ~0u);
  const auto size_low = le(b, 5, 4), size_high = le(b, 9, 4);
  return power && ((size_low == ~0u && size_high == ~0u) || size_high < 64);
}

bool is_compress(Bytes b) {
  if (b.size() < 5 || !has(b, 0, "\x1F\x9D"sv)) return false;
  const int bits = b[2] & 0x1F;
  return bits >= 9 && bits <= 16 && (b[2] & 0x60) == 0 &&
         (b[4] & 1) == 0;  // the first code is a literal: below 256
}

/// "begin 644 name", then a line whose length is what its first character says.
bool is_uu(Bytes b) {
  if (b.size() < 12 || !has(b, 0, "begin "sv)) return false;
  std::size_t at = 6;
  while (at < 10 && is_octal(b[at])) ++at;
  if (at < 9 || b[at] != ' ') return false;
  const auto limit = b.begin() + static_cast<long>(std::min<std::size_t>(b.size(), 1024));
  const auto eol = std::find(b.begin() + static_cast<long>(at) + 1, limit, '\n');
  if (eol == limit || eol == b.begin() + static_cast<long>(at) + 1 || eol + 1 == limit)
    return false;
  const auto line = eol + 1;
  if (*line < ' ' || *line > '`') return false;
  const auto chars = static_cast<long>(((*line - ' ') & 63) + 2) / 3 * 4;
  return limit - line > chars &&
         std::all_of(line + 1, line + 1 + chars, [](auto c) { return c >= ' ' && c <= '`'; });
}

bool is_rar_header(Bytes b) {  // after a RAR signature: the checksum of the first header
  if (b.size() < 20) return false;
  if (b[6] == 0) {
    const std::size_t size = le(b, 12, 2);
    return b[9] == 0x73 && size >= 13 && b.size() >= 7 + size &&
           (crc32(b.subspan(9, size - 2)) & 0xFFFF) == le(b, 7, 2);
  }
  if (b[6] != 1) return false;
  std::size_t size = 0, at = 12;
  for (int shift = 0; shift < 21; shift += 7) {
    const auto byte = b[at++];
    size |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  return b[7] == 0 && size <= kMaxRarHeader && b.size() >= at + size &&
         crc32(b.subspan(12, at - 12 + size)) == le(b, 8, 4);
}

bool is_sevenzip_header(Bytes b) {
  return b.size() >= 32 && crc32(b.subspan(12, 20)) == le(b, 8, 4);
}

bool is_cab_header(Bytes b) {
  if (b.size() < 36) return false;
  const auto size = le(b, 8, 4);
  return size >= 36 && size <= b.size() && le(b, 16, 4) < size && b[24] <= 3 && b[25] == 1 &&
         le(b, 28, 2) > 0;
}

bool is_arj(Bytes b) {
  if (b.size() < 40 || !has(b, 0, "\x60\xEA"sv)) return false;
  const std::size_t size = le(b, 2, 2);
  return size >= 30 && size <= 2600 && b[10] == 2 && b.size() >= 8 + size &&
         crc32(b.subspan(4, size)) == le(b, 4 + size, 4);
}

struct Magic {
  std::size_t at;
  std::string_view bytes;
  Container container;
  bool (*check)(Bytes) = nullptr;
  bool weak = false;
};

Container at_start(Bytes b, bool& weak) {
  static constexpr std::array kMagics = {
      Magic{0, "PK\3\4"sv, Container::zip},
      Magic{0, "PK\5\6"sv, Container::zip},
      Magic{0, "PK00PK\3\4"sv, Container::zip},
      Magic{0, "PK\7\x08PK\3\4"sv, Container::zip},
      Magic{0, "7z\xBC\xAF\x27\x1C"sv, Container::sevenzip},
      Magic{0, "Rar!\x1A\x07\x00"sv, Container::rar},
      Magic{0, "Rar!\x1A\x07\x01\x00"sv, Container::rar5},
      Magic{0, "\x1F\x8B\x08"sv, Container::gzip,
            [](Bytes x) { return x.size() >= 10 && (x[3] & 0xE0) == 0; }},
      Magic{0, "BZh"sv, Container::bzip2,
            [](Bytes x) {
              return x.size() >= 10 && x[3] >= '1' && x[3] <= '9' &&
                     (has(x, 4, "1AY&SY"sv) || has(x, 4, "\x17rE8P\x90"sv));
            }},
      Magic{0, "\xFD\x37zXZ\0"sv, Container::xz},
      Magic{0, "\x28\xB5\x2F\xFD"sv, Container::zstd},
      Magic{0, "\x04\x22\x4D\x18"sv, Container::lz4},
      Magic{0, "\x02\x21\x4C\x18"sv, Container::lz4},
      Magic{0, "LZIP"sv, Container::lzip, [](Bytes x) { return x.size() >= 26 && x[4] <= 1; }},
      Magic{0, "\xED\xAB\xEE\xDB"sv, Container::rpm},
      Magic{0, "!<arch>\n"sv, Container::ar},
      Magic{0, "MSCF\0\0\0\0"sv, Container::cab},
      Magic{0, "xar!"sv, Container::xar,
            [](Bytes x) { return x.size() >= 28 && x[4] == 0 && x[5] >= 28; }},
      Magic{0, "WARC/0."sv, Container::warc},
      Magic{0, "WARC/1."sv, Container::warc},
      Magic{0, "SZ"sv, Container::szdd, [](Bytes x) { return ms_compressed(x).has_value(); }},
      Magic{0, "KWAJ"sv, Container::kwaj, [](Bytes x) { return ms_compressed(x).has_value(); }},
      Magic{0, ""sv, Container::cpio, is_cpio},
      Magic{0, ""sv, Container::lha, is_lha},
      Magic{0, ""sv, Container::uu, is_uu, true},
      Magic{0, ""sv, Container::compress, is_compress, true},
      Magic{0, ""sv, Container::lzma, is_lzma, true},
      Magic{0, ""sv, Container::tar, is_tar},
      Magic{0x8001, "CD001"sv, Container::iso9660},
      Magic{0x8801, "CD001"sv, Container::iso9660},
  };
  for (const auto& magic : kMagics) {
    if (!has(b, magic.at, magic.bytes) || (magic.check && !magic.check(b))) continue;
    weak = magic.weak;
    return magic.container;
  }
  return Container::none;
}

std::string_view unsupported(Bytes b) {
  if (is_arj(b)) return "arj"sv;
  if (has(b, 7, "**ACE**"sv)) return "ace"sv;
  if (has(b, 0, "MSWIM\0\0\0"sv)) return "wim"sv;
  if (has(b, 0, "LRZI"sv)) return "lrzip"sv;
  if (has(b, 0, "\x89LZO\0\r\n\x1A\n"sv)) return "lzop"sv;
  if (has(b, 0, "RE\x7E\x5E"sv)) return "rar 1.4"sv;
  if (has(b, 0, "KWAJ\x88\xF0\x27\xD1"sv)) return "kwaj with an unknown method"sv;
  if (has(b, 0x8001, "BEA01"sv)) return "udf"sv;
  return ""sv;
}

struct ZipEnd {
  std::size_t end;     // behind the end record and its comment
  std::size_t prefix;  // bytes before the first member that the directory does not count
};

std::optional<ZipEnd> find_zip_end(Bytes b) {
  if (b.size() < kZipEnd) return std::nullopt;
  const std::size_t last = b.size() - kZipEnd, first = last > 0xFFFF ? last - 0xFFFF : 0;
  for (std::size_t end = last + 1; const void* hit = memrchr(b.data() + first, 'P', end - first);) {
    const std::size_t at = end =
        static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - b.data());
    if (!has(b, at, "PK\5\6"sv)) continue;
    const std::size_t size = le(b, at + 12, 4), offset = le(b, at + 16, 4);
    const std::size_t stop = std::min(b.size(), at + kZipEnd + le(b, at + 20, 2));
    if (at >= 20 && has(b, at - 20, "PK\6\7"sv))
      return ZipEnd{stop, 0};  // zip64: its own record tells the rest
    if (size + offset > at || le(b, at + 10, 2) == 0 || !has(b, at - size, "PK\1\2"sv)) continue;
    return ZipEnd{stop, at - size - offset};
  }
  return std::nullopt;
}

struct Embedded {
  std::string_view magic;
  std::size_t rare;  // which byte of it files hold least of
  Container container;
  bool (*check)(Bytes);
};

// memmem by one byte, which takes a third of its time; where there is none, the end of b.
std::size_t find(Bytes b, const Embedded& e, std::size_t at) {
  for (at += e.rare; at < b.size(); ++at) {
    const void* hit = std::memchr(b.data() + at, e.magic[e.rare], b.size() - at);
    if (!hit) break;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - b.data());
    if (has(b, at - e.rare, e.magic)) return at - e.rare;
  }
  return b.size();
}

void find_embedded(Bytes b, Sniffed& found) {
  static constexpr std::array kEmbedded = {
      Embedded{"7z\xBC\xAF\x27\x1C"sv, 3, Container::sevenzip, is_sevenzip_header},
      Embedded{"Rar!\x1A\x07"sv, 4, Container::rar, is_rar_header},
      Embedded{"MSCF\0\0\0\0"sv, 3, Container::cab, is_cab_header},
  };
  std::size_t limit = b.size();  // only what starts earlier than the best so far
  for (const auto& e : kEmbedded) {
    std::size_t at = find(b.first(limit), e, 0);
    for (std::size_t tries = 1; at < limit && !e.check(b.subspan(at)); ++tries)
      at = tries < kMaxCandidates ? find(b.first(limit), e, at + 1) : limit;
    if (at >= limit) continue;
    found.container =
        e.container == Container::rar && b[at + 6] == 1 ? Container::rar5 : e.container;
    found.begin = limit = at;
  }
}

}  // namespace

std::string_view name_of(Container container) {
  static constexpr std::array kNames = {""sv,     "zip"sv,  "7zip"sv,     "rar"sv,  "rar5"sv,
                                        "tar"sv,  "cpio"sv, "ar"sv,       "cab"sv,  "iso9660"sv,
                                        "lha"sv,  "xar"sv,  "warc"sv,     "rpm"sv,  "szdd"sv,
                                        "kwaj"sv, "gzip"sv, "bzip2"sv,    "xz"sv,   "lzma"sv,
                                        "zstd"sv, "lz4"sv,  "compress"sv, "lzip"sv, "uu"sv};
  return kNames[static_cast<std::size_t>(container)];
}

bool is_filter(Container container) {
  return container >= Container::gzip;
}

Container sniff_inside(Bytes head) {
  if (is_tar(head)) return Container::tar;
  return is_cpio(head) ? Container::cpio : Container::none;
}

Sniffed sniff(Bytes content) {
  Sniffed found;
  found.end = content.size();
  if (content.size() < 5) return found;
  found.container = at_start(content, found.weak);
  const bool executable = has(content, 0, "MZ"sv) || has(content, 0,
                                                         "\x7F"
                                                         "ELF"sv);
  if (found.container == Container::none && !executable) found.unsupported = unsupported(content);
  if (found.container == Container::zip ||
      (found.container == Container::none && (executable || found.unsupported.empty()))) {
    if (const auto zip = find_zip_end(content)) {
      found.container = Container::zip;
      found.end = zip->end;
      found.zip_prefix = zip->prefix;
    } else {
      find_embedded(content, found);
    }
  }
  return found;
}

}  // namespace stoq::plugins::decompress
