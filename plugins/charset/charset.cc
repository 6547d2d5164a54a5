// SPDX-License-Identifier: Apache-2.0
#include "charset/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "stoq/sdk/json.h"

namespace stoq::plugins::charset {
namespace {

// What the C library is asked for.
constexpr const char* kConverters[] = {
    "UTF-8",       "UTF-16",      "UTF-16LE",    "UTF-16BE",    "UTF-7",      "UTF-32",
    "CP1250",      "CP1251",      "CP1252",      "CP1253",      "CP1254",     "CP1255",
    "CP1256",      "CP1257",      "CP1258",      "CP874",       "ISO-8859-2", "ISO-8859-3",
    "ISO-8859-4",  "ISO-8859-5",  "ISO-8859-6",  "ISO-8859-7",  "ISO-8859-8", "ISO-8859-10",
    "ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16", "KOI8-R",     "KOI8-U",
    "CP437",       "CP850",       "CP852",       "CP866",       "MACINTOSH",  "GB18030",
    "BIG5-HKSCS",  "CP932",       "EUC-JP",      "ISO-2022-JP", "CP949",      "ISO-2022-KR",
    "JOHAB",       "IBM037"};

struct Alias {
  std::string_view name;  // in lower case
  const char* converter;
};

// What files say, where it is neither the converter's name nor that with "cp" written otherwise.
// As browsers and Windows do, Latin 1 is read as its superset.
constexpr Alias kAliases[] = {
    {"utf8", "UTF-8"},
    {"ucs-2", "UTF-16LE"},
    {"unicode", "UTF-16LE"},
    {"ucs-2le", "UTF-16LE"},
    {"ucs-2be", "UTF-16BE"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"utf7", "UTF-7"},
    {"x-unicode-2-0-utf-7", "UTF-7"},
    {"iso-8859-1", "CP1252"},
    {"iso8859-1", "CP1252"},
    {"iso_8859-1", "CP1252"},
    {"latin1", "CP1252"},
    {"latin-1", "CP1252"},
    {"l1", "CP1252"},
    {"ansi", "CP1252"},
    {"iso-8859-9", "CP1254"},
    {"latin5", "CP1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"latin2", "ISO-8859-2"},
    {"koi8", "KOI8-R"},
    {"koi", "KOI8-R"},
    {"mac", "MACINTOSH"},
    {"x-mac-roman", "MACINTOSH"},
    {"gb2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"euc-cn", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"cp950", "BIG5-HKSCS"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"ms_kanji", "CP932"},
    {"x-euc-jp", "EUC-JP"},
    {"eucjp", "EUC-JP"},
    {"csiso2022jp", "ISO-2022-JP"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"ksc5601", "CP949"},
    {"korean", "CP949"},
    {"uhc", "CP949"},
    {"cp1361", "JOHAB"},
    {"ebcdic-cp-us", "IBM037"},
    {"cp037", "IBM037"},
};

constexpr std::size_t kMaxName = 40;

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

// What is passed over where a character means nothing: no less, or what follows were misread.
std::size_t unit_of(std::string_view converter) {
  return converter.starts_with("UTF-16") ? 2 : converter == "UTF-32" ? 4 : 1;
}

const char* converter_named(std::string_view name) {
  for (const Alias& alias : kAliases)
    if (alias.name == name) return alias.converter;
  for (const char* converter : kConverters)
    if (lower(converter) == name) return converter;
  return nullptr;
}

}  // namespace

Charsets::Charsets() {
  for (const char* converter : kConverters) {
    const iconv_t opened = iconv_open("UTF-8", converter);
    if (opened != reinterpret_cast<iconv_t>(-1)) open_.push_back(opened);
  }
}

Charsets::~Charsets() {
  for (void* opened : open_) iconv_close(opened);
}

const char* Charsets::find(std::string_view name) const {
  while (!name.empty() && (name.front() == ' ' || name.front() == '"')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '"')) name.remove_suffix(1);
  if (name.empty() || name.size() > kMaxName) return nullptr;
  const std::string wanted = lower(name);
  if (const char* found = converter_named(wanted)) return found;
  for (const std::string_view prefix : {"windows-", "windows", "x-cp", "ibm", "cp-", "ms", "x-"})
    if (wanted.starts_with(prefix))
      if (const char* found =
              converter_named((prefix == "x-" ? "" : "cp") + wanted.substr(prefix.size())))
        return found;
  return nullptr;
}

std::optional<std::string> Charsets::to_utf8(std::string_view bytes, std::string_view name) const {
  const char* const converter = find(name);
  if (!converter) return std::nullopt;
  const iconv_t opened = iconv_open("UTF-8", converter);
  if (opened == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string out;
  char* in = const_cast<char*>(bytes.data());  // it only reads
  std::size_t left = bytes.size();
  std::array<char, 8192> piece;
  while (left > 0) {
    char* to = piece.data();
    std::size_t room = piece.size();
    const bool broken = iconv(opened, &in, &left, &to, &room) == static_cast<std::size_t>(-1);
    const int why = errno;
    out.append(piece.data(), piece.size() - room);
    if (!broken || why == E2BIG) continue;
    out.append(sdk::detail::kReplacement);
    if (why != EILSEQ) break;  // cut in the middle of a character
    const std::size_t skipped = std::min(left, unit_of(converter));
    in += skipped, left -= skipped;
  }
  char* to = piece.data();  // what a converter has kept back to see what follows
  std::size_t room = piece.size();
  iconv(opened, nullptr, nullptr, &to, &room);
  out.append(piece.data(), piece.size() - room);
  iconv_close(opened);
  if (!sdk::valid_utf8(out)) return sdk::detail::from_utf8(out);
  return out;
}

std::string Charsets::text(std::string_view bytes, std::string_view name) const {
  if (auto converted = to_utf8(bytes, name)) return *std::move(converted);
  return sdk::text_from_bytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

std::string name_of_code_page(unsigned page) {
  switch (page) {
    case 65001:
      return "UTF-8";
    case 65000:
      return "UTF-7";
    case 1200:
      return "UTF-16LE";
    case 1201:
      return "UTF-16BE";
    case 20127:
      return "CP1252";
    case 20866:
      return "KOI8-R";
    case 21866:
      return "KOI8-U";
    case 50220:
    case 50221:
    case 50222:
      return "ISO-2022-JP";
    case 51932:
      return "EUC-JP";
    case 51949:
      return "CP949";
    case 54936:
      return "GB18030";
    default:
      break;
  }
  if (page >= 28591 && page <= 28605) return "ISO-8859-" + std::to_string(page - 28590);
  return "CP" + std::to_string(page);
}

}  // namespace stoq::plugins::charset
