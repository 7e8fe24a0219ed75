"""The measured site: its people, its directory server and its configuration."""
import base64
import hashlib
import os
import subprocess

from .processes import Child, free_port, wait_for_port

BASE = "dc=example,dc=org"
DOMAIN = "example.org"
READER = f"cn=reader,{BASE}"
READER_PASSWORD = "reader-password"
PASSWORD = "bench-password"


def login(number):
    """smtp-source -N puts a number before the recipient that it is given."""
    return f"{number}user"


def address(number):
    return f"{login(number)}@{DOMAIN}"


def hashed(password):
    salt = b"benchsalt"
    digest = hashlib.sha1(password.encode() + salt).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


def people(count):
    """The directory as LDIF: one reader, `count` people with a password, a group of twenty."""
    password = hashed(PASSWORD)
    yield f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n"
    yield f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n"
    yield (f"dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\n"
           f"userPassword: {hashed(READER_PASSWORD)}\n")
    for number in range(1, count + 1):
        yield (f"dn: uid={login(number)},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {login(number)}\n"
               f"cn: Person {number}\nsn: Person\nmail: {address(number)}\nuserPassword: {password}\n")


class Slapd:
    """An OpenLDAP server with the people in it, indexed as one would."""

    def __init__(self, folder, ldif):
        data = os.path.join(folder, "slapd")
        os.makedirs(data)
        configuration = os.path.join(folder, "slapd.conf")
        schemas = "\n".join(f"include /etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
        with open(configuration, "w") as file:
            file.write(f"""{schemas}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {data}/pid
database mdb
suffix "{BASE}"
rootdn "cn=manager,{BASE}"
directory {data}
maxsize 1073741824
dbnosync
index objectClass,uid eq
index mail eq,sub
access to attrs=userPassword by anonymous auth by * none
access to * by * read
""")
        self.log = os.path.join(folder, "slapd.log")
        loaded = subprocess.run(
            ["/usr/sbin/slapadd", "-q", "-f", configuration, "-l", ldif], capture_output=True, text=True)
        if loaded.returncode != 0:
            raise RuntimeError(f"slapadd: {loaded.stderr.strip()[-500:]}")
        self.port = free_port()
        self.child = Child(
            ["/usr/sbin/slapd", "-d", "0", "-f", configuration, "-h", f"ldap://127.0.0.1:{self.port}"], self.log)
        wait_for_port(self.port, self.child.process).close()

    def stop(self):
        self.child.stop()


def configuration(folder, ports, directory, owner, relay=None):
    """`postroom.yaml`: the one place that knows its format. `directory` is a slapd's port or an LDIF file, `relay` another
    host's domain and the settings for the way there."""
    far, outgoing = relay or ("", "outgoing: {queue_directory: FOLDER/queue}\n")
    if isinstance(directory, int):
        source = (f"servers: [\"ldap://127.0.0.1:{directory}\"]\n  base: {BASE}\n"
                  f"  bind: {{dn: \"{READER}\", password: {READER_PASSWORD}}}")
    else:
        source = f"ldif: {directory}\n  base: {BASE}"
    return f"""hostname: bench.{DOMAIN}
postmaster: {address(1)}
directory:
  {source}
preset: inetorgperson
domains: {{mailbox: [{DOMAIN}]{f', relay: [{far}]' if far else ''}}}
{outgoing.replace('FOLDER', folder)}accounts:
  user:
    - filter: (&(objectClass=inetOrgPerson)(|(uid=%u)(mail=%u)))
      address_filter: (&(objectClass=inetOrgPerson)(mail=%u))
      attributes: "uid=user, =home={folder}/mail/%{{ldap:uid}}"
  mail_location: maildir:~/Maildir
store: {{roots: [{folder}/mail], owner: "{owner[0]}:{owner[1]}", index_directory: {folder}/index}}
listeners:
  - {{protocol: smtp, address: "127.0.0.1:{ports['smtp']}"}}
  - {{protocol: submission, address: "127.0.0.1:{ports['submission']}"}}
  - {{protocol: imap, address: "127.0.0.1:{ports['imap']}", authentication: always}}
  - {{protocol: imaps, address: "127.0.0.1:{ports['imaps']}"}}
tls: {{self_signed_directory: {folder}/tls}}
limits: {{connections: 20000, connections_per_client: 20000}}
log: {{level: warning}}
"""
