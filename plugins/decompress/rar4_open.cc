// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include "rar_keys.h"
#include "rar_number.h"
#include "rar_open.h"

namespace stoq::plugins::decompress {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kSignature = 7, kBlock = 16, kSalt = 8, kSmallest = 7, kSmallestFile = 32;
constexpr std::size_t kLargestArchive = std::size_t{512} << 20, kMostFiles = 1'000'000;
constexpr std::uint8_t kMain = 0x73, kFile = 0x74, kService = 0x7A, kEnd = 0x7B;
constexpr std::uint32_t kHeadersLocked = 0x80;                         // of the archive
constexpr std::uint32_t kLocked = 4, kLarge = 0x100, kSalted = 0x400;  // of a file
constexpr std::uint32_t kHasData = 0x8000;
constexpr std::uint8_t kStored = 0x30, kFirstWithAes = 29;

struct Header {
  std::uint8_t type = 0;
  std::uint32_t flags = 0;
  std::size_t size = 0;
  std::uint64_t data_size = 0;

  bool is_file() const { return (type == kFile || type == kService) && size >= kSmallestFile; }
};

/// Of bytes that hold the whole header, or its first 7 or 11 bytes.
Header parse(Bytes bytes) {
  Header header;
  header.type = bytes[2];
  header.flags = le_at(bytes, 3, 2);
  header.size = le_at(bytes, 5, 2);
  const bool has_data = header.flags & kHasData || header.type == kFile || header.type == kService;
  if (has_data && bytes.size() >= 11) header.data_size = le_at(bytes, 7, 4);
  if (header.is_file() && header.flags & kLarge && bytes.size() >= 40)
    header.data_size |= static_cast<std::uint64_t>(le_at(bytes, 32, 4)) << 32;
  return header;
}

/// Whether it is a file whose content RAR 2.9 or later has encrypted.
bool is_locked(const Header& header, Bytes bytes) {
  return header.is_file() && header.flags & kLocked && bytes.size() >= kSmallestFile &&
         bytes[24] >= kFirstWithAes;
}

class Opener {
 public:
  Opener(Bytes archive, const std::string& password, bool first_only)
      : in_(archive), keys_(password), first_only_(first_only) {}

  std::optional<OpenedRar> run() {
    append(in_.first(std::min(kSignature, in_.size())));
    at_ = kSignature;
    while (at_ < in_.size() && step()) {
    }
    if (!fits_) return std::nullopt;
    return std::move(out_);
  }

 private:
  void append(Bytes bytes) { out_.archive.insert(out_.archive.end(), bytes.begin(), bytes.end()); }

  /// The next header, plain; empty where there is none, or its checksum does not fit.
  std::vector<std::uint8_t> next_header() {
    Bytes rest = in_.subspan(at_);
    if (!headers_locked_) {
      if (rest.size() < kSmallest) return {};
      const std::size_t size = parse(rest.first(kSmallest)).size;
      if (size < kSmallest || size > rest.size()) return {};
      at_ += size;
      return {rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size)};
    }
    if (rest.size() < kSalt + kBlock) return {};
    const auto key = keys_.version4(text_of(rest.first(kSalt)));
    rest = rest.subspan(kSalt);
    if (!key) return {};
    const auto start = key->decrypt(rest.first(kBlock));
    const std::size_t size = parse(Bytes(start).first(kSmallest)).size;
    const std::size_t padded = (size + kBlock - 1) / kBlock * kBlock;
    if (size < kSmallest || padded > rest.size()) return {};
    auto header = key->decrypt(rest.first(padded));
    header.resize(size);
    if ((crc32_of(Bytes(header).subspan(2)) & 0xFFFF) != le_at(header, 0, 2)) return {};
    at_ += kSalt + padded;
    fits_ = true;
    return header;
  }

  /// False: this was the last.
  bool step() {
    auto bytes = next_header();
    if (bytes.empty()) {  // no header: what is left is for the reader to tell
      if (!headers_locked_) append(in_.subspan(at_));
      return false;
    }
    const Header header = parse(bytes);
    if (header.type == kMain && header.flags & kHeadersLocked) {
      if (headers_locked_) return false;
      headers_locked_ = true;
      write(bytes, header.flags & ~kHeadersLocked);
      return true;
    }
    const Bytes data =
        in_.subspan(at_, std::min<std::uint64_t>(header.data_size, in_.size() - at_));
    at_ += data.size();
    const bool locked = is_locked(header, bytes), opened = locked && open(header, bytes, data);
    if (!opened) {
      append(bytes);
      append(data);
    }
    if (header.type == kFile && out_.locked.size() < kMostFiles) out_.locked.push_back(locked);
    return header.type != kEnd && !(opened && first_only_ && header.type == kFile);
  }

  /// Writes the file as one that is not encrypted; false: there is no key for it, or it is stored
  /// and its checksum tells that the password is another.
  bool open(const Header& header, std::vector<std::uint8_t> bytes, Bytes data) {
    const std::size_t name = kSmallestFile + (header.flags & kLarge ? 8 : 0);
    const std::size_t salt = name + le_at(bytes, 26, 2);
    const bool salted = header.flags & kSalted;
    if (name > bytes.size() || (salted && salt + kSalt > bytes.size())) return false;
    const auto key =
        keys_.version4(salted ? text_of(Bytes(bytes).subspan(salt, kSalt)) : std::string_view());
    if (!key) return false;
    auto plain = key->decrypt(data);
    if (salted) {
      const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(salt);
      bytes.erase(from, from + static_cast<std::ptrdiff_t>(kSalt));
    }
    const std::uint64_t size =
        le_at(bytes, 11, 4) |
        (header.flags & kLarge ? static_cast<std::uint64_t>(le_at(bytes, 36, 4)) << 32 : 0);
    if (bytes[25] == kStored) {
      if (size < plain.size()) plain.resize(size);
      const bool right = plain.size() == size && crc32_of(plain) == le_at(bytes, 16, 4);
      if (!right && !fits_) return false;
    }
    put_le(bytes, 7, 4, static_cast<std::uint32_t>(plain.size()));
    if (header.flags & kLarge) put_le(bytes, 32, 4, 0);  // less than 512 MiB
    write(bytes, header.flags & ~(kLocked | kSalted));
    append(plain);
    fits_ = true;
    return true;
  }

  /// The header with these flags, its size and checksum as they have to be.
  void write(std::vector<std::uint8_t>& bytes, std::uint32_t flags) {
    put_le(bytes, 3, 2, flags);
    put_le(bytes, 5, 2, static_cast<std::uint32_t>(bytes.size()));
    put_le(bytes, 0, 2, crc32_of(Bytes(bytes).subspan(2)) & 0xFFFF);
    append(bytes);
  }

  static std::string_view text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  Bytes in_;
  RarKeys keys_;
  const bool first_only_;
  OpenedRar out_;
  std::size_t at_ = 0;
  bool headers_locked_ = false, fits_ = false;
};

}  // namespace

bool rar4_has_lock(Bytes archive) {
  if (archive.size() > kLargestArchive) return false;
  std::size_t at = kSignature;
  for (std::size_t files = 0; files < kMostFiles && at < archive.size();) {
    const Bytes rest = archive.subspan(at);
    if (rest.size() < kSmallest) return false;
    const std::size_t size = parse(rest.first(kSmallest)).size;
    if (size < kSmallest || size > rest.size()) return false;
    const Bytes bytes = rest.first(size);
    const Header header = parse(bytes);
    if (header.type == kEnd) return false;
    if (is_locked(header, bytes) || (header.type == kMain && header.flags & kHeadersLocked))
      return true;
    files += header.type == kFile;
    if (header.data_size > rest.size() - size) return false;
    at += size + header.data_size;
  }
  return false;
}

std::optional<OpenedRar> open_rar4(Bytes archive, const std::string& password, bool first_only) {
  return Opener(archive, password, first_only).run();
}

}  // namespace stoq::plugins::decompress
