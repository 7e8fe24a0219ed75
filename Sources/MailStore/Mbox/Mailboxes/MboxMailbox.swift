import Blocking
package import MailModel

/// One session's hold on an mbox.
package final class MboxMailbox: OpenMailbox {
    let store: MboxStore
    let folder: MboxFolder
    private let name: MailboxName
    private let isReadOnly: Bool
    let listener: UInt64

    init(_ store: MboxStore, _ folder: MboxFolder, _ name: MailboxName, readOnly: Bool, listener: UInt64) {
        self.store = store
        self.folder = folder
        self.name = name
        self.isReadOnly = readOnly
        self.listener = listener
    }

    deinit {
        folder.stopListening(listener)
    }

    package var view: MailboxView { folder.view }

    package func refresh() async throws(MailboxFailure) -> MailboxView {
        try await withMailboxFailures { try await folder.refresh(for: listener) }
    }

    package func claimRecent() async throws(MailboxFailure) -> UInt32 {
        let isReadOnly = isReadOnly
        return try await withMailboxFailures {
            try await folder.work(for: listener) { work in
                if !work.state.isLoaded { try work.refresh() }
                return isReadOnly ? work.state.view.firstRecentUID : try work.claimRecent()
            }
        }
    }

    package func fetch(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        try await withMailboxFailures {
            let batch = try await folder.reading(pool: store.stores.pool, for: listener) { state, file in
                try MboxReader(state: state, items: items).read(uids, from: file)
            }
            folder.remember(virtualSizes: batch.countedSizes)
            return batch.messages
        }
    }

    package func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try await changing { try $0.store(uids, change) }
    }

    package func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange {
        try checkWritable()
        return try await withMailboxFailures {
            try await folder.work(for: listener) { work in
                let refused = try work.store(uids, change, unchangedSince: modSeq)
                return ConditionalChange(view: work.state.view, refused: refused.sorted())
            }
        }
    }

    package func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        try await changing { try $0.expunge(uids) }
    }

    private func changing(
        _ body: @escaping @Sendable (inout MboxWork) throws -> Void
    ) async throws(MailboxFailure) -> MailboxView {
        try checkWritable()
        return try await withMailboxFailures {
            try await folder.work(for: listener) { work in
                try body(&work)
                return work.state.view
            }
        }
    }

    package func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await store.withFolder(name) { target in
            try await MboxTransfer(from: folder, self.name, to: target, name, store.quota, pool: store.stores.pool)
                .copy(uids)
        }
    }

    package func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try checkWritable()
        return try await store.withFolder(name) { target in
            try await MboxTransfer(from: folder, self.name, to: target, name, store.quota, pool: store.stores.pool)
                .move(uids)
        }
    }

    package func close() async {
        folder.stopListening(listener)
    }

    private func checkWritable() throws(MailboxFailure) {
        guard !isReadOnly else { throw MailboxFailure(.notPermitted, "the mailbox is open for reading only") }
    }
}

extension MboxFolder {
    /// Runs `body` with the file locked for reading and the state that fits it.
    func reading<T: Sendable>(
        pool: BlockingPool, for listener: UInt64?, _ body: @escaping @Sendable (MboxState, FileHandle) throws -> T
    ) async throws -> T {
        for _ in 0..<8 {
            guard !isEnded else { throw noSuchMailbox }
            do {
                return try await pool.runWithIdentity(access.owner) {
                    let state = self.state
                    return try self.access.reading { try body(state, $0) }
                }
            } catch is MboxReader.Stale {
                _ = try await refresh(for: listener, whole: true)
            } catch is MboxAccess.Missing {
                _ = try await refresh(for: listener, whole: true)
            }
        }
        throw MailboxFailure(.unavailable, "\(pathText(access.place.path)) keeps changing while it is read")
    }
}
