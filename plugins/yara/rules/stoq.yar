// SPDX-License-Identifier: Apache-2.0
//
// Worker rules: few, cheap and rarely wrong. They say what stands in a payload, not whether it is
// malicious. Tags: the kind of file, then what it does. No module is imported, because a module
// slows down every scan.

// Documents

rule office_macro_auto_run : document macro {
  meta:
    description = "VBA that runs when the document opens and starts something"
  strings:
    $vba = "Attribute VB_"
    $vba_packed = "\x00Attribut\x00e "
    $auto1 = /\b(auto_?(open|exec|close)|document_(open|close)|workbook_(open|activate))\b/ nocase
    $run1 = "WScript.Shell" nocase
    $run2 = "CreateObject" nocase
    $run3 = /\bShell(Execute)?[ \t]*\(/ nocase
    $run4 = "URLDownloadToFile" nocase
    $run5 = "powershell" nocase
  condition:
    any of ($vba*) and $auto1 and any of ($run*)
}

rule office_dde_command : document execution {
  meta:
    description = "DDE field that starts a command interpreter"
  strings:
    $field = /\bDDE(AUTO)?["\\ \t]{1,8}[^\r\n]{0,200}(cmd(\.exe)?|powershell|mshta|rundll32|regsvr32)\b/ nocase
  condition:
    $field
}

rule rtf_embedded_object : document embedded {
  meta:
    description = "RTF with an OLE object that is refreshed on opening, or whose data is a compound file"
  strings:
    $data = "\\objdata" nocase
    $update = "\\objupdate" nocase
    $compound = "d0cf11e0a1b11ae1" nocase
  condition:
    uint32be(0) == 0x7B5C7274 and $data and ($update or $compound)
}

rule rtf_equation_object : document exploit {
  meta:
    description = "RTF with an Equation Editor object"
  strings:
    $class = "Equation.3"
    $class_hex = "4571756174696f6e2e33" nocase
    $clsid_hex = "02ce020000000000c000000000000046" nocase
  condition:
    uint32be(0) == 0x7B5C7274 and any of them
}

rule pdf_javascript_on_open : document script {
  meta:
    description = "PDF that runs JavaScript by itself"
  strings:
    $header = "%PDF-"
    $auto1 = "/OpenAction"
    $auto2 = /\/AA[ \t\r\n<\/]/
    $script1 = "/JavaScript"
    $script2 = /\/JS[ \t\r\n(<\/]/
  condition:
    $header in (0 .. 1024) and any of ($auto*) and any of ($script*)
}

rule pdf_launch_action : document execution {
  meta:
    description = "PDF with an action that starts a program"
  strings:
    $header = "%PDF-"
    $launch = /\/S[ \t\r\n]{0,8}\/Launch\b/
  condition:
    $header in (0 .. 1024) and $launch
}

// Scripts

rule powershell_encoded_command : script obfuscation {
  meta:
    description = "PowerShell command line with a base64 command"
  strings:
    $command = /powershell(\.exe)?["']?[^\r\n]{0,200}[ \t][-\/]e(c|n[a-z]{0,12})?[ \t]{1,8}["']?[A-Za-z0-9+\/]{40}/ nocase ascii wide
  condition:
    $command
}

rule powershell_download_cradle : script download {
  meta:
    description = "PowerShell that runs what it downloads"
  strings:
    $get1 = /\.Download(String|Data)[ \t]?\(/ nocase ascii wide
    $get2 = "Invoke-WebRequest" nocase ascii wide
    $get3 = "Invoke-RestMethod" nocase ascii wide
    $client = "Net.WebClient" nocase ascii wide
    $run1 = "Invoke-Expression" nocase ascii wide
    $run2 = /\biex\b/ nocase ascii wide
    $run3 = "Reflection.Assembly]::Load" nocase ascii wide
    $remote = /https?:\/\// nocase ascii wide
  condition:
    filesize < 4MB and any of ($run*) and (($client and $get1) or $get2 or $get3) and $remote
}

rule script_eval_of_decoded_text : script obfuscation {
  meta:
    description = "script that runs text which it decodes first"
  strings:
    $eval = /\b(eval|execScript|document\.write)[ \t]{0,4}\([ \t]{0,4}(window\.)?(unescape|atob|String\.fromCharCode|decodeURIComponent)[ \t]{0,4}\(/
    $vbs = /\bexecute(global)?[ \t(]{1,4}chr[wb]?[ \t]?\(/ nocase
  condition:
    any of them
}

rule script_host_dropper : script download {
  meta:
    description = "Windows script that downloads, writes a file and starts it"
  strings:
    $http1 = "MSXML2.XMLHTTP" nocase
    $http2 = "MSXML2.ServerXMLHTTP" nocase
    $http3 = "WinHttp.WinHttpRequest" nocase
    $write1 = "ADODB.Stream" nocase
    $write2 = "SaveToFile" nocase
    $run1 = "WScript.Shell" nocase
    $run2 = "Shell.Application" nocase
  condition:
    filesize < 4MB and any of ($http*) and all of ($write*) and any of ($run*)
}

rule html_smuggling : script download {
  meta:
    description = "HTML page that builds a file from text inside it and offers it for download"
  strings:
    $decode = /\b(atob|Uint8Array)[ \t]?\(/
    $blob = /\bnew[ \t]{1,4}Blob[ \t]?\(/
    $save1 = "msSaveOrOpenBlob"
    $save2 = "createObjectURL"
    $name = /\.download[ \t]?=/
    $click = /\.click[ \t]?\(/
    $page = /<script[ \t>]/ nocase
  condition:
    $page and $decode and $blob and ($save1 or ($save2 and $name and $click))
}

rule reverse_shell_command : script network {
  meta:
    description = "command line that gives a remote host a shell"
  strings:
    $dev_tcp = /\b(ba|z|k)?sh[ \t]{1,4}-i[ \t]{1,4}[0-9]?>&[ \t]{0,4}\/dev\/(tcp|udp)\//
    $netcat = /\bn(c|cat)[ \t]{1,4}[^\r\n]{0,80}-e[ \t]{1,4}\/bin\/(ba)?sh\b/
    $fifo = /mkfifo[ \t]{1,4}[^\r\n]{1,120}\/bin\/(ba)?sh[ \t]{1,4}-i[ \t]{1,4}2>&1[ \t]{0,4}\|[ \t]{0,4}n(c|cat)\b/
  condition:
    any of them
}

rule php_eval_of_request : script webshell {
  meta:
    description = "PHP that runs what a request sends, or packed code"
  strings:
    $php = "<?php" nocase
    $request = /\b(eval|assert|system|passthru|shell_exec|exec)[ \t]{0,4}\([ \t]{0,4}@?\$_(GET|POST|REQUEST|COOKIE)\b/ nocase
    $packed = /\beval[ \t]{0,4}\([ \t]{0,4}(gzinflate|gzuncompress|str_rot13|base64_decode)[ \t]{0,4}\(/ nocase
  condition:
    $php and any of ($request, $packed)
}

rule system_tool_download : script download {
  meta:
    description = "command line that lets a tool of Windows fetch or run remote content"
  strings:
    $certutil = /\bcertutil(\.exe)?["']?[ \t][^\r\n]{0,80}[-\/]urlcache\b[^\r\n]{0,80}https?:/ nocase ascii wide
    $bitsadmin = /\bbitsadmin(\.exe)?["']?[ \t][^\r\n]{0,80}\/transfer\b[^\r\n]{0,120}https?:/ nocase ascii wide
    $regsvr32 = /\bregsvr32(\.exe)?["']?[ \t][^\r\n]{0,80}\/i:["']?https?:/ nocase ascii wide
    $mshta = /\bmshta(\.exe)?["']?[ \t]{1,4}["']?(https?|javascript|vbscript):/ nocase ascii wide
  condition:
    any of them
}

rule shortcut_runs_interpreter : shortcut execution {
  meta:
    description = "Windows shortcut that starts a script interpreter"
  strings:
    $powershell = "powershell" nocase ascii wide
    $mshta = "mshta" nocase ascii wide
    $script_host = /\b[wc]script(\.exe)?\b/ nocase ascii wide
    $cmd = /\bcmd(\.exe)?["']?[ \t]{1,4}\/[ckr]\b/ nocase ascii wide
    $cmd_target = "\\cmd.exe" nocase ascii wide
    $cmd_switch = { 20 00 2F 00 (43 | 63 | 4B | 6B) 00 20 00 }
  condition:
    uint32(0) == 0x4C and uint32(4) == 0x00021401 and
    (any of ($powershell, $mshta, $script_host, $cmd) or ($cmd_target and $cmd_switch))
}

// Executables, and those that hide in something else

rule pe_packed_by_upx : executable packed {
  meta:
    description = "PE whose sections have the names that UPX gives"
  strings:
    $section0 = "UPX0\x00\x00\x00\x00"
    $section1 = "UPX1\x00\x00\x00\x00"
  condition:
    uint16be(0) == 0x4D5A and uint32be(uint32(0x3C)) == 0x50450000 and
    $section0 in (0 .. 2048) and $section1 in (0 .. 2048)
}

rule pe_injects_into_process : executable injection {
  meta:
    description = "PE with the functions that put code into another process"
  strings:
    $open = "OpenProcess" fullword
    $allocate = "VirtualAllocEx" fullword
    $write = "WriteProcessMemory" fullword
    $start1 = "CreateRemoteThread" fullword
    $start2 = "QueueUserAPC" fullword
    $start3 = "NtUnmapViewOfSection" fullword
  condition:
    uint16be(0) == 0x4D5A and $open and $allocate and $write and any of ($start*)
}

rule elf_packed_by_upx : executable packed {
  meta:
    description = "ELF packed by UPX"
  strings:
    $magic = "UPX!"
    $self = "/proc/self/exe"
    $info = "$Info: This file is packed with the UPX"
  condition:
    uint32be(0) == 0x7F454C46 and $magic and ($self or $info)
}

rule elf_device_bot : executable network {
  meta:
    description = "ELF with the strings of programs that take over small devices"
  strings:
    $watchdog1 = "/dev/watchdog"
    $watchdog2 = "/dev/misc/watchdog"
    $busybox = "/bin/busybox"
    $connections = "/proc/net/tcp"
    $kill = "/proc/%d/exe"
  condition:
    uint32be(0) == 0x7F454C46 and any of ($watchdog*) and $busybox and any of ($connections, $kill)
}

rule pe_inside_other_file : embedded executable {
  meta:
    description = "PE in a file that is none"
  strings:
    $stub = { 4D 5A [58-120] 54 68 69 73 20 70 72 6F 67 72 61 6D 20 (63 61 6E 6E 6F 74 | 6D 75 73 74) 20 62 65 20 72 75 6E }
  condition:
    uint16be(0) != 0x4D5A and $stub
}

rule pe_as_base64 : embedded executable obfuscation {
  meta:
    description = "PE in base64"
  strings:
    $header1 = "TVqQAAMAAAAEAAAA" ascii wide
    $header2 = "TVpQAAIAAAAEAA8A" ascii wide
    $stub = "This program cannot be run in DOS mode" base64 base64wide
  condition:
    any of them
}

rule pe_as_hex : embedded executable obfuscation {
  meta:
    description = "PE in hexadecimal digits"
  strings:
    $header = "4d5a90000300000004000000ffff0000" nocase ascii wide
    $stub = "546869732070726f6772616d2063616e6e6f742062652072756e20696e20444f53206d6f6465" nocase ascii wide
  condition:
    any of them
}

rule pe_under_xor : embedded executable obfuscation {
  meta:
    description = "PE under XOR with one byte"
  strings:
    $stub = "This program cannot be run in DOS mode" xor(0x01-0xff)
  condition:
    $stub
}

rule shellcode_finds_itself : shellcode {
  meta:
    description = "x86 code that looks for its own address and for functions by hash, outside of an executable"
  strings:
    $fnstenv = { (D9 EE | D9 E? | DA C? | DB C?) D9 74 24 F4 (58 | 59 | 5A | 5B | 5D | 5E | 5F) }
    $ror13 = { C1 C? 0D (01 | 03) }
    $peb32a = { 64 A1 30 00 00 00 }
    $peb32b = { 64 8B (0D | 15 | 1D | 35 | 3D) 30 00 00 00 }
    $peb32c = { 64 8B (40 | 49 | 52 | 5B | 71 | 76 | 7F) 30 8B }
    $peb64 = { 65 48 8B (42 | 49 | 52 | 5B | 76) 60 }
  condition:
    filesize < 1MB and uint16be(0) != 0x4D5A and uint32be(0) != 0x7F454C46 and
    ($fnstenv or ($ror13 and any of ($peb*)))
}

// Tests

rule eicar_test_file : test {
  meta:
    description = "EICAR anti-virus test file"
  strings:
    $start = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
    $name = "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
  condition:
    filesize <= 128 and $start at 0 and $name at 27
}
