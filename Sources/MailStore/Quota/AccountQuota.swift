import Blocking
import Logging
import MailModel

/// One account's quota joined to its mailboxes: what every operation that adds or takes away messages goes through. Blocks: on a
/// thread of the pool, as the owner.
struct AccountQuota: Sendable {
    let counter: QuotaCounter
    let quota: Quota
    let location: MaildirLocation
    let roots: MailRoots
    let options: MaildirOptions
    /// Whom warnings go to: the address or login that led here.
    let account: String

    private var recount: MaildirRecount { MaildirRecount(roots: roots, location: location) }

    func usage(of storage: UInt64, virtual: UInt64) -> QuotaUsage {
        QuotaUsage(storage: quota.terms.sizes == .file ? storage : virtual, messages: 1)
    }

    /// Runs `body` if what it is about to add fits; it says what it added.
    func add<T>(
        _ planned: QuotaUsage, to name: MailboxName, as arrival: QuotaCounter.Arrival,
        _ body: () throws -> (T, QuotaUsage)
    ) throws -> T {
        guard let root = try openRoot() else { return try body().0 }
        let (result, change) = try counter.add(planned, to: name, quota, as: arrival, in: root, recount, body)
        warn(change)
        return result
    }

    /// Runs `body`, which takes messages out of the folder of `work`.
    func remove<T>(
        from name: MailboxName, _ work: inout FolderWork, _ body: (inout FolderWork) throws -> T
    ) throws -> T {
        let removed = RemovedMessages(quota.terms)
        work.removed = removed
        defer { work.removed = nil }
        return try remove(from: name, removed) { try body(&work) }
    }

    /// Runs `body`, which takes messages out of `name` and adds them to `removed`.
    func remove<T>(from name: MailboxName, _ removed: RemovedMessages, _ body: () throws -> T) throws -> T {
        guard let root = try openRoot() else { return try body() }
        let (result, change) = try counter.remove(from: name, quota, in: root, body) { removed.usage }
        warn(change)
        return result
    }

    /// Runs `body`, which changes flags of messages in the folder of `work`: where those that are marked as deleted do not
    /// count, some come to count or cease to. Nobody is refused a flag.
    func changeFlags<T>(
        of uids: [UInt32], in name: MailboxName, _ work: inout FolderWork, _ body: (inout FolderWork) throws -> T
    ) throws -> T {
        guard !quota.terms.countsDeleted, !quota.ignores(name), let root = try openRoot() else {
            return try body(&work)
        }
        let before = work.deleted(uids)
        var result: T?
        let change = try counter.changeFlags(quota, in: root) {
            result = try body(&work)
            let after = work.deleted(uids)
            let gone = try work.usage(of: after.subtracting(before), quota.terms.sizes)
            let come = try work.usage(of: before.subtracting(after), quota.terms.sizes)
            return QuotaCounter.Recounted(gone: gone, come: come)
        }
        warn(change)
        guard let result else { throw MailboxFailure(.unavailable, "flags were not changed") }
        return result
    }

    /// Counts anew after `body`, which takes away or renames whole folders.
    func replace<T>(_ body: () throws -> T) throws -> T {
        let result = try body()
        if let root = try openRoot(), try counter.status(quota, in: root, recount) != nil {
            _ = try counter.recount(quota, in: root, recount)
        }
        return result
    }

    /// Whether `size` octets fit into `name`; throws `.overQuota` where they do not.
    func check(_ size: UInt64, to name: MailboxName, as arrival: QuotaCounter.Arrival) throws {
        let planned = QuotaUsage(storage: size, messages: 1)
        guard let root = try openRoot() else {
            // Nothing is there yet.
            guard let limit = quota.limits(for: name).storage, size > limit else { return }
            throw MailboxFailure(.overQuota, "a message of \(size) bytes does not fit a quota of \(limit)")
        }
        try counter.check(planned, to: name, quota, as: arrival, in: root, recount)
    }

    func status() throws -> QuotaStatus? {
        guard let root = try openRoot() else {
            guard quota.isLimited else { return nil }
            return QuotaStatus(usage: QuotaUsage(), storageLimit: quota.storage, messageLimit: quota.messages)
        }
        return try counter.status(quota, in: root, recount)
    }

    /// Counts all messages, and writes the sum down where there is a quota.
    func recalculate() throws -> QuotaStatus? {
        guard let root = try openRoot() else { return try status() }
        _ = try counter.recount(quota, in: root, recount)
        return try counter.status(quota, in: root, recount)
    }

    /// Where `maildirsize` is; nil while nothing is there.
    private func openRoot() throws -> DirectoryHandle? {
        do {
            guard let control = location.control else { return try roots.open(location.path) }
            _ = try roots.open(location.inbox)
            return try roots.openOrMake(control)
        } catch  where MaildirDirectories.isMissing(error) {
            return nil
        } catch  where location.control != nil && !quota.isLimited && MaildirDirectories.isDenied(error) {
            // Only the service can make it, and nothing has to be counted.
            return nil
        }
    }

    // MARK: Warnings

    private func warn(_ change: QuotaCounter.Change?) {
        guard let change, let sender = quota.terms.warningSender, !quota.terms.warnings.isEmpty else { return }
        // Of several thresholds crossed at once the highest says it all.
        let crossed = quota.terms.warnings.filter {
            $0.isCrossed(from: change.before, to: change.after, change.status)
        }
        guard let warning = crossed.last(where: \.isBelow) ?? crossed.max(by: { $0.isLower(than: $1) }) else { return }
        let text = QuotaWarningText(warning: warning, status: change.status, account: account, sender: sender)
        do {
            try deliver(text.message)
        } catch {
            Logger(label: "quota").warning(
                "a quota warning can't be delivered",
                metadata: ["user": "\(account)", "reason": "\(mailboxFailure(error).reason)"])
        }
    }

    /// Into INBOX, whether there is room or not.
    private func deliver(_ message: [UInt8]) throws {
        let unwarned = AccountQuota(
            counter: counter, quota: quota.withoutWarnings, location: location, roots: roots, options: options,
            account: account)
        let writer = DeliveryWriter(roots, options)
        try writer.deliver(message, to: location.inbox, unwarned)
    }
}

/// What a transaction took out of its folder so far.
final class RemovedMessages {
    let terms: QuotaTerms
    private(set) var usage = QuotaUsage()

    init(_ terms: QuotaTerms) {
        self.terms = terms
    }

    var sizes: QuotaTerms.Sizes { terms.sizes }

    func add(_ more: QuotaUsage) {
        usage.storage &+= more.storage
        usage.messages &+= more.messages
    }

    func add(_ size: UInt64) {
        usage.storage &+= size
        usage.messages &+= 1
    }
}

extension QuotaTerms {
    func counts(_ file: [UInt8]) -> Bool {
        countsDeleted || !(MessageFileName(file).letters ?? []).contains(UInt8(ascii: "T"))
    }
}

extension FolderWork {
    fileprivate func deleted(_ uids: [UInt32]) -> Set<UInt32> {
        Set(uids.filter { uid in index(of: uid).map { state.view.flags[$0].contains(.deleted) } ?? false })
    }

    fileprivate func usage(of uids: Set<UInt32>, _ sizes: QuotaTerms.Sizes) throws -> QuotaUsage {
        var usage = QuotaUsage()
        for uid in uids {
            guard let index = index(of: uid) else { continue }
            let file = state.files[index]
            do {
                usage.storage &+= try MessageSize.of(file.name, in: directory(of: file), sizes)
                usage.messages &+= 1
            } catch  where MaildirDirectories.isMissing(error) {
                continue
            }
        }
        return usage
    }
}

extension Quota {
    fileprivate var withoutWarnings: Quota {
        var quota = self
        quota.terms.warnings = []
        return quota
    }
}

extension QuotaWarning {
    fileprivate func isLower(than other: QuotaWarning) -> Bool {
        switch (threshold, other.threshold) {
        case (.percent(let left), .percent(let right)), (.amount(let left), .amount(let right)): left < right
        case (.amount, .percent): true
        case (.percent, .amount): false
        }
    }
}
