# SPDX-License-Identifier: Apache-2.0
"""Samples for whole scans, the same bytes on every machine: stored or with levels and times fixed."""
import gzip
import io
import struct
import tarfile
import zipfile
import zlib


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6)), content)
    return out.getvalue()


def gz(content, level=0):
    """Level 0 stores: no two versions of zlib differ there."""
    raw = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = raw.compress(content) + raw.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def tar_of(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.mtime = 1577934246
            if content is None:
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def nested_gz(depth, content=b"the core\n"):
    for _ in range(depth):
        content = gz(content)
    return content


HTML = b"<!DOCTYPE html>\n<html><head><title>t</title></head><body><script>var a = 1;</script></body></html>\n"
PYTHON = b"#!/usr/bin/python3\nimport os\nprint(os.name)\n"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0) + struct.pack(">I", 0x3A7E9B55)


def bomb(mebibytes):
    return gzip.compress(bytes(mebibytes << 20), 6, mtime=0)
