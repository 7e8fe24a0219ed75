import Logging
import MailModel
import MailStore
import NIOCore
import POP3
import Synchronization

/// An INBOX as POP3 wants it: its messages as they were at the login.
final class StoredMaildrop: POP3Maildrop {
    let messages: [POP3Message]
    private let mailbox: any OpenMailbox
    private let account: StoredAccount
    private let options: MaildropOptions
    private let release: @Sendable () -> Void
    private let counts = Mutex(Counts())

    /// For the log line at the end.
    private struct Counts: Sendable {
        var retrieved = 0
        var octets: UInt64 = 0
        var deleted = 0
        var isClosed = false
    }

    private init(
        _ messages: [POP3Message], _ mailbox: any OpenMailbox, _ account: StoredAccount, _ options: MaildropOptions,
        release: @escaping @Sendable () -> Void
    ) {
        self.messages = messages
        self.mailbox = mailbox
        self.account = account
        self.options = options
        self.release = release
    }

    /// - Parameter release: called at the end; not when this throws.
    static func opened(
        _ account: StoredAccount, _ options: MaildropOptions, release: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> StoredMaildrop {
        let mailbox = try await account.store.open(.inbox, readOnly: false) {}
        do throws(MailboxFailure) {
            _ = try await mailbox.refresh()
            // As Dovecot: the mail counts as seen by a client, unless POP3 is to leave no trace.
            if options.marksRead { _ = try await mailbox.claimRecent() }
            let messages = try await MaildropListing(mailbox, options).messages()
            return StoredMaildrop(messages, mailbox, account, options, release: release)
        } catch {
            await mailbox.close()
            throw error
        }
    }

    func content(of message: POP3Message, headerOnly: Bool) async throws(MailboxFailure) -> ByteBuffer? {
        let fetched = try await account.logging { () throws(MailboxFailure) in
            try await mailbox.fetch([message.uid], headerOnly ? .header : .text)
        }
        guard let content = fetched.first?.content else { return nil }
        counts.withLock { counts in
            counts.retrieved += 1
            counts.octets &+= UInt64(content.readableBytes)
        }
        return content
    }

    func update(deleted: [POP3Message], retrieved: [POP3Message]) async throws(MailboxFailure) {
        try await account.logging { () throws(MailboxFailure) in
            if options.marksRead, !retrieved.isEmpty {
                _ = try await mailbox.store(retrieved.map(\.uid), FlagChange(.add, flags: .seen))
            }
            guard !deleted.isEmpty else { return }
            let uids = deleted.map(\.uid).sorted()
            if options.deletesByKeyword, let keyword = options.deletedKeyword {
                _ = try await mailbox.store(uids, FlagChange(.add, flags: [], keywords: [keyword]))
            } else {
                _ = try await mailbox.store(uids, FlagChange(.add, flags: .deleted))
                let view = try await mailbox.expunge(uids)
                guard uids.allSatisfy({ view.index(of: $0) == nil }) else {
                    throw MailboxFailure(.unavailable, "messages are there that were to be removed")
                }
            }
            counts.withLock { $0.deleted = deleted.count }
        }
    }

    func close() async {
        let counts = counts.withLock { counts in
            defer { counts.isClosed = true }
            return counts
        }
        guard !counts.isClosed else { return }
        await mailbox.close()
        release()
        account.logger.info(
            "logged out",
            metadata: [
                "user": "\(account.login)", "messages": "\(messages.count)", "retrieved": "\(counts.retrieved)",
                "octets": "\(counts.octets)", "deleted": "\(counts.deleted)",
            ])
    }
}
