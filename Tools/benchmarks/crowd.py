"""Sessions that do nothing: what each costs, and ten thousand of them while mail arrives."""
import select
import ssl
import statistics
import time

from . import imap, site
from .bench import Figure
from .mailboxes import COMMAND, Sender, measured, session, started


def waiting(server, number, way):
    client = session(server, None if way == "plain" else imap.context(), number)
    if way == "COMPRESS":
        client.compress()
    client.command("SELECT INBOX")
    client.idle()
    return client


def idle(bench):
    """Memory for each session in IDLE, an account each: plain, with TLS, with TLS and COMPRESS; Dovecot's beside it."""
    command = COMMAND + "idle"
    results = []
    for kind, count in (("postroom", bench.scale.idle), ("dovecot", bench.scale.idle_beside)):
        name = "Postroom" if kind == "postroom" else "Dovecot"
        with started(bench, kind, plugins="imap_zlib") as server:
            # What the first sessions bring into memory stays for all: threads, the index files that are kept open.
            for way in ("plain", "TLS", "COMPRESS"):
                for client in [waiting(server, number + 1, way) for number in range(count // 5)]:
                    client.close()
            clients = []
            for way in ("plain", "TLS", "COMPRESS"):
                before = server.memory()
                start = len(clients)
                for _ in range(count):
                    clients.append(waiting(server, len(clients) % bench.scale.accounts + 1, way))
                each = (server.memory() - before) / (len(clients) - start) / 1024
                what = "TLS and COMPRESS" if way == "COMPRESS" else way
                results.append(Figure(f"{name}: memory of an idle session, {what} ({count})", each, "KiB", command))
            results.append(Figure(
                f"{name}: memory with all {len(clients)} of them", server.memory() / 1024 / 1024, "MiB", command))
            for client in clients:
                client.close()
    return results


class Crowd:
    """Many sessions in IDLE, and who of them was told of new mail."""

    def __init__(self):
        self.poll = select.epoll()
        self.clients = {}
        self.numbers = {}

    def add(self, client, number):
        descriptor = client.socket.fileno()
        client.socket.setblocking(False)
        self.clients[descriptor] = (client, number)
        self.poll.register(descriptor, select.EPOLLIN)

    def told(self, seconds):
        """The numbers of those that heard of an EXISTS."""
        found = []
        for descriptor, _ in self.poll.poll(seconds):
            client, number = self.clients[descriptor]
            try:
                while chunk := client.socket.recv(1 << 14):
                    client.buffer += chunk
                raise RuntimeError(f"the server closed the session of {number}")
            except (BlockingIOError, ssl.SSLWantReadError):
                pass
            while b"\r\n" in client.buffer:
                line, _, client.buffer = client.buffer.partition(b"\r\n")
                if line.endswith(b" EXISTS"):
                    found.append(number)
        return found

    def close(self):
        for client, _ in self.clients.values():
            client.close()


def crowd(bench):
    """Ten thousand sessions in IDLE, half of them with TLS, an account each, while mail arrives for some of them. Dovecot has a
    process for each and is left out."""
    count = bench.scale.crowd
    messages = bench.scale.messages // 5
    tls = imap.context()
    command = COMMAND + "crowd"
    sessions = Crowd()
    with started(bench, "postroom") as server:
        session(server, number=1).close()
        memory, cpu, begin = server.memory(), server.cpu(), time.monotonic()
        for index in range(count):
            # So many connections from one address to one port leave no ports.
            source = f"127.0.0.{2 + index // 2500}"
            number = index % bench.scale.accounts + 1
            client = session(server, tls if index % 2 else None, number, source)
            client.command("SELECT INBOX")
            client.idle()
            sessions.add(client, number)
        seconds, cpu = time.monotonic() - begin, server.cpu() - cpu
        memory = (server.memory() - memory) / count / 1024
        idle_cpu, idle_begin = server.cpu(), time.monotonic()
        time.sleep(5)
        idle_cpu = (server.cpu() - idle_cpu) / (time.monotonic() - idle_begin)
        sender = Sender(server)
        delays = []

        def deliver(index):
            number = index * 7919 % min(count, bench.scale.accounts) + 1
            begin = sender.deliver(number)
            while number not in sessions.told(30):
                if time.monotonic() - begin > 30:
                    raise RuntimeError(f"{number} is not told of its mail")
            delays.append((time.monotonic() - begin) * 1000)
            sender.reply()

        each = measured(server, messages, deliver)
        sender.close()
        whole = server.memory() / 1024 / 1024
        sessions.close()
    delays.sort()
    return [
        Figure(f"{count:,} idle sessions, half with TLS: memory of each", memory, "KiB", command),
        Figure("    of the server with all of them, after the mail", whole, "MiB", command),
        Figure("    until all were logged in and in IDLE", seconds, "s", command),
        Figure("    our CPU for each of those", cpu / count * 1000, "ms", command),
        Figure("    our CPU while nothing happens", idle_cpu * 1000, "ms/s", command),
        Figure(f"    {messages:,} messages: last dot to EXISTS, median", statistics.median(delays), "ms", command),
        Figure("    last dot to EXISTS, slowest of a hundred", delays[int(len(delays) * 0.99)], "ms", command),
        Figure("    our CPU for a message and its EXISTS", each[0], "ms", command),
    ]
