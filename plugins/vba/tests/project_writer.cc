// SPDX-License-Identifier: Apache-2.0
#include "project_writer.h"

#include <algorithm>

namespace office_samples {
namespace {

// The longest copy of what is at `at`: length and distance.
std::pair<std::size_t, std::size_t> longest(const std::string& text, std::size_t at,
                                            std::size_t most) {
  std::size_t length = 0, distance = 0;
  for (std::size_t from = 0; from < at; ++from) {
    std::size_t same = 0;
    while (same < most && at + same < text.size() && text[from + same] == text[at + same]) ++same;
    if (same > length) length = same, distance = at - from;
  }
  return {length, distance};
}

std::string chunk_of(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t flags_at = out.size();
    out += '\0';
    for (unsigned bit = 0; bit < 8 && at < text.size(); ++bit) {
      unsigned width = 4;
      while (width < 12 && (std::size_t{1} << width) < at) ++width;
      const auto [length, distance] = longest(text, at, (1u << (16 - width)) + 2);
      if (length < 3) {
        out += text[at++];
        continue;
      }
      out += le((distance - 1) << (16 - width) | (length - 3), 2);
      out[flags_at] = static_cast<char>(out[flags_at] | 1 << bit);
      at += length;
    }
  }
  return le(0xB000 | (out.size() - 1), 2) + out;
}

std::string entry(unsigned id, const std::string& value) {
  return le(id, 2) + le(value.size(), 4) + value;
}

}  // namespace

std::string compress_source(const std::string& text) {
  std::string out = "\1";
  for (std::size_t at = 0; at < text.size(); at += 4096) out += chunk_of(text.substr(at, 4096));
  return out;
}

std::string project_dir(const std::vector<Macro>& macros) {
  std::string out = entry(0x01, le(3, 4)) + entry(0x02, le(0x409, 4)) + entry(0x14, le(0x409, 4)) +
                    entry(0x03, le(1252, 2)) + entry(0x04, "VBAProject") + entry(0x05, "") +
                    entry(0x40, "") + entry(0x06, "") + entry(0x3D, "") + entry(0x07, le(0, 4)) +
                    entry(0x08, le(0, 4)) + le(0x09, 2) + le(4, 4) + le(1, 4) + le(2, 2) +
                    entry(0x0C, "") + entry(0x3C, "");
  const std::string library =
      "*\\G{00020430-0000-0000-C000-000000000046}#2.0#0#stdole2.tlb#OLE Automation";
  out += entry(0x16, "stdole") + entry(0x3E, utf16("stdole")) +
         entry(0x0D, le(library.size(), 4) + library + le(0, 6));
  out += entry(0x0F, le(macros.size(), 2)) + entry(0x13, le(0xFFFF, 2));
  for (const Macro& macro : macros)
    out += entry(0x19, macro.name) + entry(0x47, utf16(macro.name)) + entry(0x1A, macro.name) +
           entry(0x32, utf16(macro.name)) + entry(0x1C, "") + entry(0x48, "") +
           entry(0x31, le(macro.before.size(), 4)) + entry(0x1E, le(0, 4)) +
           entry(0x2C, le(0xFFFF, 2)) + entry(macro.procedural ? 0x21 : 0x22, "") + entry(0x2B, "");
  return out + entry(0x10, "");
}

std::vector<Node> project_nodes(const std::vector<Macro>& macros) {
  std::vector<Node> inner = {stream("dir", compress_source(project_dir(macros))),
                             stream("_VBA_PROJECT", "\xCC\x61\xFF\xFF" + std::string(3, '\0'))};
  std::string project = "ID=\"{00000000-0000-0000-0000-000000000000}\"\r\n";
  for (const Macro& macro : macros) {
    inner.push_back(stream(macro.name, macro.before + compress_source(macro.source)));
    project += (macro.procedural ? "Module=" : "Document=") + macro.name + "\r\n";
  }
  return {storage("VBA", inner), stream("PROJECT", project)};
}

std::string record(std::uint16_t type, const std::string& content) {
  return le(type, 2) + le(content.size(), 2) + content;
}

std::string text_token(const std::string& text) {
  return "\x17" + le(text.size(), 1) + '\0' + text;
}

std::string call_token(unsigned count, unsigned function) {
  return "\x42" + le(count, 1) + le(function, 2);
}

std::string workbook(const std::vector<std::string>& formulas, std::uint8_t hidden) {
  const std::string name = "Macro1";
  const std::string start = std::string("\x3A", 1) + le(0, 2) + le(0, 2) + le(0, 2);  // its cell A1
  const std::string auto_open =
      record(0x18, le(0x20, 2) + le(0, 1) + le(1, 1) + le(start.size(), 2) + le(0, 8) + '\0' +
                       '\1' + start);
  std::string globals = record(0x809, le(0x600, 2) + le(5, 2) + le(0, 12));
  const std::string end = record(0x0A, "");
  const auto sheet = [&](std::size_t offset) {
    return record(0x85,
                  le(offset, 4) + le(hidden, 1) + le(1, 1) + le(name.size(), 1) + '\0' + name);
  };
  const std::size_t offset = globals.size() + sheet(0).size() + auto_open.size() + end.size();
  globals += sheet(offset) + auto_open + end;
  std::string cells = record(0x809, le(0x600, 2) + le(0x40, 2) + le(0, 12));
  for (std::size_t row = 0; row < formulas.size(); ++row)
    cells += record(0x06, le(row, 2) + le(0, 2) + le(15, 2) + le(0, 8) + le(0, 2) + le(0, 4) +
                              le(formulas[row].size(), 2) + formulas[row]);
  return globals + cells + end;
}

}  // namespace office_samples
