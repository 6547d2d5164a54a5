// SPDX-License-Identifier: Apache-2.0
//
// Compiled scripts as Aut2Exe writes them, for tests and fuzz targets.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "plugins/autoit/cipher.h"
#include "plugins/carving/tests/samples.h"

namespace stoq::test {

using ScriptVersion = plugins::autoit::Version;

inline std::string crypted(ScriptVersion version, std::uint32_t key, std::string_view text) {
  const auto bytes = plugins::autoit::crypt(version, key, plugins::carving::bytes_of(text));
  return std::string(plugins::carving::text_of(bytes));
}

// Bits, the highest first.
class BitWriter {
 public:
  void put(std::uint32_t value, unsigned count) {
    while (count-- > 0) {
      if (used_++ % 8 == 0) out_ += '\0';
      out_.back() = static_cast<char>(out_.back() | (value >> count & 1) << (7 - (used_ - 1) % 8));
    }
  }
  std::string take() { return out_; }

 private:
  std::string out_;
  unsigned used_ = 0;
};

// Single bytes, and where the last byte goes on at least three times a repetition.
inline std::string squeezed(ScriptVersion version, std::string_view text) {
  const bool wide = version == ScriptVersion::ea06;
  BitWriter bits;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t run = 0;
    while (at > 0 && at + run < text.size() && text[at + run] == text[at - 1]) ++run;
    if (run < 3) {
      bits.put(wide, 1);
      bits.put(static_cast<std::uint8_t>(text[at++]), 8);
      continue;
    }
    at += run;
    bits.put(!wide, 1);
    bits.put(1, 15);
    std::size_t rest = run - 3;
    bool more = true;
    for (const unsigned width : {2u, 3u, 5u}) {
      const std::size_t most = (1u << width) - 1, value = std::min(rest, most);
      bits.put(static_cast<std::uint32_t>(value), width);
      more = value == most;
      rest -= value;
      if (!more) break;
    }
    while (more) {
      const std::size_t value = std::min<std::size_t>(rest, 255);
      bits.put(static_cast<std::uint32_t>(value), 8);
      more = value == 255;
      rest -= value;
    }
  }
  return (wide ? "EA06" : "EA05") + big(text.size(), 4) + bits.take();
}

struct ScriptEntry {
  std::string name, path, content;
  bool compressed = true;
  std::uint32_t wrong = 0;  // that the checksum is off by
};

inline std::string script_string(ScriptVersion version, std::string_view text,
                                 std::uint32_t size_key, std::uint32_t key) {
  const bool wide = version == ScriptVersion::ea06;
  return little(text.size() ^ size_key, 4) + crypted(version,
                                                     static_cast<std::uint32_t>(text.size()) + key,
                                                     wide ? test::wide(text) : std::string(text));
}

inline std::string script_entry(ScriptVersion version, const ScriptEntry& entry) {
  const bool wide = version == ScriptVersion::ea06;
  const std::string stored =
      entry.compressed && !entry.content.empty() ? squeezed(version, entry.content) : entry.content;
  const std::uint32_t size = wide ? 0x87BC : 0x45AA;
  const auto sum = static_cast<std::uint32_t>(
      adler32_z(1, reinterpret_cast<const Bytef*>(stored.data()), stored.size()));
  std::string out = crypted(version, wide ? 0x18EE : 0x16FA, "FILE");
  out += script_string(version, entry.name, wide ? 0xADBC : 0x29BC, wide ? 0xB33F : 0xA25E);
  out += script_string(version, entry.path, wide ? 0xF820 : 0x29AC, wide ? 0xF479 : 0xF25E);
  out += static_cast<char>(entry.compressed);
  out += little(stored.size() ^ size, 4) + little(entry.content.size() ^ size, 4);
  out += little((sum ^ (wide ? 0xA685 : 0xC3D2)) + entry.wrong, 4) + std::string(16, '\0');
  // The password of EA05 is sixteen times 'p'.
  return out + crypted(version, wide ? 0x2477 : 0x22AF + 16 * 'p', stored);
}

inline std::string script_head(std::string_view version) {
  return "\xA3\x48\x4B\xBE\x98\x6C\x4A\xA9\x99\x4C\x53\x0A\x86\xD6\x48\x7D"
         "AU3!" +
         std::string(version) + std::string(16, 'p');
}

inline std::string compiled_script(ScriptVersion version, const std::vector<ScriptEntry>& entries) {
  const std::string_view name = version == ScriptVersion::ea06 ? "EA06" : "EA05";
  std::string out = script_head(name);
  for (const ScriptEntry& entry : entries) out += script_entry(version, entry);
  return out + "AU3!" + std::string(name);
}

// What EA06 keeps a name or text as.
inline std::string token(unsigned code, std::string_view text) {
  std::string out = static_cast<char>(code) + little(text.size(), 4);
  for (const char c : wide(text))
    out += static_cast<char>(c ^ static_cast<char>(text.size() >> (out.size() % 2 ? 0 : 8)));
  return out;
}

}  // namespace stoq::test
