// SPDX-License-Identifier: Apache-2.0
//
// By [MS-SHLLINK].
#include "shortcut.h"

#include <algorithm>
#include <string_view>

#include "stoq/sdk/json.h"

namespace stoq::plugins::lnk {
namespace {

using namespace std::string_view_literals;
using carving::Bytes;
using carving::le16;
using carving::le32;
using carving::little;
using carving::part;

constexpr std::size_t kHeader = 0x4C;
constexpr std::uint32_t kHasItems = 1, kHasInfo = 2, kIsUnicode = 0x80, kNoInfo = 0x100;
constexpr std::uint32_t kEnvironment = 0xA0000001, kTracker = 0xA0000003;

// Up to a zero, or all of it.
std::string narrow(Bytes b) {
  const auto end = std::ranges::find(b, 0);
  return sdk::text_from_bytes(b.first(static_cast<std::size_t>(end - b.begin())));
}
std::string wide(Bytes b) {
  std::size_t size = 0;
  while (size + 1 < b.size() && le16(b, size) != 0) size += 2;
  return sdk::text_from_utf16(b.first(size));
}

class Reader {
 public:
  explicit Reader(Bytes content) : content_(content) {}

  Shortcut run() {
    header();
    at_ = kHeader;
    if ((out_.flags & kHasItems) != 0) items();
    if ((out_.flags & kHasInfo) != 0 && (out_.flags & kNoInfo) == 0 && going()) info();
    string(0x04, out_.name, "name");
    string(0x08, out_.relative_path, "relative path");
    string(0x10, out_.working_directory, "working directory");
    string(0x20, out_.arguments, "arguments");
    string(0x40, out_.icon, "icon location");
    while (going() && block()) {
    }
    out_.end = std::min(at_, content_.size());
    return std::move(out_);
  }

 private:
  bool going() const { return out_.complete; }
  void note(std::string_view what, std::string_view problem) {
    if (!out_.problem.empty()) out_.problem += ", ";
    out_.problem += std::string(what) + " at byte " + std::to_string(at_) + ": ";
    out_.problem += problem;
  }
  void broken(std::string_view what) {
    note(what, "cut short");
    out_.complete = false;
  }

  void header() {
    out_.flags = le32(content_, 0x14);
    out_.attributes = le32(content_, 0x18);
    out_.created = little(content_, 0x1C, 8);
    out_.accessed = little(content_, 0x24, 8);
    out_.written = little(content_, 0x2C, 8);
    out_.target_size = le32(content_, 0x34);
    out_.show = le32(content_, 0x3C);
  }

  void items() {
    const std::size_t size = le16(content_, at_);
    const Bytes list = part(content_, at_ + 2, size);
    if (content_.size() < at_ + 2 || list.size() < size) return broken("the list of items");
    for (std::size_t i = 0; i + 2 <= list.size();) {
      const std::size_t item_size = le16(list, i);
      if (item_size < 3) break;
      item(part(list, i, item_size));
      i += item_size;
    }
    at_ += 2 + size;
  }

  // A drive, a directory or a file; others add nothing.
  void item(Bytes b) {
    const std::uint8_t type = carving::u8(b, 2);
    std::string name;
    if ((type & 0x70) == 0x20) {
      name = narrow(part(b, 3));
    } else if ((type & 0x70) == 0x30) {
      name = (type & 4) != 0 ? wide(part(b, 14)) : narrow(part(b, 14));
      // The long name follows in a block of its own, near the end.
      const std::size_t block = le16(b, b.size() - 2);
      if (block >= 14 && block + 8 <= b.size() && le32(b, block + 4) == 0xBEEF0004) {
        const std::uint16_t version = le16(b, block + 2);
        const std::size_t skip = version >= 9 ? 46 : version >= 8 ? 42 : version >= 7 ? 38 : 20;
        if (std::string text = wide(part(b, block + skip)); !text.empty()) name = std::move(text);
      }
    }
    if (name.empty()) return;
    std::string& path = out_.item_path;
    if (!path.empty() && path.back() != '\\') path += '\\';
    path += name;
  }

  void info() {
    const std::size_t size = le32(content_, at_);
    const Bytes b = part(content_, at_, size);
    if (content_.size() < at_ + 4 || b.size() < size) return broken("the place of the target");
    if (size < 0x1C) {
      note("the place of the target", "too short");
      at_ += std::max<std::size_t>(size, 4);
      return;
    }
    const std::uint32_t head = le32(b, 4), flags = le32(b, 8);
    const auto at = [&](std::size_t narrow_at, std::size_t wide_at) {
      const std::size_t to = head >= 0x24 ? le32(b, wide_at) : 0;
      return to != 0 ? wide(part(b, to)) : narrow(part(b, le32(b, narrow_at)));
    };
    std::string suffix = at(0x18, 0x20);
    if ((flags & 1) != 0) out_.local_path = at(0x10, 0x1C) + suffix;
    if ((flags & 2) != 0) {
      const Bytes network = part(b, le32(b, 0x14));
      out_.network_path = narrow(part(network, le32(network, 8)));
      if (!suffix.empty()) out_.network_path += "\\" + suffix;
    }
    at_ += size;
  }

  void string(std::uint32_t flag, std::optional<Text>& text, std::string_view what) {
    if ((out_.flags & flag) == 0 || !going()) return;
    const bool unicode = (out_.flags & kIsUnicode) != 0;
    const std::size_t size = std::size_t{le16(content_, at_)} * (unicode ? 2 : 1);
    const Bytes b = part(content_, at_ + 2, size);
    if (content_.size() < at_ + 2) return broken("the " + std::string(what));
    text = {unicode ? sdk::text_from_utf16(b) : sdk::text_from_bytes(b), at_ + 2, b.size()};
    if (b.size() < size) return broken("the " + std::string(what));
    at_ += 2 + size;
  }

  // False at the last one, which is shorter than any other.
  bool block() {
    if (at_ + 4 > content_.size()) {
      at_ = content_.size();
      return false;
    }
    const std::size_t size = le32(content_, at_);
    if (size < 4) {
      at_ += 4;
      return false;
    }
    const Bytes b = part(content_, at_, size);
    if (size < 8 || b.size() < size) {
      broken("a block");
      return false;
    }
    const std::uint32_t kind = le32(b, 4);
    if (kind == kEnvironment && size >= 788) {
      Text text{wide(part(b, 268, 520)), at_ + 268, 520};
      if (text.text.empty()) text = {narrow(part(b, 8, 260)), at_ + 8, 260};
      if (!text.text.empty()) out_.environment_target = std::move(text);
    } else if (kind == kTracker && size >= 32) {
      out_.machine = narrow(part(b, 16, 16));
    }
    at_ += size;
    return true;
  }

  Bytes content_;
  std::size_t at_ = 0;
  Shortcut out_;
};

}  // namespace

bool is_shortcut(Bytes b) {
  return b.size() >= kHeader &&
         carving::has(b, 0, "L\0\0\0\1\x14\2\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"sv);
}

Shortcut read_shortcut(Bytes content) {
  return Reader(content).run();
}

}  // namespace stoq::plugins::lnk
