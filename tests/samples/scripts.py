# SPDX-License-Identifier: Apache-2.0
"""Pages, scripts and shortcuts, each with the hidden program in it."""
import base64
import struct

from carvers import hex_text, is_executable
from hidden import Format, holding

KNOWN = (b"MZ\x90\0\3\0\0\0", b"\x7fELF", b"PK\3\4", b"PK\5\6", b"%PDF-", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rt", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c",
         b"Rar!\x1a\x07", b"MSCF\0\0\0\0", b"BZh91AY&SY", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"L\0\0\0\1\x14\2\0", b"\x89PNG", b"\xff\xd8\xff\xe0", b"GIF89a",
         b"<html", b"<!DOCTYPE", b"<?xml")


def is_known(content):
    """Whether base64 of it is decoded: files of kinds that are known, and text."""
    odd = sum(byte >= 0x7F or (byte < 32 and byte not in b"\t\n\r") for byte in content)
    return content.startswith(KNOWN) or odd * 20 <= len(content) or content[:2] == b"MZ"


def html_data_uri(content):
    return b"<!DOCTYPE html><html><body><a download='a.bin' href='data:application/octet-stream;base64," + base64.b64encode(content) + b"'>x</a></body></html>"


def html_smuggled(content):
    return (b"<html><script>var a = atob('" + base64.b64encode(content) + b"'); var b = new Blob([a]);"
            b"navigator.msSaveOrOpenBlob(b, 'a.bin');</script></html>")


def script_pieces(content):
    text = base64.b64encode(content).decode()
    pieces = [text[i:i + 100] for i in range(0, len(text), 100)]
    return ('Set x = CreateObject("MSXML2.DOMDocument").createElement("a")\r\nx.dataType = "bin.base64"\r\nx.Text = "'
            + '" & _\r\n"'.join(pieces) + '"\r\n').encode()


def powershell(content):
    script = "$b = [Convert]::FromBase64String('" + base64.b64encode(content).decode() + "'); [IO.File]::WriteAllBytes('a', $b)"
    return b"@echo off\r\npowershell.exe -nop -w hidden -enc " + base64.b64encode(script.encode("utf-16-le")) + b"\r\n"


def shortcut(content=b"", arguments=""):
    """A shortcut, with arguments, with data behind it."""
    head = bytearray(0x4C)
    head[0:20] = b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"
    struct.pack_into("<I", head, 0x14, 0x80 | (0x20 if arguments else 0))
    text = struct.pack("<H", len(arguments)) + arguments.encode("utf-16-le") if arguments else b""
    return bytes(head) + text + bytes(4) + content


def shortcut_arguments(content):
    script = "$x = " + hex_text(content).decode()
    return shortcut(arguments="-nop -w hidden -enc " + base64.b64encode(script.encode("utf-16-le")).decode())


# What the Script Encoder writes for tab and the characters from ' ' to DEL, in each of three alphabets.
ALPHABETS = [bytes.fromhex(text) for text in (
    "377e5a453a7959277663624d515352202654712b662a587f7b30316c490078005f0029242f39336f21752842464a5c48"
    "364b7d5d6a506923097065742c77443f6d7c43385e5b6e574c347225567368554732352e644f3b2d41617a22606b4e3d67",
    "692c65725b66754c45762a43334220634a5a387932576c2b46524f3d70007b0051007a7e3b474177565f26786e647467"
    "7d683522553a606a716f495c5d2759257c236d2831397f365434624e305e73094b61244d6b4421375358482e502d293f2f",
    "6450224a615e5d5b426023655f7e4f527a21462026632a7647252c2969002700670062415a6632734d4371397c534831"
    "726e70493f4b6a2e7f28357d242d54377b3d6c346d4e2b306f746b4c33563a7857773b442f59455c683658790975385551",)]
TURNS = "0120121221210212021200122102122100212120200120210212001220012021"
ESCAPED = {10: b"@&", 13: b"@#", 62: b"@*", 60: b"@!", 64: b"@$"}


def encoded_script(content):
    """A script with the content as digits, as the Script Encoder leaves it (vbe)."""
    script = b"x = " + hex_text(content) + b"\r\n"
    out = b""
    for turn, byte in enumerate(script):
        alphabet = ALPHABETS[int(TURNS[turn % 64])]
        out += ESCAPED.get(byte) or bytes([alphabet[0 if byte == 9 else byte - 31]])
    number = lambda value: base64.b64encode(struct.pack("<I", value & 0xFFFFFFFF))  # noqa: E731
    return b"#@~^" + number(len(script)) + out + number(sum(script)) + b"^#~@"


OURS = "self-made"
D, HEX = ("script-decode",), ("hexcarve",)

FORMATS = [
    Format("HTML, data: URI", OURS, holding(html_data_uri), ("html",), opens="clamscan"),
    Format("HTML, file smuggled by a script", OURS, holding(html_smuggled), ("html",) + D, takes=is_known),
    Format("VBScript, base64 in pieces", OURS, holding(script_pieces), D, takes=is_known),
    Format("PowerShell -enc", OURS, holding(powershell), D * 2, takes=is_known),
    Format("encoded script (vbe, jse)", OURS, holding(encoded_script), D + HEX, takes=is_executable, opens="clamscan, digits"),
    Format("lnk with data behind it", OURS, holding(shortcut), ("lnk",), opens="ExifTool, as a shortcut"),
    Format("lnk, arguments", OURS, holding(shortcut_arguments), ("lnk",) + D + HEX, opens="ExifTool, digits",
           takes=lambda content: is_executable(content) and len(content) < 8000),
]
