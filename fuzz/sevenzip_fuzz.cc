// SPDX-License-Identifier: Apache-2.0
// What 7zz prints, and by what content it is asked at all.
#include "fuzz/target.h"
#include "plugins/sevenzip/kinds.h"
#include "plugins/sevenzip/listing.h"

using stoq::fuzz::must;
using namespace stoq::plugins::sevenzip;

STOQ_FUZZ(sevenzip) {
  const Kind kind = kind_of(data);
  must(kind.begin <= data.size());
  const Listing listing = parse_listing(stoq::fuzz::text_of(data));
  must(listing.items.size() <= data.size() && listing.types.size() <= data.size());
  const Complaints complaints = parse_complaints(stoq::fuzz::text_of(data));
  for (const Complaints::About& about : complaints.members) must(complaints.about(about.path));
}

STOQ_FUZZ_SEEDS(sevenzip) {
  using namespace std::string_literals;
  const auto sector = [](std::string head, size_t at, const std::string& magic) {
    head.resize(5000);
    return head.replace(at, magic.size(), magic);
  };
  return {
      "--\nPath = /proc/self/fd/3\nType = VHD\n----\nSize = 9\n--\nPath = 0.fat\nType = "
      "FAT\n\n----------\nPath = b.exe\nFolder = -\nSize = 22\nEncrypted = +\n\nPath = s\nComment "
      "= \n{\nx\n}\nSymbolic Link = a\n",
      "ERROR: CRC Failed : a\nERROR: /proc/self/fd/3 : Cannot open encrypted archive. Wrong "
      "password?\nERRORS:\nUnexpected end of archive\n",
      "MZ" + std::string(100, 'x') + "7z\xBC\xAF\x27\x1C\0\4"s + std::string(40, 'y'),
      "\x60\xEA\x2A\0\x22\x0B\1\2\x10\0\2"s + std::string(60, '\0'),
      sector("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 30, "\x09"),
      sector("", 510,
             "\x55\xAA"
             "EFI PART\0\0\1\0"s),
      sector("", 446, "\x80\1\1\0\6\1\1\0\1\0\0\0\7"s),
  };
}
