// SPDX-License-Identifier: Apache-2.0
#include "office/inflate.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "carving/inflate.h"

namespace stoq::plugins::office {
namespace {

constexpr std::uint64_t kTimesMost = 4;  // of all members that are read together

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

// False: there is more than `most`.
bool append(Inflated& out, Bytes piece, std::uint64_t most) {
  const Bytes fits = part_of(piece, 0, most - out.bytes.size());
  out.bytes.insert(out.bytes.end(), fits.begin(), fits.end());
  if (fits.size() < piece.size()) out.problem = "is larger than " + std::to_string(most) + " bytes";
  return fits.size() == piece.size();
}

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
    if (!append(out, {buffer.data(), static_cast<std::size_t>(size)}, most)) return out;
  }
}

}  // namespace

Inflated inflate_zlib(Bytes stream, std::uint64_t most) {
  Inflated out;
  carving::Inflater inflater(carving::Inflater::Kind::zlib, stream);
  for (Bytes piece; !(piece = inflater.next()).empty();)
    if (!append(out, piece, most)) return out;
  if (inflater.damaged()) out.problem = inflater.taken() == 0 ? "is no zlib stream" : "is damaged";
  return out;
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
