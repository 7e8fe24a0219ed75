"""A mailbox as people have them: plain text, text beside HTML, attachments, encodings, replies. The same at every run."""
import base64
import os
import quopri
import random
import subprocess

from . import site

# In one message of a hundred: in its subject, in its text, in a field that no ENVELOPE has.
RARE = "zebrafinch"

WORDS = """the of and a to in is you that it he was for on are as with his they I at be this have from or one had by word
but not what all were we when your can said there use an each which she do how their if will up other about out many then
them these so some her would make like him into time has look two more write go see number no way could people my than
first water been call who oil its now find long down day did get come made may part meeting report invoice project budget
Grüße naïve façade""".split()

START = 1_600_000_000


def sentence(chance, count):
    return " ".join(chance.choices(WORDS, k=count)).capitalize() + "."


def text(chance, size, rare):
    lines, length = [], 0
    while length < size:
        line = sentence(chance, chance.randint(6, 12))
        lines.append(line)
        length += len(line) + 1
    if rare:
        lines[len(lines) // 2] += f" {RARE}"
    return "\n".join(lines) + "\n"


def part(kind, body, encoding):
    data = body.encode() if isinstance(body, str) else body
    if encoding == "base64":
        data = base64.encodebytes(data)
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data)
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + data


def multipart(kind, boundary, parts):
    head = f"Content-Type: multipart/{kind};\n\tboundary=\"{boundary}\"\n\nThis is a multi-part message in MIME format.\n"
    body = b"".join(b"--" + boundary.encode() + b"\n" + each + b"\n" for each in parts)
    return head.encode() + body + b"--" + boundary.encode() + b"--\n"


def message(index, chance):
    """Three fifths plain, three tenths with HTML beside, one tenth with an attachment of 10 to 60 KB."""
    rare = index % 100 == 7
    words = text(chance, chance.randint(400, 5000), rare)
    plain = "text/plain; charset=utf-8"
    form = chance.random()
    if form < 0.6:
        content = part(plain, words, chance.choice(["8bit", "8bit", "quoted-printable", "base64"]))
    else:
        html = "<html><body><p>" + words.replace("\n", "</p>\n<p>") + "</p></body></html>\n"
        content = multipart("alternative", f"=_alt_{index}", [
            part(plain, words, "quoted-printable"), part("text/html; charset=utf-8", html, "quoted-printable")])
        if form >= 0.9:
            blob = chance.randbytes(chance.randint(10_000, 60_000))
            kind = f"application/pdf; name=\"report {index}.pdf\"\nContent-Disposition: attachment; filename=\"report {index}.pdf\""
            content = multipart("mixed", f"=_mixed_{index}", [content, part(kind, blob, "base64")])
    number = chance.randint(1, 400)
    subject = sentence(chance, chance.randint(2, 8)) + (f" {RARE}" if rare else "")
    if not subject.isascii():
        subject = "=?utf-8?B?" + base64.b64encode(subject.encode()[:45].decode(errors="ignore").encode()).decode() + "?="
    answers = f"In-Reply-To: <{index - 3}@outside.example>\nReferences: <{index - 9}@outside.example>\n\t<{index - 3}@outside.example>\n"
    head = (
        f"Return-Path: <sender{number}@outside.example>\n"
        f"Delivered-To: {site.address(1)}\n"
        f"Received: from mx.outside.example (mx.outside.example [192.0.2.{number % 250}])\n"
        f"\tby bench.{site.DOMAIN} with ESMTPS id {index:08x}\n\tfor <{site.address(1)}>; Wed, 15 Nov 2023 01:00:00 +0000\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=outside.example; s=mail;\n"
        f"\tb={base64.b64encode(chance.randbytes(96)).decode()}\n"
        f"Date: Wed, 15 Nov 2023 01:{index // 60 % 60:02}:{index % 60:02} +0000\n"
        f"From: Sender Number {number} <sender{number}@outside.example>\n"
        f"To: {site.address(1)}, \"Other, One\" <other{number}@outside.example>\n"
        + (f"Cc: list@outside.example\n" if index % 3 == 0 else "")
        + f"Subject: {subject}\nMessage-ID: <{index}@outside.example>\n"
        + (answers if index % 2 else "")
        + f"User-Agent: Mailer {number % 20}{' ' + RARE if rare else ''}\nMIME-Version: 1.0\n")
    return head.encode() + content


def write(folder, count):
    """A Maildir as a server's own deliveries leave it, sizes in its names, without index or UIDs; its size."""
    chance = random.Random(5)
    total = 0
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(folder, name))
    for index in range(count):
        data = message(index, chance)
        total += len(data)
        name = f"{START + index * 600}.M{index}P1.bench,S={len(data)},W={len(data) + data.count(10)}:2,{'S' if index % 3 else ''}"
        path = os.path.join(folder, "cur", name)
        with open(path, "wb") as file:
            file.write(data)
        os.utime(path, (START + index * 600,) * 2)
    return total


def copy(source, target, owner):
    """For one server: what the other does to its own is not seen here."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    subprocess.run(["cp", "-a", source, target], check=True)
    subprocess.run(["chown", "-R", f"{owner[0]}:{owner[1]}", os.path.dirname(target)], check=True)
    # One that changed just now is looked at twice, in case it changes again within a tick of the file system's clock.
    for name in ("cur", "new"):
        os.utime(os.path.join(target, name), (START, START))


def letter():
    """4 KB with CRLF line ends, to be appended."""
    head = f"From: <sender@outside.example>\nTo: {site.address(1)}\nSubject: a letter\nMIME-Version: 1.0\n\n"
    return (head + text(random.Random(7), 3900, False)).encode().replace(b"\n", b"\r\n")
