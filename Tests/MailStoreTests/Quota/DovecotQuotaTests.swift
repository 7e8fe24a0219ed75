import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import MailStore

/// Dovecot's quota plugin with the maildir driver keeps the same `maildirsize`.
@Suite struct `A quota that Dovecot keeps as well` {
    private static func message(_ size: Int) -> String { "Subject: a\n\n" + String(repeating: "x\n", count: size / 2) }

    @Test(arguments: [QuotaTerms.Sizes.file, .wire])
    func `has the same figures for both after what either did`(sizes: QuotaTerms.Sizes) async throws {
        let maildirs = try TestMaildirs()
        let dovecot = try Dovecot(
            maildirs.root, maildir: "anna", uid: maildirs.owner.uid,
            settings: """
                mail_plugins = quota
                plugin {
                  quota = maildir:User quota
                  quota_rule = *:bytes=1000000:messages=1000
                  quota_rule2 = Junk:ignore
                  quota_vsizes = \(sizes == .wire ? "yes" : "no")
                }
                """)
        let quota = Quota(
            storage: 1_000_000, messages: 1000,
            folderRules: [QuotaFolderRule(pattern: Array("Junk".utf8), isIgnored: true)],
            terms: QuotaTerms(sizes: sizes))
        let location = MailboxLocation(format: .maildir, path: maildirs.root.bytes("mail/anna"))
        let store = try maildirs.stores.store(for: location, owner: maildirs.owner, quota: quota)
        let recipient = MaildirRecipient(mailbox: try maildirs.mailbox("anna", quota: quota))
        for name in ["Junk", "Work"] { try await store.create(try mailboxName(name), specialUse: nil) }
        for round in 0..<4 {
            let text = Self.message(100 + round * 37)
            for outcome in await MaildirDelivery(maildirs.stores).deliver(ByteBuffer(string: text), to: [recipient]) {
                #expect(outcome.isDelivered)
            }
            for name in ["INBOX", "Work", "Junk"] {
                try await store.append(text, to: name)
                try await dovecot("save", "-m", name, input: text)
            }
            try await expectSame(store, dovecot, "round \(round)")
        }
        try await dovecot("copy", "Junk", "mailbox", "Work", "1")
        try await dovecot("move", "Work", "mailbox", "Junk", "1")
        try await expectSame(store, dovecot, "copied by Dovecot")
        try await dovecot("expunge", "mailbox", "INBOX", "1:2")
        try await expectSame(store, dovecot, "expunged by Dovecot")
        let inbox = try await store.open()
        _ = try await inbox.copy(Array(inbox.view.uids.prefix(2)), to: try mailboxName("Work"))
        _ = try await inbox.store(Array(inbox.view.uids.prefix(3)), FlagChange(.add, flags: .deleted, keywords: []))
        _ = try await inbox.expunge(nil)
        try await expectSame(store, dovecot, "expunged by Postroom")
        try await store.delete(try mailboxName("Work"))
        try await expectSame(store, dovecot, "deleted by Postroom")
        let counted = try #require(try await store.quotaStatus()).usage
        #expect(try #require(try await store.recalculateQuota()).usage == counted)
        try await dovecot("quota", "recalc")
        try await expectSame(store, dovecot, "counted anew by Dovecot")
        // With quota_vsizes Dovecot's maildir driver adds wire sizes, but counts anew by the files' own.
        if sizes == .file {
            #expect(try #require(try await store.quotaStatus()).usage == counted)
        }
    }

    /// STORAGE is in KiB there: bytes are compared where both keep them, in `maildirsize`.
    private func expectSame(_ store: MaildirStore, _ dovecot: Dovecot, _ moment: String) async throws {
        let status = try #require(try await store.quotaStatus())
        let rows = try await dovecot("-f", "tab", "quota", "get").split(separator: "\n").dropFirst()
            .map { $0.split(separator: "\t").map(String.init) }
        let storage = try #require(rows.first { $0.contains("STORAGE") })
        let messages = try #require(rows.first { $0.contains("MESSAGE") })
        #expect(
            messages.count > 2 && messages[2] == "\(status.usage.messages)", "\(moment): \(messages), \(status.usage)")
        let kibibytes = [status.usage.storage / 1024, (status.usage.storage + 1023) / 1024].map(String.init)
        #expect(storage.count > 2 && kibibytes.contains(storage[2]), "\(moment): \(storage), \(status.usage)")
    }
}
