// SPDX-License-Identifier: Apache-2.0
//
// Dispatch rules for what only the program behind last-resort unpacks. Packers are told by the first steps of their code or by what
// they put into the table of sections; those of UPX are left to upx, which passes on what it does not read.

rule packed_code {
  meta:
    description = "32-bit Windows program that begins with the code of ASPack, FSG, NsPack, PEtite, PESpin, Upack, WWPack or yC"
    plugin = "last-resort"
  strings:
    $aspack = { 60 E8 03 00 00 00 E9 EB 04 5D 45 55 C3 E8 01 }
    $fsg = { A4 B6 80 FF (13 | D3) 73 F9 }
    $fsg_1 = { B2 80 A4 6A 02 5B FF 14 24 73 F7 }
    $nspack = { 9C 60 E8 00 00 00 00 5D (B8 07 00 00 00 2B E8 | 83 ED 07 8D | B8 ?? ?? ?? ?? 2B E8) }
    $petite = { B8 ?? ?? ?? ?? (68 ?? ?? ?? ?? 64 FF 35 00 00 00 00 64 89 25 00 00 00 00 66 9C 60 50 | 66 9C 60 50) }
    $pespin = { EB 01 68 60 E8 00 00 00 00 8B 1C 24 83 C3 12 81 2B E8 B1 06 00 }
    $upack = { BE ?? ?? ?? ?? AD 50 FF 76 34 }
    $upack_old = { 60 E8 09 00 00 00 ?? ?? ?? ?? E9 06 02 00 00 }
    $wwpack = { 53 55 8B E8 33 DB EB 60 0D 0A 0D 0A 57 57 50 61 63 6B }
    $yc = { 55 8B EC 53 56 57 60 E8 00 00 00 00 5D 81 ED }
    $upx = "UPX0\x00\x00\x00\x00"
  condition:
    uint16be(0) == 0x4D5A and uint32be(uint32(0x3C)) == 0x50450000 and uint16(uint32(0x3C) + 4) == 0x14C and
    not $upx in (0 .. 2048) and
    (any of ($aspack, $fsg, $fsg_1, $nspack, $petite, $pespin, $wwpack, $yc) or any of ($upack*) in (0 .. 4096))
}

rule packed_sections {
  meta:
    description = "32-bit Windows program with the sections of ASPack, MEW, NsPack, PEtite, Upack, WWPack or yC"
    plugin = "last-resort"
  strings:
    $aspack = ".aspack\x00"
    $mew = { 4D 45 57 00 [4-40] 02 D2 75 DB 8A 16 EB D4 }
    $nspack = /\.?nsp0\x00\x00/
    $petite = ".petite\x00"
    $upack = ".Upack\x00\x00"
    $wwpack = ".WWP32\x00\x00"
    $yc = "yC\x00\x00\x00\x00\x00\x00"
    $upx = "UPX0\x00\x00\x00\x00"
  condition:
    uint16be(0) == 0x4D5A and uint32be(uint32(0x3C)) == 0x50450000 and uint16(uint32(0x3C) + 4) == 0x14C and
    not $upx in (0 .. 2048) and for any of ($aspack, $mew, $nspack, $petite, $upack, $wwpack, $yc) : ($ in (0 .. 2048))
}

rule installshield {
  meta:
    description = "installer of InstallShield: files behind a program, with their names and sizes"
    plugin = "last-resort"
  strings:
    $stream = { 49 6E 73 74 61 6C 6C 53 68 69 65 6C 64 00 [292] 06 00 00 00 00 00 00 00 [8] 00 00 00 00 01 }
    $files = /Disk1\\[\x20-\x7E]{1,100}\x00[0-9.]{1,30}\x00[0-9]{1,10}\x00/
  condition:
    uint16be(0) == 0x4D5A and uint32be(uint32(0x3C)) == 0x50450000 and uint16(uint32(0x3C) + 4) == 0x14C and any of them
}

rule symbian_package {
  meta:
    description = "what Symbian installs (SIS), up to release 8"
    plugin = "last-resort"
  condition:
    uint32(8) == 0x10000419 and (uint32(4) == 0x10003A12 or uint32(4) == 0x1000006D)
}

rule egg_or_alz {
  meta:
    description = "archive of ALZip: EGG, ALZ"
    plugin = "last-resort"
  condition:
    (uint32be(0) == 0x45474741 and uint16(4) == 0x100) or (uint32be(0) == 0x414C5A01 and uint32be(8) == 0x424C5A01)
}
