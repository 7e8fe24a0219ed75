import Dialects
import Directory
import SiteConfiguration
import Testing

@Suite struct DovecotListenerTests {
    /// With a database, so that only what the test is about can be wrong.
    private func read(_ text: String, _ more: [String: String] = [:]) -> SiteDraft {
        let databases = """

            mail_location = maildir:/var/mail/%u
            passdb {
              driver = static
              args = password=x
            }
            userdb {
              driver = static
              args = uid=5000 gid=5000 home=/var/mail/%u
            }

            """
        return ProgramFiles(more.merging(["/etc/dovecot/dovecot.conf": text + databases]) { $1 }).dovecot()
    }

    @Test func `without a word there are IMAP and IMAPS on every address, and no password without TLS`() {
        let draft = read("")
        #expect(draft.errors == [])
        #expect(draft.model.listeners.map(\.name) == ["imap *:143", "imaps *:993"])
        #expect(draft.model.listeners.allSatisfy { $0.mailboxes.authentication?.value == .underTLS })
        #expect(draft.model.listeners.allSatisfy { $0.mailboxes.tls?.value == .may })
    }

    @Test func `listen and a listener's own address`() {
        let draft = read(
            """
            listen = 192.0.2.1, 2001:db8::1
            login_greeting = Welcome.
            service imap-login {
              inet_listener imap {
                address = 127.0.0.1
                port = 1143
              }
              inet_listener other {
                port = 2993
                ssl = yes
              }
            }
            """)
        #expect(draft.errors == [])
        #expect(
            draft.model.listeners.map(\.name) == [
                "imap 127.0.0.1:1143", "imaps 192.0.2.1:993", "imaps 2001:db8::1:993", "imaps 192.0.2.1:2993",
                "imaps 2001:db8::1:2993",
            ])
        #expect(draft.dovecot?.imapAddresses.map(\.value) == ["127.0.0.1:1143"])
        #expect(draft.model.listeners.first?.mailboxes.greeting?.value == "Welcome.")
    }

    @Test func `one family alone`() {
        #expect(read("listen = *").model.listeners.map(\.host.value) == ["0.0.0.0", "0.0.0.0"])
        #expect(read("listen = ::").model.listeners.map(\.host.value) == ["::", "::"])
        #expect(read("listen = [::]").model.listeners.map(\.host.value) == ["::", "::"])
    }

    @Test func `ssl is no, required, or something else`() {
        let none = read("ssl = no\ndisable_plaintext_auth = no")
        #expect(none.model.listeners.map(\.name) == ["imap *:143"])
        #expect(none.fate("ssl") == .weak && none.fate("disable_plaintext_auth") == .weak)
        #expect(none.model.listeners.first?.mailboxes.authentication?.value == .always)
        let required = read("ssl = required\ndisable_plaintext_auth = no")
        #expect(required.model.listeners.first?.mailboxes.tls?.value == .encrypt)
        #expect(required.model.listeners.first?.mailboxes.authentication?.value == .underTLS)
        #expect(required.fate("disable_plaintext_auth") == .used)
        let broken = read("ssl = maybe")
        #expect(broken.errors.contains { $0.hasPrefix("/etc/dovecot/dovecot.conf:1: error: ssl") })
        #expect(broken.model.listeners.first?.mailboxes.tls?.value == .encrypt)
    }

    @Test(arguments: [
        ("ssl_min_protocol = TLSv1.3", "1.3"), ("ssl_min_protocol = TLSv1", "1.0"),
        ("ssl_protocols = !SSLv3 !TLSv1", "1.1"),
        ("ssl_protocols = TLSv1.2", "1.2"), ("ssl_protocols = !SSLv2 !SSLv3", "1.2"), ("", "1.2"),
        ("ssl_protocols = TLSv1.1\nssl_min_protocol = TLSv1.2", "1.2"),
    ])
    func `the lowest version of TLS`(text: String, version: String) {
        let draft = read(text)
        #expect(draft.errors == [])
        #expect(draft.model.tls.minimumVersion.value == version)
        #expect(draft.report.entries.contains { $0.fate == .weak && $0.setting.hasPrefix("ssl_") } == (version < "1.2"))
    }

    @Test func `certificates, suites and names`() {
        let draft = read(
            """
            ssl_cert = </etc/dovecot/cert.pem
            ssl_key = <private/key.pem
            ssl_cipher_list = ECDHE+AESGCM:!aNULL
            ssl_dh = </etc/dovecot/dh.pem
            local_name "imap.example.com mail.example.com" {
              ssl_cert = </etc/dovecot/other.pem
              ssl_key = </etc/dovecot/other.pem
            }
            """,
            [
                "/etc/dovecot/cert.pem": "c", "/etc/dovecot/private/key.pem": "k", "/etc/dovecot/other.pem": "o",
                "/etc/dovecot/dh.pem": "d",
            ])
        #expect(draft.errors == [])
        let tls = draft.model.tls
        #expect(tls.key?.value == "/etc/dovecot/private/key.pem")
        #expect(tls.cipherSuites.count == 4 && tls.cipherSuites.allSatisfy { $0.value.hasPrefix("TLS_ECDHE") })
        #expect(tls.names.first?.serverNames.map(\.value) == ["imap.example.com", "mail.example.com"])
        #expect(draft.fate("ssl_dh") == .notNeeded)
        #expect(draft.model.listeners.allSatisfy { $0.serverTLS?.certificate?.value == "/etc/dovecot/cert.pem" })
        let missing = read("ssl_cert = </etc/dovecot/nothing.pem")
        #expect(missing.errors.contains { $0.contains("dovecot.conf:1: error: ssl_cert: /etc/dovecot/nothing.pem") })
        let inline = read("ssl_cert = /etc/dovecot/cert.pem")
        #expect(inline.errors.contains { $0.contains("is taken from a file only") })
    }

    @Test func `what is not served is told`() {
        let draft = read(
            """
            protocols = imap lmtp sieve
            service pop3-login {
              inet_listener pop3 {
                port = 110
              }
            }
            service lmtp {
              inet_listener lmtp {
                address = 127.0.0.1
                port = 24
              }
            }
            service auth {
              inet_listener {
                port = 12345
              }
            }
            service imap-login {
              inet_listener imap {
                haproxy = yes
              }
            }
            """)
        #expect(draft.errors == [])
        #expect(draft.refused == ["service/imap-login/inet_listener/imap/haproxy"])
        #expect(draft.fate("protocols/sieve") == .missingFilter)
        #expect(draft.fate("service/pop3-login/inet_listener/pop3/port") == .ignored)
        #expect(draft.dovecot?.authSockets.map(\.value).contains("inet:*:12345") == true)
        #expect(draft.fate("service/lmtp/inet_listener/lmtp") == .used)
    }

    @Test func `the form of Dovecot 1 that later versions still take`() throws {
        let draft = ProgramFiles([
            "/etc/dovecot.conf": """
            protocols = imaps
            ssl_cert_file = /etc/cert.pem
            ssl_key_file = /etc/key.pem
            mail_location = mbox:/var/spool/mail/virtual/PragyanMail/%u:INBOX=/var/spool/mail/virtual/%u
            auth default {
              mechanisms = plain
              user = root
              passdb ldap {
                args = /etc/dovecot-ldap.conf
              }
              userdb static {
                args = uid=700 gid=700 home=/var/spool/mail/virtual/PragyanMail/%u
              }
              socket listen {
                client {
                  path = /var/spool/postfix/private/auth
                  mode = 0660
                }
                master {
                  path = /var/run/dovecot/auth-master
                }
              }
            }

            """,
            "/etc/dovecot-ldap.conf": DovecotSites.spool["/etc/dovecot-ldap.conf"] ?? "", "/etc/cert.pem": "c",
            "/etc/key.pem": "k",
        ]).dovecot("/etc/dovecot.conf")
        #expect(draft.errors == [])
        #expect(draft.refused == [])
        #expect(draft.model.accounts.passwords.map(\.check.value) == [.hash])
        #expect(draft.model.accounts.users.map(\.driver) == [.fixed])
        #expect(draft.model.listeners.map(\.name) == ["imaps *:993"])
        #expect(draft.model.tls.certificate?.value == "/etc/cert.pem")
        #expect(draft.dovecot?.authSockets.map(\.value).contains("/var/spool/postfix/private/auth") == true)
        #expect(draft.dovecot?.authSockets.map(\.value).contains("/var/run/dovecot/auth-master") == false)
    }
}
