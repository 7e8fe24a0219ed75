import SiteConfiguration
import Testing

@testable import Dialects

@Suite struct `ACLs of Dovecot` {
    private func read(_ text: String) -> SiteDraft {
        ProgramFiles([
            "/etc/dovecot/dovecot.conf": text + "\npassdb {\n  driver = static\n  args = password=x\n}\n"
                + "userdb {\n  driver = static\n  args = uid=5000 gid=5000 home=/var/mail/%u\n}\n"
                + "mail_location = maildir:/var/mail/%u\n"
        ]).dovecot()
    }

    @Test func `count only where the plugin is loaded, and clients see them only with the one for IMAP`() {
        let none = read("plugin {\n  acl = vfile:/etc/dovecot/acls\n}\n").model.accounts.accessControl
        #expect(!none.isEnabled && none.siteLists == nil)
        let silent = read("mail_plugins = acl\nplugin {\n  acl = vfile\n}\n").model.accounts.accessControl
        #expect(silent.isEnabled && !silent.hasCommands && silent.siteLists == nil)
        let both = read(
            "mail_plugins = acl\nprotocol imap {\n  mail_plugins = $mail_plugins imap_acl\n}\n"
                + "plugin {\n  acl = vfile:/etc/dovecot/acls:cache_secs=300\n}\n"
        ).model.accounts.accessControl
        #expect(both.isEnabled && both.hasCommands)
        #expect(both.siteLists?.value == "/etc/dovecot/acls")
    }

    @Test func `and private flags of its shared namespaces are followed`() {
        let draft = read(
            """
            namespace inbox {
              inbox = yes
              separator = /
            }
            namespace common {
              type = public
              separator = /
              prefix = Public/
              location = maildir:/srv/mail/public:INDEXPVT=~/public
            }
            namespace others {
              type = shared
              separator = /
              prefix = shared/%%u/
              location = maildir:%%h/Maildir:INDEXPVT=~/shared/%%u
            }
            namespace plain {
              type = public
              separator = /
              prefix = Plain/
              location = maildir:/srv/mail/plain
            }
            """)
        #expect(draft.errors == [])
        let own = draft.model.accounts.namespaces.filter(\.hasOwnSeen).map(\.name)
        #expect(own == ["common", "others"])
        // What is written is read again.
        #expect(draft.model.accounts.namespaces.count == 4)
    }
}
