"""The figures. Each function measures one thing and says how to repeat it."""
import os
import smtplib
import statistics
import time

from . import crowd, imap, mailboxes, queue, site
from .bench import Figure
from .postfix import Postfix, count_messages

SMTP_SOURCE = "/usr/sbin/smtp-source"


def start(bench):
    """From exec to the first 220."""
    times = []
    for _ in range(bench.scale.starts):
        with bench.postroom() as server:
            times.append(server.start_seconds * 1000)
    return [Figure("start to first 220, median", statistics.median(times), "ms", "Tools/bench start")]


def send(bench, port, count):
    """Messages of 4 KB over 20 sessions, each to another account; the seconds and the command."""
    command = [SMTP_SOURCE, "-N", "-s", "20", "-l", "4096", "-m", str(count), "-f", "sender@outside.example",
               "-t", f"user@{site.DOMAIN}", f"127.0.0.1:{port}"]
    return bench.run(command)[0], " ".join(command)


def smtp(bench):
    """SMTP to Maildir: 4 KB, 20 sessions, every message to another account."""
    messages = min(bench.scale.messages, bench.scale.accounts)
    with bench.postroom() as server:
        send(bench, server.ports["smtp"], max(messages // 10, 20))
        cpu = server.cpu()
        seconds, command = send(bench, server.ports["smtp"], messages)
        cpu = server.cpu() - cpu
        arrived = count_messages(os.path.join(bench.folder, "mail"))
        if arrived < messages:
            raise RuntimeError(f"{messages} messages were sent, {arrived} have arrived")
    bench.cpu_per_message = cpu / messages
    accounts = f"slapd with {bench.scale.accounts:,} accounts"
    return [
        Figure(f"SMTP to Maildir, 4 KB, 20 sessions, {accounts}", messages / seconds, "messages/s", command),
        Figure("our CPU for one of them", cpu / messages * 1000, "ms", command),
    ]


def postfix(bench):
    """The same through Postfix (smtpd, queue, virtual), until the last message is in its Maildir. Needs root."""
    if os.getuid() != 0:
        raise RuntimeError("Postfix starts as root only")
    messages = min(bench.scale.messages, bench.scale.accounts)
    first = max(messages // 10, 20)
    if bench.cpu_per_message is None:
        smtp(bench)
    peer = Postfix(bench.folder, bench.scale.accounts, bench.owner)
    try:
        send(bench, peer.port, first)
        peer.wait_for_messages(first)
        cpu, begin = peer.cpu(), time.monotonic()
        command = send(bench, peer.port, messages)[1]
        peer.wait_for_messages(first + messages)
        seconds, cpu = time.monotonic() - begin, peer.cpu() - cpu
    finally:
        peer.stop()
    return [
        Figure("Postfix: the same load, to the last Maildir", messages / seconds, "messages/s", command),
        Figure("Postfix: CPU for one of them", cpu / messages * 1000, "ms", command),
        Figure("CPU for a message, Postfix's over ours", cpu / messages / bench.cpu_per_message, "times", command),
    ]


def lookups(bench):
    """One table, asked by the program itself; the time of a run with one key is taken off."""
    results = []
    keys = [site.address(number % bench.scale.accounts + 1) for number in range(bench.scale.lookups)]
    for name, directory in (("slapd", None), ("LDIF file", bench.ldif)):
        path = bench.write_configuration(directory)
        command = bench.as_owner([bench.binary, "lookup", "--config", path, "senders.logins", "-"])
        alone = min(bench.run(command, keys[0] + "\n")[0] for _ in range(3))
        seconds, output = min(bench.run(command, "\n".join(keys) + "\n") for _ in range(3))
        if len(output.splitlines()) < len(keys):
            raise RuntimeError(f"{len(keys)} keys gave {len(output.splitlines())} answers")
        rate = (len(keys) - 1) / max(seconds - alone, 0.001)
        results.append(Figure(
            f"lookups in one table, one after the other, {name}", rate, "lookups/s",
            f"postroom lookup senders.logins - < KEYS ({len(keys)} keys)"))
    return results


def fill_mailbox(bench, number, count):
    """A Maildir as other programs leave it: messages in cur, no index."""
    folder = os.path.join(bench.folder, "mail", site.login(number), "Maildir")
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    body = "Line after line of text that somebody wrote.\r\n" * 80
    for index in range(count):
        path = os.path.join(folder, "cur", f"{1700000000 + index}.M{index}P1.bench:2,{'S' if index % 3 else ''}")
        with open(path, "w", newline="") as file:
            file.write(
                f"From: Sender {index} <sender{index}@outside.example>\r\nTo: {site.address(number)}\r\n"
                f"Subject: Message {index} of the mailbox\r\nDate: Wed, 15 Nov 2023 01:00:00 +0000\r\n"
                f"Message-ID: <{index}@outside.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{body}")
    top = os.path.join(bench.folder, "mail", site.login(number))
    for path, folders, files in os.walk(top):
        for name in (path, *(os.path.join(path, file) for file in files)):
            os.chown(name, *bench.owner)
    # A mailbox that changed just now is looked at twice, in case it changes again within a tick of the file system's clock.
    old = time.time() - 3600
    for name in ("cur", "new"):
        os.utime(os.path.join(folder, name), (old, old))


def mailbox(bench):
    """A large Maildir: opened for the first time, again, fetched whole, and by many at once."""
    count = bench.scale.mailbox
    number = bench.scale.accounts
    fill_mailbox(bench, number, count)
    tls = imap.context()
    command = "Tools/bench mailbox"
    results = []
    with bench.postroom() as server:
        def session():
            client = imap.Client(server.ports["imaps"], tls)
            client.log_in(site.login(number), site.PASSWORD)
            return client

        def timed(what, client, text, unit="ms"):
            cpu, begin = server.cpu(), time.monotonic()
            octets = client.command(text)
            seconds, cpu = time.monotonic() - begin, server.cpu() - cpu
            results.append(Figure(f"{what}, {count:,} messages", seconds * 1000, unit, command))
            results.append(Figure("    our CPU for it", cpu * 1000, "ms", command))
            return octets

        client = session()
        timed("SELECT of a mailbox never seen", client, "SELECT INBOX")
        timed("SELECT again", client, "SELECT INBOX")
        timed("FETCH of all flags", client, "FETCH 1:* (UID FLAGS)")
        timed("FETCH of all envelopes, first", client, "FETCH 1:* (UID ENVELOPE)")
        timed("FETCH of all envelopes, again", client, "FETCH 1:* (UID ENVELOPE)")
        client.idle()
        before = server.memory()
        clients = []
        for _ in range(bench.scale.idle):
            other = session()
            other.command("SELECT INBOX")
            other.idle()
            clients.append(other)
        each = (server.memory() - before) / len(clients) / 1024
        results.append(Figure(
            f"memory of each of {len(clients)} idle sessions in one mailbox of {count:,}", each, "KiB", command))
        # One delivery wakes them all.
        cpu, begin = server.cpu(), time.monotonic()
        with smtplib.SMTP("127.0.0.1", server.ports["smtp"]) as sender:
            sender.sendmail("sender@outside.example", [site.address(number)], "Subject: news\r\n\r\nnews\r\n")
        for other in [client, *clients]:
            while not other.line().endswith(b" EXISTS"):
                pass
        seconds, cpu = time.monotonic() - begin, server.cpu() - cpu
        what = f"a delivery to the EXISTS of all {len(clients) + 1} sessions"
        results.append(Figure(what, seconds * 1000, "ms", command))
        results.append(Figure("    our CPU for it", cpu * 1000, "ms", command))
        for other in clients:
            other.close()
        client.close()
    return results


ALL = {
    "start": start, "smtp": smtp, "postfix": postfix, "lookups": lookups, "mailboxes": mailboxes.mailboxes,
    "logins": mailboxes.logins, "news": mailboxes.news, "idle": crowd.idle, "crowd": crowd.crowd, "mailbox": mailbox,
    "queue": queue.queue, "waiting": queue.waiting,
}
