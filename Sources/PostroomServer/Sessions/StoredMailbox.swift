import IMAP
import MailModel
import MailStore
import NIOCore

/// A mailbox that a session has open, with what it may do there (RFC 4314 §4).
struct StoredMailbox: IMAPMailbox {
    let mailbox: any OpenMailbox
    let account: StoredAccount
    let name: MailboxName
    let route: MailboxRoute
    private let access: OpenAccess

    init(
        mailbox: any OpenMailbox, account: StoredAccount, name: MailboxName, route: MailboxRoute,
        granted: MailboxRights
    ) {
        self.mailbox = mailbox
        self.account = account
        self.name = name
        self.route = route
        access = OpenAccess(granted)
    }

    var rights: MailboxRights { access.rights }

    /// Of a mailbox that may not be read any more a view that no session can go on with: it is told so and ends.
    var view: MailboxView {
        guard !access.rights.contains(.read) else { return mailbox.view }
        return MailboxView.gone(mailbox.view)
    }

    /// What others own may be taken away while it is open.
    private func check() async throws(MailboxFailure) {
        guard !route.isOwn else { return }
        try await access.renew(account, name)
    }

    private func need(_ needed: MailboxRights) async throws(MailboxFailure) {
        try await check()
        guard rights.contains(needed) else {
            throw MailboxFailure(.noPermission, "\(account.login) lacks \(needed.subtracting(rights)) to \(name)")
        }
    }

    func refresh() async throws(MailboxFailure) -> MailboxView {
        try await check()
        guard rights.contains(.read) else { return view }
        return try await account.logging { () throws(MailboxFailure) in try await mailbox.refresh() }
    }

    func claimRecent() async throws(MailboxFailure) -> UInt32 {
        guard rights.contains(.read), !rights.isDisjoint(with: .changing) else { return mailbox.view.firstRecentUID }
        return try await account.logging { () throws(MailboxFailure) in try await mailbox.claimRecent() }
    }

    func fetch(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        try await need(.read)
        return try await account.logging { () throws(MailboxFailure) in try await mailbox.fetch(uids, items) }
    }

    func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try await need(.read)
        return try await account.logging { () throws(MailboxFailure) in
            var view = mailbox.view
            for change in try permitted(change) { view = try await mailbox.store(uids, change) }
            return view
        }
    }

    func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange {
        try await need(.read)
        return try await account.logging { () throws(MailboxFailure) in
            let changes = try permitted(change)
            guard let first = changes.first else { return ConditionalChange(view: mailbox.view, refused: []) }
            var result = try await mailbox.store(uids, first, unchangedSince: modSeq)
            let changed = uids.filter { !result.refused.contains($0) }
            for change in changes.dropFirst() { result.view = try await mailbox.store(changed, change) }
            return result
        }
    }

    /// What of a change the rights permit, in steps (RFC 4314 §4): the rest is left as it is.
    /// - Throws: `.noPermission` if nothing of it is permitted.
    private func permitted(_ change: FlagChange) throws(MailboxFailure) -> [FlagChange] {
        let changes = change.permitted(rights, keywords: mailbox.view.keywords)
        guard !changes.isEmpty else {
            throw MailboxFailure(.noPermission, "\(account.login) may not change these flags in \(name)")
        }
        return changes
    }

    func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        try await need([.read, .expunge])
        return try await account.logging { () throws(MailboxFailure) in try await mailbox.expunge(uids) }
    }

    func copy(_ uids: [UInt32], to target: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await transfer(uids, to: target, moves: false)
    }

    func move(_ uids: [UInt32], to target: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await need([.deleteMessages, .expunge])
        return try await transfer(uids, to: target, moves: true)
    }

    /// Within one store by links; into another, or where some flags may not go along, by reading and writing.
    private func transfer(
        _ uids: [UInt32], to target: MailboxName, moves: Bool
    ) async throws(MailboxFailure) -> CopiedMessages {
        try await need(.read)
        let destination = try await account.route(target, needing: .insert)
        let rights = try await account.rights(to: target, destination)
        guard destination.account == route.account, rights.contains([.write, .seen, .deleteMessages]) else {
            let copied = try await account.making(target) { () throws(MailboxFailure) in
                try await AccountTransfer(
                    mailbox: mailbox, store: destination.store, name: destination.name, rights: rights
                ).run(uids, moves: moves)
            }
            return await account.judged(copied, destination)
        }
        let copied = try await account.making(target) { () throws(MailboxFailure) in
            if moves { return try await mailbox.move(uids, to: destination.name) }
            return try await mailbox.copy(uids, to: destination.name)
        }
        return await account.judged(copied, destination)
    }

    func close() async {
        await mailbox.close()
    }
}

struct StoredAppend: IMAPAppend {
    let append: any MessageAppend
    let account: StoredAccount
    let route: MailboxRoute
    /// To the mailbox: flags that may not be changed there are not set (RFC 4314 §4).
    let rights: MailboxRights

    func write(_ chunk: ByteBuffer) async throws(MailboxFailure) {
        try await account.logging { () throws(MailboxFailure) in try await append.write(chunk) }
    }

    func next(
        flags: MessageFlags, keywords: [String], internalDate: Int64?, size: UInt64
    ) async throws(MailboxFailure) {
        try await account.logging { () throws(MailboxFailure) in
            try await append.next(
                flags: flags.permitted(rights), keywords: rights.contains(.write) ? keywords : [],
                internalDate: internalDate, size: size)
        }
    }

    func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        let copied = try await account.logging { () throws(MailboxFailure) in
            try await append.commit(
                flags: flags.permitted(rights), keywords: rights.contains(.write) ? keywords : [],
                internalDate: internalDate)
        }
        return await account.judged(copied, route)
    }

    func abort() async {
        await append.abort()
    }
}
