import MailModel
import Synchronization

/// What a session holds while it watches.
struct WatchedMailboxes: Sendable {
    var mailboxes: [MailboxName: any IMAPMailbox] = [:]
    var account: (any AccountWatch)?
}

extension IMAPSessionPerformer {
    /// Nil for one of many that is gone, or that this user may not read.
    func metadata(
        of name: MailboxName?, _ account: any IMAPAccount, isOneOfMany: Bool
    ) async throws(MailboxFailure) -> MailboxMetadata? {
        do {
            return try await account.metadata(of: name)
        } catch {
            if isOneOfMany, error.kind != .unavailable { return nil }
            throw error
        }
    }

    /// Nil for a mailbox that is gone, or that this user may know nothing of.
    func rights(to name: MailboxName, _ account: any IMAPAccount) async -> MailboxRights? {
        guard case .rights(let rights) = try? await account.accessControl(.myRights([]), name) else { return nil }
        return rights
    }

    /// Without annotations of mailboxes that this user may not read any more (RFC 5465 §5.9).
    func permitted(_ changes: WatchedChanges, _ account: any IMAPAccount) async -> WatchedChanges {
        var permitted = changes
        for name in changes.metadata.keys {
            guard let name, (try? await account.metadata(of: name)) == nil else { continue }
            permitted.metadata[name] = nil
        }
        return permitted
    }

    /// Opens what is on the list and not open yet, closes what is no longer on it. A mailbox that is gone is passed over: the
    /// account's own news tell when it is back.
    func watch(_ list: WatchList?) async throws(MailboxFailure) -> IMAPAnswer {
        let wanted = list?.mailboxes ?? []
        let (dropped, known) = held.withLock { held in
            let dropped = held.watched.mailboxes.filter { !wanted.contains($0.key) }
            for name in dropped.keys { held.watched.mailboxes[name] = nil }
            if list == nil { held.watched.account = nil }
            return (Array(dropped.values), Set(held.watched.mailboxes.keys))
        }
        for mailbox in dropped { await mailbox.close() }
        guard let list else {
            _ = changes.take()
            return .done
        }
        let changes = changes
        // Anew each time: which accounts of others belong to it may have changed.
        let watch = try await list.account.watch { changes.note($0) }
        let before = held.withLock { held in
            defer { held.watched.account = held.isFinished ? nil : watch }
            return held.watched.account
        }
        withExtendedLifetime(before) {}
        for name in wanted.subtracting(known) {
            let mailbox: any IMAPMailbox
            do throws(MailboxFailure) {
                mailbox = try await list.account.open(name, readOnly: true) { changes.note(messagesOf: name) }
            } catch {
                if error.kind == .unavailable { throw error }
                continue
            }
            let isTooLate = held.withLock { held in
                if !held.isFinished { held.watched.mailboxes[name] = mailbox }
                return held.isFinished
            }
            guard isTooLate else { continue }
            await mailbox.close()
            throw MailboxFailure(.unavailable, "the connection is gone")
        }
        return .done
    }
}
