import Blocking
package import MailModel
import Synchronization

/// One session's hold on a folder.
package final class MaildirMailbox: OpenMailbox {
    private let stores: MaildirStores
    private let store: MaildirStore
    let folder: MaildirFolder
    let name: MailboxName
    private let isReadOnly: Bool
    private let listener: UInt64

    init(
        _ store: MaildirStore, _ folder: MaildirFolder, _ name: MailboxName, readOnly: Bool, listener: UInt64
    ) {
        self.stores = store.stores
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
                // What came since the last look is claimed after the next.
                if !work.state.isLoaded { try work.refresh() }
                let first = work.state.view.firstRecentUID
                guard !isReadOnly else { return first }
                if work.state.files.contains(where: \.isNew) {
                    try work.locked { try $0.reconcile(claimingRecent: true) }
                }
                work.state.view.firstRecentUID = work.state.view.uidNext
                return first
            }
        }
    }

    package func fetch(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        try await withMailboxFailures {
            var result: [FetchedMessage] = []
            var rest = uids
            var lastMissing: UInt32?
            while result.isEmpty, !rest.isEmpty {
                let batch = try await read(rest, items)
                folder.remember(virtualSizes: batch.countedSizes)
                result += batch.messages
                guard let missing = batch.missing.first else { break }
                rest = rest.drop { $0 < missing }
                if lastMissing == missing {
                    // Not there under the name that a fresh look gave: it is gone, or about to be.
                    rest = rest.dropFirst()
                } else {
                    lastMissing = missing
                    _ = try await folder.refresh(for: listener)
                }
            }
            return result
        }
    }

    private func read(_ uids: ArraySlice<UInt32>, _ items: MessageItems) async throws -> MessageReader.Batch {
        let (folder, roots) = (folder, stores.roots)
        guard !folder.isEnded else {
            throw MailboxFailure(.noSuchMailbox, "\(pathText(folder.place.path)): the folder was deleted or replaced")
        }
        return try await stores.pool.runWithIdentity(folder.owner) {
            let directories = try MaildirDirectories(roots, folder.place.path)
            return try MessageReader(
                directories: directories, state: folder.state, owner: folder.owner, items: items
            ).read(uids)
        }
    }

    package func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try checkWritable()
        let (name, quota) = (name, store.quota)
        return try await withMailboxFailures {
            try await folder.work(for: listener) { work in
                try quota.changeFlags(of: uids, in: name, &work) { try $0.store(uids, change) }
                return work.state.view
            }
        }
    }

    package func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange {
        try checkWritable()
        let (name, quota) = (name, store.quota)
        return try await withMailboxFailures {
            try await folder.work(for: listener) { work in
                let refused = try quota.changeFlags(of: uids, in: name, &work) {
                    try $0.store(uids, change, unchangedSince: modSeq)
                }
                return ConditionalChange(view: work.state.view, refused: refused)
            }
        }
    }

    package func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        try checkWritable()
        let (name, quota) = (name, store.quota)
        return try await withMailboxFailures {
            try await folder.work(for: listener) { work in
                try quota.remove(from: name, &work) { try $0.expunge(uids) }
                return work.state.view
            }
        }
    }

    package func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await withMailboxFailures {
            let target = try await store.existingFolder(name, lookingAgain: false)
            return try await MessageTransfer(
                from: folder, self.name, to: target, name, store.quota
            ).copy(uids)
        }
    }

    package func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try checkWritable()
        return try await withMailboxFailures {
            let target = try await store.existingFolder(name, lookingAgain: false)
            return try await MessageTransfer(
                from: folder, self.name, to: target, name, store.quota
            ).move(uids)
        }
    }

    package func close() async {
        folder.stopListening(listener)
    }

    private func checkWritable() throws(MailboxFailure) {
        guard !isReadOnly else { throw MailboxFailure(.notPermitted, "the mailbox is open for reading only") }
    }
}
