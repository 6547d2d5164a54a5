// SPDX-License-Identifier: Apache-2.0
#include "section_writer.h"

namespace office_samples {
namespace {

const std::string kType("\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", 16);
const std::string kStore("\x3F\xDD\x9A\x10\x1B\x91\xF5\x49\xA5\xD0\x17\x91\xED\xC8\xAE\xD8", 16);
const std::string kExport("\x2F\xE9\x8D\x63\xD4\xA6\xC1\x4B\x9A\x36\xB3\xFC\x25\x11\xA5\xB7", 16);
const std::string kBlock("\xE7\x16\xE3\xBD\x65\x26\x11\x45\xA4\xC4\x8D\x4D\x0B\x7A\x9E\xAC", 16);
const std::string kBlockEnd("\x22\xA7\xFB\x71\x79\x0F\x0B\x4A\xBB\x13\x89\x92\x56\x42\x6B\x24", 16);
const std::string kNodes("\xC4\xF4\xF7\xF5\xB1\x7A\x56\xA4", 8),
    kNodesEnd("\x4B\xBA\x33\x82\xC3\x15\xC2\x8B", 8);

std::string node(unsigned kind, const std::string& content, unsigned place_form = 0,
                 unsigned size_form = 0) {
  return le(kind | (content.size() + 4) << 10 | place_form << 23 | size_form << 25, 4) + content;
}

std::string counted(const std::string& text) {
  return le(text.size(), 4) + utf16(text);
}

std::string guid(unsigned number) {
  return le(number, 4) + std::string(12, '\x11');
}

std::string guid_text(unsigned number) {
  static constexpr const char* kDigits = "0123456789ABCDEF";
  std::string out = "{";
  for (int shift = 28; shift >= 0; shift -= 4) out += kDigits[number >> shift & 15];
  return out + "-1111-1111-1111-111111111111}";
}

std::string compact(std::size_t value) {
  return value < 0x80 ? le(value << 1 | 1, 1) : std::string("\x80", 1) + le(value, 8);
}

std::string start(unsigned type, const std::string& content) {
  if (content.size() < 0x7FFF) return le(2u | type << 3 | content.size() << 17, 4) + content;
  return le(2u | type << 3 | 0x7FFFull << 17, 4) + compact(content.size()) + content;
}

}  // namespace

std::string onenote_section(const std::vector<Page>& files) {
  std::string out = kType + std::string(32, '\0') + kStore;
  out.resize(1024, '\0');
  std::string references, declarations;
  for (unsigned i = 0; i < files.size(); ++i) {
    while (out.size() % 8 != 0) out += '\0';
    const std::size_t at = out.size();
    out += kBlock + le(files[i].content.size(), 8) + le(0, 12) + files[i].content;
    while (out.size() % 8 != 0) out += '\0';
    out += kBlockEnd;
    references += node(0x94, le(at, 8) + le(out.size() - at, 4) + guid(i));
    const unsigned object = 0x105 + i;
    declarations +=
        node(0x72, le(object, 4) + le(0x80036, 4) + le(1, 1) + counted("<ifndf>" + guid_text(i)) +
                       counted(files[i].name.substr(files[i].name.rfind('.'))));
    // its property set: one object, then a number, the object, the name
    const std::string set = le(0x80000000 | 1, 4) + le(object, 4) + le(3, 2) + le(0x14001C00, 4) +
                            le(0x20001D9B, 4) + le(0x1C001D9C, 4) + le(7, 4) +
                            le(files[i].name.size() * 2 + 2, 4) + utf16(files[i].name, true);
    while (out.size() % 8 != 0) out += '\0';
    // place and size in eights
    declarations += node(0xA4,
                         le(out.size() / 8, 4) + le((set.size() + 7) / 8, 2) + le(0x200 + i, 4) +
                             le(0x60035, 4) + le(1, 1) + le(1, 1),
                         3, 3);
    out += set;
  }
  for (const std::string& list : {references, declarations}) {
    while (out.size() % 8 != 0) out += '\0';
    out += kNodes + le(0x10, 4) + le(0, 4) + list + le(0, 4) + std::string(12, '\xFF') + kNodesEnd;
  }
  return out;
}

std::string onenote_export(const std::vector<std::string>& files, bool blobs) {
  const std::string none(1, '\0'), identifier = "\x0C" + std::string(16, 'g');
  std::string out = kType + std::string(32, '\0') + kExport + le(0, 4);
  out += start(0x7A, identifier + std::string(16, 's'));
  out += start(0x15, none);
  std::string declarations, data;
  for (const std::string& file : files) {
    if (blobs) {
      out += start(0x01, identifier + none + compact(0x0A)) +
             start(0x02, compact(file.size()) + file) + "\x05";
      continue;
    }
    declarations +=
        start(0x18, identifier + compact(1) + compact(3) + compact(0) + compact(0)) +
        start(0x18, identifier + compact(2) + compact(file.size()) + compact(0) + compact(0));
    data += start(0x16, compact(1) + identifier + compact(0) + compact(3) + "set") +
            start(0x16, compact(0) + compact(0) + compact(file.size()) + file);
  }
  if (!blobs) {
    out += start(0x01, identifier + none + compact(0x05)) + start(0x1D, "") + declarations +
           std::string("\x75", 1);
    out += start(0x1E, "") + data + std::string("\x79", 1) + "\x05";
  }
  return out + "\x55" + std::string("\xEB\x01", 2);
}

}  // namespace office_samples
