"""Mail on its way to another host: into the spool, through it, and a spool that is full of it; Postfix beside it."""
import os
import statistics
import time

from . import site
from .bench import Figure
from .postfix import Postfix
from .processes import Child, free_port, wait_for_port

SMTP_SINK = "/usr/sbin/smtp-sink"
SMTP_SOURCE = "/usr/sbin/smtp-source"
FAR = "far.example"


def settings(port):
    """Lines of `postroom.yaml`: where mail for other hosts goes."""
    return f"""transports: {{relay: {{smtp: "[127.0.0.1]:{port}"}}}}
outgoing: {{queue_directory: FOLDER/queue, tls: none}}
"""


def send(bench, port, count, length=4096):
    command = [SMTP_SOURCE, "-N", "-s", "20", "-l", str(length), "-m", str(count), "-f", "sender@outside.example",
               "-t", f"user@{FAR}", f"127.0.0.1:{port}"]
    return bench.run(command)[0], " ".join(command)


class Sink:
    """A next hop that takes `count` messages and ends."""

    def __init__(self, bench, port, count):
        self.child = Child(
            bench.as_owner([SMTP_SINK, "-c", "-M", str(count), f"127.0.0.1:{port}", "1000"]),
            os.path.join(bench.folder, "sink.log"))
        wait_for_port(port, self.child.process).close()

    def wait(self, seconds=300):
        self.child.process.wait(seconds)


def measure(bench, server, sink_port, port, name):
    """`server` has the mail for `FAR` go to a port on which nobody listens at first."""
    count = bench.scale.messages
    first = max(count // 10, 20)
    # Warmed up over the way that is measured.
    sink = Sink(bench, sink_port, first)
    send(bench, port, first)
    sink.wait()
    sink = Sink(bench, sink_port, count)
    cpu, begin = server.cpu(), time.monotonic()
    command = send(bench, port, count)[1]
    sink.wait()
    through, through_cpu = time.monotonic() - begin, server.cpu() - cpu
    # The next hop is gone now.
    cpu = server.cpu()
    into = send(bench, port, count)[0]
    into_cpu = server.cpu() - cpu
    return [
        Figure(f"{name}: through to a next hop, 4 KB, 20 sessions", count / through, "messages/s", command),
        Figure("    CPU for one of them", through_cpu / count * 1000, "ms", command),
        Figure(f"{name}: into the spool while the next hop is down", count / into, "messages/s", command),
        Figure("    CPU for one of them", into_cpu / count * 1000, "ms", command),
    ]


def queue(bench):
    """The same load through Postroom and, as root, through Postfix."""
    sink_port = free_port()
    with bench.postroom(relay=(FAR, settings(sink_port))) as server:
        results = measure(bench, server, sink_port, server.ports["smtp"], "Postroom")
    bench.forget_queue()
    if os.getuid() != 0:
        return results
    sink_port = free_port()
    peer = Postfix(bench.folder, bench.scale.accounts, bench.owner, relay=(FAR, sink_port))
    try:
        results += measure(bench, peer, sink_port, peer.port, "Postfix")
    finally:
        peer.stop()
    for ours, theirs, what in ((1, 5, "through"), (3, 7, "into the spool")):
        ratio = results[theirs].value / results[ours].value
        results.append(Figure(f"CPU for a message {what}, Postfix's over ours", ratio, "times", "Tools/bench queue"))
    return results


def waiting(bench):
    """A start with a spool full of mail for a host that is down."""
    count = bench.scale.waiting
    relay = (FAR, settings(free_port()))
    with bench.postroom(relay=relay) as server:
        empty = server.memory()
        command = send(bench, server.ports["smtp"], count, 1024)[1]
    times = []
    for _ in range(3):
        with bench.postroom(relay=relay) as server:
            times.append(server.start_seconds * 1000)
            begin = time.monotonic()
            # Read when the program has nothing to do any more.
            busy = server.cpu()
            while True:
                time.sleep(1)
                busy, before = server.cpu(), busy
                if busy - before < 0.1:
                    break
            read, memory, cpu = time.monotonic() - begin - 1, server.memory(), server.cpu()
    bench.forget_queue()
    return [
        Figure(f"start to first 220 with {count:,} messages waiting", statistics.median(times), "ms", command),
        Figure("    until they are read, about", read, "s", command),
        Figure("    our CPU for it", cpu, "s", command),
        Figure("    memory of the server then", memory / 1024 / 1024, "MiB", command),
        Figure("    for each message", (memory - empty) / count, "bytes", command),
    ]
