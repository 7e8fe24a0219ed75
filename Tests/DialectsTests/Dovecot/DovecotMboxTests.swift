import MailStore
import SiteConfiguration
import Testing

@testable import Dialects

@Suite struct `Mboxes of Dovecot` {
    private func read(_ text: String) -> SiteDraft {
        ProgramFiles([
            "/etc/dovecot/dovecot.conf": text + "\npassdb {\n  driver = static\n  args = password=x\n}\n"
                + "userdb {\n  driver = static\n  args = uid=5000 gid=5000 home=/var/mail/%u\n}\n"
                + "mail_location = mbox:/var/mail/%u:INBOX=/var/spool/mail/%u\n"
        ]).dovecot()
    }

    @Test func `locks are those that Dovecot takes`() {
        let draft = read(
            """
            mbox_read_locks = flock
            mbox_write_locks = dotlock lockf
            mbox_lock_timeout = 2 mins
            mbox_dotlock_change_timeout = 30 secs
            """)
        #expect(draft.errors == [])
        let locking = draft.model.store.mboxLocks.locking
        #expect(locking.read == .flock)
        #expect(locking.write == [.dotlock, .fcntl])
        #expect(locking.waitSeconds == 120)
        #expect(locking.staleSeconds == 30)
    }

    @Test func `without settings they are as everybody's`() {
        #expect(read("").model.store.mboxLocks.locking == MboxLocking())
    }

    @Test func `a lock that is none stops the start`() {
        #expect(read("mbox_write_locks = dotlock nothing\n").errors.contains { $0.contains("nothing is no lock") })
    }

    @Test func `the sum of a header names a message of an mbox`() {
        #expect(read("protocols = pop3\npop3_uidl_format = %m\n").errors == [])
    }
}
