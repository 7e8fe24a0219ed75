import MailModel
import Synchronization

/// The mailboxes that POP3 sessions of this process have to themselves (RFC 1939 §4).
final class MaildropLocks: Sendable {
    private struct Key: Hashable, Sendable {
        var location: MailboxLocation
        var owner: Owner
    }

    private let taken = Mutex<Set<Key>>([])

    /// False when another session has it.
    func take(_ location: MailboxLocation, _ owner: Owner) -> Bool {
        taken.withLock { $0.insert(Key(location: location, owner: owner)).inserted }
    }

    func release(_ location: MailboxLocation, _ owner: Owner) {
        taken.withLock { _ = $0.remove(Key(location: location, owner: owner)) }
    }
}
