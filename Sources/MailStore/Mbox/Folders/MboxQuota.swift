import Blocking
import MailModel
import Synchronization

/// What keeps to the quota of one account of mboxes: the sizes of its files, as Dovecot's `quota = dirsize` counts them. Messages are
/// not counted: only reading all of the mail would tell how many there are.
///
/// Blocks: on a thread of the pool, as the owner.
struct MboxQuota: Sendable {
    let gate: Gate
    let quota: Quota
    let location: MboxLocation
    let roots: MailRoots

    /// Looking how large the files are and adding to one of them is one step for all that share it. Taken with an mbox's locks held,
    /// never the other way round.
    final class Gate: Sendable {
        private let step = Mutex(())

        func alone<T>(_ body: () throws -> T) throws -> T {
            try step.withLock { _ in try body() }
        }
    }

    /// For what is in the account already.
    var unlimited: MboxQuota { MboxQuota(gate: gate, quota: .unlimited, location: location, roots: roots) }

    private var recount: MboxRecount { MboxRecount(roots: roots, location: location) }

    /// Runs `body`, which adds `size` bytes to `name`, if they fit.
    func add<T>(
        _ size: UInt64, to name: MailboxName, as arrival: QuotaCounter.Arrival, _ body: () throws -> T
    ) throws -> T {
        guard quota.storage != nil, !quota.ignores(name) else { return try body() }
        return try gate.alone {
            try check(size, to: name, as: arrival)
            return try body()
        }
    }

    /// Whether `size` bytes fit into `name`; throws `.overQuota` where they do not.
    func check(_ size: UInt64, to name: MailboxName, as arrival: QuotaCounter.Arrival) throws {
        guard quota.storage != nil, !quota.ignores(name) else { return }
        let usage = try recount.count(quota)
        let planned = QuotaUsage(storage: size, messages: 0)
        var counted = quota
        counted.messages = nil
        guard let reason = QuotaCounter.reason(usage, planned, counted, name, arrival, location.accountPath) else {
            return
        }
        throw MailboxFailure(.overQuota, reason)
    }

    func status() throws -> QuotaStatus? {
        guard quota.storage != nil else { return nil }
        return QuotaStatus(usage: try recount.count(quota), storageLimit: quota.storage, messageLimit: nil)
    }
}

/// The sizes of all files of an account of mboxes.
struct MboxRecount: QuotaRecount {
    let roots: MailRoots
    let location: MboxLocation

    func count(_ quota: Quota) throws -> QuotaUsage {
        var usage = QuotaUsage()
        try forEachFile { name, status in
            if !quota.ignores(name) { usage.storage &+= status.size }
        }
        return usage
    }

    func stamp() throws -> [FileStatus.Time] {
        var times: [FileStatus.Time] = []
        try forEachFile { _, status in times.append(status.modified) }
        return times
    }

    private func forEachFile(_ body: (MailboxName, FileStatus) throws -> Void) throws {
        if let status = try inboxStatus() { try body(.inbox, status) }
        guard let root = location.root else { return }
        do {
            var listings: [MailboxListing] = []
            try MboxStore.list(try roots.open(root), [], location.inbox, &listings)
            for listing in listings where listing.isSelectable {
                let (directory, file) = try roots.openParent(of: location.place(listing.name).path)
                let status: FileStatus
                do throws(SystemCallError) {
                    status = try directory.status(file)
                } catch {
                    // Deleted meanwhile.
                    guard error.isMissing else { throw error }
                    continue
                }
                try body(listing.name, status)
            }
        } catch  where MaildirDirectories.isMissing(error) {
            return
        }
    }

    private func inboxStatus() throws -> FileStatus? {
        do {
            let (directory, name) = try roots.openParent(of: location.inbox)
            return try directory.status(name)
        } catch  where MaildirDirectories.isMissing(error) {
            return nil
        }
    }
}
