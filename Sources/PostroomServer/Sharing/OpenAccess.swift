import MailModel
import Synchronization

/// The rights that a session has to the mailbox that it has open, as they were last found.
final class OpenAccess: Sendable {
    private let state: Mutex<MailboxRights>

    init(_ rights: MailboxRights) {
        state = Mutex(rights)
    }

    var rights: MailboxRights { state.withLock { $0 } }

    /// A mailbox that is shared no longer leaves no right. What can't be asked now stays as it was.
    func renew(_ account: StoredAccount, _ name: MailboxName) async throws(MailboxFailure) {
        var rights: MailboxRights = []
        do throws(MailboxFailure) {
            if let route = try await account.sharing?.route(name) { rights = try await account.rights(to: name, route) }
        } catch {
            guard error.kind != .unavailable else { return }
            throw error
        }
        let found = rights
        // Once it could not be read, the session is about to end.
        state.withLock { if $0.contains(.read) { $0 = found } }
    }
}

extension MailboxView {
    /// Without messages and under another UIDVALIDITY.
    static func gone(_ view: MailboxView) -> MailboxView {
        var gone = view
        (gone.uids, gone.flags, gone.modSeqs) = ([], [], [])
        gone.uidValidity = view.uidValidity == 1 ? 2 : view.uidValidity &- 1
        gone.generation = view.generation &+ 1
        return gone
    }
}

extension MessageFlags {
    /// Those that may be changed.
    func permitted(_ rights: MailboxRights) -> MessageFlags {
        var flags = self
        if !rights.contains(.seen) { flags.remove(.seen) }
        if !rights.contains(.deleteMessages) { flags.remove(.deleted) }
        if !rights.contains(.write) { flags.formIntersection([.seen, .deleted]) }
        return flags
    }
}

extension FlagChange {
    /// What of it may be done, in steps; none where nothing may. A replacement that may not touch all flags becomes what it
    /// takes away and what it adds.
    func permitted(_ rights: MailboxRights, keywords known: [String]) -> [FlagChange] {
        guard !rights.contains([.write, .seen, .deleteMessages]) else { return [self] }
        let flags = flags.permitted(rights)
        let keywords = rights.contains(.write) ? keywords : []
        guard operation == .replace else {
            return flags.isEmpty && keywords.isEmpty ? [] : [FlagChange(operation, flags: flags, keywords: keywords)]
        }
        guard !rights.isDisjoint(with: [.write, .seen, .deleteMessages]) else { return [] }
        let others = MessageFlags.system.permitted(rights).subtracting(flags)
        let otherKeywords =
            rights.contains(.write)
            ? known.filter { name in !keywords.contains { ASCII.equalIgnoringCase($0.utf8, name.utf8) } } : []
        return [
            FlagChange(.remove, flags: others, keywords: otherKeywords),
            FlagChange(.add, flags: flags, keywords: keywords),
        ].filter { !$0.flags.isEmpty || !$0.keywords.isEmpty }
    }
}
