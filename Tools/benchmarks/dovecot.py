"""A Dovecot of the bench's own as the peer: the same directory, the same certificate, a copy of the same mail.

What is set beside the defaults makes it cheaper, never dearer: the user database is no lookup, and `tuned` is its
high-performance mode of logins, in which a login process is kept and used again.
"""
import os

from . import site
from .processes import Child, free_port, tree_cpu_seconds, tree_memory_bytes, wait_for_port

SETTINGS = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = bench
listen = 127.0.0.1
protocols = imap lmtp
ssl = yes
ssl_cert = <{tls}/certificate.pem
ssl_key = <{tls}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain
auth_worker_max_count = 30
mail_location = maildir:~/Maildir
mail_max_userip_connections = 0
first_valid_uid = 500
default_client_limit = 8000
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = ldap
  args = {folder}/ldap.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%n allow_all_users=yes
}}
service anvil {{
  client_limit = 8000
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 8000
}}
service imap {{
  process_limit = 4000
}}
service imap-login {{
  process_limit = 4000
  {mode}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
protocol imap {{
  mail_plugins = {plugins}
}}
"""

LDAP = """\
hosts = 127.0.0.1:{port}
dn = {reader}
dnpass = {password}
auth_bind = yes
base = {base}
pass_attrs = uid=user
pass_filter = (&(objectClass=inetOrgPerson)(|(uid=%u)(mail=%u)))
"""


class Dovecot:
    name = "Dovecot"

    def __init__(self, bench, mail, tuned=False, plugins=""):
        self.folder = os.path.join(bench.folder, "dovecot")
        for path in (self.folder, mail):
            os.makedirs(path, exist_ok=True)
        os.chown(mail, *bench.owner)
        self.ports = {name: free_port() for name in ("imap", "imaps", "lmtp")}
        uid, gid = bench.owner
        mode = "service_count = 0\n  process_min_avail = 2" if tuned else ""
        self.write("dovecot.conf", SETTINGS.format(
            folder=self.folder, mail=mail, uid=uid, gid=gid, mode=mode, plugins=plugins, tls=os.path.join(bench.folder, "tls"),
            **self.ports))
        self.write("ldap.conf", LDAP.format(
            port=bench.slapd(), reader=site.READER, password=site.READER_PASSWORD, base=site.BASE))
        self.child = Child(
            ["/usr/sbin/dovecot", "-F", "-c", os.path.join(self.folder, "dovecot.conf")],
            os.path.join(self.folder, "output"))
        for port in self.ports.values():
            wait_for_port(port, self.child.process).close()
        self.delivery_port = self.ports["lmtp"]
        self.delivery_greeting = b"LHLO bench.example.org\r\n"

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def cpu(self):
        return tree_cpu_seconds(self.child.pid)

    def memory(self):
        return tree_memory_bytes(self.child.pid)

    def log(self):
        try:
            with open(os.path.join(self.folder, "log"), errors="replace") as file:
                return "".join(file.readlines()[-10:])
        except OSError:
            return ""

    def stop(self):
        self.child.stop()
