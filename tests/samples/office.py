# SPDX-License-Identifier: Apache-2.0
"""Documents of Office, each with the hidden program in it. The compound files around them are written by libgsf."""
import base64
import hashlib
import os
import struct
import tempfile
import zlib

from carvers import is_executable
from hidden import NAME, PASSWORD, Format, aes, read, run, write

NATIVE = "\1Ole10Native"


def compound(tree):
    """A compound file of streams (bytes) and storages (the same again)."""
    with tempfile.TemporaryDirectory() as folder:
        def place(where, children):
            for name, child in children.items():
                path = os.path.join(where, name)
                if isinstance(child, dict):
                    os.mkdir(path)
                    place(path, child)
                else:
                    write(where, name, child)
        root = os.path.join(folder, "root")
        os.mkdir(root)
        place(root, tree)
        run(root, "gsf", "createole", "../file", *tree)
        return read(folder, "file")


def package(content, name=NAME):
    """An OLE package: a file, with the names that it had."""
    name = name.encode()
    source, temp = b"C:\\work\\" + name, b"C:\\Temp\\" + name + b"\0"
    return (struct.pack("<H", 2) + name + b"\0" + source + b"\0" + struct.pack("<HHI", 0, 3, len(temp)) + temp +
            struct.pack("<I", len(content)) + content)


def native(content):
    data = package(content)
    return struct.pack("<I", len(data)) + data


def ole1(kind, data):
    """An embedded object as RTF holds it."""
    return struct.pack("<III", 0x501, 2, len(kind) + 1) + kind + bytes(9) + struct.pack("<I", len(data)) + data


def object_file(work):
    return compound({NATIVE: native(read(work, NAME)), "\1CompObj": b"x"})


def document(work):
    return compound({"WordDocument": b"w" * 5000, "ObjectPool": {"_1572": {NATIVE: native(read(work, NAME))}}})


def stream_of_document(work):
    return compound({"WordDocument": b"w" * 5000, "Data": read(work, NAME)})


def presentation(work):
    """An embedded object among the records of PowerPoint, deflated."""
    data = object_file(work)
    packed = zlib.compress(data)
    record = struct.pack("<HHI", 0x10, 0x1011, len(packed) + 4) + struct.pack("<I", len(data)) + packed
    return compound({"PowerPoint Document": record, "Current User": b"x"})


def active_mime(work):
    """A compound file as Word puts it into XML and MHTML."""
    data = object_file(work)
    return (b"ActiveMime\0\0\x01\xf0\x04\0\0\0\xff\xff\xff\xff\0\0\x07\xf0" + bytes(4) + b"\x04\0\0\0\x04\0\0\0" + struct.pack("<II", 0, len(data))
            + zlib.compress(data))


# Macros

def compress_source(text):
    """MS-OVBA compression: chunks of 4096 bytes, of literals and copies."""
    return b"\1" + b"".join(compressed_chunk(text[at:at + 4096]) for at in range(0, len(text), 4096))


def compressed_chunk(text):
    out, at = b"", 0
    while at < len(text):
        flags, tokens = 0, b""
        for bit in range(8):
            if at == len(text):
                break
            width = max(4, (at - 1).bit_length()) if at else 4
            length, distance = longest_copy(text, at, (1 << 16 - width) + 2)
            if length < 3:
                tokens += text[at:at + 1]
                at += 1
                continue
            tokens += struct.pack("<H", (distance - 1) << 16 - width | length - 3)
            flags |= 1 << bit
            at += length
        out += bytes([flags]) + tokens
    return struct.pack("<H", 0xB000 | (len(out) - 1)) + out


def longest_copy(text, at, most):
    length, distance = 0, 0
    while length < min(most, len(text) - at):
        found = text.rfind(text[at:at + length + 1], 0, at + length)
        if found < 0 or found >= at:
            break
        length, distance = length + 1, at - found
    return length, distance


def project(source, name=b"Module1"):
    """A VBA project with one module."""
    def entry(number, value):
        return struct.pack("<HI", number, len(value)) + value
    wide = name.decode().encode("utf-16-le")
    number = struct.pack
    directory = (entry(0x01, number("<I", 3)) + entry(0x02, number("<I", 0x409)) + entry(0x14, number("<I", 0x409)) + entry(0x03, number("<H", 1252)) +
                 entry(0x04, b"VBAProject") + entry(0x05, b"") + entry(0x40, b"") + entry(0x06, b"") + entry(0x3D, b"") + entry(0x07, bytes(4)) +
                 entry(0x08, bytes(4)) + number("<HIIH", 0x09, 4, 1, 2) + entry(0x0C, b"") + entry(0x3C, b"") + entry(0x0F, number("<H", 1)) +
                 entry(0x13, b"\xff\xff") + entry(0x19, name) + entry(0x47, wide) + entry(0x1A, name) + entry(0x32, wide) + entry(0x1C, b"") +
                 entry(0x48, b"") + entry(0x31, bytes(4)) + entry(0x1E, bytes(4)) + entry(0x2C, b"\xff\xff") + entry(0x21, b"") + entry(0x2B, b"") +
                 entry(0x10, b""))
    return {"VBA": {"dir": compress_source(directory), "_VBA_PROJECT": b"\xcc\x61\xff\xff\0\0\0", name.decode(): compress_source(source)},
            "PROJECT": b'ID="{00000000-0000-0000-0000-000000000000}"\r\nModule=' + name + b"\r\n"}


def macro(content):
    """A module that holds the content as digits."""
    digits = content.hex().upper().encode()
    lines = b" & _\r\n".join(b'    "' + digits[i:i + 200] + b'"' for i in range(0, len(digits), 200))
    return b'Attribute VB_Name = "Module1"\r\nSub AutoOpen()\r\n  x = _\r\n' + lines + b"\r\nEnd Sub\r\n"


def macro_document(work):
    return compound({"WordDocument": b"w" * 5000, "Macros": project(macro(read(work, NAME)))})


# Packages

XML = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def relations(*pairs):
    inner = "".join(f'<Relationship Id="rId{i}" Type="{kind}" Target="{target}"/>' for i, (kind, target) in enumerate(pairs, 1))
    return XML + f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'.encode()


def word_package(parts, kinds):
    """A .docx or .docm with these parts, zipped by zip."""
    content = {
        "[Content_Types].xml": XML + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
                               b'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
                               b'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": relations((RELATIONS + "officeDocument", "word/document.xml")),
        "word/document.xml": XML + b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p/></w:body></w:document>',
        "word/_rels/document.xml.rels": relations(*kinds), **parts}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in content.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            write(folder, name, part)
        run(folder, "zip", "-q", "-X", "file.zip", *content)
        return read(folder, "file.zip")


def docx(work):
    return word_package({"word/embeddings/oleObject1.bin": object_file(work)}, [(RELATIONS + "oleObject", "embeddings/oleObject1.bin")])


def docx_part(work):
    return word_package({"word/embeddings/file.bin": read(work, NAME)}, [(RELATIONS + "package", "embeddings/file.bin")])


def docm(work):
    return word_package({"word/vbaProject.bin": compound(project(macro(read(work, NAME))))},
                        [("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin")])


def flat(work):
    """A package as one XML file."""
    return (XML + b'<?mso-application progid="Word.Document"?>\r\n<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">'
            b'<pkg:part pkg:name="/word/embeddings/oleObject1.bin" pkg:compression="store"><pkg:binaryData>' + base64.encodebytes(object_file(work)) +
            b"</pkg:binaryData></pkg:part></pkg:package>")


# Encrypted packages

def spun(name, salt, password, spins):
    digest = hashlib.new(name, salt + password.encode("utf-16-le")).digest()
    for i in range(spins):
        digest = hashlib.new(name, struct.pack("<I", i) + digest).digest()
    return digest


def encrypted(info, size, data):
    return compound({"EncryptionInfo": info, "EncryptedPackage": struct.pack("<Q", size) + data})


def standard(work, password=PASSWORD):
    """The encryption of Office 2007."""
    content, salt, verifier = docx_part(work), b"0123456789abcdef", b"the verifier's 16"[:16]
    digest = hashlib.sha1(spun("sha1", salt, password, 50_000) + bytes(4)).digest()
    key = hashlib.sha1(bytes(a ^ 0x36 for a in digest) + b"\x36" * 44).digest()[:16]
    provider = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<IIIIIIII", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + provider
    info = (struct.pack("<HHII", 3, 2, 0x24, len(header)) + header + struct.pack("<I", 16) + salt + aes("ecb", key, verifier) +
            struct.pack("<I", 20) + aes("ecb", key, hashlib.sha1(verifier).digest()))
    return encrypted(info, len(content), aes("ecb", key, content))


def agile(name, key_size, spins):
    """The encryption of Office 2010 and later."""
    def make(work, password=PASSWORD):
        content, salt, data_salt = docx_part(work), b"salt of the keys", b"salt of the data"
        verifier, key = b"verifier, 16 too", b"k" * key_size
        digest = spun(name, salt, password, spins)

        def wrapped(purpose, text):
            unlocking = hashlib.new(name, digest + bytes.fromhex(purpose)).digest()[:key_size].ljust(key_size, b"\x36")
            return base64.b64encode(aes("cbc", unlocking, text, salt)).decode()
        size = hashlib.new(name).digest_size
        common = (f'saltSize="16" blockSize="16" keyBits="{key_size * 8}" hashSize="{size}" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" '
                  f'hashAlgorithm="{name.upper()}" saltValue="')
        encode = lambda value: base64.b64encode(value).decode()  # noqa: E731
        xml = (f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" '
               f'xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData {common}{encode(data_salt)}"/>'
               f'<dataIntegrity encryptedHmacKey="{encode(bytes(64))}" encryptedHmacValue="{encode(bytes(64))}"/><keyEncryptors>'
               f'<keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="{spins}" {common}'
               f'{encode(salt)}" encryptedVerifierHashInput="{wrapped("fea7d2763b4b9e79", verifier)}" '
               f'encryptedVerifierHashValue="{wrapped("d7aa0f6d3061344e", hashlib.new(name, verifier).digest())}" '
               f'encryptedKeyValue="{wrapped("146e0be7abacd0d6", key)}"/></keyEncryptor></keyEncryptors></encryption>')
        data = b"".join(aes("cbc", key, content[at:at + 4096], hashlib.new(name, data_salt + struct.pack("<I", at // 4096)).digest()[:16])
                        for at in range(0, len(content), 4096))
        return encrypted(struct.pack("<HHI", 4, 4, 0x40) + xml.encode(), len(content), data)
    return make


# Outlook

class Properties:
    """The streams of a storage in a message, and the list of its properties."""

    def __init__(self):
        self.tree, self.list = {}, b""

    def text(self, number, value):
        return self.value(number << 16 | 0x1F, value.encode("utf-16-le"), 2)

    def value(self, tag, content, more=0):
        self.tree[f"__substg1.0_{tag:08X}"] = content
        self.list += struct.pack("<IIII", tag, 6, len(content) + more, 0)

    def number(self, tag, value):
        self.list += struct.pack("<IIQ", tag, 6, value)

    def object(self, tag, tree):
        self.tree[f"__substg1.0_{tag:08X}"] = tree
        self.list += struct.pack("<IIII", tag, 6, 0xFFFFFFFF, 1)

    def finish(self, head):
        return {**self.tree, "__properties_version1.0": head + self.list}


def message(content=None, inner=None, embedded=False, rtf=None):
    """The tree of a message with the content or another message attached."""
    p = Properties()
    p.text(0x001A, "IPM.Note")
    p.text(0x0037, "invoice")
    p.text(0x0C1A, "Alice")
    p.text(0x0C1F, "alice@example.com")
    p.text(0x1000, "see the file")
    p.number(0x340D0003, 0x40000)
    if rtf:
        p.value(0x10090102, struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf)
    attachment = Properties()
    attachment.text(0x3707, NAME)
    if inner:
        attachment.number(0x37050003, 5)
        attachment.object(0x3701000D, inner)
    else:
        attachment.number(0x37050003, 1)
        attachment.value(0x37010102, content or b"nothing")
    tree = p.finish(bytes(8) + struct.pack("<IIII", 0, 1, 0, 1) + (b"" if embedded else bytes(8)))
    tree["__attach_version1.0_#00000000"] = attachment.finish(bytes(8))
    if not embedded:
        tree["__nameid_version1.0"] = {f"__substg1.0_000{i}0102": b"" for i in (2, 3, 4)}
    return tree


def msg(work):
    return compound(message(read(work, NAME)))


def msg_in_msg(work):
    return compound(message(inner=message(read(work, NAME), embedded=True)))


def msg_rtf(work):
    from documents import rich_text  # pylint: disable=import-outside-toplevel
    return compound(message(rtf=rich_text(ole1(b"Package", package(read(work, NAME))))))


OLE, GSF, OURS = ("ole",), "libgsf", "self-made"
Z = ("gsf", "zip")

FORMATS = [
    Format("OLE, a stream", GSF, stream_of_document, OLE, ("gsf",)),
    Format("OLE, package in Ole10Native", OURS, object_file, OLE, ("gsf",), opens="clamscan"),
    Format("doc, embedded package", OURS, document, OLE, ("gsf",), opens="clamscan"),
    Format("ppt, embedded object", OURS, presentation, OLE * 2, ("gsf",), opens="clamscan"),
    Format("ActiveMime", OURS, active_mime, OLE * 2, ("gsf",)),
    Format("doc, macro", OURS, macro_document, ("vba", "hexcarve"), ("gsf",), takes=is_executable, opens="sigtool, digits"),
    Format("docx, embedded file", "zip", docx_part, ("decompress",), ("zip",), sequential=True),
    Format("docx, embedded package", OURS, docx, ("decompress",) + OLE, Z, opens="clamscan"),
    Format("docm, macro", OURS, docm, ("decompress", "vba", "hexcarve"), Z, takes=is_executable, opens="sigtool, digits"),
    Format("document of Office in one XML file", OURS, flat, ("ooxml",) + OLE, ("gsf",), opens="Python's xml, clamscan"),
    Format("encrypted docx, standard", OURS, standard, ("officecrypt", "decompress"), Z, opens="msoffcrypto-tool", locks=True),
    Format("encrypted docx, agile, SHA-1", OURS, agile("sha1", 16, 1000), ("officecrypt", "decompress"), Z, opens="msoffcrypto-tool", locks=True),
    Format("encrypted docx, agile, SHA-512", OURS, agile("sha512", 32, 100_000), ("officecrypt", "decompress"), Z, opens="msoffcrypto-tool", locks=True),
    Format("encrypted docx, Excel's own password", OURS, lambda work: agile("sha512", 32, 100_000)(work, "VelvetSweatshop"), ("officecrypt", "decompress"), Z,
           opens="msoffcrypto-tool, Excel's password"),
    Format("msg", OURS, msg, ("msg",), ("gsf",), opens="msgconvert"),
    Format("msg in a msg", OURS, msg_in_msg, ("msg",), ("gsf",), opens="msgconvert"),
    Format("msg, package in its RTF", OURS, msg_rtf, ("msg", "rtf"), ("gsf",), opens="msgconvert, clamscan"),
]
