"""IMAP over a Maildir, beside Dovecot: the same commands by the same client on a copy each of the same mail."""
import contextlib
import multiprocessing
import os
import shutil
import socket
import statistics
import time

from . import corpus, imap, site
from .bench import Figure
from .dovecot import Dovecot
from .processes import quiet_cpu

COMMAND = "Tools/bench "
# The account whose INBOX is the large one. The first ones get mail from other figures.
OWNER = 77


class Beside:
    """A row: what both needed for the same."""

    def __init__(self, what, ours, theirs, aim, command):
        self.what, self.ours, self.theirs, self.aim, self.command = what, ours, theirs, aim, command

    def text(self):
        (cpu, wall), (their_cpu, their_wall) = self.ours, self.theirs
        return (f"{self.what:<46} CPU {cpu:>9.2f} {their_cpu:>9.2f} ms {their_cpu / max(cpu, 1e-6):>6.1f}×"
                f"   wall {wall:>9.2f} {their_wall:>9.2f} ms {their_wall / max(wall, 1e-6):>6.1f}×   aim {self.aim}×")

    def _asdict(self):
        names = ("cpu", "wall", "peer_cpu", "peer_wall")
        values = dict(zip(names, (*self.ours, *self.theirs)))
        return {"what": self.what, **values, "unit": "ms", "aim": self.aim, "command": self.command}


@contextlib.contextmanager
def started(bench, kind, plugins=""):
    """Postroom, or Dovecot with the mail of its own."""
    if kind == "postroom":
        with bench.postroom() as server:
            yield server
        return
    if os.getuid() != 0:
        raise RuntimeError("Dovecot starts as root only")
    if not os.path.exists(os.path.join(bench.folder, "tls", "key.pem")):
        # It has the certificate that Postroom made.
        with bench.postroom():
            pass
    server = Dovecot(bench, peer_mail(bench), tuned=kind == "tuned", plugins=plugins)
    try:
        yield server
    except Exception as error:
        raise RuntimeError(f"{error}\n{server.log()}") from error
    finally:
        server.stop()


def peer_mail(bench):
    return os.path.join(bench.folder, "dovecot-mail")


def mail(bench, kind):
    return os.path.join(bench.folder, "mail") if kind == "postroom" else peer_mail(bench)


def session(server, tls=None, number=OWNER, source="127.0.0.1"):
    client = imap.Client(server.ports["imaps" if tls else "imap"], tls, source=source)
    client.log_in(site.login(number), site.PASSWORD)
    return client


def measured(server, count, body):
    """CPU and wall time of each of `count` times, in milliseconds; the CPU time with what is done behind the answer."""
    cpu = quiet_cpu(server)
    begin = time.monotonic()
    for index in range(count):
        body(index)
    wall = time.monotonic() - begin
    cpu = quiet_cpu(server) - cpu
    return cpu / count * 1000, wall / count * 1000


def drop_index(bench, kind):
    """What either side makes again by itself; the UIDs stay."""
    if kind == "postroom":
        folder = os.path.join(bench.folder, "index")
        shutil.rmtree(folder, ignore_errors=True)
        bench.make_folder("index")
        return
    for path, _, files in os.walk(peer_mail(bench)):
        for name in files:
            if name.startswith("dovecot.index") or name == "dovecot.list.index":
                os.remove(os.path.join(path, name))


class Rows(dict):
    """Figures by their names, and what shows that both sides did the same."""

    def __init__(self):
        super().__init__()
        self.octets = {}
        self.found = {}

    def compare(self, other):
        for what, found in self.found.items():
            if not found or found != other.found[what]:
                raise RuntimeError(f"SEARCH {what}: one finds {found!r}, the other {other.found[what]!r}")
        for name, octets in self.octets.items():
            # Words of the tagged line, quoted strings or literals: little differs.
            if not 0.7 < (octets + 100) / (other.octets[name] + 100) < 1.4:
                raise RuntimeError(f"{name}: one answers {octets} octets, the other {other.octets[name]}")


@contextlib.contextmanager
def large_mailbox(bench, kinds):
    """Its size in octets; gives each side a copy."""
    original = os.path.join(bench.folder, "original")
    try:
        size = corpus.write(original, bench.scale.mailbox)
        for kind in kinds:
            place = os.path.join(mail(bench, kind), site.login(OWNER))
            os.makedirs(mail(bench, kind), exist_ok=True)
            shutil.rmtree(place, ignore_errors=True)
            corpus.copy(original, os.path.join(place, "Maildir"), bench.owner)
        yield size
    finally:
        shutil.rmtree(original, ignore_errors=True)


def every_row(bench, kind):
    """Runs all commands on one side; the figures by the row's name."""
    rows = Rows()
    count = bench.scale.mailbox
    with started(bench, kind) as server:
        client = session(server)
        rows["SELECT, never seen by the server"] = measured(server, 1, lambda _: client.command("SELECT INBOX"))
        client.close()
    cold = []
    for _ in range(3):
        drop_index(bench, kind)
        with started(bench, kind) as server:
            client = session(server)
            cold.append(measured(server, 1, lambda _: client.command("SELECT INBOX")))
            client.close()
    rows["SELECT cold, without an index"] = tuple(statistics.median(values) for values in zip(*cold))
    with started(bench, kind) as server:
        client = session(server)
        client.command("SELECT INBOX")
        client.close()
        waiting = [session(server) for _ in range(20)]
        rows["SELECT warm"] = measured(server, 20, lambda index: waiting[index].command("SELECT INBOX"))
        for each in waiting:
            each.close()
        client = session(server)
        client.command("SELECT INBOX")

        def row(name, *commands, times=1):
            octets = []
            rows[name] = measured(
                server, times * len(commands),
                lambda index: octets.append(client.command(commands[index % len(commands)])))
            rows.octets[name] = min(octets)

        row("FETCH flags", "FETCH 1:* (UID FLAGS)", times=5)
        for what, items in (
            ("envelopes", "ENVELOPE"), ("structures", "BODYSTRUCTURE"),
            ("header fields", "BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE MESSAGE-ID)]"),
        ):
            command = f"FETCH 1:* (UID {items})"
            row(f"FETCH {what}, first", command)
            row(f"FETCH {what}, again", command, times=3)
        row("FETCH bodies", "FETCH 1:* (UID BODY.PEEK[])", times=2)
        row("FETCH texts, one at a time",
            *(f"FETCH {number} (BODY.PEEK[TEXT])" for number in range(1, count, max(count // 500, 1))))
        for what, key in (
            ("SUBJECT", "SUBJECT"), ("HEADER User-Agent", "HEADER User-Agent"), ("BODY", "BODY"), ("TEXT", "TEXT"),
        ):
            command = f"SEARCH {key} {corpus.RARE}"
            row(f"SEARCH {what}", command, times=2)
            rows.found[what] = client.answer(command)
        row("STORE to all", "STORE 1:* +FLAGS (\\Flagged)", "STORE 1:* -FLAGS (\\Flagged)")
        client.command("CREATE Copies")
        row("COPY of all", "COPY 1:* Copies")
        client.command("CREATE Appended")
        letter = corpus.letter()
        rows["APPEND, 4 KB, each"] = measured(
            server, bench.scale.appended, lambda _: client.append("Appended", letter))
        client.close()
    return rows


AIMS = {"envelopes": 3, "bodies": 3, "texts": 3, "SEARCH": 3}


def aim(name):
    return next((times for word, times in AIMS.items() if word in name), 1)


def alone(bench):
    """What STORE and COPY can't do without: the renames and the links of all messages, by a loop that does nothing else."""
    source = os.path.join(bench.folder, "mail", site.login(OWNER), "Maildir")
    folder = os.path.join(bench.folder, "alone")
    os.makedirs(os.path.join(folder, "new"))
    os.makedirs(os.path.join(folder, "tmp"))
    names = os.listdir(os.path.join(source, "cur"))
    results = []

    def timed(what, body):
        before, begin = time.process_time(), time.monotonic()
        body()
        cpu, wall = (time.process_time() - before) * 1000, (time.monotonic() - begin) * 1000
        results.append(Figure(f"{len(names):,} {what} alone: CPU", cpu, "ms", COMMAND + "mailboxes"))
        results.append(Figure(f"{len(names):,} {what} alone: wall", wall, "ms", COMMAND + "mailboxes"))

    def links():
        cur, tmp = (os.open(path, os.O_RDONLY) for path in (os.path.join(source, "cur"), os.path.join(folder, "tmp")))
        for name in names:
            os.link(name, name, src_dir_fd=cur, dst_dir_fd=tmp)
        os.close(cur)
        os.close(tmp)

    def renames():
        tmp, new = (os.open(os.path.join(folder, name), os.O_RDONLY) for name in ("tmp", "new"))
        for name in names:
            os.rename(name, name + "F", src_dir_fd=tmp, dst_dir_fd=new)
        os.close(tmp)
        os.close(new)

    timed("links", links)
    timed("renames", renames)
    shutil.rmtree(folder)
    return results


def mailboxes(bench):
    """Every command on the large mailbox, Dovecot's figures beside ours."""
    with large_mailbox(bench, ("dovecot", "postroom")) as size:
        rows = {kind: every_row(bench, kind) for kind in ("dovecot", "postroom")}
    rows["postroom"].compare(rows["dovecot"])
    results = [
        Beside(name, ours, rows["dovecot"][name], aim(name), COMMAND + "mailboxes")
        for name, ours in rows["postroom"].items()
    ]
    results.append(Figure(
        f"the mailbox: {bench.scale.mailbox:,} messages", size / 1024 / 1024, "MiB", COMMAND + "mailboxes"))
    return results + alone(bench)


# Logins


def log_in_often(arguments):
    """In a process of its own: a client's handshake costs as much as a server's."""
    port, is_tls, numbers = arguments
    tls = imap.context() if is_tls else None
    for number in numbers:
        client = imap.Client(port, tls)
        client.log_in(site.login(number), site.PASSWORD)
        client.command("LOGOUT")
        client.close()


def logins(bench):
    """Connect, LOGIN, LOGOUT, eight at a time, from as many processes."""
    found = {}
    count = bench.scale.logins
    for kind in ("dovecot", "tuned", "postroom"):
        with started(bench, kind) as server, multiprocessing.get_context("fork").Pool(8) as pool:
            for is_tls in (False, True):
                port = server.ports["imaps" if is_tls else "imap"]

                def run(total):
                    numbers = [index % bench.scale.accounts + 1 for index in range(total)]
                    pool.map(log_in_often, [(port, is_tls, numbers[part::8]) for part in range(8)], 1)

                run(40)
                cpu, wall = measured(server, 1, lambda _: run(count))
                found[kind, is_tls] = (cpu / count, wall / count)
    results = []
    for is_tls in (False, True):
        way = "with a TLS handshake" if is_tls else "without TLS"
        for kind, name in (("dovecot", "beside Dovecot"), ("tuned", "beside Dovecot's login processes that stay")):
            results.append(Beside(
                f"login {way}, {name}", found["postroom", is_tls], found[kind, is_tls], 10, COMMAND + "logins"))
        for kind in ("postroom", "dovecot", "tuned"):
            results.append(Figure(
                f"logins per second {way}, {kind}", 1000 / found[kind, is_tls][1], "logins/s",
                COMMAND + "logins"))
    return results


# News


class Sender:
    """One connection that delivers by SMTP or LMTP and tells when its last dot was sent."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.delivery_port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.reply()
        self.say(server.delivery_greeting)

    def say(self, data):
        self.socket.sendall(data)
        return self.reply()

    def reply(self):
        while (line := self.file.readline())[3:4] == b"-":
            pass
        if line[:1] not in (b"2", b"3"):
            raise RuntimeError(f"a delivery is answered by {line!r}")
        return line

    def deliver(self, number):
        self.say(b"MAIL FROM:<sender@outside.example>\r\n")
        self.say(f"RCPT TO:<{site.address(number)}>\r\n".encode())
        self.say(b"DATA\r\n")
        self.socket.sendall(b"Subject: news\r\n\r\n" + b"Line after line of news.\r\n" * 40)
        begin = time.monotonic()
        self.socket.sendall(b".\r\n")
        return begin

    def close(self):
        self.socket.close()


def delays(server, number, count, pause=0.02):
    client = session(server, number=number)
    client.command("SELECT INBOX")
    client.idle()
    sender = Sender(server)
    found = []
    for _ in range(count):
        begin = sender.deliver(number)
        while not client.line().endswith(b" EXISTS"):
            pass
        found.append((time.monotonic() - begin) * 1000)
        sender.reply()
        time.sleep(pause)
    sender.close()
    client.close()
    found.sort()
    return found


def news(bench):
    """From a delivery's last dot to the EXISTS of a session in IDLE, in an empty mailbox and in the large one."""
    results = []
    command = COMMAND + "news"
    with large_mailbox(bench, ("dovecot", "postroom")):
        for kind, name, count in (
            ("postroom", "Postroom", bench.scale.deliveries), ("dovecot", "Dovecot", max(bench.scale.deliveries // 5, 3)),
        ):
            with started(bench, kind) as server:
                for number, where in ((OWNER + 1, "an empty mailbox"), (OWNER, f"one of {bench.scale.mailbox:,}")):
                    found = delays(server, number, count)
                    what = f"{name}: last dot to EXISTS, {where}"
                    results.append(Figure(what + ", median", statistics.median(found), "ms", command))
                    results.append(Figure(what + ", slowest of 100", found[int(len(found) * 0.99)], "ms", command))
                # The time stamp of a folder that changed this moment can't be relied on.
                found = delays(server, OWNER, bench.scale.rests, 2.5)
                what = f"{name}: last dot to EXISTS, one of {bench.scale.mailbox:,} that rested, median"
                results.append(Figure(what, statistics.median(found), "ms", command))
    return results
