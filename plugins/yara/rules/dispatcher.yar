// SPDX-License-Identifier: Apache-2.0
//
// Dispatch rules: meta `plugin` names the plugins for a payload that matches, meta
// `save = "false"` leaves it out of the archive. They look at content only, never at names, and
// import no module, because a module slows down every scan.
// Integers at fixed offsets cost less than strings, which are searched for everywhere.

// Mails

rule mail_message {
  meta:
    description = "mail, mbox or web archive (MHTML), also behind blank lines or in a recorded SMTP dialogue"
    plugin = "smtp"
  strings:
    $first = /(\xEF\xBB\xBF)?\s{0,64}(Received|From|Return-Path|Delivered-To|Envelope-To|Date|Message-ID|MIME-Version|Subject|To|Cc|Sender|Reply-To|Authentication-Results|Content-Type|Content-Transfer-Encoding|DKIM-Signature|ARC-Seal|Thread-Index|Importance|X-[A-Za-z0-9-]{1,40})[ \t]{0,8}(\([^)\r\n]{0,80}\))?[ \t]{0,8}:/ nocase
    $mbox = /From [^\r\n]{1,200}[0-9]:[0-9][0-9][^\r\n]{1,60}\r?\n/
    $dialogue = /(220[ -][^\r\n]{0,500}|(EHLO|HELO|LHLO) [^\r\n]{0,250}|MAIL FROM:[^\r\n]{0,500})\r?\n/ nocase
    $field = /[\r\n](From|Subject|Message-ID|MIME-Version|Content-Type|Content-Transfer-Encoding)[ \t]{0,8}(\([^)\r\n]{0,80}\))?[ \t]{0,8}:/ nocase
  condition:
    uint8(0) < 0xF0 and ($first at 0 or $mbox at 0 or $dialogue at 0) and $field in (0 .. 16384)
}

rule tnef {
  meta:
    description = "TNEF, the winmail.dat of Outlook"
    plugin = "tnef"
  condition:
    uint32(0) == 0x223E9F78
}

// Documents

rule pdf {
  meta:
    description = "PDF, where readers look for it: in the first 1024 bytes"
    plugin = "pdf"
  strings:
    $head = "%PDF-"
  condition:
    uint32be(0) == 0x25504446 or $head in (0 .. 1024)
}

// Archives

rule zip {
  meta:
    description = "ZIP, also empty, split or spanned, and what is built on it (Office, jar, apk)"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x504B0304 or uint32be(0) == 0x504B0506 or
    (uint32be(4) == 0x504B0304 and (uint32be(0) == 0x504B0708 or uint32be(0) == 0x504B3030))
}

rule zip_appended {
  meta:
    description = "ZIP behind something else, such as a self-extractor"
    plugin = "decompress"
  strings:
    $entry = { 50 4B 01 02 ?? ?? ?? 00 }
    $end = { 50 4B 05 06 00 00 00 00 }
  condition:
    uint16be(0) != 0x504B and $end in (filesize - 65557 .. filesize) and $entry
}

rule seven_zip {
  meta:
    description = "7z"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x377ABCAF and uint16be(4) == 0x271C
}

rule rar {
  meta:
    description = "RAR 1.5 to 5"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x52617221 and uint16be(4) == 0x1A07 and (uint8(6) == 0 or uint16be(6) == 0x0100)
}

rule archive_in_executable {
  meta:
    description = "7z or RAR in a PE or ELF, mostly a self-extractor"
    plugin = "decompress"
  strings:
    $seven_zip = { 37 7A BC AF 27 1C 00 }
    $rar4 = { 52 61 72 21 1A 07 00 }
    $rar5 = { 52 61 72 21 1A 07 01 00 }
  condition:
    (uint16be(0) == 0x4D5A or uint32be(0) == 0x7F454C46) and any of them
}

rule tar {
  meta:
    description = "tar, POSIX and GNU"
    plugin = "decompress"
  condition:
    uint32be(257) == 0x75737461 and uint8(261) == 0x72
}

rule cpio {
  meta:
    description = "cpio, ASCII and old binary in either byte order"
    plugin = "decompress"
  condition:
    (uint32be(0) == 0x30373037 and (uint16be(4) == 0x3031 or uint16be(4) == 0x3032 or uint16be(4) == 0x3037)) or
    (uint16(0) == 0x71C7 and uint16(20) > 1 and uint16(20) < 4096 and uint8(25 + uint16(20)) == 0) or
    (uint16be(0) == 0x71C7 and uint16be(20) > 1 and uint16be(20) < 4096 and uint8(25 + uint16be(20)) == 0)
}

rule ar {
  meta:
    description = "Unix ar: static libraries, Debian packages"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x213C6172 and uint32be(4) == 0x63683E0A
}

rule rpm {
  meta:
    description = "RPM package"
    plugin = "decompress"
  condition:
    uint32be(0) == 0xEDABEEDB
}

rule cab {
  meta:
    description = "Microsoft cabinet"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x4D534346 and uint32(4) == 0
}

rule iso9660 {
  meta:
    description = "ISO 9660 image"
    plugin = "decompress"
  condition:
    uint32be(32769) == 0x43443030 and uint8(32773) == 0x31
}

rule lha {
  meta:
    description = "LHA (lzh, lzs)"
    plugin = "decompress"
  condition:
    uint16be(2) == 0x2D6C and (uint8(4) == 0x68 or uint8(4) == 0x7A) and uint8(6) == 0x2D
}

rule xar {
  meta:
    description = "xar, as in macOS packages"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x78617221 and uint16be(4) >= 28 and uint16be(4) <= 64
}

rule warc {
  meta:
    description = "web archive (WARC)"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x57415243 and (uint32be(4) == 0x2F302E31 or uint32be(4) == 0x2F312E30 or uint32be(4) == 0x2F312E31)
}

rule arj {
  meta:
    description = "ARJ"
    plugin = "decompress"
  condition:
    uint16be(0) == 0x60EA and uint16(2) >= 30 and uint16(2) <= 2600 and uint8(4) >= 30 and uint8(4) <= uint16(2) and
    uint8(10) == 2
}

rule ace {
  meta:
    description = "ACE"
    plugin = "decompress"
  condition:
    uint32be(7) == 0x2A2A4143 and uint16be(11) == 0x452A and uint8(13) == 0x2A
}

// Compressed streams

rule gzip {
  meta:
    description = "gzip"
    plugin = "decompress"
  condition:
    uint16be(0) == 0x1F8B and uint8(2) == 8 and (uint8(3) & 0xE0) == 0
}

rule bzip2 {
  meta:
    description = "bzip2"
    plugin = "decompress"
  condition:
    uint32be(0) >= 0x425A6831 and uint32be(0) <= 0x425A6839 and
    (uint32be(4) == 0x31415926 or uint32be(4) == 0x17724538)
}

rule xz {
  meta:
    description = "xz"
    plugin = "decompress"
  condition:
    uint32be(0) == 0xFD377A58 and uint16be(4) == 0x5A00
}

rule zstd {
  meta:
    description = "Zstandard; also the skippable frames that Zstandard and LZ4 may begin with"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x28B52FFD or (uint32(0) & 0xFFFFFFF0) == 0x184D2A50
}

rule lz4 {
  meta:
    description = "LZ4, frames and the legacy format"
    plugin = "decompress"
  condition:
    uint32(0) == 0x184D2204 or uint32(0) == 0x184C2102
}

rule lzip {
  meta:
    description = "lzip"
    plugin = "decompress"
  condition:
    uint32be(0) == 0x4C5A4950 and uint8(4) <= 1
}

rule unix_compress {
  meta:
    description = "compress (.Z)"
    plugin = "decompress"
  condition:
    uint16be(0) == 0x1F9D and (uint8(2) & 0x60) == 0 and (uint8(2) & 0x1F) >= 9 and (uint8(2) & 0x1F) <= 16
}

rule uuencode {
  meta:
    description = "uuencoded file"
    plugin = "decompress"
  strings:
    $begin = /begin(-base64)? [0-7]{3,4} [^\r\n]{1,255}\r?\n/
  condition:
    $begin at 0
}

// Packed executables

rule upx {
  meta:
    description = "PE or ELF packed by UPX"
    plugin = "decompress"
  strings:
    $magic = "UPX!"
  condition:
    (uint16be(0) == 0x4D5A or uint32be(0) == 0x7F454C46) and $magic
}
