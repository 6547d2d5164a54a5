# SPDX-License-Identifier: Apache-2.0
"""Files that hide others, for what the digging workers read: each function wraps bytes, by what its format says.

All are written here from the formats' specifications; README.md says which of them other programs open.
"""
import base64
import random
import struct
import zlib

import autoit


def pe(body):
    """A PE of one section."""
    section = body.ljust((len(body) + 511) // 512 * 512, b"\0")
    head = bytearray(0x200)
    head[0:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    head[0x40:0x66] = b"This program cannot be run in DOS mode"
    head[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<HH", head, 0x84, 0x14C, 1)
    struct.pack_into("<HH", head, 0x94, 224, 0x102)
    struct.pack_into("<H", head, 0x98, 0x10B)
    struct.pack_into("<II", head, 0x98 + 32, 0x1000, 0x200)
    struct.pack_into("<I", head, 0x98 + 60, 0x200)
    struct.pack_into("<8sIIII", head, 0x98 + 224, b".text", 0x1000, 0x1000, len(section), 0x200)
    return bytes(head) + section


PROGRAM = pe(b"the small program that all of them hide")


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(content):
    image = zlib.compress(b"\0\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"IDAT", image) + chunk(b"IEND", b"") + content


def gif(content):
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0;" + content


def jpeg(content):
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda\0\x08\1\1\0\0\x3f\0coded\xff\0\xff\xd9" + content


def bmp(content):
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + b"rgb\0" + content


def webp(content):
    return b"RIFF" + struct.pack("<I", 14) + b"WEBPVP8 \2\0\0\0xy" + content


def pe_overlay(content):
    return pe(b"another program") + content


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


def shortcut(content):
    head = bytearray(0x4C)
    head[0:20] = b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"
    struct.pack_into("<I", head, 0x14, 0x80)
    return bytes(head) + bytes(4) + content


def xdp(content):
    return (b'<?xml version="1.0"?>\n<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><pdf><document><chunk>\n' + base64.encodebytes(content)
            + b"</chunk></document></pdf></xdp:xdp>\n")


def python_package(content):
    stored = zlib.compress(content)
    name = b"a.bin\0".ljust(16, b"\0")
    table = struct.pack(">IIIIBc", 18 + len(name), 0, len(stored), len(content), 1, b"x") + name
    cookie = struct.pack(">8sIIII64s", b"MEI\x0c\x0b\x0a\x0b\x0e", len(stored) + len(table) + 88, len(stored), len(table), 311, b"libpython3.11.so")
    return pe(b"a boot loader") + stored + table + cookie


def autoit_ea05(content):
    return pe(b"an interpreter") + autoit.script(autoit.EA05, [(autoit.SCRIPT, "C:\\aut1.tmp", b"FileInstall('a.bin', 'b.bin')\r\n", 1),
                                                              ("a.bin", "C:\\a.bin", content, 1)])


def autoit_ea06(content):
    line = [(0x31, "FILEINSTALL"), (0x47, None), (0x36, "a.bin"), (0x40, None), (0x36, "b.bin"), (0x48, None)]
    return pe(b"an interpreter") + autoit.script(autoit.EA06, [(autoit.SCRIPT, "C:\\aut1.tmp", autoit.tokens([line]), 1),
                                                              ("a.bin", "C:\\a.bin", content, 1)])


def binhex(content):
    digits = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"

    def checksum(data):
        import binascii
        return struct.pack(">H", binascii.crc_hqx(data, 0))

    head = b"\5a.bin\0APPLmake" + struct.pack(">HII", 0, len(content), 0)
    packed = (head + checksum(head) + content + checksum(content) + checksum(b"")).replace(b"\x90", b"\x90\0")
    bits = "".join(f"{byte:08b}" for byte in packed)
    bits += "0" * (-len(bits) % 6)
    text = bytes(digits[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6))
    lines = b"\r\n".join(text[i:i + 63] for i in range(0, len(text), 63))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n:" + lines + b":\r\n"


def flash(content):
    """A movie that holds the content as binary data."""
    body = b"\x08\0" + struct.pack("<HH", 24 << 8, 1)
    for code, data in ((69, bytes(4)), (87, b"\1\0" + bytes(4) + content), (1, b""), (0, b"")):
        body += struct.pack("<HI", code << 6 | 63, len(data)) + data if len(data) >= 63 else struct.pack("<H", code << 6 | len(data)) + data
    return b"some text, then CWS\x0a" + struct.pack("<I", len(body) + 8) + zlib.compress(body)


# Only what begins as an executable.
def carved(content):
    return b"some text before it" + content + b"and behind it"


def xored(content):
    return b"some text before it" + bytes(byte ^ 0x5C for byte in content) + b"and behind it"


def hex_text(content):
    return b"x = '" + content.hex().upper().encode() + b"'"


def number_list(content):
    return b"Array(" + b", ".join(b"%d" % byte for byte in content) + b")"


# What wraps anything, and the worker that unwraps it first.
WRAPPERS = {
    png: "overlay", gif: "overlay", jpeg: "overlay", bmp: "overlay", webp: "overlay", pe_overlay: "overlay",
    html_data_uri: "html", html_smuggled: "html", script_pieces: "script-decode", powershell: "script-decode", shortcut: "lnk", xdp: "xdpcarve",
    python_package: "pyinstaller", autoit_ea05: "autoit", autoit_ea06: "autoit", binhex: "hexcarve",
}
# What wraps an executable, or something that begins as one.
INNERMOST = {carved: "pecarve", xored: "pecarve", hex_text: "hexcarve", number_list: "hexcarve", flash: "swfcarve"}
# What a wrapper is known by inside base64: what is nothing known there is left alone.
KNOWN_INSIDE = {png, gif, jpeg, pe_overlay, html_data_uri, html_smuggled, script_pieces, powershell, shortcut, xdp, python_package, autoit_ea05,
                autoit_ea06, binhex, hex_text, number_list}


def combinations(seed, count, depth=3):
    """(names from the outside in, bytes): `count` times `depth` wrappers around PROGRAM."""
    chosen = random.Random(seed)
    for _ in range(count):
        inner = chosen.choice(list(WRAPPERS) + list(INNERMOST))
        names, content = [inner.__name__], inner(PROGRAM)
        while len(names) < depth:
            outer = chosen.choice(list(WRAPPERS))
            if outer in (html_smuggled, script_pieces, powershell) and inner not in KNOWN_INSIDE:
                continue
            names, content, inner = [outer.__name__, *names], outer(content), outer
        yield names, content
