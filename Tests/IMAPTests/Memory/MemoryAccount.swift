import MailModel
import NIOCore
import Net
import Synchronization

@testable import IMAP

/// A mail account in memory: a real little store, shared by all sessions of a test.
final class MemoryAccount: IMAPAccount, IMAPServices {
    struct Message: Sendable {
        var uid: UInt32
        var flags: MessageFlags
        var internalDate: Int64
        var content: [UInt8]
        var modSeq: UInt64
    }

    struct Mailbox: Sendable {
        var view: MailboxView
        var messages: [Message] = []
        var specialUse: MailboxListing.SpecialUse?
        var listeners: [Int: @Sendable () -> Void] = [:]

        init(uidValidity: UInt32) {
            view = MailboxView(
                uidValidity: uidValidity, uidNext: 1, expunged: ExpungedMessages(floor: 1),
                identity: Array("box\(uidValidity)".utf8))
        }

        mutating func remove(_ isGone: (Message) -> Bool) {
            let gone = messages.filter(isGone).map(\.uid)
            guard !gone.isEmpty else { return }
            view.highestModSeq += 1
            view.expunged.add(gone, modSeq: view.highestModSeq)
            messages.removeAll(where: isGone)
            changed()
        }

        mutating func store(_ uids: [UInt32], _ change: FlagChange) throws(MailboxFailure) {
            let flags = try flags(change.flags, change.keywords)
            let wanted = Set(uids)
            view.highestModSeq += 1
            for index in messages.indices where wanted.contains(messages[index].uid) {
                let before = messages[index].flags
                switch change.operation {
                case .add: messages[index].flags.formUnion(flags)
                case .remove: messages[index].flags.subtract(flags)
                case .replace: messages[index].flags = flags
                }
                if messages[index].flags != before { messages[index].modSeq = view.highestModSeq }
            }
            changed()
        }

        mutating func changed() {
            view.generation += 1
            view.uids = messages.map(\.uid)
            view.flags = messages.map(\.flags)
            view.modSeqs = messages.map(\.modSeq)
        }

        mutating func flags(_ flags: MessageFlags, _ keywords: [String]) throws(MailboxFailure) -> MessageFlags {
            var result = flags
            for keyword in keywords {
                if !view.keywords.contains(where: { $0.lowercased() == keyword.lowercased() }) {
                    view.keywords.append(keyword)
                }
                let place = view.keywords.firstIndex { $0.lowercased() == keyword.lowercased() } ?? 0
                guard let flag = MessageFlags.keyword(place) else { throw MailboxFailure(.limitExceeded, "keywords") }
                result.insert(flag)
            }
            return result
        }

        mutating func add(_ content: [UInt8], _ flags: MessageFlags, date: Int64) -> UInt32 {
            let uid = view.uidNext
            view.uidNext += 1
            view.highestModSeq += 1
            messages.append(
                Message(
                    uid: uid, flags: flags, internalDate: date, content: content, modSeq: view.highestModSeq))
            changed()
            return uid
        }
    }

    struct State: Sendable {
        var mailboxes: [MailboxName: Mailbox] = [:]
        var subscribed: Set<MailboxName> = []
        var metadata: [MailboxName?: MailboxMetadata] = [:]
        var watchers: [Int: @Sendable (AccountChange) -> Void] = [:]
        var nextValidity: UInt32 = 100
        var nextListener = 0
        var openMailboxes = 0
        var openAppends = 0
        /// What was known of the connections that logged in.
        var logins: [ConnectionFacts] = []
        /// What the next `claimRecent` finds in INBOX; a look of one's own is announced to the other sessions only.
        var foundByClaim: String?
    }

    let login = "user"
    let naming = MailboxNameCoding(separator: UInt8(ascii: "."))
    let quota: Int
    let quotaRootName = "User quota"
    let state: Mutex<State>

    init(quota: Int = 1 << 20) {
        self.quota = quota
        var state = State()
        state.mailboxes[.inbox] = Mailbox(uidValidity: 99)
        self.state = Mutex(state)
    }

    func quotaStatus() async throws(MailboxFailure) -> QuotaStatus? {
        guard quota > 0 else { return nil }
        return state.withLock { state in
            let messages = state.mailboxes.values.flatMap(\.messages)
            let usage = QuotaUsage(
                storage: UInt64(messages.reduce(0) { $0 + $1.content.count }), messages: UInt64(messages.count))
            return QuotaStatus(usage: usage, storageLimit: UInt64(quota), messageLimit: 100)
        }
    }

    func logIn(
        login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, _ connection: ConnectionFacts
    ) async -> IMAPLoginOutcome {
        state.withLock { $0.logins.append(connection) }
        if login == Array("outage".utf8) { return .unavailable }
        return login == Array("user".utf8) && password.matches("secret".utf8) ? .accepted(self) : .rejected
    }

    func change<Result: Sendable>(
        _ name: MailboxName, _ body: (inout Mailbox) throws(MailboxFailure) -> Result
    ) throws(MailboxFailure) -> Result {
        var listeners: [@Sendable () -> Void] = []
        let result: Swift.Result<Result, MailboxFailure> = state.withLock { state in
            guard var mailbox = state.mailboxes[name] else {
                return .failure(MailboxFailure(.noSuchMailbox, "\(name)"))
            }
            let before = mailbox.view.generation
            do throws(MailboxFailure) {
                let value = try body(&mailbox)
                state.mailboxes[name] = mailbox
                if mailbox.view.generation != before { listeners = Array(mailbox.listeners.values) }
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        for listener in listeners { listener() }
        return try result.get()
    }

    func deliver(_ text: String, to name: MailboxName = .inbox) throws -> UInt32 {
        try change(name) { $0.add(Array(text.utf8), [], date: 1_700_000_000) }
    }

    func list() async throws(MailboxFailure) -> [MailboxListing] {
        state.withLock { state in
            Set(state.mailboxes.keys).union(state.subscribed).map { name in
                MailboxListing(
                    name: name, isSelectable: state.mailboxes[name] != nil,
                    hasChildren: state.mailboxes.keys.contains { $0.isDescendant(of: name) },
                    isSubscribed: state.subscribed.contains(name), specialUse: state.mailboxes[name]?.specialUse)
            }
        }
    }

    func create(_ name: MailboxName, specialUse: MailboxListing.SpecialUse?) async throws(MailboxFailure) {
        let exists = state.withLock { state in
            guard state.mailboxes[name] == nil else { return true }
            state.nextValidity += 1
            state.mailboxes[name] = Mailbox(uidValidity: state.nextValidity)
            state.mailboxes[name]?.specialUse = specialUse
            return false
        }
        if exists { throw MailboxFailure(.alreadyExists, "\(name)") }
        tell(.mailboxes)
    }

    func delete(_ name: MailboxName) async throws(MailboxFailure) {
        if name.isInbox { throw MailboxFailure(.notPermitted, "INBOX") }
        let removed = state.withLock { $0.mailboxes.removeValue(forKey: name) != nil }
        if !removed { throw MailboxFailure(.noSuchMailbox, "\(name)") }
        tell(.mailboxes)
    }

    func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        let failure: MailboxFailure? = state.withLock { state in
            guard state.mailboxes[newName] == nil else { return MailboxFailure(.alreadyExists, "\(newName)") }
            guard let mailbox = state.mailboxes.removeValue(forKey: name) else {
                return MailboxFailure(.noSuchMailbox, "\(name)")
            }
            state.mailboxes[newName] = mailbox
            state.metadata[newName] = state.metadata.removeValue(forKey: name)
            return nil
        }
        if let failure { throw failure }
        tell(.mailboxes)
    }

    func subscribe(_ name: MailboxName) async throws(MailboxFailure) {
        state.withLock { _ = $0.subscribed.insert(name) }
        tell(.mailboxes)
    }

    func unsubscribe(_ name: MailboxName) async throws(MailboxFailure) {
        state.withLock { _ = $0.subscribed.remove(name) }
        tell(.mailboxes)
    }

    func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus {
        guard let mailbox = state.withLock({ $0.mailboxes[name] }) else {
            throw MailboxFailure(.noSuchMailbox, "\(name)")
        }
        let view = mailbox.view
        return MailboxStatus(
            messages: view.count, recent: mailbox.messages.count { $0.uid >= view.firstRecentUID },
            unseen: mailbox.messages.count { !$0.flags.contains(.seen) }, uidNext: view.uidNext,
            uidValidity: view.uidValidity, highestModSeq: view.highestModSeq,
            deleted: mailbox.messages.count { $0.flags.contains(.deleted) }, identity: view.identity)
    }

    func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any IMAPMailbox {
        let listener: Int? = state.withLock { state in
            guard state.mailboxes[name] != nil else { return nil }
            state.nextListener += 1
            state.openMailboxes += 1
            state.mailboxes[name]?.listeners[state.nextListener] = onChange
            return state.nextListener
        }
        guard let listener else { throw MailboxFailure(.noSuchMailbox, "\(name)") }
        return MemoryMailbox(self, name, listener)
    }

    func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any IMAPAppend {
        guard state.withLock({ $0.mailboxes[name] }) != nil else {
            throw MailboxFailure(.noSuchMailbox, "\(name)")
        }
        guard size <= UInt64(quota) else { throw MailboxFailure(.overQuota, "\(size)") }
        state.withLock { $0.openAppends += 1 }
        return MemoryAppend(self, name)
    }
}

final class MemoryMailbox: IMAPMailbox {
    private let account: MemoryAccount
    private let name: MailboxName
    private let listener: Int
    private let last: Mutex<MailboxView>

    init(_ account: MemoryAccount, _ name: MailboxName, _ listener: Int) {
        self.account = account
        self.name = name
        self.listener = listener
        last = Mutex(account.state.withLock { $0.mailboxes[name]?.view } ?? MailboxView(uidValidity: 0, uidNext: 1))
    }

    var view: MailboxView {
        let view = account.state.withLock { $0.mailboxes[name]?.view }
        return last.withLock { last in
            if let view { last = view }
            return last
        }
    }

    func refresh() async throws(MailboxFailure) -> MailboxView { view }

    func claimRecent() async throws(MailboxFailure) -> UInt32 {
        account.state.withLock { state in
            guard let text = state.foundByClaim else { return }
            state.foundByClaim = nil
            _ = state.mailboxes[.inbox]?.add(Array(text.utf8), [], date: 1_700_000_000)
        }
        return try account.change(name) { mailbox in
            defer { mailbox.view.firstRecentUID = mailbox.view.uidNext }
            return mailbox.view.firstRecentUID
        }
    }

    func fetch(_ uids: ArraySlice<UInt32>, _ items: MessageItems) async throws(MailboxFailure) -> [FetchedMessage] {
        let messages = account.state.withLock { $0.mailboxes[name]?.messages } ?? []
        // Small batches, so that tests see more than one.
        return uids.lazy.compactMap { uid in messages.first { $0.uid == uid } }.prefix(3).map { message in
            let header = Array(message.content[MIMEStructure.headerRange(message.content.span)])
            let needsText = !items.isDisjoint(with: [.text, .outline])
            let needsHeader = !items.isDisjoint(with: [.header, .summary])
            let content = needsText ? message.content : needsHeader ? header : nil
            var fetched = FetchedMessage(
                uid: message.uid, internalDate: message.internalDate, size: UInt64(message.content.count),
                content: content.map { ByteBuffer(bytes: $0) })
            fetched.saveDate = message.internalDate.addingReportingOverflow(86_400).partialValue
            fetched.emailID = Array("mail\(message.uid)".utf8)
            fetched.threadID = message.uid == 1 ? nil : Array("thread".utf8)
            if items.contains(.preview) { fetched.preview = Array("preview \(message.uid)".utf8) }
            return fetched
        }
    }

    func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try account.change(name) { mailbox throws(MailboxFailure) in
            try mailbox.store(uids, change)
            return mailbox.view
        }
    }

    func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange {
        try account.change(name) { mailbox throws(MailboxFailure) in
            let changed = Set(mailbox.messages.filter { $0.modSeq > modSeq }.map(\.uid))
            try mailbox.store(uids.filter { !changed.contains($0) }, change)
            return ConditionalChange(view: mailbox.view, refused: uids.filter(changed.contains))
        }
    }

    func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        try account.change(name) { mailbox in
            let wanted = uids.map(Set.init)
            mailbox.remove { message in
                message.flags.contains(.deleted) && wanted?.contains(message.uid) != false
            }
            return mailbox.view
        }
    }

    func copy(_ uids: [UInt32], to target: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        let all = account.state.withLock { $0.mailboxes[name]?.messages } ?? []
        let keywords = view.keywords
        let messages = all.filter { uids.contains($0.uid) }
        return try account.change(target) { mailbox throws(MailboxFailure) in
            var copied = CopiedMessages(uidValidity: mailbox.view.uidValidity, sourceUIDs: [], destinationUIDs: [])
            for message in messages {
                let names = message.flags.keywordIndexes.map { keywords[$0] }
                let flags = try mailbox.flags(message.flags.intersection(.system), names)
                copied.sourceUIDs.append(message.uid)
                copied.destinationUIDs.append(mailbox.add(message.content, flags, date: message.internalDate))
            }
            return copied
        }
    }

    func move(_ uids: [UInt32], to target: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        let copied = try await copy(uids, to: target)
        _ = try account.change(name) { mailbox in
            mailbox.remove { copied.sourceUIDs.contains($0.uid) }
        }
        return copied
    }

    func close() async {
        account.state.withLock {
            $0.mailboxes[name]?.listeners[listener] = nil
            $0.openMailboxes -= 1
        }
    }
}
