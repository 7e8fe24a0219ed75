"""Processes: started, watched through /proc, ended."""
import os
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process=None, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5)
        except OSError:
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"nobody answers on port {port}")
            time.sleep(0.002)


def cpu_seconds(pid):
    """User and system time of a process and of its threads, by its own clock: /proc/PID/stat counts in hundredths."""
    return time.clock_gettime((~pid << 3) | 2)


def tree(pid):
    """The fields of /proc/PID/stat behind the name, of a process and of its children; the process is the first."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(name) == pid:
            found.insert(0, (pid, fields))
        elif int(fields[1]) == pid:
            found.append((int(name), fields))
    return found


def tree_cpu_seconds(pid):
    """Of a master, of its children, and of those that it has waited for."""
    total = 0
    for child, fields in tree(pid):
        if child == pid:
            total += (int(fields[13]) + int(fields[14])) / TICKS
        try:
            total += cpu_seconds(child)
        except OSError:  # ended meanwhile
            continue
    return total


def tree_memory_bytes(pid):
    total = 0
    for child, _ in tree(pid):
        try:
            total += memory_bytes(child)
        except OSError:  # ended meanwhile
            continue
    return total


def quiet_cpu(server, seconds=30):
    """The CPU time of a server once it does nothing any more."""
    deadline = time.monotonic() + seconds
    last, since = server.cpu(), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.05)
        now = server.cpu()
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 0.3:
            break
    return last


def memory_bytes(pid):
    """Private and shared memory in proportion (Pss), from /proc/PID/smaps_rollup."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("smaps_rollup has no Pss")


class Child:
    """A process that ends with the bench, however that ends."""

    def __init__(self, command, log):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output)

    @property
    def pid(self):
        # setpriv becomes the program it starts.
        return self.process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
