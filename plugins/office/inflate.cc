// SPDX-License-Identifier: Apache-2.0
#include "office/inflate.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace stoq::plugins::office {
namespace {

constexpr std::uint64_t kTimesMost = 4;  // of all members that are read together

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

Inflated read_data(archive* a, std::uint64_t most) {
  Inflated out;
  std::vector<std::uint8_t> buffer(64 << 10);
  for (;;) {
    const la_ssize_t size = archive_read_data(a, buffer.data(), buffer.size());
    if (size == 0) return out;
    if (size < 0) {
      const char* why = archive_error_string(a);
      out.problem = std::string("damaged: ") + (why ? why : "cannot be decoded");
      return out;
    }
    const Bytes got(buffer.data(), static_cast<std::size_t>(size));
    const Bytes fits = part_of(got, 0, most - out.bytes.size());
    out.bytes.insert(out.bytes.end(), fits.begin(), fits.end());
    if (fits.size() < got.size()) {
      out.problem = "is larger than " + std::to_string(most) + " bytes";
      return out;
    }
  }
}

}  // namespace

// libarchive knows zlib's method in the coat of gzip alone, and does not look at that one's checksum.
Inflated inflate_zlib(Bytes stream, std::uint64_t most) {
  if (stream.size() < 2 || (stream[0] & 0x0F) != 8 || (stream[0] * 256 + stream[1]) % 31 != 0 ||
      (stream[1] & 0x20) != 0)
    return {{}, "is no zlib stream"};
  std::vector<std::uint8_t> coat = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255};
  coat.insert(coat.end(), stream.begin() + 2, stream.end());
  coat.insert(coat.end(), 8, 0);
  const Archive a(archive_read_new());
  archive_read_support_filter_gzip(a.get());
  archive_read_support_format_raw(a.get());
  archive_entry* entry = nullptr;
  if (!a || archive_read_open_memory(a.get(), coat.data(), coat.size()) != ARCHIVE_OK ||
      archive_read_next_header(a.get(), &entry) != ARCHIVE_OK)
    return {{}, "cannot be decoded"};
  if (archive_filter_count(a.get()) < 2) return {{}, "cannot be decoded"};
  return read_data(a.get(), most);
}

bool read_zip(Bytes content, std::uint64_t most,
              const std::function<bool(const std::string&)>& wanted,
              const std::function<bool(const std::string&, const Inflated&)>& take) {
  constexpr unsigned kMostMembers = 100'000;
  std::uint64_t left = kTimesMost * most;
  const Archive a(archive_read_new());
  // by its directory, or where that is gone by the head of each member
  archive_read_support_format_zip(a.get());
  if (!a || archive_read_open_memory(a.get(), content.data(), content.size()) != ARCHIVE_OK)
    return false;
  for (unsigned members = 0; members < kMostMembers; ++members) {
    archive_entry* entry = nullptr;
    const int got = archive_read_next_header(a.get(), &entry);
    if (got == ARCHIVE_EOF) return true;
    if (got < ARCHIVE_WARN) return false;
    const char* raw = archive_entry_pathname(entry);
    const std::string name = raw ? raw : "";
    if (!wanted(name)) continue;
    const Inflated member = read_data(a.get(), std::min(most, left));
    left -= member.bytes.size();
    if (!take(name, member)) return true;
    if (left == 0) return false;
  }
  return false;
}

}  // namespace stoq::plugins::office
