import POP3
import SiteConfiguration
import Testing

@testable import Dialects

@Suite struct `POP3 and LMTP of Dovecot` {
    private func read(_ text: String) -> SiteDraft {
        ProgramFiles([
            "/etc/dovecot/dovecot.conf": text + "\npassdb {\n  driver = static\n  args = password=x\n}\n"
                + "userdb {\n  driver = static\n  args = uid=5000 gid=5000 home=/var/mail/%u\n}\n"
                + "mail_location = maildir:/var/mail/%u\n"
        ]).dovecot()
    }

    @Test func `a site that has POP3 among its protocols listens on both ports`() {
        let draft = read("protocols = imap pop3\n")
        #expect(draft.errors == [])
        #expect(draft.model.listeners.map(\.name) == ["imap *:143", "imaps *:993", "pop3 *:110", "pop3s *:995"])
        // As Dovecot without further settings: several sessions may have a mailbox.
        #expect(draft.model.pop3.locks?.value == false)
        #expect(draft.model.pop3.uniqueIDs == nil)
    }

    @Test func `ports, addresses and the listener of old configurations`() {
        let draft = read(
            """
            protocols = pop3s
            service pop3-login {
              inet_listener pop3s {
                port = 9995
                address = 192.0.2.1
              }
              inet_listener extra {
                port = 1995
                ssl = yes
              }
            }
            """)
        #expect(draft.errors == [])
        #expect(draft.model.listeners.map(\.name) == ["pop3s 192.0.2.1:9995", "pop3s *:1995"])
    }

    @Test func `its settings, in the section of the protocol and outside`() throws {
        let draft = read(
            """
            protocols = pop3
            pop3_uidl_format = %g
            pop3_no_flag_updates = yes
            protocol pop3 {
              pop3_uidl_format = %08Xu%08Xv
              pop3_save_uidl = yes
              pop3_reuse_xuidl = yes
              pop3_lock_session = yes
              pop3_deleted_flag = "$POP3Deleted"
              pop3_client_workarounds = outlook-no-nuls oe-ns-eoh
              pop3_uidl_duplicates = rename
              pop3_fast_size_lookups = yes
              pop3_logout_format = x
              pop3_enable_last = yes
            }
            """)
        #expect(draft.errors == [])
        let pop3 = draft.model.pop3
        #expect(pop3.uniqueIDs?.value == .format(try UIDLFormat("%08Xu%08Xv")))
        #expect(pop3.savesUniqueIDs?.value == true && pop3.reusesXUIDL?.value == true)
        #expect(pop3.locks?.value == true && pop3.marksRead?.value == false)
        #expect(pop3.deletedKeyword?.value == "$POP3Deleted" && pop3.deletesByKeyword?.value == true)
        #expect(pop3.workarounds.map(\.value) == [.noNULs, .endsHeader])
        #expect(pop3.renamesDuplicates?.value == true)
        #expect(draft.fate("protocol/pop3/pop3_fast_size_lookups") == .notNeeded)
        #expect(draft.fate("protocol/pop3/pop3_enable_last") == .ignored)
        #expect(draft.refused == [])
    }

    @Test func `APOP is offered where POP3 is`() {
        #expect(
            read("protocols = pop3\nauth_mechanisms = plain apop\n").model.accounts.mechanisms.map(\.value) == [
                "PLAIN", "APOP",
            ])
        #expect(
            read("protocols = imap\nauth_mechanisms = plain apop\n").model.accounts.mechanisms.map(\.value) == ["PLAIN"]
        )
    }

    @Test func `a format that can't be followed stops the start`() {
        let draft = read("protocols = pop3\npop3_uidl_format = %m\n")
        #expect(draft.errors.contains { $0.hasPrefix("/etc/dovecot/dovecot.conf:2: error: pop3_uidl_format") })
        #expect(!read("protocols = imap\npop3_uidl_format = %m\n").errors.contains { $0.contains("pop3") })
    }

    @Test func `a setting for POP3 alone that is not followed is told`() {
        let draft = read("protocols = pop3\nprotocol pop3 {\n  ssl = no\n}\n")
        #expect(draft.refused == ["protocol/pop3/ssl"])
    }

    @Test func `the LMTP service is opened for a mail server that is not part of the import`() throws {
        let text = """
            protocols = imap lmtp
            service lmtp {
              unix_listener /var/spool/postfix/private/dovecot-lmtp {
                mode = 0600
                user = postfix
                group = postfix
              }
              inet_listener lmtp {
                address = 127.0.0.1
                port = 24
              }
            }
            """
        let listeners = read(text).model.listeners.filter { $0.kind == .lmtp }
        #expect(
            Set(listeners.map(\.name)) == [
                "lmtp /var/spool/postfix/private/dovecot-lmtp", "lmtp 127.0.0.1:24", "lmtp /run/dovecot/lmtp",
            ])
        let socket = try #require(listeners.first { $0.name.contains("private") })
        #expect(socket.lmtp.mode?.value == 0o600)
        #expect(socket.lmtp.owner?.value == "postfix" && socket.lmtp.group?.value == "postfix")
        #expect(listeners.allSatisfy { $0.lmtp.recipients?.value == .accounts })
        #expect(read("protocols = imap\n").model.listeners.allSatisfy { $0.kind != .lmtp })
    }
}
