import IMAP
import MailModel
import MailStore
import NIOCore

struct StoredMailbox: IMAPMailbox {
    let mailbox: any OpenMailbox
    let account: StoredAccount

    var view: MailboxView { mailbox.view }

    func refresh() async throws(MailboxFailure) -> MailboxView {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.refresh() }
    }

    func claimRecent() async throws(MailboxFailure) -> UInt32 {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.claimRecent() }
    }

    func fetch(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.fetch(uids, items) }
    }

    func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.store(uids, change) }
    }

    func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange {
        try await account.logging { () throws(MailboxFailure) in
            try await mailbox.store(uids, change, unchangedSince: modSeq)
        }
    }

    func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.expunge(uids) }
    }

    func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await account.making(name) { () throws(MailboxFailure) in try await mailbox.copy(uids, to: name) }
    }

    func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await account.making(name) { () throws(MailboxFailure) in try await mailbox.move(uids, to: name) }
    }

    func close() async {
        await mailbox.close()
    }
}

struct StoredAppend: IMAPAppend {
    let append: any MessageAppend
    let account: StoredAccount

    func write(_ chunk: ByteBuffer) async throws(MailboxFailure) {
        try await account.logging { () throws(MailboxFailure) in try await append.write(chunk) }
    }

    func next(
        flags: MessageFlags, keywords: [String], internalDate: Int64?, size: UInt64
    ) async throws(MailboxFailure) {
        try await account.logging { () throws(MailboxFailure) in
            try await append.next(flags: flags, keywords: keywords, internalDate: internalDate, size: size)
        }
    }

    func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        try await account.logging { () throws(MailboxFailure) in
            try await append.commit(flags: flags, keywords: keywords, internalDate: internalDate)
        }
    }

    func abort() async {
        await append.abort()
    }
}
