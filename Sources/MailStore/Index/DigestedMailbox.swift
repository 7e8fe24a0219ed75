import Blocking
package import MailModel
import NIOCore

/// An open mailbox of any form that also gives what is made of messages' texts: from the account's index if it is there
/// already, else from the text, once.
package struct DigestedMailbox: OpenMailbox {
    private let base: any OpenMailbox
    private let place: [UInt8]
    private let index: AccountIndex?
    private let pool: BlockingPool

    /// - Parameter place: what the index knows the mailbox by within its account; a path, for one.
    init(_ base: any OpenMailbox, place: [UInt8], index: AccountIndex?, pool: BlockingPool) {
        self.base = base
        self.place = place
        self.index = index
        self.pool = pool
    }

    // MARK: Fetching

    private static let batchMessages = 256
    private static let batchBytes = 256 << 10

    package func fetch(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        let needsContent = !items.isDisjoint(with: [.header, .text])
        guard index != nil || !items.isDisjoint(with: .digest) else { return try await base.fetch(uids, items) }
        // The text is read anyway; ask the index only for what is costly to make of it again.
        if needsContent, items.isDisjoint(with: .digest) { return try await base.fetch(uids, items) }
        var rest = uids
        while !rest.isEmpty {
            let chunk = rest.prefix(Self.batchMessages)
            var known = needsContent ? [:] : await knownDigests(chunk, items)
            if items == .knownPreview {
                for uid in chunk where known[uid] == nil { known[uid] = MessageDigest() }
            }
            let served = serve(chunk, known, items)
            if !served.messages.isEmpty { return served.messages }
            rest = rest.dropFirst(served.passed)
            let unknown = rest.prefix(Self.batchMessages).prefix { known[$0].map { !isEnough($0, items) } ?? true }
            guard !unknown.isEmpty else { continue }
            let read = try await read(unknown, items, known)
            if !read.isEmpty { return read }
            rest = rest.dropFirst(unknown.count)
        }
        return []
    }

    private func knownDigests(_ uids: ArraySlice<UInt32>, _ items: MessageItems) async -> [UInt32: MessageDigest] {
        guard let index else { return [:] }
        var columns: DigestColumns = []
        if items.contains(.summary) { columns.insert(.summary) }
        if items.contains(.outline) { columns.insert(.outline) }
        if !items.isDisjoint(with: [.preview, .knownPreview]) { columns.insert(.preview) }
        return await index.digests(key, uids, columns)
    }

    private var key: DigestKey {
        let view = base.view
        return DigestKey(place: place, identity: view.identity, uidValidity: view.uidValidity)
    }

    /// Whether a digest has all that is asked for.
    private func isEnough(_ digest: MessageDigest, _ items: MessageItems) -> Bool {
        if items.contains(.internalDate), digest.internalDate == nil { return false }
        if items.contains(.size), digest.size == nil { return false }
        if items.contains(.summary), digest.summary == nil { return false }
        if items.contains(.outline), digest.outline == nil { return false }
        if items.contains(.objectIDs), digest.emailID == nil { return false }
        return !items.contains(.preview) || digest.preview != nil
    }

    /// The messages at the front of `uids` for which nothing need be read, as many as make a batch. `passed` are those and
    /// the ones before the first unknown that are gone.
    private func serve(
        _ uids: ArraySlice<UInt32>, _ known: [UInt32: MessageDigest], _ items: MessageItems
    ) -> (messages: [FetchedMessage], passed: Int) {
        let view = base.view
        var messages: [FetchedMessage] = []
        var (passed, bytes) = (0, 0)
        for uid in uids {
            guard let digest = known[uid], isEnough(digest, items) else { break }
            passed += 1
            guard view.index(of: uid) != nil else { continue }
            let message = Self.message(uid, digest, items)
            bytes += message.content?.readableBytes ?? 0
            messages.append(message)
            if bytes >= Self.batchBytes { break }
        }
        return (messages, passed)
    }

    private static func message(_ uid: UInt32, _ digest: MessageDigest, _ items: MessageItems) -> FetchedMessage {
        var message = FetchedMessage(uid: uid)
        if items.contains(.internalDate) { message.internalDate = digest.internalDate }
        if items.contains(.size) { message.size = digest.size }
        if items.contains(.saveDate) { message.saveDate = digest.saveDate }
        add(digest, items, to: &message)
        if items.contains(.outline), let outline = digest.outline {
            message.content = ByteBuffer(bytes: outline.headers)
            message.outline = outline.structure
        } else if items.contains(.summary), let summary = digest.summary {
            message.content = ByteBuffer(bytes: summary)
        }
        return message
    }

    private static func add(_ digest: MessageDigest, _ items: MessageItems, to message: inout FetchedMessage) {
        if items.contains(.objectIDs) {
            message.emailID = digest.emailID
            message.threadID = digest.threadID
        }
        if !items.isDisjoint(with: [.preview, .knownPreview]) { message.preview = digest.preview }
    }

    // MARK: Reading

    /// Reads messages of which too little is known, and keeps what is made of them.
    private func read(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems, _ known: [UInt32: MessageDigest]
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        let isWhole = !items.isDisjoint(with: [.text, .outline, .objectIDs, .preview])
        let needsHeader = !items.isDisjoint(with: [.header, .summary])
        let key = key
        let content: MessageItems = isWhole ? .text : needsHeader ? .header : []
        // The size costs nothing beside the text; else it may cost reading all of the file.
        let size: MessageItems = isWhole || items.contains(.size) ? .size : []
        let messages = try await base.fetch(uids, content.union(size).union([.internalDate, .saveDate]))
        guard !messages.isEmpty else { return [] }
        // Parsing is work for a thread of its own kind, not for the tasks of all sessions.
        let digests = try await withMailboxFailures {
            try await pool.run {
                messages.map { MessageDigest($0, isWhole: isWhole, items).completed(with: known[$0.uid]) }
            }
        }
        index?.remember(Dictionary(zip(messages.map(\.uid), digests)) { $1 }, key)
        return zip(messages, digests).map { message, digest in
            var result = message
            Self.add(digest, items, to: &result)
            // The text is more than the header, and shorter to send on when only that is needed.
            let isKept = !items.isDisjoint(with: [.text, .header])
            if !isKept, isEnough(digest, items.intersection([.summary, .outline])) {
                result.content = Self.message(message.uid, digest, items).content
                result.outline = items.contains(.outline) ? digest.outline?.structure : nil
            }
            return result
        }
    }

    // MARK: OpenMailbox

    package var view: MailboxView { base.view }

    package var memory: MailboxMemory? { base.memory }

    package func refresh() async throws(MailboxFailure) -> MailboxView { try await base.refresh() }

    package func claimRecent() async throws(MailboxFailure) -> UInt32 { try await base.claimRecent() }

    package func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try await base.store(uids, change)
    }

    package func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange {
        try await base.store(uids, change, unchangedSince: modSeq)
    }

    package func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        try await base.expunge(uids)
    }

    package func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await base.copy(uids, to: name)
    }

    package func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await base.move(uids, to: name)
    }

    package func close() async {
        await base.close()
    }
}

extension DigestedMailbox: IdentifyingMailbox {
    func storedIdentities(
        of uids: [UInt32], from source: IdentitySource
    ) async throws(MailboxFailure) -> [MessageIdentity] {
        try await base.identities(of: uids, from: source)
    }

    func store(uniqueIDs: [UInt32: [UInt8]]) async throws(MailboxFailure) {
        try await base.save(uniqueIDs: uniqueIDs)
    }
}
