// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include "rar_keys.h"
#include "rar_number.h"
#include "rar_open.h"

namespace stoq::plugins::decompress {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kSignature = 8, kChecksum = 4, kBlock = 16;
constexpr std::size_t kLargestHeader = std::size_t{2} << 20;
constexpr std::size_t kLargestArchive = std::size_t{512} << 20, kMostFiles = 1'000'000;
constexpr std::uint64_t kFile = 2, kService = 3, kEncryption = 4, kEnd = 5;
constexpr std::uint64_t kHasExtra = 1, kHasData = 2;
constexpr std::uint64_t kHasTime = 2, kHasChecksum = 4;      // of a file
constexpr std::uint64_t kHasCheck = 1, kOtherChecksums = 2;  // of an encryption
constexpr std::uint64_t kEncryptionRecord = 1, kDigestRecord = 2;

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// How something is encrypted.
struct Lock {
  std::uint64_t flags = 0;
  unsigned power = 0;
  std::string_view salt, check;
  Block16 first{};
};

/// What stands behind the version: flags, power, salt, for data the block before the first, check.
std::optional<Lock> lock_of(Cursor at, bool of_data) {
  Lock lock;
  if (at.number() != 0) return std::nullopt;
  lock.flags = at.number();
  const Bytes fixed = at.take(1 + 16);
  if (!at.ok) return std::nullopt;
  lock.power = fixed[0];
  lock.salt = text_of(fixed.subspan(1));
  if (of_data) {
    const Bytes first = at.take(kBlock);
    if (at.ok) std::copy(first.begin(), first.end(), lock.first.begin());
  }
  if (lock.flags & kHasCheck) lock.check = text_of(at.take(12));
  if (!at.ok) return std::nullopt;
  return lock;
}

/// A header, its pieces as they have to be written again.
struct Header {
  std::uint64_t type = 0, flags = 0, data_size = 0;
  Cursor rest;  // behind the sizes
  Bytes extra;
};

std::optional<Header> parse(Bytes body) {
  Header header;
  header.rest = Cursor{body, 0, body.size()};
  header.type = header.rest.number();
  header.flags = header.rest.number();
  const auto extra = header.flags & kHasExtra ? header.rest.number() : 0;
  header.data_size = header.flags & kHasData ? header.rest.number() : 0;
  if (!header.rest.ok || extra > header.rest.end - header.rest.at) return std::nullopt;
  header.rest.end -= extra;
  header.extra = body.subspan(header.rest.end);
  return header;
}

std::optional<Lock> lock_of(const Header& header) {
  if (header.type != kFile && header.type != kService) return std::nullopt;
  for (Cursor at{header.extra, 0, header.extra.size()}; at.at < at.end;) {
    const Bytes record = at.take(at.number());
    if (!at.ok || record.empty()) break;
    Cursor inside{record, 0, record.size()};
    if (inside.number() == kEncryptionRecord) return lock_of(inside, true);
  }
  return std::nullopt;
}

/// The records without the encryption, and without the digest where that is not of the content.
std::vector<std::uint8_t> other_records(Bytes extra, bool own_checksums) {
  std::vector<std::uint8_t> out;
  for (Cursor at{extra, 0, extra.size()}; at.at < at.end;) {
    const std::size_t start = at.at;
    const Bytes record = at.take(at.number());
    if (!at.ok || record.empty()) break;
    Cursor inside{record, 0, record.size()};
    const auto kind = inside.number();
    if (kind == kEncryptionRecord || (kind == kDigestRecord && !own_checksums)) continue;
    const Bytes whole = extra.subspan(start, at.at - start);
    out.insert(out.end(), whole.begin(), whole.end());
  }
  return out;
}

/// Where compressed content ends: behind its last block, before what fills it up to be encrypted.
std::size_t end_of_blocks(Bytes content) {
  constexpr std::uint8_t kLastBlock = 0x40;
  for (std::size_t at = 0; content.size() - at > 2;) {
    const std::uint8_t flags = content[at];
    const std::size_t bytes = (flags >> 3 & 3) + 1;
    if (bytes > 3 || content.size() - at < 2 + bytes) break;
    const std::size_t size = le_at(content, at + 2, bytes);
    if (size > content.size() - at - 2 - bytes) break;
    at += 2 + bytes + size;
    if (flags & kLastBlock) return at;
  }
  return content.size();
}

/// What describes a file, without a checksum that is not of its content. The content loses what
/// filled its last block of encryption.
bool file_fields(Cursor at, bool own_checksums, std::vector<std::uint8_t>& out,
                 std::vector<std::uint8_t>& content) {
  const auto flags = at.number();
  put_number(out, own_checksums ? flags : flags & ~kHasChecksum);
  const auto size = at.number();
  put_number(out, size);
  put_number(out, at.number());  // attributes
  const Bytes time = at.take(flags & kHasTime ? 4 : 0);
  out.insert(out.end(), time.begin(), time.end());
  const Bytes checksum = at.take(flags & kHasChecksum ? 4 : 0);
  if (own_checksums) out.insert(out.end(), checksum.begin(), checksum.end());
  const auto compression = at.number();
  put_number(out, compression);
  if (!at.ok) return false;
  const bool is_stored = (compression >> 7 & 7) == 0, size_is_known = (flags & 8) == 0;
  if (!is_stored) content.resize(end_of_blocks(content));
  if (is_stored && size_is_known && size < content.size()) content.resize(size);
  const Bytes rest = at.bytes.subspan(at.at, at.end - at.at);
  out.insert(out.end(), rest.begin(), rest.end());
  return true;
}

class Opener {
 public:
  Opener(Bytes archive, const std::string& password) : in_(archive), keys_(password) {}

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

  /// The next header, plain, with checksum and size before it; empty where there is none.
  std::vector<std::uint8_t> next_header() {
    if (!header_key_) return whole_header(in_.subspan(at_));
    Bytes rest = in_.subspan(at_);
    if (rest.size() < 2 * kBlock) return {};
    std::copy(rest.begin(), rest.begin() + kBlock, header_key_->first.begin());
    rest = rest.subspan(kBlock);
    const auto start = header_key_->decrypt(rest.first(kBlock));
    Cursor size{start, kChecksum, start.size()};
    const auto body = size.number();
    if (!size.ok || body > kLargestHeader) return {};
    const std::size_t total = (size.at + body + kBlock - 1) / kBlock * kBlock;
    if (total > rest.size()) return {};
    at_ += kBlock + total;
    return whole_header(header_key_->decrypt(rest.first(total)));
  }

  /// Cuts it at its end; nothing if the checksum does not fit. Of a header that is not encrypted
  /// the place moves behind it.
  std::vector<std::uint8_t> whole_header(Bytes bytes) {
    Cursor size{bytes, std::min(kChecksum, bytes.size()), bytes.size()};
    const auto body = size.number();
    if (!size.ok || body == 0 || body > kLargestHeader || body > bytes.size() - size.at) return {};
    const std::size_t total = size.at + body;
    if (crc32_of(bytes.subspan(kChecksum, total - kChecksum)) != le_at(bytes, 0, kChecksum))
      return {};
    if (!header_key_) at_ += total;
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(total)};
  }

  /// False: this was the last.
  bool step() {
    const bool were_locked = header_key_.has_value();
    const auto header = next_header();
    if (header.empty()) {  // no header: what is left is for the reader to tell
      if (!were_locked) append(in_.subspan(at_));
      return false;
    }
    Cursor size{header, kChecksum, header.size()};
    size.number();
    const auto parsed = parse(Bytes(header).subspan(size.at));
    if (!parsed) return false;
    if (parsed->type == kEncryption) return unlock_headers(parsed->rest);
    fits_ = fits_ || were_locked;
    const Bytes data =
        in_.subspan(at_, std::min<std::uint64_t>(parsed->data_size, in_.size() - at_));
    at_ += data.size();
    const auto lock = lock_of(*parsed);
    if (!lock || !open(*parsed, *lock, data)) {
      append(header);
      append(data);
    }
    if (parsed->type == kFile && out_.locked.size() < kMostFiles)
      out_.locked.push_back(lock.has_value());
    return parsed->type != kEnd;
  }

  bool unlock_headers(Cursor rest) {
    const auto lock = lock_of(rest, false);
    if (!lock || header_key_) return false;
    header_key_ = keys_.version5(lock->salt, lock->power, lock->check);
    return header_key_.has_value();
  }

  /// Writes the file as one that is not encrypted; false: the password is another.
  bool open(const Header& header, const Lock& lock, Bytes data) {
    auto key = keys_.version5(lock.salt, lock.power, lock.check);
    if (!key || lock.check.empty()) return false;
    key->first = lock.first;
    auto plain = key->decrypt(data);
    const bool own_checksums = (lock.flags & kOtherChecksums) == 0;
    std::vector<std::uint8_t> fields;
    if (!file_fields(header.rest, own_checksums, fields, plain)) return false;
    const auto extra = other_records(header.extra, own_checksums);

    std::vector<std::uint8_t> body;
    put_number(body, header.type);
    put_number(body, extra.empty() ? header.flags & ~kHasExtra : header.flags);
    if (!extra.empty()) put_number(body, extra.size());
    put_number(body, plain.size());
    body.insert(body.end(), fields.begin(), fields.end());
    body.insert(body.end(), extra.begin(), extra.end());
    std::vector<std::uint8_t> sized;
    put_number(sized, body.size());
    sized.insert(sized.end(), body.begin(), body.end());
    std::uint8_t checksum[kChecksum];
    put_le(checksum, 0, kChecksum, crc32_of(sized));
    append(checksum);
    append(sized);
    append(plain);
    fits_ = true;
    return true;
  }

  Bytes in_;
  RarKeys keys_;
  OpenedRar out_;
  std::size_t at_ = 0;
  std::optional<RarKey> header_key_;
  bool fits_ = false;
};

}  // namespace

bool rar5_has_lock(Bytes archive) {
  if (archive.size() > kLargestArchive) return false;
  std::size_t at = kSignature;
  for (std::size_t files = 0; files < kMostFiles && at < archive.size();) {
    const Bytes rest = archive.subspan(at);
    Cursor size{rest, std::min(kChecksum, rest.size()), rest.size()};
    const auto body = size.number();
    if (!size.ok || body == 0 || body > rest.size() - size.at) return false;
    const auto header = parse(rest.subspan(size.at, body));
    if (!header || header->type == kEnd) return false;
    if (header->type == kEncryption || lock_of(*header)) return true;
    files += header->type == kFile;
    const std::size_t end = at + size.at + body;
    if (header->data_size > archive.size() - end) return false;
    at = end + header->data_size;
  }
  return false;
}

std::optional<OpenedRar> open_rar5(Bytes archive, const std::string& password) {
  return Opener(archive, password).run();
}

}  // namespace stoq::plugins::decompress
