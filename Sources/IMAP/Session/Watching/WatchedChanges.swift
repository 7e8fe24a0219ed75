package import MailModel
import Synchronization

/// What a session wants to hear of beside its selected mailbox.
package struct WatchList: Sendable {
    package var account: any IMAPAccount
    /// Whose messages are watched.
    package var mailboxes: Set<MailboxName>
}

/// What has happened since the session last asked.
package struct WatchedChanges: Hashable, Sendable {
    /// Mailboxes or subscriptions changed.
    package var tree = false
    /// Whose messages changed.
    package var mailboxes: Set<MailboxName> = []
    package var metadata: [MailboxName?: Set<MetadataEntryName>] = [:]
    /// More happened than is remembered.
    package var isOverflown = false
}

/// Gathers changes from any thread until the session takes them; the session is called once for all of them.
final class PendingChanges: Sendable {
    private static let maximumEntries = 4096

    private let pending = Mutex(WatchedChanges())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    func note(_ change: AccountChange) {
        note { pending in
            switch change {
            case .mailboxes: pending.tree = true
            case .metadata(let name, let entries):
                pending.metadata[name, default: []].formUnion(entries)
                guard pending.metadata.values.reduce(0, { $0 + $1.count }) > Self.maximumEntries else { return }
                pending.metadata = [:]
                pending.isOverflown = true
            }
        }
    }

    func note(messagesOf name: MailboxName) {
        // As many as are watched.
        note { $0.mailboxes.insert(name) }
    }

    private func note(_ body: (inout WatchedChanges) -> Void) {
        let isNew = pending.withLock { pending in
            let wasEmpty = pending == WatchedChanges()
            body(&pending)
            return wasEmpty
        }
        if isNew { wake() }
    }

    func take() -> WatchedChanges {
        pending.withLock { pending in
            defer { pending = WatchedChanges() }
            return pending
        }
    }
}
