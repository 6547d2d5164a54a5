// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

namespace tnef_samples {

using namespace std::string_literals;

static std::string le(uint64_t value, int size) {
  std::string out;
  for (int i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> 8 * i));
  return out;
}

static std::string padded(std::string text) {
  text.resize((text.size() + 3) / 4 * 4);
  return text;
}

std::string attribute(int level, uint32_t id, const std::string& value) {
  unsigned sum = 0;
  for (const char c : value) sum += static_cast<unsigned char>(c);
  return le(static_cast<uint64_t>(level), 1) + le(id, 4) + le(value.size(), 4) + value +
         le(sum & 0xFFFF, 2);
}

std::string property(uint16_t type, uint16_t id, const std::string& value) {
  return le(type, 2) + le(id, 2) + le(1, 4) + le(value.size(), 4) + padded(value);
}

std::string named(uint16_t type, const std::string& name, const std::string& value) {
  const std::string wide = utf16(name) + "\0\0"s;
  return le(type, 2) + le(0x8001, 2) + std::string(16, 'g') + le(1, 4) + le(wide.size(), 4) +
         padded(wide) + le(1, 4) + le(value.size(), 4) + padded(value);
}

std::string properties(const std::vector<std::string>& all) {
  std::string out = le(all.size(), 4);
  for (const std::string& one : all) out += one;
  return out;
}

std::string stream(const std::string& attributes) {
  return "\x78\x9F\x3E\x22\x01\x00"s + attribute(1, 0x00069007, le(1252, 4) + le(0, 4)) +
         attributes;
}

std::string utf16(const std::string& ascii) {
  std::string out;
  for (const char c : ascii) out += {c, '\0'};
  return out;
}

std::string stored_rtf(const std::string& text) {
  return le(text.size() + 12, 4) + le(text.size(), 4) + "MELA" + le(0, 4) + text;
}

std::string two_files() {
  const std::string rendering(14, '\0');
  return stream(attribute(1, 0x00018004, "Subj\xE4kt\0"s) +
                attribute(1, 0x00078008, "IPM.Microsoft Mail.Note\0"s) +
                attribute(1, 0x00069003,
                          properties({property(0x001F, 0x1000, utf16("the body") + "\0\0"s),
                                      named(0x001E, "a name", "its value\0"s),
                                      property(0x0102, 0x1009, stored_rtf("{\\rtf1 x}")),
                                      le(0x000B, 2) + le(0x0E1F, 2) + le(1, 4)})) +
                attribute(2, 0x00069002, rendering) + attribute(2, 0x00018010, "short.exe\0"s) +
                attribute(2, 0x0006800F, "first content") + attribute(2, 0x00069002, rendering) +
                attribute(2, 0x00018010, "LONGNA~1.EXE\0"s) +
                attribute(2, 0x00069005,
                          properties({property(0x0102, 0x3701, "second content"),
                                      property(0x001F, 0x3707, utf16("a long name.exe") + "\0\0"s),
                                      property(0x001E, 0x370E, "application/x\0"s)})));
}

std::string nested(const std::string& inner) {
  const std::string interface = "\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"s;
  return stream(
      attribute(2, 0x00069002, std::string(14, '\0')) +
      attribute(2, 0x00018010, "inner message\0"s) +
      attribute(2, 0x00069005, properties({property(0x000D, 0x3701, interface + inner)})));
}

}  // namespace tnef_samples
