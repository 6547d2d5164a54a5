// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>

namespace stoq::plugins::decompress {
namespace {

constexpr int kMaxRetries = 1000;  // ARCHIVE_RETRY, or blocks without a byte, in a row
constexpr const char* kRawName =
    "data";  // libarchive's name for the member of a plain compressed file

int support_format(archive* a, Container format, bool streaming) {
  switch (format) {
    case Container::zip:
      return streaming ? archive_read_support_format_zip_streamable(a)
                       : archive_read_support_format_zip_seekable(a);
    case Container::sevenzip:
      return archive_read_support_format_7zip(a);
    case Container::rar:
      return archive_read_support_format_rar(a);
    case Container::rar5:
      return archive_read_support_format_rar5(a);
    case Container::tar:
      return archive_read_support_format_tar(a);
    case Container::rpm:
    case Container::cpio:
      return archive_read_support_format_cpio(a);
    case Container::ar:
      return archive_read_support_format_ar(a);
    case Container::cab:
      return archive_read_support_format_cab(a);
    case Container::iso9660:
      return archive_read_support_format_iso9660(a);
    case Container::lha:
      return archive_read_support_format_lha(a);
    case Container::xar:
      return archive_read_support_format_xar(a);
    case Container::warc:
      return archive_read_support_format_warc(a);
    default:
      return std::min(archive_read_support_format_raw(a), archive_read_support_format_empty(a));
  }
}

/// The one filter that the content begins with; a second layer is a member's business. None of
/// these runs a program.
int add_filter(archive* a, Container filter) {
  switch (filter) {
    case Container::gzip:
      return archive_read_append_filter(a, ARCHIVE_FILTER_GZIP);
    case Container::bzip2:
      return archive_read_append_filter(a, ARCHIVE_FILTER_BZIP2);
    case Container::xz:
      return archive_read_append_filter(a, ARCHIVE_FILTER_XZ);
    case Container::lzma:
      return archive_read_append_filter(a, ARCHIVE_FILTER_LZMA);
    case Container::zstd:
      return archive_read_append_filter(a, ARCHIVE_FILTER_ZSTD);
    case Container::lz4:
      return archive_read_append_filter(a, ARCHIVE_FILTER_LZ4);
    case Container::compress:
      return archive_read_support_filter_compress(a);  // appended, it reads before there is input
    case Container::lzip:
      return archive_read_append_filter(a, ARCHIVE_FILTER_LZIP);
    case Container::uu:
      return archive_read_append_filter(a, ARCHIVE_FILTER_UU);
    case Container::rpm: {  // its compressor is known only behind its headers, so these are offered
      int worst = ARCHIVE_OK;
      for (auto* support : {archive_read_support_filter_rpm, archive_read_support_filter_gzip,
                            archive_read_support_filter_bzip2, archive_read_support_filter_xz,
                            archive_read_support_filter_lzma, archive_read_support_filter_zstd}) {
        worst = std::min(worst, support(a));
      }
      return worst;
    }
    default:
      return ARCHIVE_OK;
  }
}

std::string_view filter_name(int code) {
  switch (code) {
    case ARCHIVE_FILTER_GZIP:
      return "gzip";
    case ARCHIVE_FILTER_BZIP2:
      return "bzip2";
    case ARCHIVE_FILTER_COMPRESS:
      return "compress";
    case ARCHIVE_FILTER_LZMA:
      return "lzma";
    case ARCHIVE_FILTER_XZ:
      return "xz";
    case ARCHIVE_FILTER_UU:
      return "uu";
    case ARCHIVE_FILTER_RPM:
      return "rpm";
    case ARCHIVE_FILTER_LZIP:
      return "lzip";
    case ARCHIVE_FILTER_LZ4:
      return "lz4";
    case ARCHIVE_FILTER_ZSTD:
      return "zstd";
    default:
      return "";
  }
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) c = 0xFFFD;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static constexpr std::array<unsigned, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[static_cast<std::size_t>(more)] | c >> (6 * more));
  for (int i = more; i-- > 0;) out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
}

/// A name as the archive has it, in whichever form libarchive can give it.
std::string raw_text(archive_entry* entry, const char* (*bytes)(archive_entry*),
                     const char* (*utf8)(archive_entry*), const wchar_t* (*wide)(archive_entry*)) {
  if (const char* text = bytes(entry)) return text;
  if (const char* text = utf8(entry)) return text;
  std::string out;
  for (const wchar_t* text = wide(entry); text && *text; ++text)
    append_utf8(out, static_cast<std::uint32_t>(*text));
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

}  // namespace

bool is_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto lead = static_cast<unsigned char>(s[i++]);
    if (lead < 0x80) continue;
    const std::size_t more = lead >= 0xF0 && lead <= 0xF4  ? 3
                             : lead >= 0xE0 && lead < 0xF0 ? 2
                             : lead >= 0xC2 && lead < 0xE0 ? 1
                                                           : 0;
    if (more == 0 || s.size() - i < more) return false;
    std::uint32_t c = lead & (0x3Fu >> more);
    for (std::size_t k = 0; k < more; ++k) {
      const auto next = static_cast<unsigned char>(s[i++]);
      if ((next & 0xC0) != 0x80) return false;
      c = c << 6 | (next & 0x3F);
    }
    if ((more == 2 && c < 0x800) || (more == 3 && (c < 0x10000 || c > 0x10FFFF)) ||
        (c >= 0xD800 && c < 0xE000))
      return false;
  }
  return true;
}

std::string to_text(std::string_view bytes) {
  static constexpr std::array<std::uint16_t, 32> kHigh = {
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  if (is_utf8(bytes)) return std::string(bytes);
  std::string out;
  for (unsigned char c : bytes) append_utf8(out, c >= 0x80 && c < 0xA0 ? kHigh[c - 0x80u] : c);
  return out;
}

Utf8Locale::Utf8Locale() : own_{}, previous_{} {
  locale_t base = duplocale(uselocale(locale_t{}));
  own_ = newlocale(LC_CTYPE_MASK, "C.UTF-8", base);
  if (!own_) own_ = base;
  if (own_) previous_ = uselocale(own_);
}

Utf8Locale::~Utf8Locale() {
  if (!own_) return;
  uselocale(previous_);
  freelocale(own_);
}

void Reader::Close::operator()(archive* a) const {
  archive_read_free(a);
}

Reader::Reader(const Plan& plan, const std::string* password) : archive_(archive_read_new()) {
  auto* a = archive_.get();
  const Container format = is_filter(plan.container) ? plan.inside : plan.container;
  raw_ = format == Container::none;
  dead_ = !a || support_format(a, format, plan.streaming) < ARCHIVE_WARN ||
          add_filter(a, plan.container) != ARCHIVE_OK ||
          (password && archive_read_add_passphrase(a, password->c_str()) != ARCHIVE_OK) ||
          archive_read_open_memory(a, plan.content.data(), plan.content.size()) != ARCHIVE_OK ||
          (raw_ &&
           archive_errno(a) != 0);  // the "empty" format accepts a filter that failed at once, too
  opened_ = !dead_;
}

Reader::Next Reader::next(Member& member) {
  if (dead_ || at_end_) return dead_ ? Next::failed : Next::end;
  archive_entry* entry = nullptr;
  int result = ARCHIVE_RETRY;
  for (int i = 0; result == ARCHIVE_RETRY && i < kMaxRetries; ++i)
    result = archive_read_next_header(archive_.get(), &entry);
  position_ = 0;
  if (result == ARCHIVE_EOF) {
    at_end_ = true;
    return Next::end;
  }
  if (result == ARCHIVE_FATAL || result == ARCHIVE_RETRY) {
    dead_ = true;
    return Next::failed;
  }
  if (entry) describe(entry, member);
  declared_ = member.declared_size;
  if (result == ARCHIVE_FAILED) return Next::bad;
  return result == ARCHIVE_WARN ? Next::warned : Next::member;
}

Reader::Read Reader::read(Block& block) {
  for (int i = 0; i < kMaxRetries; ++i) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(archive_.get(), &bytes, &size, &offset);
    if (result == ARCHIVE_RETRY) continue;
    if (result != ARCHIVE_OK && result != ARCHIVE_EOF) {
      dead_ = result == ARCHIVE_FATAL;
      return Read::damaged;
    }
    auto start = offset > 0 ? static_cast<std::uint64_t>(offset) : 0;
    if (result ==
        ARCHIVE_EOF) {  // the offset tells of a hole at the end, but some formats count their padding
      size = 0;
      start = std::min(start, declared_);
    }
    block.gap = start > position_ ? start - position_ : 0;
    block.bytes = {static_cast<const std::uint8_t*>(bytes), size};
    position_ += block.gap + size;
    if (result == ARCHIVE_EOF && block.gap == 0) return Read::end;
    if (block.gap > 0 || size > 0) return Read::data;
  }
  archive_set_error(archive_.get(), 0, "the reader makes no progress");
  dead_ = true;
  return Read::damaged;
}

bool Reader::skip(std::uint64_t count) {
  while (count-- > 0) {
    Member ignored;
    const auto step = next(ignored);
    if (step == Next::end || step == Next::failed) return false;
  }
  return true;
}

// After an open that failed, libarchive would call through a format that is not there.
bool Reader::sees_encryption() const {
  return opened_ && archive_read_has_encrypted_entries(archive_.get()) == 1;
}

std::string Reader::error() const {
  const char* text = archive_ ? archive_error_string(archive_.get()) : nullptr;
  return to_text(text ? text : "the reader gave no reason");
}

std::vector<std::string> Reader::filters() const {
  std::vector<std::string> names;
  for (int i = archive_filter_count(archive_.get());
       i-- > 0;) {  // libarchive counts from the innermost
    if (const auto name = filter_name(archive_filter_code(archive_.get(), i)); !name.empty())
      names.emplace_back(name);
  }
  return names;
}

void Reader::describe(archive_entry* entry, Member& member) const {
  const auto name = raw_text(entry, archive_entry_pathname, archive_entry_pathname_utf8,
                             archive_entry_pathname_w);
  member.name = raw_ && name == kRawName ? std::string() : to_text(name);
  if (!is_utf8(name)) member.name_hex = to_hex(name);
  member.has_size = archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) >= 0;
  if (member.has_size) member.declared_size = static_cast<std::uint64_t>(archive_entry_size(entry));
  if (archive_entry_mtime_is_set(entry)) member.mtime = archive_entry_mtime(entry);
  member.encrypted = archive_entry_is_encrypted(entry) != 0;

  const auto hardlink = raw_text(entry, archive_entry_hardlink, archive_entry_hardlink_utf8,
                                 archive_entry_hardlink_w);
  const auto type = archive_entry_filetype(entry);
  if (!hardlink.empty()) {
    member.kind = Kind::hardlink;
    member.link_target = to_text(hardlink);
  } else if (type == AE_IFLNK) {
    member.kind = Kind::symlink;
    member.link_target = to_text(raw_text(entry, archive_entry_symlink, archive_entry_symlink_utf8,
                                          archive_entry_symlink_w));
  } else {
    member.kind = type == AE_IFREG || type == 0          ? Kind::file
                  : type == AE_IFDIR                     ? Kind::directory
                  : type == AE_IFCHR || type == AE_IFBLK ? Kind::device
                                                         : Kind::other;
  }
}

}  // namespace stoq::plugins::decompress
