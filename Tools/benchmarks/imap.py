"""An IMAP client that does no more than it must, so that what is measured is the server: it counts octets and parses none."""
import socket
import ssl
import threading
import zlib

SPACE = threading.local()


def context():
    # The server's certificate is made at its first start: nobody vouches for it.
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.check_hostname = False
    result.verify_mode = ssl.CERT_NONE
    return result


def space():
    """Room for what is only counted."""
    if not hasattr(SPACE, "room"):
        SPACE.room = bytearray(1 << 20)
    return SPACE.room


class Client:
    def __init__(self, port, tls=None, timeout=300, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.buffer = b""
        self.count = 0
        self.inflater = None
        greeting = self.line()
        if not greeting.startswith(b"* OK"):
            raise RuntimeError(f"the greeting is {greeting!r}")

    def receive(self):
        chunk = self.socket.recv(1 << 16)
        if not chunk:
            raise RuntimeError("the server closed the connection")
        return self.inflater.decompress(chunk) if self.inflater else chunk

    def send(self, data):
        if self.inflater:
            data = self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(data)

    def line(self):
        while b"\r\n" not in self.buffer:
            self.buffer += self.receive()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def command(self, text):
        """Sends a command and reads to its end; the number of octets of the answer."""
        return self.send_and_count(text.encode() + b"\r\n")

    def answer(self, text):
        """The untagged lines of an answer."""
        self.count += 1
        tag = b"a%d " % self.count
        self.send(tag + text.encode() + b"\r\n")
        lines = []
        while not (line := self.line()).startswith(tag):
            lines.append(line)
        self.checked(line[len(tag):], 0)
        return lines

    def append(self, mailbox, message):
        return self.send_and_count(b"APPEND %s {%d+}\r\n%s\r\n" % (mailbox.encode(), len(message), message))

    def send_and_count(self, data):
        self.count += 1
        tag = b"a%d " % self.count
        self.send(tag + data)
        if self.inflater:
            while not (line := self.line()).startswith(tag):
                pass
            return self.checked(line[len(tag):], 0)
        # Nothing comes behind the tagged line, so it is at the end of what was read: a few hundred octets tell.
        room = space()
        octets, tail = len(self.buffer), self.buffer[-1024:]
        self.buffer = b""
        while True:
            if tail.endswith(b"\r\n"):
                before = tail.rfind(b"\r\n", 0, len(tail) - 2)
                start = 0 if before < 0 else before + 2
                if tail.startswith(tag, start):
                    return self.checked(tail[start + len(tag):-2], octets)
            count = self.socket.recv_into(room)
            if count == 0:
                raise RuntimeError("the server closed the connection")
            octets += count
            tail = bytes(room[count - 1024:count]) if count >= 1024 else (tail + room[:count])[-1024:]

    @staticmethod
    def checked(status, octets):
        if not status.startswith(b"OK"):
            raise RuntimeError(f"the answer is {status!r}")
        return octets

    def log_in(self, name, password):
        self.command(f"LOGIN {name} {password}")

    def compress(self):
        self.command("COMPRESS DEFLATE")
        self.deflater = zlib.compressobj(wbits=-15)
        self.inflater = zlib.decompressobj(-15)

    def idle(self):
        self.count += 1
        self.send(b"a%d IDLE\r\n" % self.count)
        while not self.line().startswith(b"+"):
            pass

    def close(self):
        self.socket.close()
