# SPDX-License-Identifier: Apache-2.0
"""Mails and what Outlook makes of them, each with the hidden program in it."""
import base64
import binascii
import mailbox
import os
import quopri
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP

from hidden import NAME, PASSWORD, Format, read, run

OCTETS = ("application", "octet-stream")


def mail(text="Hello\n", subject="Täst"):
    message = EmailMessage()
    message["From"] = "Alice <a@example.com>"
    message["To"] = "b@example.com"
    message["Subject"] = subject
    message.set_content(text)
    return message


def attached(content, name=NAME, **more):
    message = mail(**more)
    message.add_attachment(content, maintype=OCTETS[0], subtype=OCTETS[1], filename=name)
    return message


def forwarded(inner):
    message = mail()
    message.add_attachment(inner)
    return message


def of(build):
    """A maker out of a function from bytes to a message."""
    return lambda work: bytes(build(read(work, NAME)))


def nested(content, depth=20):
    part = MIMEPart()
    part.set_content(content, maintype=OCTETS[0], subtype=OCTETS[1], filename=NAME)
    for _ in range(depth):
        around = MIMEPart()
        around.make_mixed()
        around.attach(part)
        part = around
    message = mail()
    message.make_mixed()
    message.attach(part)
    return message


def inline(content, encoding, encoded):
    """A mail that is nothing but the file, in this encoding."""
    return (b"From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=prog.bin\r\n"
            b"Content-Disposition: attachment; filename=prog.bin\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + encoded(content))


def quoted(content):
    """Quoted-printable of bytes: what is no text is escaped, line ends too."""
    text = b"".join(b"=%02X" % byte if byte < 33 or byte > 126 or byte == 61 else bytes([byte]) for byte in content)
    lines, line = [], b""
    while text:
        piece = text[:3] if text.startswith(b"=") else text[:1]
        if len(line) + len(piece) > 75:
            lines.append(line + b"=\r\n")
            line = b""
        line, text = line + piece, text[len(piece):]
    assert quopri.decodestring(b"".join(lines) + line) == content
    return b"".join(lines) + line


def uuencoded(work):
    return bytes(mail("see below\n\n" + run(work, "uuencode", NAME, NAME).decode()))


def binhexed(work):
    from carvers import binhex  # pylint: disable=import-outside-toplevel
    return bytes(mail("see below\n\n" + binhex(read(work, NAME)).decode()))


def box(*messages):
    def make(work):
        path = os.path.join(work, "box")
        made = mailbox.mbox(path)
        for message in messages + (attached(read(work, NAME)),):
            made.add(message)
        made.close()
        return read(work, "box")
    return make


def dialogue(work):
    lines = attached(read(work, NAME)).as_bytes(policy=SMTP).split(b"\r\n")
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return (b"220 mx ESMTP\r\nEHLO x\r\n250 mx\r\nMAIL FROM:<a@example.com>\r\n250 ok\r\nRCPT TO:<b@example.com>\r\n250 ok\r\n"
            b"DATA\r\n354 go on\r\n" + stuffed + b"\r\n.\r\n250 ok\r\nQUIT\r\n221 bye\r\n")


def tnef(work):
    def attribute(level, identity, value):
        return bytes([level]) + identity.to_bytes(4, "little") + len(value).to_bytes(4, "little") + value + (sum(value) & 0xFFFF).to_bytes(2, "little")

    return (b"\x78\x9f\x3e\x22\x01\x00" + attribute(1, 0x89006, (0x10000).to_bytes(4, "little")) + attribute(1, 0x69007, bytes.fromhex("e404000000000000")) +
            attribute(2, 0x69002, bytes(14)) + attribute(2, 0x18010, NAME.encode() + b"\0") + attribute(2, 0x6800F, read(work, NAME)))


def winmail(work):
    return bytes(attached(tnef(work), "winmail.dat"))


def changed(old, new):
    """The mail with one change that makes it contradict itself."""
    return lambda work: bytes(attached(read(work, NAME))).replace(old, new, 1)


def mail_in_base64(work):
    return b"Subject: x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(bytes(attached(read(work, NAME))))


def naming(text="", subject="Täst", around=lambda message: message):
    """Mails whose text names the password of what they carry."""
    def make(work, password=PASSWORD):
        return bytes(around(attached(read(work, NAME), text=text.format(password) + "\n", subject=subject.format(password))))
    return make


def forwarded_and_named(work, password=PASSWORD):
    message = forwarded(attached(read(work, NAME)))
    message.get_body().set_content(f"password: {password}\n")
    return bytes(message)


M, PYTHON, OURS = ("smtp",), "Python's email", "self-made"

FORMATS = [
    Format("mail, base64", PYTHON, of(attached), M, sequential=True),
    Format("mail, CRLF", PYTHON, lambda work: attached(read(work, NAME)).as_bytes(policy=SMTP), M, sequential=True),
    Format("mail, quoted-printable", OURS, lambda work: inline(read(work, NAME), b"quoted-printable", quoted), M, opens="ripmime"),
    Format("mail, binary", OURS, lambda work: inline(read(work, NAME), b"binary", bytes), M, opens=PYTHON),
    Format("mail, name of RFC 2231", PYTHON, of(lambda content: attached(content, "Rechnung äöü.bin")), M, sequential=True),
    Format("mail, multiparts in multiparts", PYTHON, of(nested), M, sequential=True),
    Format("mail in a mail in a mail", PYTHON, of(lambda content: forwarded(forwarded(attached(content)))), M * 3),
    Format("mail, a mail in base64", OURS, mail_in_base64, M * 2, opens="ripmime, Python's email"),
    Format("mail, uuencode in the text", "sharutils", uuencoded, M, ("uuencode",)),
    Format("mail, BinHex in the text", OURS, binhexed, M, opens="uudeview"),
    Format("mail, two Content-Types", OURS, lambda work: b"Content-Type: text/plain\n" + bytes(attached(read(work, NAME))), M, opens="ripmime"),
    Format("mail, a comment in a header's name", OURS, changed(b"Content-Type: multipart", b"Content-Type (x) : multipart"), M, opens="ripmime"),
    Format("mail, a boundary that does not occur", OURS, changed(b'boundary="', b'boundary="x'), M, opens="uudeview"),
    Format("mail, password in the text", PYTHON, naming("The password is: {}"), M, names_password=True, sequential=True),
    Format("mail, password in the subject", PYTHON, naming(subject="Ihr Passwort: {}"), M, names_password=True, sequential=True),
    Format("mail, password in the mail around it", PYTHON, forwarded_and_named, M * 2, names_password=True),
    Format("mbox", "Python's mailbox", box(mail()), M * 2, sequential=True),
    Format("mbox of one", "Python's mailbox", box(), M, sequential=True),
    Format("SMTP dialogue", OURS, dialogue, M, opens="uudeview"),
    Format("TNEF", OURS, tnef, ("tnef",), opens="tnef"),
    Format("mail, winmail.dat", OURS, winmail, M + ("tnef",), opens="clamscan"),
]
