// SPDX-License-Identifier: Apache-2.0
//
// Files made for tests, by what their formats say.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::test {

inline std::string little(std::uint64_t value, unsigned count) {
  std::string out;
  for (unsigned i = 0; i < count; ++i) out += static_cast<char>(value >> 8 * i);
  return out;
}
inline std::string big(std::uint64_t value, unsigned count) {
  const std::string out = little(value, count);
  return {out.rbegin(), out.rend()};
}
inline std::string put(std::string base, std::size_t at, std::string_view what) {
  if (base.size() < at + what.size()) base.resize(at + what.size());
  return base.replace(at, what.size(), what);
}

// A PE of one section with `body` at 0x200, padded to 512 bytes.
inline std::string pe_file(std::string_view body, bool wide = false,
                           std::uint32_t certificate_at = 0, std::uint32_t certificate_size = 0) {
  std::string section(body);
  section.resize((section.size() + 511) / 512 * 512);
  const unsigned optional_size = wide ? 240 : 224;
  std::string pe = put("MZ", 0x3C, little(0x80, 4));
  pe = put(pe, 0x80, std::string_view("PE\0\0", 4));
  pe = put(pe, 0x84,
           little(wide ? 0x8664 : 0x14C, 2) + little(1, 2) + std::string(12, '\0') +
               little(optional_size, 2) + little(0x102, 2));
  pe = put(pe, 0x98, little(wide ? 0x20B : 0x10B, 2));
  pe = put(pe, 0x98 + 32, little(0x1000, 4) + little(0x200, 4));  // alignments
  pe = put(pe, 0x98 + 60, little(0x200, 4));                      // headers
  const std::size_t directories = 0x98 + (wide ? 112 : 96);
  pe = put(pe, directories - 4, little(16, 4));
  pe = put(pe, directories + 32, little(certificate_at, 4) + little(certificate_size, 4));
  pe = put(pe, 0x98 + optional_size,
           put(".text", 8,
               little(0x1000, 4) + little(0x1000, 4) + little(section.size(), 4) +
                   little(0x200, 4) + std::string(16, '\0')));
  pe.resize(0x200);
  return pe + section;
}

inline std::string random_text(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::string out(size, '\0');
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t value = random();
    for (unsigned j = 0; j < 8; ++j) out[i + j] = static_cast<char>(value >> 8 * j);
  }
  return out;
}

inline std::string base64_of(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<std::uint8_t>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

// zlib with stored blocks, and Adler-32 behind them.
inline std::string zlib_of(std::string_view text) {
  std::string out = "\x78\x01";
  for (std::size_t at = 0;; at += 65535) {
    const std::string_view block = text.substr(at, 65535);
    const bool last = at + block.size() == text.size();
    out += static_cast<char>(last);
    out += little(block.size(), 2) + little(~block.size(), 2) + std::string(block);
    if (last) break;
  }
  std::uint32_t a = 1, b = 0;
  for (const char c : text) a = (a + static_cast<std::uint8_t>(c)) % 65521, b = (b + a) % 65521;
  return out + big(b << 16 | a, 4);
}

// What PyInstaller puts behind an executable: entries as (type, name, content), compressed where
// their type is not a PYZ archive.
struct PythonEntry {
  char type;
  std::string name, content;
};
inline std::string python_package(const std::vector<PythonEntry>& entries) {
  std::string data, table;
  for (const auto& [type, name, content] : entries) {
    const std::string stored = type == 'z' ? content : zlib_of(content);
    const std::string padded = put(std::string((name.size() + 16) / 16 * 16, '\0'), 0, name);
    table += big(18 + padded.size(), 4) + big(data.size(), 4) + big(stored.size(), 4) +
             big(content.size(), 4) + (type == 'z' ? '\0' : '\1') + type + padded;
    data += stored;
  }
  const std::string cookie = "MEI\014\013\012\013\016" + big(data.size() + table.size() + 88, 4) +
                             big(data.size(), 4) + big(table.size(), 4) + big(311, 4);
  return data + table + put(cookie + std::string(64, '\0'), 24, "libpython3.11.so");
}
inline std::string python_modules(const std::vector<PythonEntry>& entries,
                                  bool dictionary = false) {
  std::string data(17, '\0'), table;
  for (const auto& [type, name, content] : entries) {
    const std::string stored = zlib_of(content);
    table += (dictionary ? "" : ")\2") + ("\xDA" + std::string(1, static_cast<char>(name.size()))) +
             name + ")\3" + "i" + little(type == 'M', 4) + "i" + little(data.size(), 4) + "i" +
             little(stored.size(), 4);
    data += stored;
  }
  data = put(put(put(data, 0, std::string_view("PYZ\0", 4)), 4, "\xA7\x0D\x0D\x0A"), 8,
             big(data.size(), 4));
  return data + (dictionary ? "{" + table + "0" : "[" + little(entries.size(), 4) + table);
}

inline std::string wide(std::string_view text) {
  std::string out;
  for (const char c : text) out += {c, '\0'};
  return out;
}
inline std::string wide_big(std::string_view text) {
  std::string out;
  for (const char c : text) out += {'\0', c};
  return out;
}

}  // namespace stoq::test
