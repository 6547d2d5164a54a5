// SPDX-License-Identifier: Apache-2.0
#include "core/interesting.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace stoq {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  size_t offset;
  std::string_view bytes;
};

constexpr Magic kMagics[] = {
    // executables
    {0, "MZ"sv},
    {0,
     "\x7f"
     "ELF"sv},
    {0, "\xfe\xed\xfa\xce"sv},
    {0, "\xfe\xed\xfa\xcf"sv},
    {0, "\xce\xfa\xed\xfe"sv},
    {0, "\xcf\xfa\xed\xfe"sv},
    {0, "\xca\xfe\xba\xbe"sv},
    {0, "dex\n"sv},
    {0, "\0asm"sv},
    {0, "FWS"sv},
    {0, "CWS"sv},
    {0, "ZWS"sv},
    {0, "L\0\0\0\x01\x14\x02\0"sv},
    // documents
    {0, "%PDF"sv},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv},
    {0, "{\\rt"sv},
    {0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"sv},
    {0, "ITSF"sv},
    // archives and images of disks
    {0, "PK\x03\x04"sv},
    {0, "PK\x05\x06"sv},
    {0, "7z\xbc\xaf\x27\x1c"sv},
    {0, "Rar!\x1a\x07"sv},
    {0, "\x1f\x8b"sv},
    {0, "BZh"sv},
    {0,
     "\xfd"
     "7zXZ"sv},
    {0, "\x28\xb5\x2f\xfd"sv},
    {0, "MSCF"sv},
    {0, "xar!"sv},
    {0, "!<arch>\n"sv},
    {0, "\xed\xab\xee\xdb"sv},
    {257, "ustar"sv},
    {0, "\x60\xea"sv},
    {7, "**ACE**"sv},
    {2, "-lh"sv},
    {0, "MSWIM"sv},
    {0, "conectix"sv},
    {0, "vhdxfile"sv},
    {0, "ISc("sv},
    // mails
    {0, "\x78\x9f\x3e\x22"sv},
    // scripts
    {0, "#!"sv},
    {0, "<?php"sv},
    {0, "<script"sv},
    {0, "#@~^"sv},
};

// A header block of a mail: one of the usual names at its start, and another one that only mails
// have. All in lower case.
bool mail(std::string_view head) {
  for (const std::string_view name :
       {"received:"sv, "return-path:"sv, "from:"sv, "from "sv, "message-id:"sv, "mime-version:"sv,
        "delivered-to:"sv, "date:"sv, "subject:"sv, "to:"sv, "x-"sv})
    if (head.starts_with(name))
      return head.find("\nfrom:") != head.npos || head.find("\nmime-version:") != head.npos ||
             head.find("\nreceived:") != head.npos;
  return false;
}

bool script(std::string_view head) {
  for (const std::string_view word :
       {"<script"sv, "<html"sv, "powershell"sv, "createobject("sv, "wscript."sv, "activexobject"sv,
        "eval("sv, "@echo off"sv, "function "sv, "sub autoopen"sv, "import os"sv,
        "invoke-expression"sv})
    if (head.find(word) != head.npos) return true;
  return false;
}

}  // namespace

bool interesting(Bytes head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()),
                              std::min(head.size(), kInterestingBytes));
  for (const Magic& magic : kMagics)
    if (text.size() >= magic.offset + magic.bytes.size() &&
        text.substr(magic.offset, magic.bytes.size()) == magic.bytes)
      return true;
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return mail(lower) || script(lower);
}

}  // namespace stoq
