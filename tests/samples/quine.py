# SPDX-License-Identifier: Apache-2.0
"""A gzip file that decompresses to itself: the archive that contains itself."""
import struct
import zlib


def stored(count):
    """The 5 bytes of a block that writes the `count` bytes behind them."""
    return struct.pack("<BHH", 0, count, count ^ 0xFFFF)


def block(*fields):
    """A block of fixed codes, of (value, width) each: numbers are written from their low bit on, codes from their high bit on."""
    bits = "".join(format(value, f"0{abs(width)}b")[::1 if width < 0 else -1] for value, width in fields)
    return int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")


# Blocks of 5 bytes that write n times 5: what follows them (literal), or what was written last (repeat). `finish` is the last block: it
# writes the last 12 bytes again, which are itself and the trailer. Negative widths are those of codes.
MATCH_10_OF_20 = ((264 - 256, -7), (8, -5), (20 - 17, 3))
ONE, FOUR = stored(5), stored(20)
REPEAT = block((0, 1), (1, 2), *MATCH_10_OF_20, *MATCH_10_OF_20, (0, -7))
FINISH = block((1, 1), (1, 2), (265 - 256, -7), (1, 1), (6, -5), (12 - 9, 2), (0, -7))
HEADER = b"\x1f\x8b\x08\x08" + bytes(5) + b"\xff" + b"self\0"

# Block by block what is written catches up with what has been read: 20 bytes behind after the first block, even after the last.
BODY = b"".join([
    HEADER,
    FOUR, HEADER, FOUR,
    REPEAT,
    ONE, REPEAT,
    ONE, ONE,
    FOUR, REPEAT, ONE, ONE, FOUR,
    REPEAT,
    FOUR, REPEAT, FOUR, REPEAT, FOUR,
    REPEAT,
    FOUR, bytes(8)])  # and 12 bytes more, which end() adds


def whole(crc):
    trailer = struct.pack("<II", crc, len(BODY) + 2 * (len(FINISH) + 8))
    return BODY + 2 * (FINISH + trailer)


def gzip_of_itself():
    """The CRC stands in what it is of. It is affine in its bits, so the one that is right solves 32 linear equations."""
    base = zlib.crc32(whole(0))
    pivots = {}
    for bit in range(32):
        value, chosen = zlib.crc32(whole(1 << bit)) ^ base ^ (1 << bit), 1 << bit
        for place, (other, others) in pivots.items():
            if value >> place & 1:
                value, chosen = value ^ other, chosen ^ others
        if value:
            pivots[value.bit_length() - 1] = (value, chosen)
    crc = 0
    for place in sorted(pivots, reverse=True):
        if base >> place & 1:
            base, crc = base ^ pivots[place][0], crc ^ pivots[place][1]
    sample = whole(crc)
    if zlib.decompress(sample, 31) != sample:
        raise AssertionError("it does not decompress to itself")
    return sample
