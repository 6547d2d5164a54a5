// SPDX-License-Identifier: Apache-2.0
//
// Dispatch rules for what lies inside of other bytes: carvers, pages, scripts, shortcuts. As in
// dispatcher.yar they look at content only, and import no module. A rule need not be exact: the
// worker that it names looks again.

// Carvers

rule pe_inside {
  meta:
    description = "PE headers that are not those of the file itself"
    plugin = "pecarve"
  strings:
    $pe = { 50 45 00 00 (4C 01 | 64 86 | 64 AA | 66 01 | C0 01 | C2 01 | C4 01 | F0 01 | 00 02) ?? 00 }
  condition:
    $pe and (uint16be(0) != 0x4D5A or for any i in (1 .. #pe): (@pe[i] != uint32(0x3C)))
}

rule pe_xored {
  meta:
    description = "the text in the head of a PE under XOR with one byte"
    plugin = "pecarve"
  strings:
    $dos = "This program cannot be run in DOS mode" xor(1-255)
    $win32 = "This program must be run under Win32" xor(1-255)
    $win64 = "This program must be run under Win64" xor(1-255)
  condition:
    any of them
}

rule flash {
  meta:
    description = "Flash, compressed or not, anywhere"
    plugin = "swfcarve"
  strings:
    $stored = { 46 57 53 ?? ?? ?? ?? 0? ?? }
    $zlib = { 43 57 53 ?? ?? ?? ?? 0? ?8 }
    $lzma = { 5A 57 53 ?? ?? ?? ?? 0? ?? ?? ?? ?? ?? ?? ?? ?? ?? 00 }
  condition:
    for any of them: (for any i in (1 .. #): (uint8(@[i] + 3) >= 1 and uint8(@[i] + 3) <= 50))
}

rule python_package {
  meta:
    description = "package of PyInstaller, mostly behind an executable, or an archive of its modules"
    plugin = "pyinstaller"
  strings:
    $cookie = { 4D 45 49 0C 0B 0A 0B 0E 0? }
  condition:
    $cookie or uint32be(0) == 0x50595A00
}

rule autoit_script {
  meta:
    description = "compiled AutoIt script, alone, in a resource or behind an executable"
    plugin = "autoit"
  strings:
    $signature = { A3 48 4B BE 98 6C 4A A9 99 4C 53 0A 86 D6 48 7D 41 55 33 21 45 41 30 3? }
  condition:
    $signature
}

rule xdp {
  meta:
    description = "XML Data Package, or XML with chunks in base64"
    plugin = "xdpcarve"
  strings:
    $namespace = "http://ns.adobe.com/xdp/" ascii wide
    $chunk = "<chunk" ascii wide
  condition:
    (uint8(0) == 0x3C or uint16be(0) == 0xEFBB or uint16be(0) == 0xFFFE or uint16be(0) == 0xFEFF or uint8(0) == 0x0A or uint8(0) == 0x0D or uint8(0) == 0x20) and
    $chunk and ($namespace in (0 .. 8192) or $chunk in (0 .. 4096))
}

rule has_an_end {
  meta:
    description = "an image or executable whose own structure says where it ends"
    plugin = "overlay"
  condition:
    uint32be(0) == 0x89504E47 or (uint16be(0) == 0xFFD8 and uint8(2) == 0xFF) or uint32be(0) == 0x47494638 or
    (uint16be(0) == 0x424D and uint32(6) == 0) or uint32be(0) == 0x52494646 or uint32be(0) == 0x7F454C46 or
    (uint16be(0) == 0x4D5A and uint32(0x3C) < filesize and uint32be(uint32(0x3C)) == 0x50450000)
}

rule api_names_xored {
  meta:
    description = "names of Windows calls under XOR with one byte"
    plugin = "xorsearch"
  strings:
    $a = "GetProcAddress" xor(1-255)
    $b = "VirtualAlloc" xor(1-255)
    $c = "CreateRemoteThread" xor(1-255)
    $d = "URLDownloadToFile" xor(1-255)
  condition:
    any of them
}

// Pages, scripts and what starts them

rule html {
  meta:
    description = "HTML or SVG with something that a page may do"
    plugin = "html"
  strings:
    $html = "<html" nocase ascii wide
    $doctype = "<!doctype html" nocase ascii wide
    $head = "<head" nocase
    $body = "<body" nocase ascii wide
    $script = "<script" nocase ascii wide
    $iframe = "<iframe" nocase
    $svg = "<svg" nocase
    $meta = "<meta " nocase
    $object = "<object" nocase
    $form = "<form" nocase
    $image = "<img " nocase
    $link = "<a href" nocase
  condition:
    for any of them: ($ in (0 .. 4096)) and
    (uint8(0) == 0x3C or uint8(0) == 0x09 or uint8(0) == 0x0A or uint8(0) == 0x0D or uint8(0) == 0x20 or
     (uint16be(0) == 0xEFBB and uint8(2) == 0xBF) or uint16be(0) == 0xFFFE or uint16be(0) == 0xFEFF)
}

rule shortcut {
  meta:
    description = "Windows shortcut (lnk)"
    plugin = "lnk"
  condition:
    uint32be(0) == 0x4C000000 and uint32be(4) == 0x01140200
}

rule encoded_script {
  meta:
    description = "script as the Script Encoder leaves it (vbe, jse)"
    plugin = "script-decode"
  strings:
    $begin = /#@~\^[A-Za-z0-9+\/]{6}==/ ascii wide
  condition:
    $begin
}

rule encoded_command {
  meta:
    description = "PowerShell command line with a base64 command"
    plugin = "script-decode"
  strings:
    $command = /(powershell|pwsh)[^\r\n]{0,400}[ \t][-\/]e(c|n[a-z]{0,12})?[ \t]{1,8}["']?[A-Za-z0-9+\/]{16}/ nocase ascii wide
  condition:
    $command
}

rule escaped_text {
  meta:
    description = "JavaScript that builds text out of escapes or numbers"
    plugin = "script-decode"
  strings:
    $escapes = /(unescape|decodeURI(Component)?)[ \t]{0,4}\([ \t]{0,4}["'][^"'%]{0,100}%u?[0-9A-Fa-f]{2}/
    $codes = /fromCharCode[ \t]{0,4}\([ \t]{0,4}(0x)?[0-9A-Fa-f]{1,5}[ \t]{0,4},/
  condition:
    any of them
}

rule base64_in_text {
  meta:
    description = "text that decodes base64, or holds files in it; of mails smtp decodes them, with their names"
    plugin = "script-decode"
  strings:
    $decode1 = "FromBase64String" nocase ascii wide
    $decode2 = "base64_decode" nocase
    $decode3 = "b64decode" nocase
    $decode4 = "bin.base64" nocase ascii wide
    $decode5 = /\batob[ \t]{0,4}\(/
    $decode6 = /certutil(\.exe)?[ \t]{1,8}[-\/]decode/ nocase ascii wide
    $decode7 = "base64 -d" nocase
    $pe = /TV[opqr][A-Za-z0-9+\/]{2}[AEIMQUYcgkosw048][A-Za-z0-9+\/]{34}/ ascii wide
    $elf = "f0VMR" ascii wide
    $zip = "UEsDB" ascii wide
    $pdf = "JVBERi0" ascii wide
    $gzip = "H4sIA" ascii wide
    $ole = "0M8R4KGxGu" ascii wide
    $rtf = "e1xydG" ascii wide
    $seven_zip = "N3q8ryc" ascii wide
    $rar = "UmFyIR" ascii wide
    $script = "PHNjcmlwd" ascii wide
    $html = "PGh0bW" ascii wide
    $command = /(JAB|SQBFAF|aQBlAH|cABvAHcAZQByAHMAaABlAGwAb)[A-Za-z0-9+\/]{32}/ ascii wide
  condition:
    filesize < 64MB and not mail_message and
    (uint8(0) == 0x09 or uint8(0) == 0x0A or uint8(0) == 0x0D or (uint8(0) >= 0x20 and uint8(0) < 0x7F) or
     uint16be(0) == 0xEFBB or uint16be(0) == 0xFFFE) and
    uint16be(0) != 0x4D5A and uint32be(0) != 0x504B0304 and uint32be(0) != 0x25504446 and
    uint32be(0) != 0x52494646 and uint32be(0) != 0x47494638 and (uint16be(0) != 0x424D or uint32(6) != 0) and
    any of them
}

rule numbers_in_text {
  meta:
    description = "a file written as numbers in text, or a BinHex file"
    plugin = "hexcarve"
  strings:
    $plain = /4D5A[0-9A-F]{116}/ nocase ascii wide
    $spaced = /4D 5A( [0-9A-F]{2}){20}/ nocase ascii wide
    $c = /0x4D[ \t\r\n]{0,4},[ \t\r\n]{0,4}0x5A/ nocase ascii wide
    $escaped = "\\x4D\\x5A" nocase ascii wide
    $basic = "&H4D,&H5A" nocase ascii wide
    $decimal = /\b77[ \t]{0,4},[ \t]{0,4}90[ \t]{0,4},([ \t]{0,4}[0-9]{1,3}[ \t]{0,4},){16}/ ascii wide
    $elf = /7F454C460[12]0[12]01/ nocase ascii wide
    $elf_spaced = "7F 45 4C 46 0" nocase ascii wide
    $elf_c = /0x7F[ \t\r\n]{0,4},[ \t\r\n]{0,4}0x45[ \t\r\n]{0,4},[ \t\r\n]{0,4}0x4C/ nocase ascii wide
    $elf_escaped = "\\x7F\\x45\\x4C\\x46" nocase ascii wide
    $elf_decimal = /\b127[ \t]{0,4},[ \t]{0,4}69[ \t]{0,4},[ \t]{0,4}76[ \t]{0,4},[ \t]{0,4}70[ \t]{0,4},/ ascii wide
    $other = /(504B0304[0-3][0-9A-F]00|D0CF11E0A1B11AE1|255044462D31|377ABCAF271C|526172211A07|4D53434600000000|1F8B080)[0-9A-F]{80}/ nocase ascii wide
    $other_spaced = /(50 4B 03 04|D0 CF 11 E0|25 50 44 46|37 7A BC AF|52 61 72 21|1F 8B 08|4D 53 43 46)( [0-9A-F]{2}){20}/ nocase ascii wide
    $other_c = /0x(50[, ]{1,3}0x4B[, ]{1,3}0x03|D0[, ]{1,3}0xCF[, ]{1,3}0x11|37[, ]{1,3}0x7A[, ]{1,3}0xBC|52[, ]{1,3}0x61[, ]{1,3}0x72|25[, ]{1,3}0x50[, ]{1,3}0x44|1F[, ]{1,3}0x8B[, ]{1,3}0x08|4D[, ]{1,3}0x53[, ]{1,3}0x43)/ nocase ascii wide
    $other_decimal = /\b(80[, ]{1,3}75[, ]{1,3}3[, ]{1,3}4|208[, ]{1,3}207[, ]{1,3}17|37[, ]{1,3}80[, ]{1,3}68[, ]{1,3}70|55[, ]{1,3}122[, ]{1,3}188|82[, ]{1,3}97[, ]{1,3}114|31[, ]{1,3}139[, ]{1,3}8|77[, ]{1,3}83[, ]{1,3}67[, ]{1,3}70),([ ]{0,4}[0-9]{1,3}[ ]{0,4},){16}/ ascii wide
    $binhex = "(This file must be converted with BinHex"
  condition:
    uint32be(0) != 0x7B5C7274 and any of them
}

rule internet_shortcut {
  meta:
    description = "internet shortcut (url), web query (iqy), Java launcher (jnlp)"
    plugin = "url-files"
  strings:
    $url = "[InternetShortcut]" nocase ascii wide
    $jnlp = "<jnlp" nocase
    $iqy = /WEB\r?\n1\r?\n/ nocase
  condition:
    $url in (0 .. 2048) or $jnlp in (0 .. 2048) or $iqy at 0
}
