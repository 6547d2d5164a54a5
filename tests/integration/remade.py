# SPDX-License-Identifier: Apache-2.0
"""Makes extracted payloads again, without stoQ: from the bytes of the parent, by Python's own modules and 7-Zip.

remade(parent, result) gives the bytes, or None where neither lies there what was extracted nor anything here makes it.
"""
import base64
import binascii
import bz2
import email
import email.policy
import functools
import hashlib
import io
import lzma
import os
import re
import subprocess
import tarfile
import tempfile
import urllib.parse
import zipfile
import zlib

SEVEN_ZIP = "/usr/bin/7zz"


def gunzip(content):
    """What the members of a gzip file hold; of a damaged one what comes before the damage."""
    out = bytearray()
    while content[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        try:
            out += member.decompress(content)
        except zlib.error:
            break
        content = member.unused_data
    return bytes(out)


def zip_members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            try:
                yield archive.read(member)
            except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError):
                continue


def tar_members(content):
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            if member.isfile():
                yield archive.extractfile(member).read()


def by_seven_zip(content):
    with tempfile.TemporaryDirectory() as folder:
        packed, out = os.path.join(folder, "packed"), os.path.join(folder, "out")
        with open(packed, "wb") as file:
            file.write(content)
        subprocess.run([SEVEN_ZIP, "x", "-y", "-bd", "-p-", f"-o{out}", packed], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        for where, _, names in os.walk(out):
            for name in names:
                path = os.path.join(where, name)
                if not os.path.islink(path):
                    with open(path, "rb") as file:
                        yield file.read()


def unpacked(content):
    """All that an archive or compressed file holds, in one layer."""
    yield gunzip(content)
    for read in (bz2.decompress, lzma.decompress):
        try:
            yield read(content)
        except (OSError, ValueError, EOFError, lzma.LZMAError):
            pass
    for members in (zip_members, tar_members):
        try:
            yield from members(content)
        except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError):
            pass
    yield from by_seven_zip(content)


@functools.lru_cache(maxsize=4)
def archive(content):
    """The same by SHA-256; 7-Zip is asked when Python's modules gave nothing that was looked for."""
    return {}, unpacked(content)


def from_archive(parent, size, sha256, incomplete):
    known, more = archive(parent)
    if sha256 in known:
        return known[sha256]
    for content in more:
        known[hashlib.sha256(content).hexdigest()] = content
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    whole = (content[:size] for content in known.values() if incomplete)
    return next((content for content in whole if hashlib.sha256(content).hexdigest() == sha256), None)


def as_text(parent):
    """As the workers that read text see it: UTF-16 with the lower byte first becomes UTF-8."""
    for prefix in (b"\xff\xfe", b""):
        if parent.startswith(prefix):
            yield parent[len(prefix):].decode("utf-16-le", "replace").encode()


def base64_bytes(digits):
    digits = re.sub(rb"[^A-Za-z0-9+/]", b"", digits.translate(bytes.maketrans(b"-_", b"+/")).split(b"=")[0])
    for cut in range(4):
        part = digits[:len(digits) - cut]
        try:
            yield base64.b64decode(part + b"=" * (-len(part) % 4))
        except binascii.Error:
            continue


def data_uri(text):
    """What the data: URI at the start of the text holds."""
    head, comma, body = text.partition(b",")
    if not comma or not head[:5].lower() == b"data:":
        return
    for end in (rb"\"", rb"'", rb"[\s\"'<>)]", rb"[^A-Za-z0-9+/=_%\s\\-]", rb"[^A-Za-z0-9+/=_%\\-]"):
        part = re.split(end, body, maxsplit=1)[0]
        yield urllib.parse.unquote_to_bytes(part)
        if b"base64" in head.lower():
            yield from base64_bytes(urllib.parse.unquote_to_bytes(part))


def script(text):
    """What the encoded text at the start of the text holds."""
    joined = re.sub(rb"([\"'])\s*[+&]\s*_?\s*\1", b"", text)
    for digits in (rb"[A-Za-z0-9+/]+={0,2}", rb"[A-Za-z0-9+/]+(\r?\n[A-Za-z0-9+/]+)*={0,2}"):
        match = re.match(digits, joined)
        for content in base64_bytes(match.group()) if match else ():
            yield content
            yield from as_text(content)
            try:
                yield zlib.decompress(content, -15)
            except zlib.error:
                pass
    for quote in (b'"', b"'"):
        yield urllib.parse.unquote_to_bytes(text.split(quote)[0])
    codes = re.match(rb"[\s,0-9A-Fa-fxX]+", text)
    numbers = [int(word, 0) for word in re.findall(rb"0[xX][0-9A-Fa-f]+|[1-9][0-9]*|0", codes.group())] if codes else []
    yield bytes(number & 0xFF for number in numbers)
    yield "".join(map(chr, (number for number in numbers if number < 0x110000))).encode("utf-8", "replace")


def numbers(text, size):
    """The first bytes that are written in the text as numbers."""
    yield bytes(int(word, 16) for word in re.findall(rb"[0-9A-Fa-f]{2}", re.sub(rb"0[xX]|[&\\%$][hHxX]?", b" ", text))[:size])
    yield bytes(int(word) & 0xFF for word in re.findall(rb"[0-9]{1,3}", text)[:size])


def mail_parts(content):
    for part in email.message_from_bytes(content, policy=email.policy.compat32).walk():
        yield part.get_payload(decode=True) or b""
        if part.get_content_maintype() == "message" and part.is_multipart():
            yield part.get_payload(0).as_bytes()


def candidates(parent, by, extra, size):
    """Bytes of which one should be the payload."""
    at = extra.get("offset")
    if at is not None:
        yield parent[at:at + size]
        texts = [parent, *as_text(parent)] if extra.get("wide") else [parent]
        for text in texts:
            yield text[at:at + size]
            if by == "html":
                yield from data_uri(text[at:])
            elif by == "script-decode":
                yield from script(text[at:])
            elif by == "hexcarve":
                yield from numbers(text[at:at + extra.get("text_size", len(text))], size)
        if by == "pecarve":
            key, kept = extra.get("xorkey", 0), (0, extra.get("xorkey", 0)) if extra.get("xor_keeps_zeros") else ()
            yield bytes(byte if byte in kept else byte ^ key for byte in parent[at:at + size])
        if by == "swfcarve":
            body = zlib.decompressobj()
            yield b"FWS" + parent[at + 3:at + 8] + body.decompress(parent[at + 8:], size - 8)
    if by == "smtp":
        yield from mail_parts(parent)


def remade(parent, by, extra, size, sha256):
    if by in ("decompress", "sevenzip"):
        return from_archive(parent, size, sha256, extra.get("incomplete", False))
    for content in candidates(parent, by, extra, size):
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    return None
