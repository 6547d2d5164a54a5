# SPDX-License-Identifier: Apache-2.0
"""Formats that the worker last-resort is for, written from what is known of each: nothing in Debian 12 writes them. ClamAV opens all of them."""
import struct
import zlib

import hidden


def deflate(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def egg(name, content, method=1):
    """An EGG archive of one member; method 0 stores, 1 deflates."""
    end = struct.pack("<I", 0x08E28222)
    packed = deflate(content) if method else content
    return (b"EGGA" + struct.pack("<HII", 0x100, 1, 0) + end
            + struct.pack("<IIQ", 0x0A8590E3, 0, len(content))
            + struct.pack("<IBH", 0x0A8591AC, 0, len(name)) + name + end
            + struct.pack("<IBBIII", 0x02B50C13, method, 0, len(content), len(packed), zlib.crc32(content)) + end + packed + end)


def alz(name, content, method=2):
    """An ALZ archive of one member; method 0 stores, 2 deflates."""
    packed = deflate(content) if method else content
    return (b"ALZ\1" + struct.pack("<I", 10) + b"BLZ\1" + struct.pack("<HBIBB", len(name), 0x20, 0, 0x40, 0)
            + struct.pack("<BBIII", method, 0, zlib.crc32(content), len(packed), len(content)) + name + packed + b"CLZ\1" + bytes(8) + b"CLZ\2")


def sis(name, content):
    """What Symbian 6 to 8 installs: one language, one file, deflated."""
    place, target, packed = (name.encode("utf-16-le"), ("!:\\" + name).encode("utf-16-le"), zlib.compress(content))
    head, language, record = 100, 2, 48
    files = head + language
    names = files + record
    data = names + len(place) + len(target)
    fields = struct.pack("<IIII", 0x10000000, 0x10003A12, 0x10000419, 0)
    fields += struct.pack("<HHHHHHHHI", 0, 1, 1, 0, 0, 0, ord("!"), 0, 200)
    fields += struct.pack("<HHHHI", 1, 0, 1, 0, 0)
    fields += struct.pack("<IIIIIIIII", head, files, names, 0, names, 0, names, len(content), 0)
    entry = struct.pack("<IIIIIIIIIIII", 0, 0, 0, len(place), names, len(target), names + len(place), len(packed), data, len(content), 0, 0)
    return fields.ljust(head, b"\0") + struct.pack("<H", 1) + entry + place + target + packed


def fsg(image):
    """A program that FSG 2.0 packed, as far as unpacking looks: no loader behind its first steps, and every byte a literal."""
    base, first = 0x400000, 0x1000
    second = first + (len(image) * 9 // 8 + 0x2FFF) // 0x1000 * 0x1000  # more room than what is packed takes
    # A tag bit 0 before each literal but the first; at the end 110 and an empty short match.
    stream, bits = bytearray(image[:1]), [0] * (len(image) - 1) + [1, 1, 0]
    literals = iter(image[1:] + b"\0")
    for at in range(0, len(bits), 8):
        tag = bits[at:at + 8]
        stream.append(sum(bit << (7 - i) for i, bit in enumerate(tag)))
        wanted = tag.count(0) if at + 8 < len(bits) else len(tag)
        stream += bytes(byte for _, byte in zip(range(wanted), literals))
    section = bytearray(0x100)
    section[0:13] = b"\x87\x25" + struct.pack("<I", base + second + 0x20) + b"\x61\x94\x55\xA4\xB6\x80\xFF"
    section[13:16] = b"\x13\x73\xF9"
    struct.pack_into("<I", section, 0x20, base + second + 0x40)
    struct.pack_into("<8I", section, 0x40, base + first, base + second + 0x100, 0, 0, base + second + 0x80, 0, 0, 0)
    struct.pack_into("<4I", section, 0x80, base + second, base + second, base + second, base + first)
    section += stream
    section = section.ljust((len(section) + 511) // 512 * 512, b"\0")
    head = bytearray(0x200)
    head[0:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    head[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<HH", head, 0x84, 0x14C, 2)
    struct.pack_into("<HH", head, 0x94, 224, 0x102)
    struct.pack_into("<H", head, 0x98, 0x10B)
    struct.pack_into("<I", head, 0x98 + 16, second)
    struct.pack_into("<III", head, 0x98 + 28, base, 0x1000, 0x200)
    struct.pack_into("<H", head, 0x98 + 48, 4)
    size = second + (len(section) + 0xFFF) // 0x1000 * 0x1000
    struct.pack_into("<II", head, 0x98 + 56, size, 0x200)
    struct.pack_into("<H", head, 0x98 + 68, 2)
    struct.pack_into("<I", head, 0x98 + 92, 16)
    flags = struct.pack("<IIII", 0, 0, 0, 0xE0000020)
    struct.pack_into("<8sIIII16s", head, 0x98 + 224, b"", second - first, first, 0, 0, flags)
    struct.pack_into("<8sIIII16s", head, 0x98 + 264, b"", size - second, second, len(section), 0x200, flags)
    return bytes(head) + bytes(section)


def of(maker):
    return lambda work: maker(hidden.read(work, hidden.NAME))


WORKER = ("last-resort",)
FORMATS = [
    hidden.Format("EGG, deflate", "self-made", of(lambda content: egg(b"prog.bin", content)), WORKER, opens="clamscan"),
    hidden.Format("EGG, stored", "self-made", of(lambda content: egg(b"prog.bin", content, 0)), WORKER, opens="clamscan"),
    hidden.Format("ALZ, deflate", "self-made", of(lambda content: alz(b"prog.bin", content)), WORKER, opens="clamscan"),
    hidden.Format("ALZ, stored", "self-made", of(lambda content: alz(b"prog.bin", content, 0)), WORKER, opens="clamscan"),
    hidden.Format("SIS", "self-made", of(lambda content: sis("prog.bin", content)), WORKER, opens="clamscan"),
]
