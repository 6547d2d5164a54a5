// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <algorithm>
#include <cstring>

#include "bytes.h"
#include "mapi.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::tnef {
namespace {

constexpr std::uint32_t kSignature = 0x223E9F78;
constexpr std::uint8_t kLevelMessage = 1, kLevelAttachment = 2;
constexpr std::size_t kMaxAttachments = 100'000, kMaxText = 4 << 20;

enum Attribute : std::uint16_t {
  kFrom = 0x8000,
  kSubject = 0x8004,
  kMessageClass = 0x8008,
  kBody = 0x800C,
  kAttachData = 0x800F,
  kAttachTitle = 0x8010,
  kAttachRendData = 0x9002,
  kMapiProps = 0x9003,
  kAttachment = 0x9005,
  kOemCodepage = 0x9007,
};

/// {00020307-0000-0000-C000-000000000046}: what follows is a message.
constexpr std::string_view kMessageInterface("\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46", 16);

/// The sum of all bytes, modulo 65536; eight of them at a time.
std::uint16_t checksum_of(std::string_view bytes) {
  constexpr std::uint64_t kLanes = 0x00FF00FF00FF00FF, kOnes = 0x0001000100010001;
  std::uint64_t sum = 0;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes.data(), 8);
    sum += ((eight & kLanes) + (eight >> 8 & kLanes)) * kOnes >> 48;
  }
  for (const char c : bytes) sum += static_cast<std::uint8_t>(c);
  return static_cast<std::uint16_t>(sum);
}

class TnefReader {
 public:
  TnefReader(std::string_view bytes, const charset::Charsets& charsets, Message& out)
      : in_(bytes), charsets_(charsets), out_(out) {}

  void read() {
    in_.u32();
    in_.u16();
    while (in_.rest() > 0) {
      const std::uint8_t level = in_.u8();
      const auto id = static_cast<std::uint16_t>(in_.u32());
      const std::uint32_t size = in_.u32();
      if (in_.failed() || (level != kLevelMessage && level != kLevelAttachment)) {
        defect("an attribute is broken: what follows it was not read");
        return;
      }
      const std::string_view value = in_.take(size);
      const bool whole = !in_.failed();
      if (!whole)
        defect("it is cut short");
      else if (in_.u16() != checksum_of(value))
        defect("a checksum is wrong");
      level == kLevelMessage ? of_message(id, value) : of_attachment(id, value, whole);
    }
  }

 private:
  void defect(const char* text) {
    if (std::find(out_.defects.begin(), out_.defects.end(), text) == out_.defects.end())
      out_.defects.emplace_back(text);
  }
  std::string text8(std::string_view value) const {
    value = value.substr(0, std::min(value.find('\0'), kMaxText));
    return charsets_.text(value, out_.charset);
  }
  std::string text_of(const Property& property) const {
    if (property.type != kTypeText16) return text8(property.value);
    const std::string_view wide = property.value.substr(0, kMaxText);
    std::string text =
        sdk::text_from_utf16({reinterpret_cast<const std::uint8_t*>(wide.data()), wide.size()});
    text.resize(std::min(text.find('\0'), text.size()));
    return text;
  }
  static void set(std::string& place, std::string text) {
    if (!text.empty()) place = std::move(text);
  }

  void of_message(std::uint16_t id, std::string_view value) {
    switch (id) {
      case kOemCodepage:
        out_.charset = charset::name_of_code_page(Bytes(value).u32());
        break;
      case kSubject:
        set(out_.subject, text8(value));
        break;
      case kMessageClass:
        set(out_.message_class, text8(value));
        break;
      case kBody:
        set(out_.body, text8(value));
        break;
      case kFrom:
        sender(value);
        break;
      case kMapiProps:
        if (!read_properties(value, [&](const Property& p) { of_message(p); }))
          defect("the properties of the message are broken");
        break;
      default:
        break;
    }
  }

  /// Sizes, then a name and an address, each with its NUL.
  void sender(std::string_view value) {
    if (value.size() < 8) return;
    value.remove_prefix(8);
    const std::string_view name = value.substr(0, value.find('\0'));
    value.remove_prefix(std::min(name.size() + 1, value.size()));
    const std::string address = text8(value);
    out_.from = text8(name) + (address.empty() ? "" : " <" + address + ">");
  }

  void of_message(const Property& property) {
    switch (property.id) {
      case 0x0037:
        return set(out_.subject, text_of(property));
      case 0x001A:
        return set(out_.message_class, text_of(property));
      case 0x1000:
        return set(out_.body, text_of(property));
      case 0x0C1F:
      case 0x5D01:
        if (out_.from.empty()) out_.from = text_of(property);
        return;
      case 0x1009:
        out_.rtf = property.value;
        return;
      case 0x1013:
        out_.html = property.value;
        return;
      default:
        return;
    }
  }

  void of_attachment(std::uint16_t id, std::string_view value, bool whole) {
    if (id == kAttachRendData || out_.attachments.empty()) {
      if (out_.attachments.size() >= kMaxAttachments) {
        ++out_.more_attachments;
        in_surplus_ = true;
        return;
      }
      out_.attachments.emplace_back();
    }
    if (in_surplus_) return;
    Attachment& attachment = out_.attachments.back();
    attachment.is_complete &= whole;
    switch (id) {
      case kAttachTitle:
        if (attachment.name.empty()) attachment.name = text8(value);
        break;
      case kAttachData:
        add(attachment, value);
        break;
      case kAttachment:
        if (!read_properties(value, [&](const Property& p) { of_attachment(attachment, p); })) {
          defect("the properties of an attachment are broken");
          attachment.is_complete = false;
        }
        break;
      default:
        break;
    }
  }

  static void add(Attachment& attachment, std::string_view content) {
    auto& all = attachment.contents;  // beyond a few, the engine finds those that are the same
    if (!content.empty() &&
        (all.size() > 8 || std::find(all.begin(), all.end(), content) == all.end()))
      all.push_back(content);
  }

  void of_attachment(Attachment& attachment, const Property& property) {
    switch (property.id) {
      case 0x3707:
        return set(attachment.name, text_of(property));
      case 0x3704:
      case 0x3001:
        if (attachment.name.empty()) attachment.name = text_of(property);
        return;
      case 0x370E:
        return set(attachment.mime_type, text_of(property));
      case 0x3712:
        return set(attachment.content_id, text_of(property));
      case 0x3701: {
        std::string_view content = property.value;
        if (property.type == kTypeObject && content.starts_with(kMessageInterface))
          content.remove_prefix(kMessageInterface.size());
        else if (property.type == kTypeObject && content.size() > kMessageInterface.size() &&
                 !content.starts_with("\xD0\xCF\x11\xE0"))
          content.remove_prefix(kMessageInterface.size());  // another interface: a storage
        attachment.is_message |= is_tnef(content);
        return add(attachment, content);
      }
      default:
        return;
    }
  }

  Bytes in_;
  const charset::Charsets& charsets_;
  Message& out_;
  bool in_surplus_ = false;
};

}  // namespace

bool is_tnef(std::string_view bytes) {
  return Bytes(bytes).u32() == kSignature;
}

Message read_tnef(std::string_view bytes, const charset::Charsets& charsets) {
  Message message;
  TnefReader(bytes, charsets, message).read();
  return message;
}

}  // namespace stoq::plugins::tnef
