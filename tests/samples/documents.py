# SPDX-License-Identifier: Apache-2.0
"""PDF, RTF, OneNote, XDP: each with the hidden program in it."""
import base64
import struct
import zlib

from carvers import hex_text, is_executable
from hidden import NAME, PASSWORD, Format, holding, read, run, write
from office import document, ole1, package

# PDF


def pdf(*objects):
    """A PDF of these objects, the first its catalog."""
    out, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, text in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    count = len(objects) + 1
    return out + b"xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, table, count, len(out))


PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"


def stream(head, content):
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (head, len(content), content)


def with_file(filters, content):
    return pdf(b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(prog.bin)4 0 R]>>>>>>", PAGES, PAGE,
               b"<</Type/Filespec/F(prog.bin)/EF<</F 5 0 R>>>>", stream(b"/Type/EmbeddedFile/Filter[" + filters + b"]", content))


def chained(content):
    return with_file(b"/ASCIIHexDecode/ASCII85Decode/FlateDecode", base64.a85encode(zlib.compress(content)).hex().encode() + b"7e3e>")


def with_script(content):
    return pdf(b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS 4 0 R>>>>", PAGES, PAGE, stream(b"/Filter/FlateDecode", zlib.compress(hex_text(content))))


def by_qpdf(*switches):
    """An attachment that qpdf puts into a PDF."""
    def make(work):
        write(work, "plain.pdf", pdf(b"<</Type/Catalog/Pages 2 0 R>>", PAGES, PAGE))
        run(work, "qpdf", "plain.pdf", "--add-attachment", NAME, "--", *switches, "out.pdf")
        return read(work, "out.pdf")
    return make


def encrypted(bits, *switches):
    return lambda work, password=PASSWORD: by_qpdf("--allow-weak-crypto", "--encrypt", password, "owner", bits, *switches, "--")(work)


def updated(work):
    """An update has replaced the catalog that led to the file."""
    before = by_qpdf("--object-streams=disable")(work)
    start = int(before[before.rindex(b"startxref") + 9:].split()[0])
    root = int(before[before.rindex(b"/Root") + 5:].split()[0])
    pages = before[before.index(b"/Pages ") + 7:].split()[0]
    size = before[before.rindex(b"/Size") + 5:].split()[0]
    new = b"%d 0 obj\n<</Type/Catalog/Pages %s 0 R>>\nendobj\n" % (root, pages)
    return (before + new + b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %s/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
            % (root, len(before), size, root, start, len(before) + len(new)))


# RTF

def rich_text(data):
    return b"{\\rtf1{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata " + data.hex().encode() + b"}}text}"


def disguised(data):
    """The same with what Word reads over."""
    digits = data.hex()
    pieces = [digits[i:i + 64] for i in range(0, len(digits), 64)]
    return b"{\\rt{\\object\\objemb\\objupdate{\\*\\objdata " + "{\\*\\junk 4141}\r\n\\par ".join(pieces).encode()


# OneNote

SECTION = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
STORE = bytes.fromhex("3fdd9a101b91f549a5d0179 1edc8aed8".replace(" ", ""))
EXPORT = bytes.fromhex("2fe98d63d4a6c14b9a36b3fc2511a5b7")
BLOCK, BLOCK_END = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac"), bytes.fromhex("22a7fb71790f0b4abb138992 56426b24".replace(" ", ""))


def section(content):
    """A section as OneNote stores it, with the block that holds an attached file."""
    head = (SECTION + bytes(32) + STORE).ljust(1024, b"\0")
    return head + BLOCK + struct.pack("<QIQ", len(content), 0, 0) + content + bytes(-len(content) % 8) + BLOCK_END


def exported(content):
    """A section as the web exports it: streams of objects, the file a blob."""
    def compact(value):
        return bytes([value << 1 | 1]) if value < 0x80 else b"\x80" + struct.pack("<Q", value)

    def start(kind, body):
        if len(body) < 0x7FFF:
            return struct.pack("<I", 2 | kind << 3 | len(body) << 17) + body
        return struct.pack("<I", 2 | kind << 3 | 0x7FFF << 17) + compact(len(body)) + body
    identifier = b"\x0c" + b"g" * 16
    return (SECTION + bytes(32) + EXPORT + bytes(4) + start(0x7A, identifier + b"s" * 16) + start(0x15, b"\0") +
            start(0x01, identifier + b"\0" + compact(0x0A)) + start(0x02, compact(len(content)) + content) + b"\x05\x55\xeb\x01")


def xdp(content):
    return (b'<?xml version="1.0"?>\n<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><pdf><document><chunk>\n' + base64.encodebytes(content)
            + b"</chunk></document></pdf></xdp:xdp>\n")


P, QPDF, OURS = ("pdf",), "qpdf", "self-made"

FORMATS = [
    Format("PDF, embedded file", QPDF, by_qpdf("--object-streams=disable"), P, ("qpdf",), sequential=True),
    Format("PDF, object streams", QPDF, by_qpdf("--object-streams=generate"), P, ("qpdf",)),
    Format("PDF, filters on filters", OURS, holding(chained), P, opens="pdfdetach", sequential=True),
    Format("PDF, JavaScript", OURS, holding(with_script), P + ("hexcarve",), takes=is_executable, opens="qpdf, digits"),
    Format("PDF, RC4", QPDF, encrypted("128"), P, ("qpdf",), locks=True),
    Format("PDF, AES-128", QPDF, encrypted("128", "--use-aes=y"), P, ("qpdf",), locks=True),
    Format("PDF, AES-256", QPDF, encrypted("256"), P, ("qpdf",), locks=True),
    Format("PDF behind data", QPDF, lambda work: b"some lines\n" * 20 + by_qpdf()(work), P, ("qpdf",), sequential=True),
    Format("PDF, file removed by an update", QPDF, updated, P, ("qpdf",)),
    Format("XDP", OURS, holding(xdp), ("xdpcarve",), opens="Python's xml"),
    Format("RTF, package", OURS, holding(lambda content: rich_text(ole1(b"Package", package(content)))), ("rtf",), opens="clamscan"),
    Format("RTF, disguised digits", OURS, holding(lambda content: disguised(ole1(b"Package", package(content)))), ("rtf",), opens="clamscan"),
    Format("RTF, document", OURS, lambda work: rich_text(ole1(b"Word.Document.8", document(work))), ("rtf", "ole"), ("gsf",), opens="clamscan"),
    Format("OneNote section", OURS, holding(section), ("onenote",)),
    Format("OneNote, exported by the web", OURS, holding(exported), ("onenote",)),
]
