// SPDX-License-Identifier: Apache-2.0
#include "message_writer.h"

#include <cstdio>

namespace office_samples {
namespace {

std::string numbered(const char* format, unsigned number) {
  char name[64];
  std::snprintf(name, sizeof name, format, number);
  return name;
}

// The streams of a storage, and the list of its properties.
class Properties {
 public:
  void text(unsigned property, const std::string& value) {
    add(property << 16 | 0x1F, utf16(value), value.size() * 2 + 2);
  }
  void binary(unsigned property, const std::string& value) {
    add(property << 16 | 0x102, value, value.size());
  }
  void object(unsigned property, std::vector<Node> children) {
    nodes.push_back(
        storage(numbered("__substg1.0_%08X", property << 16 | 0x0D), std::move(children)));
    list += le(property << 16 | 0x0D, 4) + le(6, 4) + le(0xFFFFFFFF, 4) + le(1, 4);
  }
  void number(unsigned property, std::uint64_t value, unsigned type = 3) {
    list += le(property << 16 | type, 4) + le(6, 4) + le(value, 8);
  }
  std::vector<Node> finish(const std::string& head) {
    nodes.push_back(stream("__properties_version1.0", head + list));
    return std::move(nodes);
  }

  std::vector<Node> nodes;

 private:
  void add(unsigned tag, const std::string& value, std::size_t size) {
    nodes.push_back(stream(numbered("__substg1.0_%08X", tag), value));
    list += le(tag, 4) + le(6, 4) + le(size, 4) + le(0, 4);
  }
  std::string list;
};

}  // namespace

std::vector<Node> message_nodes(const Message& message, bool inner) {
  Properties p;
  p.text(0x001A, "IPM.Note");
  p.text(0x0037, message.subject);
  p.text(0x0C1A, "Alice");
  p.text(0x0C1F, "alice@example.com");
  p.text(0x007D, "From: Alice <alice@example.com>\r\nSubject: " + message.subject + "\r\n");
  p.number(0x0039, 132'224'078'460'000'000, 0x40);  // 2020-01-02 03:04:06
  p.number(0x340D, 0x40000);                        // texts are UTF-16
  if (!message.body.empty()) p.text(0x1000, message.body);
  if (!message.html.empty()) p.binary(0x1013, message.html);

  Properties recipient;
  recipient.text(0x3001, "Bob");
  recipient.text(0x3003, "bob@example.com");
  recipient.number(0x0C15, 1);
  p.nodes.push_back(
      storage("__recip_version1.0_#00000000", recipient.finish(std::string(8, '\0'))));

  unsigned number = 0;
  for (const Attachment& attachment : message.attachments) {
    Properties a;
    a.text(0x3707, attachment.name);
    a.text(0x3001, attachment.name);
    a.number(0x0E21, number);
    if (attachment.object.empty()) {
      a.number(0x3705, 1);
      a.binary(0x3701, attachment.content);
      a.text(0x370E, "application/octet-stream");
    } else {
      a.number(0x3705, attachment.is_message ? 5 : 6);
      a.object(0x3701, attachment.object);
    }
    p.nodes.push_back(
        storage(numbered("__attach_version1.0_#%08X", number++), a.finish(std::string(8, '\0'))));
  }
  if (!inner)
    p.nodes.push_back(storage("__nameid_version1.0", {stream("__substg1.0_00020102", ""),
                                                      stream("__substg1.0_00030102", ""),
                                                      stream("__substg1.0_00040102", "")}));
  const std::string counts = le(1, 4) + le(number, 4) + le(1, 4) + le(number, 4);
  return p.finish(std::string(8, '\0') + counts + std::string(inner ? 0 : 8, '\0'));
}

std::string message_file(const Message& message) {
  return compound(message_nodes(message),
                  {.root_clsid = {0x0B, 0x0D, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46}});
}

std::string rtf_property(const std::string& rtf, bool compressed) {
  std::string data = rtf;
  if (compressed) {
    data.clear();
    for (std::size_t i = 0; i < rtf.size(); i += 8) data += '\0' + rtf.substr(i, 8);
    // the end: a reference to where the next byte would be written
    const std::size_t end = (207 + rtf.size()) % 4096;
    const std::string reference = {static_cast<char>(end >> 4), static_cast<char>(end << 4)};
    if (rtf.size() % 8 == 0)
      data += '\1' + reference;
    else
      data[data.size() - 1 - rtf.size() % 8] = static_cast<char>(1 << rtf.size() % 8),
                                          data += reference;
  }
  return le(data.size() + 12, 4) + le(rtf.size(), 4) + le(compressed ? 0x75465A4C : 0x414C454D, 4) +
         le(0, 4) + data;
}

}  // namespace office_samples
