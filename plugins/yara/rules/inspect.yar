// SPDX-License-Identifier: Apache-2.0
//
// Dispatch rules for what is looked at more closely: metadata by exif, addresses by iocextract.

// Who made it, when and with what

rule image {
  meta:
    description = "PNG, JPEG, GIF, TIFF, WebP"
    plugin = "exif"
  condition:
    uint32be(0) == 0x89504E47 or (uint16be(0) == 0xFFD8 and uint8(2) == 0xFF) or uint32be(0) == 0x47494638 or
    uint32be(0) == 0x49492A00 or uint32be(0) == 0x4D4D002A or (uint32be(0) == 0x52494646 and uint32be(8) == 0x57454250)
}

rule document {
  meta:
    description = "PDF, RTF, OLE compound file; no PDF whose encryption costs ExifTool seconds"
    plugin = "exif"
  strings:
    $encryption = "/Encrypt"
    $revision6 = /\/R {0,2}6[^0-9]/
  condition:
    (uint32be(0) == 0x25504446 and not ($encryption and $revision6)) or uint32be(0) == 0x7B5C7274 or (uint32be(0) == 0xD0CF11E0 and uint32be(4) == 0xA1B11AE1)
}

rule office_open_xml {
  meta:
    description = "docx, xlsx, pptx: a ZIP that begins with the parts that Office writes"
    plugin = "exif"
  strings:
    $types = "[Content_Types].xml"
  condition:
    uint32be(0) == 0x504B0304 and $types in (30 .. 2048)
}

rule pe {
  meta:
    description = "PE: time stamp, names and versions"
    plugin = "exif"
  condition:
    uint16be(0) == 0x4D5A and uint32(0x3C) < filesize and uint32be(uint32(0x3C)) == 0x50450000
}

rule elf {
  meta:
    description = "ELF: machine and kind"
    plugin = "exif"
  condition:
    uint32be(0) == 0x7F454C46
}

// Addresses in what is text

rule script {
  meta:
    description = "script with an interpreter, of a shell or of Windows"
    plugin = "iocextract"
  strings:
    $windows = /(@echo off|powershell|createobject|wscript\.|invoke-)/ nocase
  condition:
    filesize < 4MB and (uint16be(0) == 0x2321 or ($windows in (0 .. 4096) and uint8(0) >= 9 and uint8(0) < 0x7F and uint16be(0) != 0x4D5A))
}

rule mail {
  meta:
    description = "mail: header lines at the start"
    plugin = "iocextract"
  strings:
    $first = /(Received|From|Return-Path|Delivered-To|Date|Message-ID|MIME-Version|Subject|To|X-[A-Za-z-]{1,40}): /
    $header = /\n(From|Subject|Message-I[Dd]|MIME-Version): /
  condition:
    $first at 0 and $header in (0 .. 8192)
}
