# SPDX-License-Identifier: Apache-2.0
"""Archives, compressed files, disk images and installers, each with the hidden program in it."""
import io
import os
import struct
import tarfile
import zlib

from hidden import NAME, OTHER, PASSWORD, Format, read, run, write

BOTH = (NAME, OTHER)
NOISE = bytes(range(251)) * 5
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBBI", 1, 1, 8, 0, 0, 0, 0, 0x3A7E9B55) + bytes(4) + b"IEND\xaeB`\x82"
ELF = b"\x7fELF\x02\x01\x01" + bytes(200)


def by(name, *command):
    """A maker: a command that leaves `name` behind."""
    def make(work):
        run(work, *command)
        return read(work, name)
    return make


def piped(*command):
    """A maker: a command from the program on its input to its output."""
    return lambda work: run(work, *command, stdin=read(work, NAME))


def behind(head, make, tail=b""):
    return lambda work: head + make(work) + tail


def sevenzip(name, *switches, files=BOTH):
    return by(name, "7zz", "a", *switches, name, *files)


def tar(form, mode="w"):
    def make(work):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
            for name in BOTH:
                archive.add(os.path.join(work, name), "dir/" + name)
        return out.getvalue()
    return make


def cpio(form):
    return lambda work: run(work, "cpio", "-o", "-H", form, stdin="\n".join(BOTH).encode())


def deb(compression):
    def make(work):
        root = os.path.join(work, "deb-" + compression)
        os.makedirs(root + "/DEBIAN")
        write(root, "DEBIAN/control", b"Package: hidden\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: x\n")
        write(root, NAME, read(work, NAME))
        run(work, "dpkg-deb", "-Z" + compression, "--build", root, "out.deb")
        return read(work, "out.deb")
    return make


def rpm(work):
    spec = (f"Name: hidden\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n%install\nmkdir -p %{{buildroot}}/opt\n"
            f"cp {work}/{NAME} %{{buildroot}}/opt/\n%files\n/opt/{NAME}\n")
    write(work, "hidden.spec", spec.encode())
    run(work, "rpmbuild", "-bb", "--quiet", "--define", f"_topdir {work}/rpm", "--define", "__os_install_post %{nil}", "hidden.spec")
    return read(work, "rpm/RPMS/noarch/hidden-1-1.noarch.rpm")


def lha(work):
    content = read(work, NAME)
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    head = (b"-lh0-" + struct.pack("<IIIBB", len(content), len(content), 0x50000000, 0x20, 0) + bytes([len(NAME)]) + NAME.encode() + struct.pack("<H", crc))
    return bytes([len(head), sum(head) & 0xFF]) + head + content + b"\0"


def rar4(work):
    content = read(work, NAME)

    def header(kind, flags, body):
        rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest
    size = len(content)
    return (b"Rar!\x1a\x07\0" + header(0x73, 0, bytes(6)) +
            header(0x74, 0x8000, struct.pack("<IIBIIBBHI", size, size, 3, zlib.crc32(content), 0x50000000, 20, 0x30, len(NAME), 0x81A4) + NAME.encode()) +
            content + header(0x7B, 0x4000, b""))


def rar5(work):
    content = read(work, NAME)

    def vint(value):
        out = b""
        while value >= 0x80:
            out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
        return out + bytes([value])

    def header(body):
        sized = vint(len(body)) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized
    size = vint(len(content))
    file = vint(2) + vint(2) + size + vint(4) + size + vint(0x81A4) + struct.pack("<I", zlib.crc32(content)) + vint(0) + vint(1) + vint(len(NAME)) + NAME.encode()
    return b"Rar!\x1a\x07\x01\0" + header(vint(1) + vint(0) + vint(0)) + header(file) + content + header(vint(5) + vint(0) + vint(0))


def cab_stored(work):
    """Also as gcab writes it, but in one block of stored data."""
    content = read(work, NAME)
    files = struct.pack("<IIHHHH", len(content), 0, 0, 0x5000, 0, 0x20) + NAME.encode() + b"\0"
    at = 44 + len(files)
    data = struct.pack("<IHH", 0, len(content), len(content)) + content
    return (b"MSCF\0\0\0\0" + struct.pack("<IIIIBBHHHHH", at + len(data), 0, 44, 0, 3, 1, 1, 1, 0, 7, 0) + struct.pack("<IHH", at, 1, 0) + files + data)


def fat(work, size=1440):
    write(work, "fat.img", bytes(size * 1024))
    run(work, "mkfs.vfat", "fat.img")
    run(work, "mmd", "-i", "fat.img", "::/sub")
    run(work, "mcopy", "-i", "fat.img", NAME, "::/sub/" + NAME)
    return read(work, "fat.img")


def partitioned(work):
    image = fat(work)
    sectors = len(image) // 512
    table = bytes(446) + struct.pack("<BBBBBBBBII", 0, 1, 1, 0, 6, 1, 1, 0, 64, sectors) + bytes(48) + b"\x55\xaa"
    return table + bytes(63 * 512) + image + bytes(32 * 512)


def disk(form, *options, image=partitioned):
    def make(work):
        write(work, "disk.img", image(work))
        run(work, "qemu-img", "convert", "-f", "raw", "-O", form, *options, "disk.img", "disk.out")
        return read(work, "disk.out")
    return make


def ext(work):
    os.makedirs(work + "/root/sub")
    write(work, "root/sub/" + NAME, read(work, NAME))
    run(work, "mke2fs", "-q", "-t", "ext4", "-d", "root", "ext.img", "2048")
    return read(work, "ext.img")


def dmg(work):
    """UDIF: the blocks of a disk, deflated, their table in an XML property list, and a trailer."""
    image = fat(work)
    packed = zlib.compress(image)
    sectors = len(image) // 512
    blocks = struct.pack(">IIQQQQ", 0x80000005, 0, 0, sectors, 0, len(packed)) + struct.pack(">IIQQQQ", 0xFFFFFFFF, 0, sectors, 0, len(packed), 0)
    checksum = struct.pack(">II", 2, 32) + bytes(128)
    mish = b"mish" + struct.pack(">IQQQII", 1, 0, sectors, 0, sectors, 0) + bytes(24) + checksum + struct.pack(">I", 2) + blocks
    import base64  # pylint: disable=import-outside-toplevel
    plist = (b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>resource-fork</key><dict><key>blkx</key><array><dict>'
             b"<key>Attributes</key><string>0x0050</string><key>Data</key><data>" + base64.b64encode(mish) +
             b"</data><key>ID</key><string>0</string><key>Name</key><string>disk</string></dict></array></dict></dict></plist>")
    koly = (b"koly" + struct.pack(">IIIQQQQQII", 4, 512, 1, 0, 0, len(packed), 0, 0, 1, 1) + bytes(16) + checksum +
            struct.pack(">QQ", len(packed), len(plist)) + bytes(120) + checksum + struct.pack(">IQ", 1, sectors) + bytes(12))
    return packed + plist + koly


def iso(*switches):
    def make(work):
        os.makedirs(work + "/root/sub")
        write(work, "root/sub/" + NAME, read(work, NAME))
        run(work, "genisoimage", "-quiet", *switches, "-o", "out.iso", "root")
        return read(work, "out.iso")
    return make


def udf(work):
    """Of an image with both file systems, ISO 9660 taken away."""
    image = bytearray(iso("-udf")(work))
    for at in range(16 * 2048, 64 * 2048, 2048):
        if image[at + 1:at + 6] == b"CD001":
            image[at:at + 2048] = bytes(2048)
    return bytes(image)


def nsis(compressor):
    def make(work):
        script = f"OutFile setup.exe\nSetCompressor {compressor}\nInstallDir $TEMP\nSection\nSetOutPath $INSTDIR\nFile {OTHER}\nFile {NAME}\nSectionEnd\n"
        write(work, "setup.nsi", script.encode())
        run(work, "makensis", "-V1", "setup.nsi")
        return read(work, "setup.exe")
    return make


def chm(work):
    write(work, "page.html", b"<html><body>x</body></html>")
    write(work, "help.hhp", f"[OPTIONS]\nCompiled file=help.chm\nDefault topic=page.html\n[FILES]\npage.html\n{NAME}\n".encode())
    run(work, "chmcmd", "help.hhp")
    return read(work, "help.chm")


def msi(work):
    run(work, "msibuild", "setup.msi", "-s", "hidden", "x", ";1033", "{12345678-1234-1234-1234-123456789012}")
    run(work, "msibuild", "setup.msi", "-a", "Binary.prog", NAME)
    return read(work, "setup.msi")


def wim(*switches):
    def make(work):
        os.makedirs(work + "/root/sub")
        write(work, "root/sub/" + NAME, read(work, NAME))
        run(work, "wimlib-imagex", "capture", "root", "out.wim", *switches)
        return read(work, "out.wim")
    return make


def squashfs(compression):
    def make(work):
        run(work, "mksquashfs", *BOTH, "out.sqfs", "-quiet", "-no-progress", "-comp", compression)
        return read(work, "out.sqfs")
    return make


def kwaj(work):
    content = read(work, NAME)
    return b"KWAJ\x88\xf0\x27\xd1" + struct.pack("<HHHI", 1, 18, 1, len(content)) + bytes(byte ^ 0xFF for byte in content)


def spanned(work):
    """A split archive of one segment: four bytes of marker, which its offsets count."""
    run(work, "zip", "-q", "a.zip", *BOTH)
    write(work, "b.zip", b"PK\7\x08" + read(work, "a.zip"))
    run(work, "zip", "-q", "-A", "b.zip")
    return read(work, "b.zip")


D, S = ("decompress",), ("sevenzip",)
ZIP, SEVEN, TAR = "zip", "7zz", "Python"
plain_zip = by("a.zip", "zip", "-q", "a.zip", *BOTH)

FORMATS = [
    Format("zip, stored", ZIP, by("a.zip", "zip", "-q", "-0", "a.zip", *BOTH), D, ("zip",)),
    Format("zip, deflate", ZIP, plain_zip, D, ("zip",)),
    Format("zip, deflate64", SEVEN, sevenzip("a.zip", "-mm=Deflate64"), S, ("7zz",)),
    Format("zip, deflate64, compressible", SEVEN, sevenzip("a.zip", "-mm=Deflate64", "-mx=9"), S, ("7zz",)),
    Format("zip, bzip2", ZIP, by("a.zip", "zip", "-q", "-Z", "bzip2", "a.zip", *BOTH), D, ("zip",)),
    Format("zip, LZMA", SEVEN, sevenzip("a.zip", "-mm=LZMA"), D, ("7zz",)),
    Format("zip, PPMd", SEVEN, sevenzip("a.zip", "-mm=PPMd"), D, ("7zz",)),
    Format("zip, streamed", ZIP, lambda work: run(work, "zip", "-q", "-", *BOTH), D, ("zip",)),
    Format("zip64", ZIP, by("a.zip", "zip", "-q", "-fz", "a.zip", *BOTH), D, ("zip",)),
    Format("zip, ZipCrypto", ZIP, by("a.zip", "zip", "-q", "-P", PASSWORD, "a.zip", *BOTH), D, ("zip",)),
    Format("zip, AES-128", SEVEN, sevenzip("a.zip", "-mem=AES128", "-p" + PASSWORD), D, ("7zz",)),
    Format("zip, AES-256", SEVEN, sevenzip("a.zip", "-mem=AES256", "-p" + PASSWORD), D, ("7zz",)),
    Format("zip, deflate64 and AES-256", SEVEN, sevenzip("a.zip", "-mm=Deflate64", "-mem=AES256", "-p" + PASSWORD), S, ("7zz",)),
    Format("zip, one-segment split", ZIP, spanned, D, ("zip",)),
    Format("zip behind data", ZIP, behind(NOISE, plain_zip), D, ("zip",)),
    Format("zip before data", ZIP, behind(b"", plain_zip, NOISE), D, ("zip",)),
    Format("zip behind an executable", ZIP, behind(ELF, plain_zip), D, ("zip",)),
    Format("zip behind an image", ZIP, behind(PNG, plain_zip), D, ("zip",)),
    Format("7z, LZMA2", SEVEN, sevenzip("a.7z"), D, ("7zz",)),
    Format("7z, PPMd", SEVEN, sevenzip("a.7z", "-m0=PPMd"), D, ("7zz",)),
    Format("7z, bzip2", SEVEN, sevenzip("a.7z", "-m0=BZip2"), D, ("7zz",)),
    Format("7z, deflate", SEVEN, sevenzip("a.7z", "-m0=Deflate"), D, ("7zz",)),
    Format("7z, deflate64", SEVEN, sevenzip("a.7z", "-m0=Deflate64"), S, ("7zz",)),
    Format("7z, stored", SEVEN, sevenzip("a.7z", "-m0=Copy"), D, ("7zz",)),
    Format("7z, encrypted content", SEVEN, sevenzip("a.7z", "-p" + PASSWORD), S, ("7zz",)),
    Format("7z, encrypted headers", SEVEN, sevenzip("a.7z", "-p" + PASSWORD, "-mhe=on"), S, ("7zz",)),
    Format("7z behind an executable", SEVEN, behind(ELF, sevenzip("a.7z")), D, ("7zz",)),
    Format("7z behind an image", SEVEN, behind(PNG, sevenzip("a.7z")), D, ("7zz",)),
    Format("rar 4, stored", "self-made", rar4, D),
    Format("rar 5, stored", "self-made", rar5, D),
    Format("rar 5 behind an executable", "self-made", behind(ELF, rar5), D),
    Format("tar, ustar", TAR, tar(tarfile.USTAR_FORMAT), D),
    Format("tar, GNU", TAR, tar(tarfile.GNU_FORMAT), D),
    Format("tar, pax", TAR, tar(tarfile.PAX_FORMAT), D),
    Format("tar.gz", TAR, tar(tarfile.USTAR_FORMAT, "w:gz"), D),
    Format("tar.bz2", TAR, tar(tarfile.USTAR_FORMAT, "w:bz2"), D),
    Format("tar.xz", TAR, tar(tarfile.USTAR_FORMAT, "w:xz"), D),
    Format("gzip", "gzip", piped("gzip", "-c"), D, ("gzip",)),
    Format("bzip2", "bzip2", piped("bzip2", "-c"), D, ("bzip2",)),
    Format("xz", "xz", piped("xz", "-c"), D, ("xz",)),
    Format("lzma", "xz", piped("xz", "--format=lzma", "-c"), D, ("xz",)),
    Format("zstd", "zstd", piped("zstd", "-c"), D, ("zstd",)),
    Format("lz4", "lz4", piped("lz4", "-c"), D, ("lz4",)),
    Format("compress (.Z)", "ncompress", piped("compress", "-c", "-f"), D, ("compress",)),
    Format("lzip", "lzip", piped("lzip", "-c"), D, ("lzip",)),
    Format("uuencode", "sharutils", piped("uuencode", NAME), D, ("uuencode",)),
    Format("cab, MSZIP", "gcab", by("a.cab", "gcab", "-c", "-z", "a.cab", *BOTH), D, ("gcab",)),
    Format("cab, stored", "gcab", by("a.cab", "gcab", "-c", "a.cab", *BOTH), D, ("gcab",)),
    Format("cab behind an executable", "gcab", behind(ELF, by("a.cab", "gcab", "-c", "-z", "a.cab", *BOTH)), D, ("gcab",)),
    Format("arj", "arj", by("a.arj", "arj", "a", "-y", "a.arj", *BOTH), S, ("arj",)),
    Format("arj, method 4", "arj", by("a.arj", "arj", "a", "-y", "-m4", "a.arj", *BOTH), S, ("arj",)),
    Format("lha, stored", "self-made", lha, D),
    Format("cpio, binary", "cpio", cpio("bin"), D, ("cpio",)),
    Format("cpio, odc", "cpio", cpio("odc"), D, ("cpio",)),
    Format("cpio, newc", "cpio", cpio("newc"), D, ("cpio",)),
    Format("cpio, crc", "cpio", cpio("crc"), D, ("cpio",)),
    Format("ar", "ar", by("a.a", "ar", "rc", "a.a", *BOTH), D, ("ar",)),
    Format("deb, xz", "dpkg-deb", deb("xz"), D + D, ("dpkg-deb",)),
    Format("deb, gzip", "dpkg-deb", deb("gzip"), D + D, ("dpkg-deb",)),
    Format("rpm", "rpmbuild", rpm, D, ("rpmbuild",)),
    Format("xar", "bsdtar", by("a.xar", "bsdtar", "--format", "xar", "-cf", "a.xar", *BOTH), D, ("bsdtar",)),
    Format("ISO 9660", "genisoimage", iso(), D, ("genisoimage",)),
    Format("ISO 9660, Joliet and Rock Ridge", "genisoimage", iso("-J", "-R"), D, ("genisoimage",)),
    Format("UDF", "genisoimage", udf, S, ("genisoimage",)),
    Format("FAT image", "mkfs.vfat", fat, S, ("mkfs.vfat", "mcopy")),
    Format("disk image with partitions", "mkfs.vfat", partitioned, S, ("mkfs.vfat", "mcopy")),
    Format("ext image", "mke2fs", ext, S, ("mke2fs",)),
    Format("SquashFS, gzip", "mksquashfs", squashfs("gzip"), S, ("mksquashfs",)),
    Format("SquashFS, xz", "mksquashfs", squashfs("xz"), S, ("mksquashfs",)),
    Format("SquashFS, zstd", "mksquashfs", squashfs("zstd"), S, ("mksquashfs",)),
    Format("VHD, dynamic", "qemu-img", disk("vpc"), S, ("qemu-img", "mkfs.vfat", "mcopy")),
    Format("VHD, fixed", "qemu-img", disk("vpc", "-o", "subformat=fixed"), S, ("qemu-img", "mkfs.vfat", "mcopy")),
    Format("VHDX", "qemu-img", disk("vhdx"), S, ("qemu-img", "mkfs.vfat", "mcopy")),
    Format("VMDK", "qemu-img", disk("vmdk"), S, ("qemu-img", "mkfs.vfat", "mcopy")),
    Format("QCOW2", "qemu-img", disk("qcow2"), S, ("qemu-img", "mkfs.vfat", "mcopy")),
    Format("VDI", "qemu-img", disk("vdi"), S, ("qemu-img", "mkfs.vfat", "mcopy")),
    Format("DMG, deflated", "self-made", dmg, S, ("mkfs.vfat", "mcopy")),
    Format("WIM, stored", SEVEN, sevenzip("a.wim", "-twim"), S, ("7zz",)),
    Format("WIM, LZX", "wimlib", wim("--compress=LZX"), S, ("wimlib-imagex",)),
    Format("WIM, XPRESS", "wimlib", wim("--compress=XPRESS"), S, ("wimlib-imagex",)),
    Format("WIM, LZMS (ESD)", "wimlib", wim("--compress=LZMS", "--solid"), S, ("wimlib-imagex",)),
    Format("CHM", "chmcmd", chm, S, ("chmcmd",)),
    Format("MSI", "msibuild", msi, S, ("msibuild",)),
    Format("NSIS, deflate", "makensis", nsis("zlib"), S, ("makensis",)),
    Format("NSIS, bzip2", "makensis", nsis("bzip2"), S, ("makensis",)),
    Format("NSIS, LZMA solid", "makensis", nsis("/SOLID lzma"), S, ("makensis",)),
    Format("SZDD", "mscompress", by("prog.bin_", "mscompress", NAME), D, ("mscompress",)),
    Format("KWAJ, inverted", "self-made", kwaj, D),
]
