"""An IMAP client that does no more than it must, so that what is measured is the server."""
import socket
import ssl


def context():
    # The server's certificate is made at its first start: nobody vouches for it.
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.check_hostname = False
    result.verify_mode = ssl.CERT_NONE
    return result


class Client:
    def __init__(self, port, tls=None, timeout=120):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.buffer = b""
        self.count = 0
        greeting = self.line()
        if not greeting.startswith(b"* OK"):
            raise RuntimeError(f"the greeting is {greeting!r}")

    def line(self):
        while b"\r\n" not in self.buffer:
            chunk = self.socket.recv(1 << 18)
            if not chunk:
                raise RuntimeError("the server closed the connection")
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def command(self, text):
        """Sends a command and reads to its end; the number of octets of the answer."""
        self.count += 1
        tag = b"a%d " % self.count
        self.socket.sendall(tag + text.encode() + b"\r\n")
        octets = 0
        tail = self.buffer
        self.buffer = b""
        while True:
            # The tagged line ends the answer; look for it in the last piece only.
            position = tail.find(b"\r\n" + tag)
            begins = tail.startswith(tag)
            if begins or position >= 0:
                start = 0 if begins else position + 2
                end = tail.find(b"\r\n", start)
                if end >= 0:
                    octets += end + 2
                    status = tail[start + len(tag):end]
                    self.buffer = tail[end + 2:]
                    if not status.startswith(b"OK"):
                        raise RuntimeError(f"{text.split()[0]}: {status!r}")
                    return octets
            chunk = self.socket.recv(1 << 18)
            if not chunk:
                raise RuntimeError("the server closed the connection")
            if begins or position >= 0:
                tail += chunk
            else:
                keep = tail[-len(tag) - 2:]
                octets += len(tail) - len(keep)
                tail = keep + chunk

    def log_in(self, name, password):
        self.command(f"LOGIN {name} {password}")

    def idle(self):
        self.count += 1
        self.socket.sendall(b"a%d IDLE\r\n" % self.count)
        while not self.line().startswith(b"+"):
            pass

    def close(self):
        self.socket.close()
