// SPDX-License-Identifier: Apache-2.0
#include "archive.h"

#include <algorithm>
#include <optional>

#include "stoq/sdk/json.h"

namespace stoq::plugins::autoit {
namespace {

using namespace std::string_view_literals;
using carving::Bytes;
using carving::le32;
using carving::part;

// A GUID, then "AU3!EA05" or the like, then 16 bytes that say something of its password.
constexpr std::string_view kSignature =
    "\xA3\x48\x4B\xBE\x98\x6C\x4A\xA9\x99\x4C\x53\x0A\x86\xD6\x48\x7D"
    "AU3!EA0"sv;
constexpr std::size_t kVersionAt = 20, kPasswordAt = 24, kEntriesAt = 40;
constexpr std::size_t kMostArchives = 1000, kMostEntries = 100'000, kMostName = 2048;
constexpr std::size_t kMostProblems = 100;  // that are told of one archive
constexpr std::size_t kSizes = 13, kTimes = 16;

// What numbers and texts of an entry are encrypted with.
struct Keys {
  std::string_view magic;  // "FILE", encrypted
  std::uint32_t name_size, name, path_size, path, size, checksum, content;
};
constexpr Keys kKeys[] = {
    {"\xFF\x6D\xB0\xCE"sv, 0x29BC, 0xA25E, 0x29AC, 0xF25E, 0x45AA, 0xC3D2, 0x22AF},
    {"\x6B\x43\xCA\x52"sv, 0xADBC, 0xB33F, 0xF820, 0xF479, 0x87BC, 0xA685, 0x2477},
};

Entry::Type type_of(std::string_view name) {
  if (!name.starts_with('>') || !name.ends_with('<')) return Entry::Type::file;
  return name.find("SCRIPT") == name.npos ? Entry::Type::setting : Entry::Type::script;
}

class Reader {
 public:
  explicit Reader(Bytes content) : content_(content), text_(carving::text_of(content)) {}

  std::vector<Archive> read() {
    std::vector<Archive> archives;
    for (std::size_t at = text_.find(kSignature); at != text_.npos;
         at = text_.find(kSignature, at)) {
      if (archives.size() == kMostArchives) {
        problem(archives.back(), "there are more than 1000 scripts: the rest is not read");
        break;
      }
      Archive& archive = archives.emplace_back();
      archive.at = at;
      archive.version = text_.substr(at + kVersionAt, 4);
      archive.supported = archive.version == "EA05" || archive.version == "EA06";
      at += kSignature.size();
      if (archive.supported)
        at = read_entries(archive);
      else
        problem(archive, "a version that is not read, at byte " + std::to_string(archive.at));
    }
    return archives;
  }

 private:
  // Where the parts of an entry lie.
  struct Head {
    std::size_t name, name_size, path, path_size, sizes;
  };

  // Gives where it ends.
  std::size_t read_entries(Archive& archive) {
    archive.format = archive.version == "EA05" ? Version::ea05 : Version::ea06;
    keys_ = kKeys[archive.format == Version::ea06];
    width_ = archive.format == Version::ea06 ? 2 : 1;
    archive.key = keys_.content;
    if (archive.format == Version::ea05)
      for (const std::uint8_t byte : part(content_, archive.at + kPasswordAt, 16))
        archive.key += byte;
    std::size_t at = archive.at + kEntriesAt;
    for (;;) {
      const std::optional<Head> head = head_at(at);
      if (!head) {
        const std::size_t next = next_entry(at);
        const bool more = head_at(next).has_value();
        if (more || carving::has(content_, at, keys_.magic))
          problem(archive, "it is damaged or cut short at byte " + std::to_string(at));
        if (!more) break;
        at = next;
      } else if (left_ == 0) {
        problem(archive, "there are more than 100000 entries: the rest is not read");
        break;
      } else {
        at = read_entry(archive, *head);
      }
    }
    if (archive.entries.empty() && archive.problems.empty())
      problem(archive,
              "there is no entry behind its signature at byte " + std::to_string(archive.at));
    return std::min(at, content_.size());
  }

  // Nothing where there is no entry, or only a part of its head.
  std::optional<Head> head_at(std::size_t at) const {
    if (!carving::has(content_, at, keys_.magic)) return std::nullopt;
    Head head{};
    head.name = at + 8;
    head.name_size = le32(content_, at + 4) ^ keys_.name_size;
    if (head.name_size > kMostName) return std::nullopt;
    head.path = head.name + head.name_size * width_ + 4;
    if (head.path > content_.size()) return std::nullopt;
    head.path_size = le32(content_, head.path - 4) ^ keys_.path_size;
    if (head.path_size > kMostName) return std::nullopt;
    head.sizes = head.path + head.path_size * width_;
    if (head.sizes + kSizes + kTimes > content_.size()) return std::nullopt;
    return head;
  }

  // Gives where it ends.
  std::size_t read_entry(Archive& archive, const Head& head) {
    --left_;
    Entry& entry = archive.entries.emplace_back();
    entry.name = string(archive.format, head.name, head.name_size, keys_.name);
    entry.path = string(archive.format, head.path, head.path_size, keys_.path);
    entry.type = type_of(entry.name);
    entry.compressed = content_[head.sizes] != 0;
    entry.checksum = le32(content_, head.sizes + 9) ^ keys_.checksum;
    const std::size_t begin = head.sizes + kSizes + kTimes;
    std::size_t size = le32(content_, head.sizes + 1) ^ keys_.size;
    entry.cut = size > content_.size() - begin;
    if (entry.cut) size = next_entry(begin) - begin;
    entry.stored = part(content_, begin, size);
    return begin + size;
  }

  // From `at` on, where the next entry or archive begins, or the content ends.
  std::size_t next_entry(std::size_t at) {
    if (next_archive_ < at) next_archive_ = std::min(text_.find(kSignature, at), text_.size());
    const std::string_view here = text_.substr(0, next_archive_);
    for (std::size_t next = here.find(keys_.magic, at); next != here.npos;
         next = here.find(keys_.magic, next + 1))
      if (head_at(next)) return next;
    return next_archive_;
  }

  std::string string(Version version, std::size_t at, std::size_t size, std::uint32_t key) const {
    const auto clear =
        crypt(version, static_cast<std::uint32_t>(size) + key, part(content_, at, size * width_));
    return width_ == 1 ? sdk::text_from_bytes(clear) : sdk::text_from_utf16(clear);
  }

  static void problem(Archive& archive, std::string what) {
    if (archive.problems.size() < kMostProblems) archive.problems.push_back(std::move(what));
  }

  Bytes content_;
  std::string_view text_;
  Keys keys_{};
  std::size_t width_ = 1;  // of a character
  std::size_t left_ = kMostEntries;
  std::size_t next_archive_ = 0;
};

}  // namespace

std::vector<Archive> read_archives(Bytes content) {
  return Reader(content).read();
}

}  // namespace stoq::plugins::autoit
