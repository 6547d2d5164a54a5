// SPDX-License-Identifier: Apache-2.0
//
// Dispatch rules: meta `plugin` names the plugins for a payload that matches, meta
// `save = "false"` leaves it out of the archive. They look at content only, never at names, and
// import no module, because a module slows down every scan.
// Integers at fixed offsets cost less than strings, which are searched for everywhere.

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

rule archive_in_other_file {
  meta:
    description = "7z, RAR or cabinet behind something else: a self-extractor, an image, a document"
    plugin = "decompress"
  strings:
    $seven_zip = { 37 7A BC AF 27 1C 00 }
    $rar4 = { 52 61 72 21 1A 07 00 }
    $rar5 = { 52 61 72 21 1A 07 01 00 }
    $cab = { 4D 53 43 46 00 00 00 00 [4] 00 00 00 00 [4] 00 00 00 00 03 01 }
  condition:
    for any of them : ($ in (1 .. filesize))
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

rule ace {
  meta:
    description = "ACE"
    plugin = "decompress"
  condition:
    uint32be(7) == 0x2A2A4143 and uint16be(11) == 0x452A and uint8(13) == 0x2A
}

rule ms_compress {
  meta:
    description = "file of Microsoft's COMPRESS: SZDD, KWAJ"
    plugin = "decompress"
  condition:
    (uint32be(0) == 0x535A4444 and uint32be(4) == 0x88F02733) or
    (uint32be(0) == 0x535A2088 and uint32be(4) == 0xF02733D1) or
    (uint32be(0) == 0x4B57414A and uint32be(4) == 0x88F027D1)
}

// Archives, installers and images for 7-Zip

rule arj {
  meta:
    description = "ARJ"
    plugin = "sevenzip"
  condition:
    uint16be(0) == 0x60EA and uint16(2) >= 30 and uint16(2) <= 2600 and uint8(4) >= 30 and uint8(4) <= uint16(2) and
    uint8(10) == 2
}

rule wim {
  meta:
    description = "Windows image"
    plugin = "sevenzip"
  condition:
    uint32be(0) == 0x4D535749 and uint32be(4) == 0x4D000000
}

rule html_help {
  meta:
    description = "compiled HTML help: CHM, and HXS"
    plugin = "sevenzip"
  condition:
    (uint32be(0) == 0x49545346 and uint32(4) == 3) or (uint32be(0) == 0x49544F4C and uint32be(4) == 0x49544C53)
}

rule windows_installer {
  meta:
    description = "MSI, MSP, MST: a compound file of that class"
    plugin = "sevenzip"
  condition:
    uint32be(0) == 0xD0CF11E0 and uint32be(4) == 0xA1B11AE1 and
    ((uint16(30) == 9 and (uint32((uint32(48) + 1) * 512 + 80) | 6) == 0x000C1086 and uint32be((uint32(48) + 1) * 512 + 88) == 0xC0000000) or
     (uint16(30) == 12 and (uint32((uint32(48) + 1) * 4096 + 80) | 6) == 0x000C1086 and uint32be((uint32(48) + 1) * 4096 + 88) == 0xC0000000))
}

rule nsis {
  meta:
    description = "installer made by NSIS"
    plugin = "sevenzip"
  strings:
    $header = "\xEF\xBE\xAD\xDENullsoftInst"
  condition:
    uint16be(0) == 0x4D5A and $header
}

rule squashfs {
  meta:
    description = "SquashFS, cramfs"
    plugin = "sevenzip"
  condition:
    uint32be(0) == 0x68737173 or uint32be(0) == 0x73717368 or
    (uint32be(16) == 0x436F6D70 and uint32be(20) == 0x72657373 and uint32be(24) == 0x65642052)
}

rule udf {
  meta:
    description = "UDF image, also with an ISO 9660 beside it"
    plugin = "sevenzip"
  condition:
    filesize > 40KB and
    for any i in (0 .. 31) : (uint32be(32769 + i * 2048) == 0x4E535230 and (uint8(32773 + i * 2048) == 0x32 or uint8(32773 + i * 2048) == 0x33))
}

rule virtual_disk {
  meta:
    description = "VHD, VHDX, VMDK, QCOW, VDI"
    plugin = "sevenzip"
  condition:
    (uint32be(0) == 0x636F6E65 and uint32be(4) == 0x63746978) or
    (filesize > 1024 and uint32be(filesize - 512) == 0x636F6E65 and uint32be(filesize - 508) == 0x63746978) or
    (uint32be(0) == 0x76686478 and uint32be(4) == 0x66696C65) or uint32be(0) == 0x4B444D56 or
    (uint32be(0) == 0x514649FB and uint16be(4) == 0) or uint32be(64) == 0x7F10DABE
}

rule apple_disk_image {
  meta:
    description = "DMG with its trailer"
    plugin = "sevenzip"
  condition:
    filesize > 1024 and uint32be(filesize - 512) == 0x6B6F6C79 and uint32be(filesize - 508) == 4 and uint32be(filesize - 504) == 512
}

rule file_system {
  meta:
    description = "image of FAT, NTFS (with its table of files, not the boot sector alone), ext, HFS+ or APFS"
    plugin = "sevenzip"
  condition:
    filesize >= 4096 and (filesize < 33KB or uint32be(32769) != 0x43443030) and
    ((uint16be(510) == 0x55AA and
      ((uint32be(3) == 0x4E544653 and uint32be(7) == 0x20202020 and
        (uint8(13) > 128 or uint32(48) * uint8(13) * uint16(11) < filesize)) or
       ((uint8(0) == 0xEB or uint8(0) == 0xE9) and (uint32be(54) == 0x46415431 or uint32be(82) == 0x46415433)))) or
     (uint16be(1080) == 0x53EF and uint32(1048) <= 6 and uint32(1024) > 0 and uint32(1028) > 0) or
     uint32be(1024) == 0x482B0004 or uint32be(1024) == 0x48580005 or (uint32be(32) == 0x4E585342 and uint8(36) == 0))
}

rule partitioned_disk {
  meta:
    description = "disk image with a partition table, MBR or GPT"
    plugin = "sevenzip"
  condition:
    filesize >= 4096 and uint16be(510) == 0x55AA and (filesize < 33KB or uint32be(32769) != 0x43443030) and
    ((uint32be(512) == 0x45464920 and uint32be(516) == 0x50415254) or
     ((uint8(446) & 0x7F) == 0 and (uint8(462) & 0x7F) == 0 and (uint8(478) & 0x7F) == 0 and (uint8(494) & 0x7F) == 0 and
      uint8(450) != 0 and uint32(454) > 0 and uint32(454) < filesize \ 512 and uint32(458) > 0))
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

rule lzma {
  meta:
    description = "lzma alone: usual properties, a dictionary that the program may have chosen, a size that may be"
    plugin = "decompress"
  condition:
    uint8(0) == 0x5D and uint16(1) == 0 and uint32(1) >= 0x10000 and uint8(13) == 0 and
    ((uint32(1) & (uint32(1) - 1)) == 0 or ((uint32(1) & (uint32(1) - 1)) \ 2) * 3 == uint32(1)) and
    ((uint32(5) == 0xFFFFFFFF and uint32(9) == 0xFFFFFFFF) or (uint32(5) > 0 and uint32(9) < 64))
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
    description = "PE or ELF packed by UPX, whatever became of its magic"
    plugin = "upx"
  strings:
    $magic = "UPX!"
    $section = "UPX0\x00\x00\x00\x00"
    $loader = "PROT_EXEC|PROT_WRITE failed."
  condition:
    (uint16be(0) == 0x4D5A and ($magic or $section in (0 .. 2048))) or
    (uint32be(0) == 0x7F454C46 and ($magic or $loader))
}
