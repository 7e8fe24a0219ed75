import Blocking
import MailModel
import Synchronization

/// Keeps one account's `maildirsize`, which other programs keep as well. One value per account and process.
///
/// What comes in is written there before its file gets its name, and taken back if that fails; what goes is written when it is
/// gone. So whoever is killed in between leaves a sum that is too high, never one that lets too much in; and a file that
/// was last written before this process began is counted anew.
///
/// Everything here blocks: on a thread of the pool, as the owner.
final class QuotaCounter: Sendable {
    private let gate = ChangeGate()
    /// Reading the sum, judging it and writing the next line are one step.
    private let step = Mutex(())
    private static let processStart = FileStatus.Time.now

    /// How a message comes in.
    enum Arrival: Sendable {
        /// By delivery: the last one may go beyond the limit by the grace.
        case delivery
        case client
        /// It does not matter whether there is room: a warning that there is none.
        case unconditional
    }

    struct Change: Sendable {
        var before: QuotaUsage
        var after: QuotaUsage
        var status: QuotaStatus
    }

    private enum Verdict {
        /// There is no quota, and nobody counts.
        case uncounted
        case fits(MaildirSizeFile, QuotaUsage)
        case full(String)
        case mustCount(FileStatus.Identity?)
    }

    private struct File {
        var contents: MaildirSizeFile?
        var identity: FileStatus.Identity
        var modified: FileStatus.Time
    }

    /// Runs `body`, which adds messages, if `planned` fits. It says what it added.
    /// - Returns: beside its result, what changed; nil where nothing is counted.
    func add<T>(
        _ planned: QuotaUsage, to name: MailboxName, _ quota: Quota, as arrival: Arrival, in root: DirectoryHandle,
        _ recount: some QuotaRecount, _ body: () throws -> (T, QuotaUsage)
    ) throws -> (T, Change?) {
        let counted = quota.ignores(name) ? QuotaUsage() : planned
        for hasCounted in [false, true] {
            let outcome = try gate.beside { () -> Result<(T, Change?), MustCount> in
                let verdict = try step.withLock { _ -> Verdict in
                    let verdict = try judge(counted, name, quota, arrival, in: root, hasCounted: hasCounted)
                    if case .fits = verdict { try append(counted, by: 1, in: root) }
                    return verdict
                }
                switch verdict {
                case .uncounted: return .success((try body().0, nil))
                case .mustCount(let identity): return .failure(MustCount(identity: identity))
                case .full(let reason): throw MailboxFailure(.overQuota, reason)
                case .fits(let file, let before):
                    do {
                        let (result, added) = try body()
                        let real = quota.ignores(name) ? QuotaUsage() : added
                        if real != counted { try correct(from: counted, to: real, in: root) }
                        return .success((result, change(before, adding: real, file, quota)))
                    } catch {
                        try correct(from: counted, to: QuotaUsage(), in: root)
                        throw error
                    }
                }
            }
            switch outcome {
            case .success(let result): return result
            case .failure(let need):
                try count(quota, in: root, recount, unlessReplaced: need.identity)
            }
        }
        throw MailboxFailure(
            .unavailable, "\(pathText(root.path))/maildirsize: another program keeps changing or removing it")
    }

    private struct MustCount: Error {
        var identity: FileStatus.Identity?
    }

    /// Runs `body`, which takes messages out of `name`; `removed` is asked for afterwards, whether it failed or not.
    func remove<T>(
        from name: MailboxName, _ quota: Quota, in root: DirectoryHandle, _ body: () throws -> T,
        removed: () -> QuotaUsage
    ) throws -> (T, Change?) {
        try gate.beside {
            let result: Result<T, any Error>
            do {
                result = .success(try body())
            } catch {
                result = .failure(error)
            }
            let gone = quota.ignores(name) ? QuotaUsage() : removed()
            let change = try step.withLock { _ -> Change? in
                guard gone != QuotaUsage(), let file = try read(in: root) else { return nil }
                try append(gone, by: -1, in: root)
                guard let contents = file.contents, let before = contents.usage else { return nil }
                var change = self.change(before, adding: QuotaUsage(), contents, quota)
                change.after.storage = before.storage - min(before.storage, gone.storage)
                change.after.messages = before.messages - min(before.messages, gone.messages)
                return change
            }
            return (try result.get(), change)
        }
    }

    /// What ceased to count, and what came to count, without any message that came or went.
    struct Recounted {
        var gone: QuotaUsage
        var come: QuotaUsage
    }

    func changeFlags(
        _ quota: Quota, in root: DirectoryHandle, _ body: () throws -> Recounted
    ) throws -> Change? {
        try gate.beside {
            let recounted = try body()
            guard recounted.gone != recounted.come else { return nil }
            return try step.withLock { _ -> Change? in
                guard let file = try read(in: root) else { return nil }
                try append(recounted.gone, by: -1, in: root)
                try append(recounted.come, by: 1, in: root)
                guard let contents = file.contents, let before = contents.usage else { return nil }
                var change = self.change(before, adding: recounted.come, contents, quota)
                change.after.storage -= min(change.after.storage, recounted.gone.storage)
                change.after.messages -= min(change.after.messages, recounted.gone.messages)
                return change
            }
        }
    }

    /// Runs `body`, which moves messages about without changing what the account holds.
    func move<T>(_ body: () throws -> T) rethrows -> T {
        try gate.beside(body)
    }

    // MARK: Asking

    /// What the account holds; nil where nothing is counted.
    func status(_ quota: Quota, in root: DirectoryHandle, _ recount: some QuotaRecount) throws -> QuotaStatus? {
        for hasCounted in [false, true] {
            let verdict = try step.withLock { _ in
                try judge(QuotaUsage(), .inbox, quota, .unconditional, in: root, hasCounted: hasCounted)
            }
            switch verdict {
            case .uncounted, .full: return nil
            case .fits(let file, let usage): return status(usage, file, quota)
            case .mustCount(let identity): try count(quota, in: root, recount, unlessReplaced: identity)
            }
        }
        return nil
    }

    /// Whether so much would fit now; throws `.overQuota` where it would not.
    func check(
        _ planned: QuotaUsage, to name: MailboxName, _ quota: Quota, as arrival: Arrival, in root: DirectoryHandle,
        _ recount: some QuotaRecount
    ) throws {
        for hasCounted in [false, true] {
            let verdict = try step.withLock { _ in
                try judge(planned, name, quota, arrival, in: root, hasCounted: hasCounted)
            }
            switch verdict {
            case .uncounted, .fits: return
            case .full(let reason): throw MailboxFailure(.overQuota, reason)
            case .mustCount(let identity): try count(quota, in: root, recount, unlessReplaced: identity)
            }
        }
    }

    /// Counts all messages and writes the sum down.
    func recount(_ quota: Quota, in root: DirectoryHandle, _ recount: some QuotaRecount) throws -> QuotaUsage {
        try gate.alone { try write(quota, in: root, recount) }
    }

    // MARK: Judging

    private func judge(
        _ planned: QuotaUsage, _ name: MailboxName, _ quota: Quota, _ arrival: Arrival, in root: DirectoryHandle,
        hasCounted: Bool
    ) throws -> Verdict {
        guard let file = try read(in: root) else { return quota.isLimited ? .mustCount(nil) : .uncounted }
        guard let contents = file.contents, let usage = contents.usage else { return .mustCount(file.identity) }
        if !hasCounted {
            if file.modified < Self.processStart { return .mustCount(file.identity) }
            if quota.isLimited, !quota.yieldsToMailbox, contents.header != MaildirSizeFile.header(quota) {
                return .mustCount(file.identity)
            }
        }
        let quota = Self.inForce(quota, contents)
        guard arrival != .unconditional, !quota.ignores(name),
            let reason = Self.reason(usage, planned, quota, name, arrival, root.path)
        else { return .fits(contents, usage) }
        let age = FileStatus.Time.now.seconds &- file.modified.seconds
        if !hasCounted, contents.lines > 1 || age >= MaildirSizeFile.staleSeconds { return .mustCount(file.identity) }
        return .full(reason)
    }

    /// Nil when it fits.
    /// - Parameter path: of the account, for the reason.
    static func reason(
        _ usage: QuotaUsage, _ planned: QuotaUsage, _ quota: Quota, _ name: MailboxName, _ arrival: Arrival,
        _ path: [UInt8]
    ) -> String? {
        let limits = quota.limits(for: name)
        func exceeds(_ used: UInt64, _ more: UInt64, _ limit: UInt64?, _ grace: UInt64) -> Bool {
            guard let limit else { return false }
            let (sum, overflow) = used.addingReportingOverflow(more)
            guard !overflow else { return true }
            // What is full already gets no grace.
            guard used < limit else { return sum > limit || more == 0 }
            let (ceiling, carry) = limit.addingReportingOverflow(grace)
            return sum > (carry ? .max : ceiling)
        }
        let grace = arrival == .delivery ? limits.storage.map { quota.terms.grace.bytes(of: $0) } ?? 0 : 0
        if exceeds(usage.storage, planned.storage, limits.storage, grace) {
            return "\(pathText(path)): holds \(usage.storage) of \(limits.storage ?? 0) bytes, \(planned.storage) "
                + "more do not fit"
        }
        if exceeds(usage.messages, planned.messages, limits.messages, 0) {
            return "\(pathText(path)): holds \(usage.messages) of \(limits.messages ?? 0) messages"
        }
        return nil
    }

    /// The mailbox's own limits, where the site leaves it to them.
    private static func inForce(_ quota: Quota, _ contents: MaildirSizeFile) -> Quota {
        guard quota.yieldsToMailbox else { return quota }
        let limits = contents.limits
        guard limits.storage != nil || limits.messages != nil else { return quota }
        var quota = quota
        (quota.storage, quota.messages) = limits
        return quota
    }

    private func status(_ usage: QuotaUsage, _ contents: MaildirSizeFile, _ quota: Quota) -> QuotaStatus {
        let quota = Self.inForce(quota, contents)
        return QuotaStatus(usage: usage, storageLimit: quota.storage, messageLimit: quota.messages)
    }

    private func change(
        _ before: QuotaUsage, adding added: QuotaUsage, _ contents: MaildirSizeFile, _ quota: Quota
    ) -> Change {
        let after = QuotaUsage(
            storage: before.storage &+ added.storage, messages: before.messages &+ added.messages)
        return Change(before: before, after: after, status: status(after, contents, quota))
    }

    // MARK: The file

    private func read(in root: DirectoryHandle) throws(SystemCallError) -> File? {
        do throws(SystemCallError) {
            let file = try root.file(MaildirSizeFile.fileName)
            let status = try file.status()
            let bytes = try file.read(from: 0, count: MaildirSizeFile.largest)
            return File(contents: MaildirSizeFile(bytes), identity: status.identity, modified: status.modified)
        } catch  where error.isMissing {
            return nil
        }
    }

    private func append(_ usage: QuotaUsage, by sign: Int64, in root: DirectoryHandle) throws(SystemCallError) {
        guard usage != QuotaUsage() else { return }
        let line = MaildirSizeFile.line(
            storage: Int64(clamping: usage.storage) * sign, messages: Int64(clamping: usage.messages) * sign)
        do throws(SystemCallError) {
            try root.fileForAppending(MaildirSizeFile.fileName).write(line)
        } catch  where error.isMissing {
            // Somebody took it away: whoever asks next counts anew.
        }
    }

    private func correct(from wrong: QuotaUsage, to right: QuotaUsage, in root: DirectoryHandle) throws {
        try step.withLock { _ in
            try append(wrong, by: -1, in: root)
            try append(right, by: 1, in: root)
        }
    }

    private func count(
        _ quota: Quota, in root: DirectoryHandle, _ recount: some QuotaRecount,
        unlessReplaced identity: FileStatus.Identity?
    ) throws {
        try gate.alone {
            // Another thread may have done it while this one waited.
            if try read(in: root)?.identity == identity { _ = try write(quota, in: root, recount) }
        }
    }

    /// Where other programs change the account meanwhile, the count is made again; after the third time the last one has to
    /// do, until the next reason to count.
    private func write(_ quota: Quota, in root: DirectoryHandle, _ recount: some QuotaRecount) throws -> QuotaUsage {
        var usage = QuotaUsage()
        for _ in 0..<3 {
            let (stamp, old) = (try recount.stamp(), try read(in: root))
            usage = try recount.count(quota)
            guard try recount.stamp() == stamp, try read(in: root)?.contents == old?.contents else { continue }
            break
        }
        let known = try read(in: root)?.contents
        let keepsHeader = !quota.isLimited || (quota.yieldsToMailbox && known?.limits.storage != nil)
        let header = keepsHeader ? known?.header ?? [] : MaildirSizeFile.header(quota)
        let line = MaildirSizeFile.line(
            storage: Int64(clamping: usage.storage), messages: Int64(clamping: usage.messages))
        let tmp = try existingDirectory(MaildirDirectories.tmp, in: root) ?? root
        let name = UniqueName.next()
        let file = try tmp.makeFile(name)
        do throws(SystemCallError) {
            try file.write(header + [0x0A] + line)
            try tmp.rename(name, to: root, MaildirSizeFile.fileName)
        } catch {
            DurableFile.discard(name, in: tmp)
            throw error
        }
        return usage
    }

    /// Where INBOX lies elsewhere, the account's folder may have no `tmp/`.
    private func existingDirectory(_ name: [UInt8], in root: DirectoryHandle) throws(SystemCallError)
        -> DirectoryHandle?
    {
        do throws(SystemCallError) {
            return try root.directory(name)
        } catch  where error.isMissing {
            return nil
        }
    }
}
