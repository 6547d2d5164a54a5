# SPDX-License-Identifier: Apache-2.0
"""Compiled AutoIt scripts, EA05 and EA06, as README.md says: what Aut2Exe puts behind its interpreter.

An entry is (kind, path, content, compressed): kind is the name of the script's own entry or what a FileInstall line names.
"""
import struct
import zlib

GUID = bytes.fromhex("a3484bbe986c4aa9994c530a86d6487d")
SCRIPT = ">>>AUTOIT SCRIPT<<<"


def twister(key):
    """Bytes of a Mersenne twister, MT19937."""
    state = [key]
    for i in range(1, 624):
        state.append((0x6C078965 * (state[-1] ^ state[-1] >> 30) + i) & 0xFFFFFFFF)
    while True:
        for i in range(624):
            y = state[i] & 0x80000000 | state[(i + 1) % 624] & 0x7FFFFFFF
            state[i] = state[(i + 397) % 624] ^ y >> 1 ^ (0x9908B0DF if y & 1 else 0)
        for y in state:
            y ^= y >> 11
            y ^= y << 7 & 0x9D2C5680
            y ^= y << 15 & 0xEFC60000
            y ^= y >> 18
            yield y >> 1 & 0xFF


def ranrot(key):
    """Bytes of a RANROT generator of type B (17, 10; 13, 9), every other value of it."""
    state, value = [], key
    for _ in range(17):
        value = (value * 0xAC564B05 + 1) & 0xFFFFFFFF
        state.append(value)
    i, j, warm = 0, 10, 9
    while True:
        for _ in range(1 if warm else 2):
            a, b = state[i], state[j]
            state[i] = out = ((a << 9 | a >> 23) + (b << 13 | b >> 19)) & 0xFFFFFFFF
            i, j = (i - 1) % 17, (j - 1) % 17
        if warm:
            warm -= 1
        else:
            yield out >> 24


class Format:
    def __init__(self, version, stream, kind, name, size, checksum, content, wide):
        self.version, self.stream, self.kind, self.name, self.size, self.checksum, self.content, self.wide = (
            version, stream, kind, name, size, checksum, content, wide)

    def crypt(self, data, key):
        return bytes(a ^ b for a, b in zip(data, self.stream(key & 0xFFFFFFFF)))

    def string(self, text, keys):
        data = text.encode("utf-16-le" if self.wide else "latin-1")
        count = len(data) // (2 if self.wide else 1)
        return struct.pack("<I", count ^ keys[0]) + self.crypt(data, count + keys[1])


EA05 = Format(b"EA05", twister, (0x29BC, 0xA25E), (0x29AC, 0xF25E), 0x45AA, 0xC3D2, 0x22AF, False)
EA06 = Format(b"EA06", ranrot, (0xADBC, 0xB33F), (0xF820, 0xF479), 0x87BC, 0xA685, 0x2477, True)


def compress(version, content):
    """LZSS in bits, the highest first: a byte, or how far back in 15 bits and how long."""
    bits, literal, match = [], *(("0", "1") if version == b"EA05" else ("1", "0"))
    seen, at = {}, 0
    while at < len(content):
        key = content[at:at + 3]
        back, length = at - seen.get(key, at), 0
        if 0 < back < 1 << 15 and len(key) == 3:
            while at + length < len(content) and content[at + length] == content[at + length - back]:
                length += 1
        if length < 3:
            length = 1
            bits.append(f"{literal}{content[at]:08b}")
        else:
            code, rest = "", length - 3
            for width in (2, 3, 5, 8):
                most = (1 << width) - 1
                code += f"{min(rest, most):0{width}b}"
                rest -= most
                if rest < 0:
                    break
            while rest >= 0:
                code += f"{min(rest, 255):08b}"
                rest -= 255
            bits.append(f"{match}{back:015b}{code}")
        for i in range(at, at + length):
            seen[content[i:i + 3]] = i
        at += length
    text = "".join(bits)
    text += "0" * (-len(text) % 16)
    return version + struct.pack(">I", len(content)) + int("1" + text, 2).to_bytes(len(text) // 8 + 1, "big")[1:]


def tokens(lines):
    """A script as EA06 keeps it: lines of (code, value)."""
    out = struct.pack("<I", len(lines))
    for line in lines:
        for code, value in line:
            out += bytes([code])
            if 0x30 <= code < 0x40:
                data = bytearray(value.encode("utf-16-le"))
                count = len(data) // 2
                for i in range(0, len(data), 2):
                    data[i] ^= count & 0xFF
                    data[i + 1] ^= count >> 8 & 0xFF
                out += struct.pack("<I", count) + data
            elif code < 0x10:
                out += struct.pack("<i", value)
            elif code < 0x20:
                out += struct.pack("<q", value)
            elif code < 0x30:
                out += struct.pack("<d", value)
        out += b"\x7f"
    return out


def script(form, entries):
    head = bytes(range(16))
    key = form.content + (sum(head) if form is EA05 else 0)
    out = GUID + b"AU3!" + form.version + head
    for kind, path, content, compressed in entries:
        data = compress(form.version, content) if compressed else content
        out += form.crypt(b"FILE", 0x16FA if form is EA05 else 0x18EE) + form.string(kind, form.kind) + form.string(path, form.name)
        out += struct.pack("<BIII", compressed, len(data) ^ form.size, len(content) ^ form.size, zlib.adler32(data) ^ form.checksum)
        out += bytes(16) + form.crypt(data, key)
    return out + b"AU3!" + form.version
