// SPDX-License-Identifier: Apache-2.0
#include "core/interesting.h"

#include <gtest/gtest.h>

namespace stoq {
namespace {

using std::string_literals::operator""s;

bool interesting(const std::string& text) {
  return stoq::interesting({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(Interesting, KnowsEachKind) {
  for (const std::string& text : {"MZ\x90"s,
                                  "\x7f"
                                  "ELF"s,
                                  "\xfe\xed\xfa\xce"s,
                                  "\xfe\xed\xfa\xcf"s,
                                  "\xce\xfa\xed\xfe"s,
                                  "\xcf\xfa\xed\xfe"s,
                                  "\xca\xfe\xba\xbe"s,
                                  "dex\n035"s,
                                  "\0asm"s,
                                  "FWS"s,
                                  "CWS"s,
                                  "ZWS"s,
                                  "L\0\0\0\x01\x14\x02\0"s,
                                  "%PDF-1.4"s,
                                  "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"s,
                                  "{\\rtf1"s,
                                  "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"s,
                                  "ITSF"s,
                                  "PK\x03\x04"s,
                                  "PK\x05\x06"s,
                                  "7z\xbc\xaf\x27\x1c"s,
                                  "Rar!\x1a\x07"s,
                                  "\x1f\x8b\x08"s,
                                  "BZh9"s,
                                  "\xfd"
                                  "7zXZ\0"s,
                                  "\x28\xb5\x2f\xfd"s,
                                  "MSCF"s,
                                  "xar!"s,
                                  "!<arch>\n"s,
                                  "\xed\xab\xee\xdb"s,
                                  std::string(257, 'n') + "ustar",
                                  "\x60\xea"s,
                                  "1234567**ACE**"s,
                                  "12-lh5-"s,
                                  "MSWIM"s,
                                  "conectix"s,
                                  "vhdxfile"s,
                                  "ISc("s,
                                  "\x78\x9f\x3e\x22"s,
                                  "#!/bin/sh"s,
                                  "<?php"s,
                                  "<SCRIPT>"s,
                                  "#@~^"s,
                                  "From: a\nMIME-Version: 1.0\n"s,
                                  "Received: by x\r\nFrom: a\r\n"s,
                                  "X-Spam: no\nReceived: by x\n"s,
                                  "text\nInvoke-Expression $x"s,
                                  "  @echo off"s,
                                  "Set x = CreateObject(\"a\")"s})
    EXPECT_TRUE(interesting(text)) << text;
}

TEST(Interesting, AndNothingElse) {
  for (const std::string& text :
       {""s, "M"s, "text"s, " MZ"s, "mz"s, "From: a letter\nto somebody\n"s, "Subject of it all"s,
        std::string(256, 'n') + "ustar", std::string(kInterestingBytes, ' ') + "powershell"})
    EXPECT_FALSE(interesting(text)) << text;
  EXPECT_TRUE(interesting(std::string(kInterestingBytes - 10, ' ') + "powershell"));
}

}  // namespace
}  // namespace stoq
