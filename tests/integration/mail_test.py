#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mails that Python's email package writes, scanned with the shipped configuration: mail_test.py STOQ TEST_PLUGINS

In each the same small program hides; it must be reached, by the chain of plugins that the case names.
"""
import base64
import binascii
import hashlib
import io
import json
import mailbox
import os
import subprocess
import sys
import tempfile
import zipfile
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP

PROGRAM = b"MZ" + bytes(range(256)) * 8
SHA256 = hashlib.sha256(PROGRAM).hexdigest()


def zipped(name="in/prog.exe"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, PROGRAM)
    return out.getvalue()


def locked(password):
    """A zip by the zip program, whose encryption Python does not write."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "prog.exe"), "wb") as file:
            file.write(PROGRAM)
        subprocess.run(["zip", "-q", "-P", password, "a.zip", "prog.exe"], cwd=folder, check=True)
        with open(os.path.join(folder, "a.zip"), "rb") as file:
            return file.read()


def mail(text="Hello\n", subject="Täst"):
    message = EmailMessage()
    message["From"] = "Alice <a@example.com>"
    message["To"] = "b@example.com"
    message["Subject"] = subject
    message.set_content(text)
    return message


def attached(content, name, kind="application/octet-stream", **more):
    message = mail(**more)
    main, sub = kind.split("/")
    message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def nested(content, depth):
    """Multiparts in multiparts."""
    part = MIMEPart()
    part.set_content(content, maintype="application", subtype="octet-stream", filename="a.bin")
    for _ in range(depth):
        around = MIMEPart()
        around.make_mixed()
        around.attach(part)
        part = around
    message = mail()
    message.make_mixed()
    message.attach(part)
    return message


def forwarded(inner):
    message = mail()
    message.add_attachment(inner)
    return message


def uuencoded(content, name):
    lines = [f"begin 644 {name}\n"]
    lines += [binascii.b2a_uu(content[i:i + 45]).decode() for i in range(0, len(content), 45)]
    return "".join(lines) + "`\nend\n"


def dialogue(content):
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return (b"220 mx ESMTP\r\nEHLO x\r\n250 mx\r\nMAIL FROM:<a@example.com>\r\n250 ok\r\nRCPT TO:<b@example.com>\r\n250 ok\r\n"
            b"DATA\r\n354 go on\r\n" + stuffed + b"\r\n.\r\n250 ok\r\nQUIT\r\n221 bye\r\n")


def box(*messages):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "box")
        made = mailbox.mbox(path)
        for message in messages:
            made.add(message)
        made.close()
        with open(path, "rb") as file:
            return file.read()


def tnef(content):
    def attribute(level, identity, value):
        return bytes([level]) + identity.to_bytes(4, "little") + len(value).to_bytes(4, "little") + value + (sum(value) & 0xFFFF).to_bytes(2, "little")

    return (b"\x78\x9f\x3e\x22\x01\x00" + attribute(2, 0x69002, bytes(14)) + attribute(2, 0x18010, b"prog.zip\0") + attribute(2, 0x6800F, content))


def pdf(content):
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>", b"<</Type/Filespec/F(a.zip)/EF<</F 4 0 R>>>>",
               b"<</Type/EmbeddedFile/Filter/ASCIIHexDecode/Length %d>>\nstream\n%s>\nendstream" % (2 * len(content) + 1, binascii.hexlify(content))]
    out, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, text in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    return out + b"xref\n0 5\n" + table + b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def cases():
    plain = attached(PROGRAM, "prog.exe")
    yield "attachment", bytes(plain), ["smtp"]
    yield "CRLF", plain.as_bytes(policy=SMTP), ["smtp"]
    yield "zip with a name of RFC 2231", bytes(attached(zipped(), "Rechnung äöü.zip", "application/zip")), ["smtp", "decompress"]
    yield "a type that lies", bytes(attached(zipped(), "photo.jpg", "image/jpeg")), ["smtp", "decompress"]
    yield "multiparts in multiparts", bytes(nested(zipped(), 20)), ["smtp", "decompress"]
    yield "a mail in a mail in a mail", bytes(forwarded(forwarded(attached(zipped(), "a.zip")))), ["smtp", "smtp", "smtp", "decompress"]
    yield "mbox", box(mail(), attached(zipped(), "a.zip")), ["smtp", "smtp", "decompress"]
    yield "mbox of one", box(attached(zipped(), "a.zip")), ["smtp", "decompress"]
    yield "SMTP", dialogue(attached(zipped(), "a.zip").as_bytes(policy=SMTP)), ["smtp", "decompress"]
    yield "uuencode in the text", bytes(mail("see below\n\n" + uuencoded(PROGRAM, "prog.exe"))), ["smtp"]
    yield "password in the text", bytes(attached(locked("s3cret!"), "a.zip", text="The password is: s3cret!\n")), ["smtp", "decompress"]
    yield "password in the subject", bytes(attached(locked("7788"), "a.zip", subject="Ihr Passwort: 7788")), ["smtp", "decompress"]
    outer = forwarded(attached(locked("abc123"), "a.zip"))
    outer.get_body().set_content("password: abc123\n")
    yield "password in the mail around it", bytes(outer), ["smtp", "smtp", "decompress"]
    yield "winmail.dat", bytes(attached(tnef(PROGRAM), "winmail.dat", "application/ms-tnef")), ["smtp", "tnef"]
    yield "PDF", bytes(attached(pdf(zipped()), "a.pdf", "application/pdf")), ["smtp", "pdf", "decompress"]
    double = bytes(attached(zipped(), "a.zip"))
    yield "two Content-Types", b"Content-Type: text/plain\n" + double, ["smtp", "decompress"]
    yield "a comment in a header's name", double.replace(b"Content-Type: multipart", b"Content-Type (x) : multipart", 1), ["smtp", "decompress"]
    yield "a broken boundary", double.replace(b'boundary="', b'boundary="x', 1), ["smtp", "decompress"]
    in_base64 = base64.encodebytes(double)
    yield "a mail in base64", b"Subject: x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + in_base64, ["smtp", "smtp", "decompress"]


def chain_to_program(response):
    by_id = {result["payload_id"]: result for result in response["results"]}
    for result in response["results"]:
        if result["sha256"] != SHA256:
            continue
        chain = []
        while result["extracted_from"]:
            chain.append(result["extracted_by"])
            result = by_id[result["extracted_from"]]
        return chain[::-1]
    return None


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "TZ": "UTC", "LANG": "C.UTF-8"}  # nothing of the user's: the shipped configuration
        env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        for name, content, chain in cases():
            path = os.path.join(home, "sample")
            with open(path, "wb") as file:
                file.write(content)
            done = subprocess.run([sys.argv[1], "scan", path], capture_output=True, env=env, cwd=home, check=False)
            response = json.loads(done.stdout)
            found = chain_to_program(response)
            if done.returncode != 0 or found != chain or response["errors"]:
                failed += 1
                print(f"FAILED {name}: chain {found} instead of {chain}, exit {done.returncode}, errors {response['errors']}")
    print(f"{failed} of {sum(1 for _ in cases())} mails failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
