import MailModel
import NIOCore

/// An open mailbox with a reader's own `\Seen`.
final class OwnSeenMailbox: OpenMailbox {
    private let base: any OpenMailbox
    private let file: SeenFile
    private let store: OwnSeenStore
    private let isReadOnly: Bool
    private let listener: UInt64

    init(
        _ base: any OpenMailbox, _ file: SeenFile, _ store: OwnSeenStore, readOnly: Bool,
        onChange: @escaping @Sendable () -> Void
    ) {
        self.base = base
        self.file = file
        self.store = store
        isReadOnly = readOnly
        listener = file.listen(onChange)
    }

    deinit {
        file.stopListening(listener)
    }

    var view: MailboxView { file.view(of: base.view) }

    func refresh() async throws(MailboxFailure) -> MailboxView {
        let view = try await base.refresh()
        try await withMailboxFailures { try await file.refresh() }
        return file.view(of: view)
    }

    func claimRecent() async throws(MailboxFailure) -> UInt32 { try await base.claimRecent() }

    func fetch(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        try await base.fetch(uids, items)
    }

    // MARK: Flags

    func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try checkWritable()
        for step in change.withoutSeen(keywords: base.view.keywords) { _ = try await base.store(uids, step) }
        if let isSeen = change.seen { _ = try await set(isSeen, uids, unchangedSince: nil) }
        return view
    }

    func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange {
        try checkWritable()
        let known = try await refresh()
        var refused = Set(uids.filter { uid in known.index(of: uid).map { known.modSeqs[$0] > modSeq } ?? false })
        var rest = uids.filter { !refused.contains($0) }
        var isFirst = true
        for step in change.withoutSeen(keywords: base.view.keywords) {
            // Only the first tells what others changed; the second would find what the first did.
            if isFirst {
                let result = try await base.store(rest, step, unchangedSince: modSeq)
                refused.formUnion(result.refused)
                rest.removeAll { refused.contains($0) }
            } else {
                _ = try await base.store(rest, step)
            }
            isFirst = false
        }
        if let isSeen = change.seen { refused.formUnion(try await set(isSeen, rest, unchangedSince: modSeq)) }
        return ConditionalChange(view: view, refused: refused.sorted())
    }

    private func set(
        _ isSeen: Bool, _ uids: [UInt32], unchangedSince modSeq: UInt64?
    ) async throws(MailboxFailure) -> [UInt32] {
        let base = base.view
        let present = uids.filter { base.index(of: $0) != nil }
        return try await withMailboxFailures {
            try await file.set(isSeen, present, in: base, unchangedSince: modSeq, by: listener)
        }
    }

    func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        file.view(of: try await base.expunge(uids))
    }

    // MARK: Copies

    func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        let before = view
        let copied = try await base.copy(uids, to: name)
        try await mark(copied, seenIn: before, name)
        return copied
    }

    func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        let before = view
        let copied = try await base.move(uids, to: name)
        try await mark(copied, seenIn: before, name)
        return copied
    }

    /// What the reader had seen is seen in the new place.
    private func mark(
        _ copied: CopiedMessages, seenIn view: MailboxView, _ name: MailboxName
    ) async throws(MailboxFailure) {
        let seen = zip(copied.sourceUIDs, copied.destinationUIDs).filter { pair in
            view.index(of: pair.0).map { view.flags[$0].contains(.seen) } ?? false
        }
        try await store.markSeen(seen.map(\.1).sorted(), in: name)
    }

    func close() async {
        file.stopListening(listener)
        await base.close()
    }

    private func checkWritable() throws(MailboxFailure) {
        guard !isReadOnly else { throw MailboxFailure(.notPermitted, "the mailbox is open for reading only") }
    }
}

/// Messages on their way into such a mailbox.
actor OwnSeenAppend: MessageAppend {
    private let base: any MessageAppend
    private let store: OwnSeenStore
    private let name: MailboxName
    /// Whether the reader has seen each message, in their order.
    private var seen: [Bool] = []

    init(_ base: any MessageAppend, _ store: OwnSeenStore, _ name: MailboxName) {
        self.base = base
        self.store = store
        self.name = name
    }

    func write(_ chunk: ByteBuffer) async throws(MailboxFailure) { try await base.write(chunk) }

    func next(
        flags: MessageFlags, keywords: [String], internalDate: Int64?, size: UInt64
    ) async throws(MailboxFailure) {
        seen.append(flags.contains(.seen))
        try await base.next(
            flags: flags.subtracting(.seen), keywords: keywords, internalDate: internalDate, size: size)
    }

    func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        seen.append(flags.contains(.seen))
        let copied = try await base.commit(
            flags: flags.subtracting(.seen), keywords: keywords, internalDate: internalDate)
        try await store.markSeen(zip(copied.destinationUIDs, seen).filter(\.1).map(\.0), in: name)
        return copied
    }

    func abort() async { await base.abort() }
}

extension FlagChange {
    /// What becomes of the reader's own mark; nil for nothing.
    fileprivate var seen: Bool? {
        switch operation {
        case .add: flags.contains(.seen) ? true : nil
        case .remove: flags.contains(.seen) ? false : nil
        case .replace: flags.contains(.seen)
        }
    }

    /// What becomes of everybody's flags, in steps that leave their `\Seen` alone.
    fileprivate func withoutSeen(keywords known: [String]) -> [FlagChange] {
        let shared = flags.subtracting(.seen)
        let steps: [FlagChange]
        if operation == .replace {
            let gone = known.filter { name in
                !keywords.contains { ASCII.equalIgnoringCase($0.utf8, name.utf8) }
            }
            steps = [
                FlagChange(.remove, flags: MessageFlags.system.subtracting(.seen).subtracting(shared), keywords: gone),
                FlagChange(.add, flags: shared, keywords: keywords),
            ]
        } else {
            steps = [FlagChange(operation, flags: shared, keywords: keywords)]
        }
        return steps.filter { !$0.flags.isEmpty || !$0.keywords.isEmpty }
    }
}
