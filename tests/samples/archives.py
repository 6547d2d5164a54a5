# SPDX-License-Identifier: Apache-2.0
"""Archives, compressed files, disk images and installers, each with the hidden program in it."""
import io
import os
import struct
import tarfile

import coded
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


def dmg(kind):
    return lambda work: coded.disk_image(fat(work), *coded.UDIF[kind])


def ntfs(work, *stream):
    write(work, "ntfs.img", bytes(2 << 20))
    run(work, "mkntfs", "-q", "-F", "-Q", "ntfs.img")
    run(work, "ntfscp", "-q", "ntfs.img", OTHER, OTHER)
    run(work, "ntfscp", "-q", *stream, "ntfs.img", NAME, OTHER if stream else NAME)
    return read(work, "ntfs.img")


def ntfs_stream(work):
    """Beside a file, in a stream of its own."""
    return ntfs(work, "-N", "hidden")


def hfs(work):
    """Of an image with both file systems, what the second begins with."""
    os.makedirs(work + "/root/sub")
    write(work, "root/sub/" + NAME, read(work, NAME))
    run(work, "xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-o", "out.iso", "root")
    image = read(work, "out.iso")
    return image[image.index(b"H+\0\4") - 1024:]


def cramfs(work):
    os.makedirs(work + "/root/sub")
    write(work, "root/sub/" + NAME, read(work, NAME))
    run(work, "mkfs.cramfs", "root", "out.img")
    return read(work, "out.img")


def gpt(work):
    image = fat(work)
    write(work, "disk.img", bytes(len(image) + (2 << 20)))
    run(work, "sfdisk", "-q", "disk.img", stdin=b"label: gpt\nstart=2048, size=%d, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\n" % (len(image) // 512))
    disk_image = bytearray(read(work, "disk.img"))
    disk_image[2048 * 512:2048 * 512 + len(image)] = image
    return bytes(disk_image)


def iso(*switches):
    def make(work):
        os.makedirs(work + "/root/sub")
        write(work, "root/sub/" + NAME, read(work, NAME))
        run(work, "genisoimage", "-quiet", *switches, "-o", "out.iso", "root")
        return read(work, "out.iso")
    return make


def without_iso9660(image):
    image = bytearray(image)
    for at in range(16 * 2048, 64 * 2048, 2048):
        if image[at + 1:at + 6] == b"CD001":
            image[at:at + 2048] = bytes(2048)
    return bytes(image)


def udf(work):
    """Of an image with both file systems, ISO 9660 taken away."""
    return without_iso9660(iso("-udf")(work))


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


def spanned(work):
    """A split archive of one segment: four bytes of marker, which its offsets count."""
    run(work, "zip", "-q", "a.zip", *BOTH)
    write(work, "b.zip", b"PK\7\x08" + read(work, "a.zip"))
    run(work, "zip", "-q", "-A", "b.zip")
    return read(work, "b.zip")


D, S = ("decompress",), ("sevenzip",)
ZIP, SEVEN, TAR, OURS = "zip", "7zz", "Python", "self-made"
FAT = ("mkfs.vfat", "mcopy")
plain_zip = by("a.zip", "zip", "-q", "a.zip", *BOTH)

FORMATS = [
    Format("zip, stored", ZIP, by("a.zip", "zip", "-q", "-0", "a.zip", *BOTH), D, ("zip",), sequential=True),
    Format("zip, deflate", ZIP, plain_zip, D, ("zip",), sequential=True),
    Format("zip, deflate64", SEVEN, sevenzip("a.zip", "-mm=Deflate64"), S, ("7zz",)),
    Format("zip, deflate64, compressible", SEVEN, sevenzip("a.zip", "-mm=Deflate64", "-mx=9"), S, ("7zz",)),
    Format("zip, bzip2", ZIP, by("a.zip", "zip", "-q", "-Z", "bzip2", "a.zip", *BOTH), D, ("zip",)),
    Format("zip, LZMA", SEVEN, sevenzip("a.zip", "-mm=LZMA"), D, ("7zz",)),
    Format("zip, PPMd", SEVEN, sevenzip("a.zip", "-mm=PPMd"), D, ("7zz",)),
    Format("zip, shrink", OURS, coded.zip_of(1, 0, coded.shrunk), S, opens="unzip"),
    Format("zip, implode", OURS, coded.zip_of(6, 2, coded.imploded), S, opens="unzip"),
    Format("zip, streamed", ZIP, lambda work: run(work, "zip", "-q", "-", *BOTH), D, ("zip",)),
    Format("zip64", ZIP, by("a.zip", "zip", "-q", "-fz", "a.zip", *BOTH), D, ("zip",), sequential=True),
    Format("zip, ZipCrypto", ZIP, by("a.zip", "zip", "-q", "-P", PASSWORD, "a.zip", *BOTH), D, ("zip",), sequential=True),
    Format("zip, AES-128", SEVEN, sevenzip("a.zip", "-mem=AES128", "-p" + PASSWORD), D, ("7zz",)),
    Format("zip, AES-256", SEVEN, sevenzip("a.zip", "-mem=AES256", "-p" + PASSWORD), D, ("7zz",), sequential=True),
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
    Format("rar 4, stored", OURS, coded.rar4(), D, opens="unar"),
    Format("rar 4, compressed", OURS, coded.rar4(coded.rar4_packed), D, opens="unar"),
    Format("rar 5, stored", OURS, coded.rar5(), D, opens="unar"),
    Format("rar 5, compressed", OURS, coded.rar5(coded.rar5_packed), D, opens="unar"),
    Format("rar 4, encrypted content", OURS, coded.rar4(coded.rar4_packed, "content"), D, opens="UnRAR", locks=True),
    Format("rar 4, stored, encrypted content", OURS, coded.rar4(None, "content"), D, opens="UnRAR", locks=True),
    Format("rar 4, encrypted headers", OURS, coded.rar4(None, "headers"), D, opens="UnRAR", locks=True),
    Format("rar 5, encrypted content", OURS, coded.rar5(coded.rar5_packed, "content"), D, opens="unar", locks=True),
    Format("rar 5, stored, encrypted content", OURS, coded.rar5(None, "content"), D, opens="unar", locks=True),
    Format("rar 5, encrypted headers", OURS, coded.rar5(None, "headers"), D, opens="unar", locks=True),
    Format("rar 5 behind an executable", OURS, behind(ELF, coded.rar5()), D),
    Format("tar, ustar", TAR, tar(tarfile.USTAR_FORMAT), D, sequential=True),
    Format("tar, GNU", TAR, tar(tarfile.GNU_FORMAT), D, sequential=True),
    Format("tar, pax", TAR, tar(tarfile.PAX_FORMAT), D, sequential=True),
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
    Format("cab, LZX", OURS, coded.cabinet(0x0F03, coded.lzx), D, opens="cabextract", takes=coded.fits_a_block),
    Format("cab behind an executable", "gcab", behind(ELF, by("a.cab", "gcab", "-c", "-z", "a.cab", *BOTH)), D, ("gcab",)),
    Format("arj", "arj", by("a.arj", "arj", "a", "-y", "a.arj", *BOTH), S, ("arj",), sequential=True),
    Format("arj, method 4", "arj", by("a.arj", "arj", "a", "-y", "-m4", "a.arj", *BOTH), S, ("arj",)),
    Format("lha, stored", OURS, coded.lha(), D, opens="lhasa"),
    Format("lha, lh4", OURS, coded.lha("lh4", 4), S, opens="lhasa"),
    Format("lha, lh5", OURS, coded.lha("lh5", 4), D, opens="lhasa"),
    Format("lha, lh6", OURS, coded.lha("lh6", 5), D, opens="lhasa"),
    Format("lha, lh7", OURS, coded.lha("lh7", 5), D, opens="lhasa"),
    Format("cpio, binary", "cpio", cpio("bin"), D, ("cpio",)),
    Format("cpio, odc", "cpio", cpio("odc"), D, ("cpio",), sequential=True),
    Format("cpio, newc", "cpio", cpio("newc"), D, ("cpio",), sequential=True),
    Format("cpio, crc", "cpio", cpio("crc"), D, ("cpio",)),
    Format("ar", "ar", by("a.a", "ar", "rc", "a.a", *BOTH), D, ("ar",), sequential=True),
    Format("deb, xz", "dpkg-deb", deb("xz"), D + D, ("dpkg-deb",)),
    Format("deb, gzip", "dpkg-deb", deb("gzip"), D + D, ("dpkg-deb",)),
    Format("rpm", "rpmbuild", rpm, D, ("rpmbuild",), heavy=True),
    Format("xar", "bsdtar", by("a.xar", "bsdtar", "--format", "xar", "-cf", "a.xar", *BOTH), D, ("bsdtar",)),
    Format("ISO 9660", "genisoimage", iso(), D, ("genisoimage",), sequential=True),
    Format("ISO 9660, Joliet and Rock Ridge", "genisoimage", iso("-J", "-R"), D, ("genisoimage",)),
    Format("UDF", "genisoimage", udf, S, ("genisoimage",), heavy=True),
    Format("FAT image", "mkfs.vfat", fat, S, ("mkfs.vfat", "mcopy"), heavy=True, sequential=True),
    Format("disk image with partitions", "mkfs.vfat", partitioned, S, ("mkfs.vfat", "mcopy"), heavy=True),
    Format("ext image", "mke2fs", ext, S, ("mke2fs",), heavy=True),
    Format("SquashFS, gzip", "mksquashfs", squashfs("gzip"), S, ("mksquashfs",)),
    Format("SquashFS, xz", "mksquashfs", squashfs("xz"), S, ("mksquashfs",)),
    Format("SquashFS, zstd", "mksquashfs", squashfs("zstd"), S, ("mksquashfs",)),
    Format("VHD, dynamic", "qemu-img", disk("vpc"), S, ("qemu-img", "mkfs.vfat", "mcopy"), heavy=True),
    Format("VHD, fixed", "qemu-img", disk("vpc", "-o", "subformat=fixed"), S, ("qemu-img", "mkfs.vfat", "mcopy"), heavy=True),
    Format("VHDX", "qemu-img", disk("vhdx"), S, ("qemu-img", "mkfs.vfat", "mcopy"), heavy=True),
    Format("VMDK", "qemu-img", disk("vmdk"), S, ("qemu-img", "mkfs.vfat", "mcopy"), heavy=True),
    Format("QCOW2", "qemu-img", disk("qcow2"), S, ("qemu-img", "mkfs.vfat", "mcopy"), heavy=True),
    Format("VDI", "qemu-img", disk("vdi"), S, ("qemu-img", "mkfs.vfat", "mcopy"), heavy=True),
    Format("NTFS image", "ntfs-3g", ntfs, S, ("mkntfs", "ntfscp"), heavy=True),
    Format("NTFS image, alternate stream", "ntfs-3g", ntfs_stream, S, ("mkntfs", "ntfscp"), heavy=True),
    Format("HFS+ image", "xorriso", hfs, S, ("xorriso",), heavy=True),
    Format("cramfs", "util-linux", cramfs, S, ("mkfs.cramfs",)),
    Format("disk image with a GPT", "sfdisk", gpt, S, ("sfdisk", "mkfs.vfat", "mcopy"), heavy=True),
    Format("DMG, deflated", OURS, dmg("deflated"), S, FAT, opens="dmg2img", heavy=True),
    Format("DMG, bzip2", OURS, dmg("bzip2"), S, FAT, opens="dmg2img", heavy=True),
    Format("DMG, ADC", OURS, dmg("ADC"), S, FAT, opens="dmg2img", heavy=True),
    Format("WIM, stored", SEVEN, sevenzip("a.wim", "-twim"), S, ("7zz",)),
    Format("WIM, LZX", "wimlib", wim("--compress=LZX"), S, ("wimlib-imagex",)),
    Format("WIM, XPRESS", "wimlib", wim("--compress=XPRESS"), S, ("wimlib-imagex",)),
    Format("WIM, LZMS (ESD)", "wimlib", wim("--compress=LZMS", "--solid"), S, ("wimlib-imagex",), heavy=True),
    Format("CHM", "chmcmd", chm, S, ("chmcmd",)),
    Format("MSI", "msibuild", msi, S, ("msibuild",), heavy=True),
    Format("NSIS, deflate", "makensis", nsis("zlib"), S, ("makensis",), heavy=True),
    Format("NSIS, bzip2", "makensis", nsis("bzip2"), S, ("makensis",), heavy=True),
    Format("NSIS, LZMA solid", "makensis", nsis("/SOLID lzma"), S, ("makensis",), heavy=True),
    Format("SZDD", "mscompress", by("prog.bin_", "mscompress", NAME), D, ("mscompress",)),
    Format("KWAJ, stored", OURS, coded.kwaj(0, bytes), D, opens="libmspack"),
    Format("KWAJ, inverted", OURS, coded.kwaj(1, coded.inverted), D, opens="libmspack"),
    Format("KWAJ, LZSS", OURS, coded.kwaj(2, coded.lzss), D, opens="libmspack"),
    Format("KWAJ, LZH", OURS, coded.kwaj(3, coded.lzh), D, opens="libmspack"),
    Format("KWAJ, MSZIP", OURS, coded.kwaj(4, coded.mszip), D, opens="libmspack"),
]
