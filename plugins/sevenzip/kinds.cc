// SPDX-License-Identifier: Apache-2.0
#include "kinds.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace stoq::plugins::sevenzip {
namespace {

using Bytes = std::span<const std::uint8_t>;
using namespace std::string_view_literals;

bool has(Bytes b, std::size_t at, std::string_view magic) {
  return b.size() >= magic.size() && at <= b.size() - magic.size() &&
         std::memcmp(b.data() + at, magic.data(), magic.size()) == 0;
}

std::uint32_t le(Bytes b, std::size_t at, int bytes) {  // zeros behind the end
  std::uint32_t v = 0;
  for (int i = bytes; i-- > 0;) {
    const std::size_t from = at + static_cast<std::size_t>(i);
    v = v << 8 | (from < b.size() ? b[from] : 0u);
  }
  return v;
}

bool is_arj(Bytes b) {
  return b.size() >= 40 && le(b, 2, 2) >= 30 && le(b, 2, 2) <= 2600 && b[4] >= 30 &&
         b[4] <= le(b, 2, 2) && b[10] == 2;
}

bool is_lha(Bytes b) {
  return b.size() >= 24 && b[6] == '-' && b[20] <= 3;
}

// The class of the root entry of a compound file says that it is an installer, its patch or
// transform.
bool is_installer(Bytes b) {
  const std::uint32_t shift = le(b, 0x1E, 2);
  if (shift != 9 && shift != 12) return false;
  const std::size_t root = (std::size_t{le(b, 0x30, 4)} + 1) << shift;
  for (const auto first : {"\x84"sv, "\x86"sv, "\x82"sv})
    if (has(b, root + 80, first) && has(b, root + 81, "\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"sv))
      return true;
  return false;
}

bool is_udf(Bytes b) {  // among the first volume structures
  for (std::size_t at = 0x8000; at < 0x8000 + 32 * 0x800; at += 0x800)
    if (has(b, at + 1, "NSR02"sv) || has(b, at + 1, "NSR03"sv)) return true;
  return false;
}

bool is_iso(Bytes b) {
  return has(b, 0x8001, "CD001"sv);
}

bool is_boot_sector(Bytes b) {
  return b.size() >= 4096 && has(b, 510, "\x55\xAA"sv) && !is_iso(b);
}

bool is_fat(Bytes b) {
  return is_boot_sector(b) && (b[0] == 0xEB || b[0] == 0xE9) &&
         (has(b, 54, "FAT12   "sv) || has(b, 54, "FAT16   "sv) || has(b, 82, "FAT32   "sv));
}

bool is_ext(Bytes b) {
  return b.size() >= 4096 && le(b, 1048, 4) <= 6 && le(b, 1024, 4) > 0 && le(b, 1028, 4) > 0;
}

bool is_mbr(Bytes b) {
  if (!is_boot_sector(b)) return false;
  bool any = false;
  for (std::size_t at = 446; at < 510; at += 16) {
    const std::uint32_t start = le(b, at + 8, 4), sectors = le(b, at + 12, 4);
    if ((b[at] & 0x7F) != 0 || (b[at + 4] == 0) != (sectors == 0)) return false;
    if (b[at + 4] == 0) continue;
    if (start == 0 || start >= b.size() / 512) return false;
    any = true;
  }
  return any;
}

struct Magic {
  std::size_t at;
  std::string_view bytes;
  Kind kind;
  bool (*check)(Bytes) = nullptr;
};

constexpr std::array kMagics = {
    Magic{0, "7z\xBC\xAF\x27\x1C"sv, {"7z"sv, "7z"sv}},
    Magic{0, "PK\3\4"sv, {"zip"sv, "zip"sv}},
    Magic{0, "PK\7\x08PK\3\4"sv, {"zip"sv, "zip"sv}},
    Magic{0, "PK00PK\3\4"sv, {"zip"sv, "zip"sv}},
    Magic{0, "MSCF\0\0\0\0"sv, {"cab"sv, "cab"sv}},
    Magic{0, "\x60\xEA"sv, {"arj"sv, "arj"sv}, is_arj},
    Magic{2, "-lh"sv, {"lzh"sv, "lzh"sv}, is_lha},
    Magic{2, "-lz"sv, {"lzh"sv, "lzh"sv}, is_lha},
    Magic{0, "MSWIM\0\0\0"sv, {"wim"sv, "wim"sv}},
    Magic{0, "ITSF\3\0\0\0"sv, {"chm"sv, "chm"sv}},
    Magic{0, "ITOLITLS\1\0\0\0"sv, {"hxs"sv, "hxs"sv}},
    Magic{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, {"msi"sv, "compound"sv}, is_installer},
    Magic{0, "hsqs"sv, {"squashfs"sv, "squashfs"sv}},
    Magic{0, "sqsh"sv, {"squashfs"sv, "squashfs"sv}},
    Magic{16, "Compressed ROMFS"sv, {"cramfs"sv, "cramfs"sv}},
    Magic{0, "vhdxfile"sv, {"vhdx"sv, ""sv}},
    Magic{0, "conectix\0\0"sv, {"vhd"sv, ""sv}},
    Magic{0, "KDMV"sv, {"vmdk"sv, ""sv}},
    Magic{0, "QFI\xFB\0\0\0"sv, {"qcow"sv, ""sv}},
    Magic{64, "\x7F\x10\xDA\xBE"sv, {"vdi"sv, ""sv}},
    Magic{0, ""sv, {"udf"sv, "udf"sv}, is_udf},
    Magic{3, "NTFS    \0"sv, {"ntfs"sv, "ntfs"sv}, is_boot_sector},
    Magic{0, ""sv, {"fat"sv, "fat"sv}, is_fat},
    Magic{1080, "\x53\xEF"sv, {"ext"sv, "ext"sv}, is_ext},
    Magic{1024, "H+\0\4"sv, {"hfs"sv, "hfs"sv}},
    Magic{1024, "HX\0\5"sv, {"hfs"sv, "hfs"sv}},
    Magic{32, "NXSB\0"sv, {"apfs"sv, "apfs"sv}},
    Magic{512, "EFI PART\0\0\1\0"sv, {"gpt"sv, ""sv}},
    Magic{0, ""sv, {"mbr"sv, ""sv}, is_mbr},
};

constexpr std::size_t kFooter = 512;

bool is_sevenzip_header(Bytes b) {
  return b.size() >= 32 && b[6] == 0 && b[7] <= 9;
}

}  // namespace

Kind kind_of(Bytes b) {
  if (b.size() < 16) return {};
  if (has(b, 0, "MZ"sv) || has(b, 0,
                               "\x7F"
                               "ELF"sv)) {
    constexpr auto kNsis = "\xEF\xBE\xAD\xDENullsoftInst"sv;
    constexpr auto kSevenzip = "7z\xBC\xAF\x27\x1C"sv;
    if (memmem(b.data(), b.size(), kNsis.data(), kNsis.size())) return {"nsis", "nsis"};
    const void* hit = memmem(b.data(), b.size(), kSevenzip.data(), kSevenzip.size());
    const auto at =
        hit ? static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - b.data()) : b.size();
    if (is_sevenzip_header(b.subspan(at))) return {"7z", "7z", at};
    return {};
  }
  for (const Magic& magic : kMagics)
    if (has(b, magic.at, magic.bytes) && (!magic.check || magic.check(b))) return magic.kind;
  if (b.size() >= kFooter) {
    const std::size_t end = b.size() - kFooter;
    if (has(b, end, "koly\0\0\0\4\0\0\2\0"sv)) return {"dmg", ""};
    if (has(b, end, "conectix\0\0"sv)) return {"vhd", ""};
  }
  return {};
}

}  // namespace stoq::plugins::sevenzip
