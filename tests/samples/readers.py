# SPDX-License-Identifier: Apache-2.0
"""Programs that are not ours and open the samples: each gets the hidden program out of a sample, as our plugins do.

A reader takes a folder in which the sample lies as SAMPLE and answers with the contents that it found, or None where it knows the file for
what it is and that is all that can be asked of it.
"""
import base64
import ctypes
import email
import email.policy
import os
import re
import xml.etree.ElementTree

import hidden
from hidden import NAME, PASSWORD, read, run, write

SAMPLE = "sample"


def left_behind(work, folder="out"):
    """The contents of all files below the folder."""
    return [read(root, name) for root, _, names in os.walk(os.path.join(work, folder)) for name in names]


def into(*command):
    """A program that leaves files in the folder `out`, from inside it or not."""
    def open_it(work):
        os.makedirs(os.path.join(work, "out"), exist_ok=True)
        run(work, *command)
        return left_behind(work)
    return open_it


def inside(*command):
    """The same, of a program that writes where it is started."""
    def open_it(work):
        os.makedirs(os.path.join(work, "out"), exist_ok=True)
        run(os.path.join(work, "out"), *command)
        return left_behind(work)
    return open_it


def printed(*command):
    """A program that writes one file to its output."""
    return lambda work: [run(work, *command)]


def dmg2img(work):
    run(work, "dmg2img", "-s", SAMPLE, "disk.img")
    return [run(work, "mcopy", "-n", "-i", "disk.img", "::/sub/" + NAME, "-")]


def libmspack(work):
    """The library's KWAJ reader, told by its own file names what to write."""
    library = ctypes.CDLL("libmspack.so.0")
    library.mspack_create_kwaj_decompressor.restype = ctypes.c_void_p
    made = library.mspack_create_kwaj_decompressor(None)
    # struct of functions: open, close, extract, decompress(self, input, output), last_error
    table = ctypes.cast(made, ctypes.POINTER(ctypes.c_void_p * 5)).contents
    decompress = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)(table[3])
    code = decompress(made, os.path.join(work, SAMPLE).encode(), os.path.join(work, "out").encode())
    library.mspack_destroy_kwaj_decompressor(ctypes.c_void_p(made))
    assert code == 0, f"libmspack: error {code}"
    return [read(work, "out")]


def clamscan(work):
    """What ClamAV unpacks on its way, with no signature but a useless one."""
    write(work, "none.hdb", b"00000000000000000000000000000001:1:none\n")
    os.makedirs(os.path.join(work, "out"))
    run(work, "clamscan", "--database=none.hdb", "--leave-temps", "--force-to-disk=yes", "--tempdir=out", "--no-summary", SAMPLE)
    return left_behind(work)


def python_email(work):
    message = email.message_from_bytes(read(work, SAMPLE), policy=email.policy.default)
    return [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]


def binary_parts(work):
    """The parts in base64 of a document that is one XML file."""
    root = xml.etree.ElementTree.fromstring(read(work, SAMPLE))
    return [base64.b64decode(element.text) for element in root.iter() if element.tag.endswith(("}binaryData", "chunk"))]


def then(reader, next_reader):
    """What one reader finds, looked at by another."""
    def open_it(work):
        found = []
        for number, content in enumerate(reader(work)):
            folder = os.path.join(work, f"then{number}")
            os.mkdir(folder)
            write(folder, SAMPLE, content)
            found += next_reader(folder)
        return found
    return open_it


def msgconvert(work):
    run(work, "msgconvert", "--outfile", "mail", SAMPLE)
    return [read(work, "mail")]


def msoffcrypto(password):
    def open_it(work):
        run(work, "msoffcrypto-tool", "-p", password, SAMPLE, "plain.zip")
        return [run(work, "unzip", "-p", "plain.zip", "word/embeddings/file.bin")]
    return open_it


def overlay_by_pefile(work):
    import pefile  # pylint: disable=import-outside-toplevel
    return [bytes(pefile.PE(os.path.join(work, SAMPLE)).get_overlay())]


def arguments_of_lnk(work):
    text = run(work, "exiftool", "-b", "-CommandLineArguments", SAMPLE)
    return [base64.b64decode(text.split()[-1]).decode("utf-16-le").encode()]


def unrar(work):
    """The program of RAR's author, which npm has in a form that node runs."""
    script = ("const data = Uint8Array.from(require('fs').readFileSync('sample')).buffer;"
              "require(process.argv[1]).createExtractorFromData({data, password: process.argv[2]}).then(e => {"
              "for (const file of e.extract().files) process.stdout.write(file.extraction);"
              "}).catch(e => { console.error(e.message); process.exit(1); });")
    return [run(work, "node", "-e", script, os.path.join(hidden.NPM, "node-unrar-js"), PASSWORD)]


def digits(reader):
    """The bytes that stand as digits between quotes in what a reader finds."""
    def open_it(work):
        texts = [text for content in reader(work) for text in re.split(rb"(?i)attribute vb_name", content)]  # sigtool shows a module twice
        runs = [b"".join(re.findall(rb"[\"']([0-9A-Fa-f]{2,})[\"']", text)) for text in texts]
        return [bytes.fromhex(run.decode()) for run in runs if len(run) % 2 == 0]
    return open_it


def image(work):
    return None if run(work, "exiftool", "-s3", "-MIMEType", SAMPLE).startswith(b"image/") else []


def shortcut(work):
    return None if run(work, "exiftool", "-s3", "-FileType", SAMPLE).strip() == b"LNK" else []


unpack_mail = into("ripmime", "-i", SAMPLE, "-d", "out")
CLAM, SIGTOOL, MESSAGE = ("clamscan",), ("sigtool",), ("msgconvert",)

# By the name that docs/formats.md shows: the reader, and the programs that it needs.
READERS = {
    "unar": (into("unar", "-q", "-p", PASSWORD, "-o", "out", SAMPLE), ("unar",)),
    "UnRAR": (unrar, ("node", "node-unrar-js")),
    "unzip": (into("unzip", "-q", "-P", PASSWORD, "-d", "out", SAMPLE), ("unzip",)),
    "lhasa": (inside("lha", "xq", "../" + SAMPLE), ("lha",)),
    "cabextract": (into("cabextract", "-q", "-d", "out", SAMPLE), ("cabextract",)),
    "dmg2img": (dmg2img, ("dmg2img", "mcopy")),
    "libmspack": (libmspack, ()),
    "tnef": (into("tnef", "-C", "out", "-f", SAMPLE), ("tnef",)),
    "ripmime": (unpack_mail, ("ripmime",)),
    "uudeview": (into("uudeview", "-i", "-q", "-p", "out", SAMPLE), ("uudeview",)),
    "clamscan": (clamscan, CLAM),
    "clamscan, digits": (digits(clamscan), CLAM),
    "sigtool, digits": (digits(printed("sigtool", "--vba=" + SAMPLE)), SIGTOOL),
    "Python's email": (python_email, ()),
    "ripmime, Python's email": (then(unpack_mail, python_email), ("ripmime",)),
    "Python's xml": (binary_parts, ()),
    "Python's xml, clamscan": (then(binary_parts, clamscan), CLAM),
    "Python, digits": (digits(lambda work: [read(work, SAMPLE)]), ()),
    "pefile": (overlay_by_pefile, ()),
    "msgconvert": (then(msgconvert, python_email), MESSAGE),
    "msgconvert, clamscan": (then(msgconvert, clamscan), MESSAGE + CLAM),
    "msoffcrypto-tool": (msoffcrypto(PASSWORD), ("msoffcrypto-tool", "unzip")),
    "msoffcrypto-tool, Excel's password": (msoffcrypto("VelvetSweatshop"), ("msoffcrypto-tool", "unzip")),
    "pdfdetach": (into("pdfdetach", "-saveall", "-upw", PASSWORD, "-o", "out", SAMPLE), ("pdfdetach",)),
    "qpdf, digits": (digits(printed("qpdf", "--show-object=4", "--filtered-stream-data", SAMPLE)), ("qpdf",)),
    "foremost": (into("foremost", "-Q", "-t", "exe", "-o", "out/found", "-i", SAMPLE), ("foremost",)),
    "ExifTool, digits": (digits(arguments_of_lnk), ("exiftool",)),
    "ExifTool, as an image": (image, ("exiftool",)),
    "ExifTool, as a shortcut": (shortcut, ("exiftool",)),
}
