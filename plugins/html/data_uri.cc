// SPDX-License-Identifier: Apache-2.0
#include "data_uri.h"

#include <algorithm>
#include <array>

#include "carving/base64.h"

namespace stoq::plugins::html {
namespace {

using std::string_view;

constexpr std::size_t kMostHead = 256;  // characters between "data:" and the comma

constexpr auto kBase64 = [] {
  std::array<bool, 256> set{};
  for (const char c :
       string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=% \r\n\t\\"))
    set[static_cast<unsigned char>(c)] = true;
  return set;
}();

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string percent_decoded(string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) << 4 | digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_head(char c) {
  return static_cast<unsigned char>((c | 0x20) - 'a') < 26 || (c >= '0' && c <= '9') ||
         string_view("/;=.+-_ ").find(c) != string_view::npos;
}

// Whether the characters at `at` are "data:", in any case.
bool begins(string_view html, std::size_t at) {
  constexpr string_view kName = "data";
  for (std::size_t i = 0; i < kName.size(); ++i)
    if ((html[at + i] | 0x20) != kName[i]) return false;
  return at == 0 || !(static_cast<unsigned char>((html[at - 1] | 0x20) - 'a') < 26);
}

}  // namespace

std::vector<DataUri> find_data_uris(string_view html) {
  std::vector<DataUri> all;
  for (std::size_t colon = html.find(':'); colon != html.npos; colon = html.find(':', colon + 1)) {
    if (colon < 4 || !begins(html, colon - 4)) continue;
    const string_view rest = html.substr(colon + 1, kMostHead);
    const std::size_t comma =
        static_cast<std::size_t>(std::ranges::find_if_not(rest, is_head) - rest.begin());
    if (comma == rest.size() || rest[comma] != ',') continue;
    const string_view head = rest.substr(0, comma);
    DataUri uri{colon - 4,         0,    std::string(head.substr(0, head.find(';'))), {},
                colon + 2 + comma, false};
    std::string low(head);
    std::ranges::transform(low, low.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    });
    uri.base64 = low.find(";base64") != low.npos || low.find("; base64") != low.npos;
    // "data:," alone, or a word before a comma in a sentence, is none.
    if (!uri.base64 && uri.type.find('/') == uri.type.npos) continue;
    std::size_t end = uri.body;
    const char before = uri.at > 0 ? html[uri.at - 1] : ' ';
    const bool quoted = before == '"' || before == '\'';
    if (uri.base64) {
      while (end < html.size() && kBase64[static_cast<unsigned char>(html[end])] &&
             (quoted || string_view(" \t\r\n").find(html[end]) == string_view::npos))
        ++end;
    } else {
      const string_view stop = before == '"' ? "\"" : before == '\'' ? "'" : " \t\r\n\"'<>)";
      end = std::min(html.find_first_of(stop, end), html.size());
    }
    uri.size = end - uri.at;
    if (end > uri.body) all.push_back(std::move(uri));
    colon = std::max(colon, end - 1);
  }
  return all;
}

std::string decode(string_view html, const DataUri& uri) {
  const string_view body = html.substr(uri.body, uri.at + uri.size - uri.body);
  if (!uri.base64) return percent_decoded(body);
  return carving::decode_base64(body.find('%') == body.npos ? std::string(body)
                                                            : percent_decoded(body));
}

}  // namespace stoq::plugins::html
