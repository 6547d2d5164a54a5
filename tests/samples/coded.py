# SPDX-License-Identifier: Apache-2.0
"""Archives whose packers Debian 12 lacks, written by their specifications: compressed by literals alone, in whole codes."""
import bz2
import hashlib
import hmac
import struct
import zlib

from hidden import NAME, PASSWORD, aes, read

TIME = 0x58216000  # 1 January 2024, noon, as MS-DOS counts


class Bits:
    """Bits from the most significant one down, or up from the least."""

    def __init__(self, up=False):
        self.text, self.up = "", up

    def put(self, value, count):
        digits = f"{value:0{count}b}" if count else ""
        self.text += digits[::-1] if self.up else digits
        return self

    def bytes(self):
        text = self.text + "0" * (-len(self.text) % 8)
        return bytes(int(text[i:i + 8][::-1] if self.up else text[i:i + 8], 2) for i in range(0, len(text), 8))


def crc16(content):
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


# LHA


def lha(method="lh0", size_bits=0):
    """`size_bits`: of a count of offset codes; 0: stored."""
    def make(work):
        content = read(work, NAME)
        packed = content if not size_bits else b""
        if size_bits:  # a block: how many codes; code lengths that are all 8; one offset, never used
            bits = Bits()
            for at in range(0, len(content), 0xFFFF):
                piece = content[at:at + 0xFFFF]
                bits.put(len(piece), 16).put(0, 5).put(10, 5).put(256, 9).put(0, 2 * size_bits)
                for byte in piece:
                    bits.put(byte, 8)
            packed = bits.bytes()
        head = (b"-%s-" % method.encode() + struct.pack("<IIIBB", len(packed), len(content), TIME, 0x20, 0) + bytes([len(NAME)]) + NAME.encode() +
                struct.pack("<H", crc16(content)))
        return bytes([len(head), sum(head) & 0xFF]) + head + packed + b"\0"
    return make


# ZIP

def zip_of(method, flags, pack):
    def make(work):
        content = read(work, NAME)
        packed = pack(content)
        shared = struct.pack("<HHHIIIIHH", 20, flags, method, TIME, zlib.crc32(content), len(packed), len(content), len(NAME), 0)
        local = b"PK\3\4" + shared + NAME.encode() + packed
        central = b"PK\1\2\x14\0" + shared + struct.pack("<HHHII", 0, 0, 0, 0, 0) + NAME.encode()
        return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return make


def shrunk(content):
    bits = Bits(up=True)
    for byte in content:
        bits.put(byte, 9)
    return bits.bytes()


def imploded(content):
    bits = Bits(up=True)
    for byte in content:
        bits.put(1, 1).put(byte, 8)
    codes = b"\3" + b"\xf5" * 4  # 64 codes of six bits
    return codes + codes + bits.bytes()


# Microsoft

def cabinet(kind, pack):
    """One folder with one block."""
    def make(work):
        content = read(work, NAME)
        packed = pack(content)
        files = struct.pack("<IIHHHH", len(content), 0, 0, 0x5000, 0, 0x20) + NAME.encode() + b"\0"
        at = 44 + len(files)
        data = struct.pack("<IHH", 0, len(packed), len(content)) + packed
        return (b"MSCF\0\0\0\0" + struct.pack("<IIIIBBHHHHH", at + len(data), 0, 44, 0, 3, 1, 1, 1, 0, 7, 0) + struct.pack("<IHH", at, 1, kind) + files + data)
    return make


def lzx(content):
    """One block that is stored."""
    head = Bits().put(0, 1).put(3, 3).put(len(content), 24).put(0, 4).bytes()
    return head[1::-1] + head[3:1:-1] + struct.pack("<III", 1, 1, 1) + content + bytes(len(content) % 2)


def fits_a_block(content):
    return len(content) <= 32768


def kwaj(method, pack):
    def make(work):
        content = read(work, NAME)
        return b"KWAJ\x88\xf0\x27\xd1" + struct.pack("<HHHI", method, 18, 1, len(content)) + pack(content)
    return make


def inverted(content):
    return bytes(byte ^ 0xFF for byte in content)


def lzss(content):
    return b"".join(b"\xff" + content[i:i + 8] for i in range(0, len(content), 8))


def mszip(content):
    out = b""
    for at in range(0, len(content), 32768):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=content[max(0, at - 32768):at]) if at else zlib.compressobj(9, zlib.DEFLATED, -15)
        block = b"CK" + packer.compress(content[at:at + 32768]) + packer.flush()
        out += struct.pack("<H", len(block)) + block
    return out + bytes(2)


def lzh(content):
    """Codes of equal length, their tables written in each of the ways that there are; copies where there are any."""
    bits = Bits()
    for kind in (0, 1, 2, 3, 1, 0):
        bits.put(kind, 4)
    bits.put(4, 4).put(0, 15)  # the second: 4, then the same again 15 times
    bits.put(5, 4)
    for _ in range(31):
        bits.put(1, 2)  # one less plus one
    for _ in range(64):
        bits.put(6, 4)
    bits.put(8, 4).put(0, 255)
    at, literals = 0, b""

    def give_literals():
        nonlocal literals
        while literals:
            run, literals = literals[:32], literals[32:]
            bits.put(0, 4).put(len(run) - 1, 5)
            for byte in run:
                bits.put(byte, 8)
    while at < len(content):
        found = content.rfind(content[at:at + 17], max(0, at - 4000), at)
        if found >= 0 and len(content) - at >= 17:
            give_literals()
            bits.put(15, 4).put((at - found) >> 6, 6).put((at - found) & 63, 6)
            at += 17
            continue
        literals += content[at:at + 1]
        at += 1
        if len(literals) == 32:
            give_literals()
    give_literals()
    return bits.bytes()


# RAR

LITERALS = [8] * 254 + [9] * 4  # code lengths of the bytes and of two symbols behind them


def lengths(total, bits):
    """A table of code lengths, LITERALS and then none up to `total`: the lengths 8 and 9 are 0 and 10, runs of none are 110 and 111."""
    for symbol in range(20):
        bits.put({8: 1, 9: 2, 18: 3, 19: 3}.get(symbol, 0), 4)
    for length in LITERALS:
        bits.put(*((0, 1) if length == 8 else (2, 2)))
    left = total - len(LITERALS)
    while left >= 11:
        run = min(left, 138)
        bits.put(7, 3).put(run - 11, 7)
        left -= run
    if left:
        bits.put(6, 3).put(left - 3, 3)
    return bits


def symbols(bits, content):
    for byte in content:
        bits.put(*((byte, 8) if byte < 254 else (byte + 254, 9)))
    return bits


def rar4_packed(content):
    """A table that nothing went before, the bytes, the end."""
    return symbols(lengths(299 + 60 + 17 + 28, Bits().put(0, 2)), content).put(510, 9).put(0, 2).bytes()


def rar5_packed(content):
    bits = symbols(lengths(306 + 64 + 16 + 44, Bits()), content)
    size = len(bits.bytes())
    last = (len(bits.text) - 1) % 8
    flags = last | 2 << 3 | 0xC0
    sized = struct.pack("<I", size)[:3]
    check = 0x5A ^ flags
    for byte in sized:
        check ^= byte
    return bytes([flags, check]) + sized + bits.bytes()


def rar4(pack=None, lock=""):
    """`lock`: "content" or "headers" too."""
    def make(work, password=PASSWORD):
        content, salt = read(work, NAME), b"\1salt\2\3\4"
        packed = pack(content) if pack else content
        stored = len(packed)
        if lock:
            packed = rar4_aes(password, salt, packed)

        def header(kind, flags, body):
            rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
            whole = struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest
            return salt + rar4_aes(password, salt, whole) if lock == "headers" and kind != 0x73 else whole
        file = struct.pack("<IIBIIBBHI", len(packed), len(content), 3, zlib.crc32(content), TIME, 29 if pack or lock else 20, 0x33 if pack else 0x30,
                           len(NAME), 0x81A4) + NAME.encode() + (salt if lock else b"")
        assert stored <= len(packed)
        return (b"Rar!\x1a\x07\0" + header(0x73, 0x80 if lock == "headers" else 0, bytes(6)) + header(0x74, 0x8404 if lock else 0x8000, file) + packed +
                header(0x7B, 0x4000, b""))
    return make


def rar4_aes(password, salt, content):
    """AES-128; key and first block of 262 144 rounds of SHA-1."""
    seed, digest, block = password.encode("utf-16-le") + salt, hashlib.sha1(), b""
    for i in range(0x40000):
        digest.update(seed + struct.pack("<I", i)[:3])
        if i % 0x4000 == 0:
            block += digest.digest()[19:]
    key = struct.pack("<4I", *struct.unpack(">4I", digest.digest()[:16]))
    return aes("cbc", key, content, block)


def vint(value):
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def rar5(pack=None, lock="", rounds=15):
    def make(work, password=PASSWORD):
        content, salt, block = read(work, NAME), b"salt of 16 bytes", b"first block of 1"
        packed = pack(content) if pack else content
        checksum = struct.pack("<I", zlib.crc32(content))
        key, of_checksum, check = (hashlib.pbkdf2_hmac("sha256", password.encode(), salt, (1 << rounds) + more) for more in (0, 16, 32))
        check = bytes(check[i] ^ check[i + 8] ^ check[i + 16] ^ check[i + 24] for i in range(8))
        check += hashlib.sha256(check).digest()[:4]
        extra = b""
        if lock:
            packed = aes("cbc", key, packed, block)
            digest = hmac.new(of_checksum, checksum, "sha256").digest()
            checksum = bytes(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h for a, b, c, d, e, f, g, h in zip(*(digest[i:i + 4] for i in range(0, 32, 4))))
            record = vint(1) + vint(0) + vint(3) + bytes([rounds]) + salt + block + check
            extra = vint(len(record)) + record

        def header(body):
            sized = vint(len(body)) + body
            whole = struct.pack("<I", zlib.crc32(sized)) + sized
            return block + aes("cbc", key, whole, block) if lock == "headers" else whole
        file = (vint(2) + vint(3 if lock else 2) + (vint(len(extra)) if lock else b"") + vint(len(packed)) + vint(4) + vint(len(content)) + vint(0x81A4) +
                checksum + vint(3 << 7 if pack else 0) + vint(1) + vint(len(NAME)) + NAME.encode() + extra)
        encryption = vint(4) + vint(0) + vint(0) + vint(1) + bytes([rounds]) + salt + check
        sized = vint(len(encryption)) + encryption
        return (b"Rar!\x1a\x07\x01\0" + (struct.pack("<I", zlib.crc32(sized)) + sized if lock == "headers" else b"") +
                header(vint(1) + vint(0) + vint(0)) + header(file) + packed + header(vint(5) + vint(0) + vint(0)))
    return make


# Apple

def disk_image(image, kind, pack):
    """UDIF: the blocks of a disk, packed, their table in an XML property list, and a trailer."""
    import base64  # pylint: disable=import-outside-toplevel
    packed, blocks, sectors = b"", b"", len(image) // 512
    for at in range(0, sectors, 512):
        block = pack(image[at * 512:(at + 512) * 512])
        blocks += struct.pack(">IIQQQQ", kind, 0, at, min(512, sectors - at), len(packed), len(block))
        packed += block
    blocks += struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, sectors, 0, len(packed), 0)
    checksum = struct.pack(">II", 2, 32) + bytes(128)
    mish = b"mish" + struct.pack(">IQQQII", 1, 0, sectors, 0, 520, 0) + bytes(24) + checksum + struct.pack(">I", len(blocks) // 40) + blocks
    plist = (b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>resource-fork</key><dict><key>blkx</key><array><dict>'
             b"<key>Attributes</key><string>0x0050</string><key>Data</key><data>" + base64.b64encode(mish) +
             b"</data><key>ID</key><string>0</string><key>Name</key><string>disk</string></dict></array></dict></dict></plist>")
    koly = (b"koly" + struct.pack(">IIIQQQQQII", 4, 512, 1, 0, 0, len(packed), 0, 0, 1, 1) + bytes(16) + checksum +
            struct.pack(">QQ", len(packed), len(plist)) + bytes(120) + checksum + struct.pack(">IQ", 1, sectors) + bytes(12))
    return packed + plist + koly


def adc(image):
    return b"".join(bytes([0x80 | len(image[i:i + 128]) - 1]) + image[i:i + 128] for i in range(0, len(image), 128))


UDIF = {"ADC": (0x80000004, adc), "deflated": (0x80000005, zlib.compress), "bzip2": (0x80000006, bz2.compress)}
