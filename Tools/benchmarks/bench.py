"""The stage: folders, accounts, servers."""
import collections
import contextlib
import os
import pwd
import resource
import shutil
import subprocess
import tempfile
import time

from . import site
from .processes import Child, cpu_seconds, free_port, memory_bytes, wait_for_port


class Figure(collections.namedtuple("Figure", "what value unit command")):
    def text(self):
        return f"{self.what:<62} {self.value:>12,.2f} {self.unit}\n    {self.command}"


class Scale:
    """How much of everything."""

    def __init__(self, quick):
        self.accounts = 200 if quick else 10_000
        self.messages = 100 if quick else 5_000
        self.lookups = 100 if quick else 5_000
        self.logins = 40 if quick else 1_000
        self.idle = 20 if quick else 1_000
        self.idle_beside = 20 if quick else 200
        self.crowd = 100 if quick else 10_000
        self.mailbox = 200 if quick else 10_000
        self.appended = 20 if quick else 1_000
        self.starts = 3 if quick else 10
        self.deliveries = 5 if quick else 100
        self.rests = 1 if quick else 7
        self.waiting = 500 if quick else 100_000


class Bench:
    def __init__(self, binary, scale, folder=None):
        self.binary = binary
        self.scale = scale
        self.parent = folder
        self.stack = contextlib.ExitStack()
        self.slapd_port = None
        # Of the figure `smtp`, for the one beside it.
        self.cpu_per_message = None

    def __enter__(self):
        # Thousands of sessions have one end here and one in the server, which inherits the limit.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.folder = tempfile.mkdtemp(prefix="postroom-bench-", dir=self.parent)
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        # Mail of root is refused, so root measures as another user.
        user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.owner = (user.pw_uid, user.pw_gid)
        for name in ("mail", "tls", "run", "queue", "index"):
            self.make_folder(name)
        os.chmod(self.folder, 0o755)
        self.ldif = os.path.join(self.folder, "people.ldif")
        with open(self.ldif, "w") as file:
            file.write("\n".join(site.people(self.scale.accounts)))
        return self

    def __exit__(self, *error):
        self.stack.close()

    def slapd(self):
        """Started by the first figure that needs it."""
        if self.slapd_port is None:
            server = site.Slapd(self.folder, self.ldif)
            self.stack.callback(server.stop)
            self.slapd_port = server.port
        return self.slapd_port

    def as_owner(self, command):
        if os.getuid() != 0:
            return command
        uid, gid = self.owner
        return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--", *command]

    def last_log_lines(self):
        try:
            with open(os.path.join(self.folder, "postroom.log"), errors="replace") as file:
                return "".join(file.readlines()[-10:])
        except OSError:
            return ""

    def write_configuration(self, directory=None, relay=None):
        self.ports = {name: free_port() for name in ("smtp", "submission", "imap", "imaps")}
        path = os.path.join(self.folder, "postroom.yaml")
        with open(path, "w") as file:
            file.write(site.configuration(self.folder, self.ports, directory or self.slapd(), self.owner, relay))
        os.chmod(path, 0o644)
        return path

    @contextlib.contextmanager
    def postroom(self, directory=None, relay=None):
        server = Postroom(self, self.write_configuration(directory, relay))
        try:
            yield server
        finally:
            server.stop()

    def forget_queue(self):
        shutil.rmtree(os.path.join(self.folder, "queue"))
        self.make_folder("queue")

    def make_folder(self, name):
        os.mkdir(os.path.join(self.folder, name), 0o700)
        os.chown(os.path.join(self.folder, name), *self.owner)

    def run(self, command, text=""):
        """A command to its end, with `text` as its standard input, in seconds."""
        start = time.monotonic()
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command[:4])} … ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return time.monotonic() - start, done.stdout


class Postroom:
    """`postroom serve`, from its first instruction to its first 220."""

    def __init__(self, bench, configuration):
        self.ports = bench.ports
        self.delivery_port = self.ports["smtp"]
        self.delivery_greeting = b"EHLO bench.example.org\r\n"
        start = time.monotonic()
        self.child = Child(
            bench.as_owner([bench.binary, "serve", "--config", configuration]),
            os.path.join(bench.folder, "postroom.log"))
        with wait_for_port(self.ports["smtp"], self.child.process) as connection:
            greeting = connection.recv(512)
            self.start_seconds = time.monotonic() - start
            if not greeting.startswith(b"220 "):
                raise RuntimeError(f"the greeting is {greeting!r}")
            connection.sendall(b"QUIT\r\n")
        wait_for_port(self.ports["imaps"], self.child.process).close()

    def cpu(self):
        return cpu_seconds(self.child.pid)

    def memory(self):
        return memory_bytes(self.child.pid)

    def stop(self):
        self.child.stop()
