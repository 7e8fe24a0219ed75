"""A Postfix of the bench's own as the peer: its queue and its port, Maildirs below the same folder.

It reads its mailboxes from an indexed file, not from the directory: that is the cheapest that it can do, so the ratio is
in its favour.
"""
import os
import subprocess
import time

from . import site
from .processes import free_port, tree_cpu_seconds, wait_for_port

DAEMONS = "/usr/lib/postfix/sbin"

SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

PARAMETERS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = peer.{domain}
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
smtpd_peername_lookup = no
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_tls_security_level = none
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {mail}
virtual_mailbox_maps = hash:{folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 500
"""

RELAY = """\
relay_domains = {domain}
relay_transport = relay:[127.0.0.1]:{port}
"""


class Postfix:
    def __init__(self, folder, accounts, owner, relay=None):
        self.folder = os.path.join(folder, "postfix-relay" if relay else "postfix")
        self.mail = os.path.join(self.folder, "mail")
        for name in ("queue", "data", "mail"):
            os.makedirs(os.path.join(self.folder, name))
        os.chown(self.mail, *owner)
        subprocess.run(["chown", "postfix", os.path.join(self.folder, "data")], check=True)
        self.port = free_port()
        values = {
            "folder": self.folder, "mail": self.mail, "domain": site.DOMAIN, "uid": owner[0], "gid": owner[1],
        }
        self.write("master.cf", SERVICES.format(port=self.port))
        further = RELAY.format(domain=relay[0], port=relay[1]) if relay else ""
        self.write("main.cf", PARAMETERS.format(**values) + further)
        self.write("mailboxes", "".join(
            f"{site.address(number)} {site.login(number)}/Maildir/\n" for number in range(1, accounts + 1)))
        self.run(["/usr/sbin/postmap", "-c", self.folder, f"hash:{self.folder}/mailboxes"])
        self.control("start")
        with open(os.path.join(self.folder, "queue", "pid", "master.pid")) as file:
            self.master = int(file.read())
        wait_for_port(self.port).close()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def control(self, verb):
        self.run(["/usr/sbin/postfix", "-c", self.folder, verb])

    def run(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-500:]} {self.log()}")

    def log(self):
        try:
            with open(os.path.join(self.folder, "mail.log"), errors="replace") as file:
                return "".join(file.readlines()[-5:])
        except OSError:
            return ""

    def cpu(self):
        """Seconds of the master, of its children, and of those that it has waited for."""
        return tree_cpu_seconds(self.master)

    def wait_for_messages(self, count, seconds=120):
        deadline = time.monotonic() + seconds
        while self.arrived() < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.arrived()} of {count} messages have arrived: {self.log()}")
            time.sleep(0.05)

    def arrived(self):
        return count_messages(self.mail)

    def stop(self):
        self.control("stop")


def count_messages(mail):
    """How many messages lie in the new/ of all Maildirs below a folder."""
    folders = (os.path.join(mail, name, "Maildir", "new") for name in os.listdir(mail))
    return sum(len(os.listdir(new)) for new in folders if os.path.isdir(new))
