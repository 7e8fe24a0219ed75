import Dialects
import Directory
import MailModel
import SiteConfiguration
import Testing

/// Env files, compose files and the process's environment.
@Suite struct ContainerSetupTests {
    @Test(arguments: [
        ("A", "POSTMASTER_ADDRESS=a@example.org # mine", "a@example.org"),
        ("B", "POSTMASTER_ADDRESS=\"a@example.org\" # mine", "a@example.org"),
        ("C", "POSTMASTER_ADDRESS='a@example.org'", "a@example.org"),
        ("D", "export POSTMASTER_ADDRESS=a@example.org", "a@example.org"),
        ("E", "  POSTMASTER_ADDRESS = a@example.org  ", "a@example.org"),
        ("F", "NAME=a\nPOSTMASTER_ADDRESS=${NAME}@${HOST:-example.org}", "a@example.org"),
        ("G", "POSTMASTER_ADDRESS=a#b@example.org", "a#b@example.org"),
        ("H", "POSTMASTER_ADDRESS='${X}@example.org'", "${X}@example.org"),
        ("I", "POSTMASTER_ADDRESS", "process@example.org"),
        ("J", "POSTMASTER_ADDRESS=a$$b@example.org", "a$b@example.org"),
    ])
    func `an env file is read as Compose reads it`(name: String, line: String, value: String) {
        let site = MailserverSite(
            ["/site/mailserver.env": line + "\nSSL_TYPE=\n"], environment: ["POSTMASTER_ADDRESS": "process@example.org"]
        )
        #expect(site.text("/etc/aliases") == "root: \(value)\n")
    }

    @Test func `environment counts before env_file, later files before earlier ones, and the override file last`() {
        let site = MailserverSite(
            [
                "/site/docker-compose.yml": """
                services:
                  web:
                    image: nginx
                  mail:
                    image: docker.io/mailserver/docker-mailserver:15.1
                    hostname: mail
                    domainname: example.org
                    env_file:
                      - one.env
                      - path: ./two.env
                        required: true
                      - path: ./three.env
                        required: false
                    environment:
                      POSTFIX_MESSAGE_SIZE_LIMIT: 3
                      SSL_TYPE:
                      POSTMASTER_ADDRESS: ${WHO:-nobody}@example.org
                    volumes:
                      - type: bind
                        source: ./settings
                        target: /tmp/docker-mailserver
                      - mail-data:/var/mail
                      - $HOME/logs:/var/log/mail
                """,
                "/site/docker-compose.override.yml": "services: {mail: {environment: [\"DMS_VMAIL_UID=77\"]}}\n",
                "/site/.env": "WHO=somebody\n",
                "/site/one.env": "POSTFIX_MESSAGE_SIZE_LIMIT=1\nPOSTFIX_MAILBOX_SIZE_LIMIT=1\nDEFAULT_RELAY_HOST=one\n",
                "/site/two.env": "POSTFIX_MAILBOX_SIZE_LIMIT=2\n",
                "/site/settings/postfix-accounts.cf": "a@example.org|{PLAIN}x\n",
            ], environment: ["HOME": "/home/u"])
        #expect(site.errors == [])
        #expect(site.main("myhostname") == "mail.example.org")
        #expect(site.main("message_size_limit") == "3")
        #expect(site.main("virtual_mailbox_limit") == "2")
        #expect(site.main("relayhost") == "one")
        #expect(site.place("/etc/postfix/main.cf", "relayhost") == "/site/one.env:3")
        #expect(site.place("/etc/postfix/main.cf", "message_size_limit") == "/site/docker-compose.yml:15")
        #expect(site.text("/etc/aliases") == "root: somebody@example.org\n")
        #expect(site.lines("/etc/dovecot/userdb") == ["a@example.org:{PLAIN}x:77:5000::/var/mail/example.org/a/home::"])
        #expect(site.draft.files.hostPath("/var/log/mail/x") == "/home/u/logs/x")
        #expect(site.entries("volumes").first?.value == "/var/mail")
        #expect(site.entries("volumes").first?.fate == .unsupported(.routing))
        #expect(site.draft.model.postmaster?.value.description == "somebody@example.org")
    }

    @Test func `what the command line maps counts before a volume`() {
        let site = MailserverSite(
            ["/site/compose.yaml": "services: {mailserver: {volumes: ['./m:/var/mail'], environment: [A=b]}}\n"],
            maps: [("/var/mail", "/srv/mail")])
        #expect(site.draft.files.hostPath("/var/mail/x") == "/srv/mail/x")
        let named = MailserverSite(
            ["/site/compose.yaml": "services: {mailserver: {volumes: ['mail:/var/mail'], environment: [A=b]}}\n"],
            maps: [("/var/mail", "/srv/mail")])
        #expect(named.entries("volumes").map(\.fate) == [.notNeeded])
    }

    @Test func `a Postfix and a Dovecot of this machine say nothing about the container's`() {
        let site = MailserverSite([
            "/site/mailserver.env": "OVERRIDE_HOSTNAME=mail.example.org\nSSL_TYPE=\n",
            "/etc/dovecot/conf.d/99-own.conf": "x = y\n", "/etc/dovecot/local.conf": "x = y\n",
            "/etc/postfix/main.cf": "mynetworks = 0.0.0.0/0\n", "/etc/postfix/own.cf": "",
        ])
        #expect(site.main("mynetworks") == "")
        #expect(!site.draft.files.exists("/etc/dovecot/conf.d/99-own.conf"))
        #expect(!site.draft.files.exists("/etc/dovecot/local.conf"))
        #expect(!site.draft.files.exists("/etc/postfix/own.cf"))
    }

    @Test func `a file that is mounted in place of a shipped one is what the scripts begin with`() {
        let site = MailserverSite([
            "/site/compose.yaml": """
            services:
              mailserver:
                hostname: mail.example.org
                volumes: ["./own.cf:/etc/postfix/main.cf"]
                environment: {SSL_TYPE: ""}
            """,
            "/site/own.cf": "mynetworks = 10.0.0.0/8\nbiff = yes\n",
        ])
        #expect(site.main("biff") == "yes")
        #expect(site.main("mynetworks") == "")
        #expect(site.place("/etc/postfix/main.cf", "biff") == "/site/own.cf:2")
    }

    @Test func `secrets are read from the files that variables name`() {
        let site = MailserverSite([
            "/site/compose.yaml": """
            services:
              mailserver:
                hostname: mail.example.org
                secrets: [password]
                environment:
                  - ACCOUNT_PROVISIONER=LDAP
                  - LDAP_BIND_PW__FILE=/run/secrets/password
                  - LDAP_SEARCH_BASE__FILE=/run/secrets/none
            secrets:
              password:
                file: ./password.txt
            """,
            "/site/password.txt": "word\n\n",
        ])
        #expect(site.lines("/etc/postfix/ldap-users.cf").contains("bind_pw = word"))
        #expect(site.place("/etc/postfix/ldap-users.cf", "bind_pw") == "/site/password.txt:1")
        #expect(site.errors.contains { $0.contains("/run/secrets/none") })
    }

    @Test func `anchors and merges of YAML are followed`() {
        let site = MailserverSite([
            "/site/compose.yaml": """
            x-common: &common
              hostname: mail.example.org
              environment: {PERMIT_DOCKER: network}
            services:
              mailserver:
                <<: *common
            """
        ])
        #expect(site.main("mynetworks") == "127.0.0.0/8 [::1]/128 [fe80::]/64 172.16.0.0/12")
        #expect(site.main("myhostname") == "mail.example.org")
    }

    @Test func `the process's own environment is taken as it is`() {
        let site = MailserverSite(
            ["/tmp/docker-mailserver/postfix-accounts.cf": "a@example.org|{PLAIN}x\n"], path: "env",
            environment: ["PATH": "/bin", "OVERRIDE_HOSTNAME": "mx.example.org", "LDAP_BIND_PW": "x"])
        #expect(site.main("myhostname") == "mx.example.org")
        #expect(site.place("/etc/postfix/main.cf", "myhostname") == "environment variable OVERRIDE_HOSTNAME")
        #expect(site.lines("/etc/postfix/vhost") == ["example.org"])
        #expect(site.entries("PATH").isEmpty)
    }

    @Test(arguments: [
        [:],
        ["/site/compose.yaml": "services: {web: {image: nginx}, db: {image: postgres}}"],
        ["/site/compose.yaml": "services:\n  mailserver: [\n"],
        ["/site/compose.yaml": ""],
    ])
    func `what can't be read is told, with its place`(files: [String: String]) {
        let site = MailserverSite(files)
        #expect(site.origins.isEmpty)
        #expect(site.errors.count == 1)
        #expect(site.errors.first?.hasPrefix("/site") == true)
    }
}
