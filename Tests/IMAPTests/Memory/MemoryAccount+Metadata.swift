import MailModel
import Synchronization

@testable import IMAP

extension MemoryAccount {
    var keepsMetadata: Bool { true }

    func metadata(of name: MailboxName?) async throws(MailboxFailure) -> MailboxMetadata {
        let found: MailboxMetadata? = state.withLock { state in
            guard name.map({ state.mailboxes[$0] != nil }) ?? true else { return nil }
            return state.metadata[name] ?? MailboxMetadata()
        }
        guard let found else { throw MailboxFailure(.noSuchMailbox, "\(name?.description ?? "")") }
        return found
    }

    func setMetadata(_ changes: [MetadataChange], of name: MailboxName?) async throws(MailboxFailure) {
        var metadata = try await metadata(of: name)
        try metadata.apply(changes)
        state.withLock { state in
            state.metadata[name] = metadata
            if let name { state.mailboxes[name]?.specialUse = metadata.specialUse }
        }
        tell(.metadata(name, changes.map(\.name)))
    }

    func watch(_ onChange: @escaping @Sendable (AccountChange) -> Void) async throws(MailboxFailure) -> any AccountWatch
    {
        let id = state.withLock { state in
            state.nextListener += 1
            state.watchers[state.nextListener] = onChange
            return state.nextListener
        }
        return MemoryWatch(self, id)
    }

    func tell(_ change: AccountChange) {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher(change) }
    }
}

private final class MemoryWatch: AccountWatch {
    private let account: MemoryAccount
    private let id: Int

    init(_ account: MemoryAccount, _ id: Int) {
        self.account = account
        self.id = id
    }

    deinit {
        account.state.withLock { $0.watchers[id] = nil }
    }
}
