import Blocking
package import MailModel
package import NIOCore

/// APPEND: messages are gathered, or written to the folder's `tmp/` as they come when they are long, and brought in together.
package actor MaildirAppend: MessageAppend {
    /// Up to so many octets wait in memory for the one transaction that makes the file, writes it and brings it in.
    private static let maximumGathered = 64 << 10

    private let folder: MaildirFolder
    private let pool: BlockingPool
    private var draft = Draft()
    private let quota: AccountQuota
    private let mailbox: MailboxName
    private var lineEnds = LineEndsToLF()
    /// Written and synced.
    private var messages: [IncomingMessage] = []
    private var usage = QuotaUsage()
    private var failure: MailboxFailure?
    private var isEnded = false

    /// The message that is coming in.
    private struct Draft: Sendable {
        let name = UniqueName.next()
        var gathered: [UInt8] = []
        /// Once it is longer than what is gathered. Closed when the message has ended: an open file takes space, whether it
        /// has a name or not.
        var file: (handle: FileHandle, tmp: DirectoryHandle)?

        /// The file with all that has come.
        mutating func write(in work: FolderWork) throws -> (handle: FileHandle, tmp: DirectoryHandle) {
            let tmp = file?.tmp ?? work.directories.tmp
            let handle = try file?.handle ?? tmp.makeFile(name)
            if file == nil { try work.step(.temporaryFileMade) }
            file = (handle, tmp)
            if !gathered.isEmpty { try handle.write(gathered) }
            gathered = []
            return (handle, tmp)
        }
    }

    init(_ folder: MaildirFolder, _ mailbox: MailboxName, pool: BlockingPool, quota: AccountQuota) {
        self.folder = folder
        self.mailbox = mailbox
        self.pool = pool
        self.quota = quota
    }

    package func write(_ chunk: ByteBuffer) async throws(MailboxFailure) {
        if let failure { throw failure }
        guard !isEnded else { throw ended }
        chunk.withUnsafeReadableBytes { lineEnds.convert($0, into: &draft.gathered) }
        guard draft.gathered.count > Self.maximumGathered else { return }
        do throws(MailboxFailure) {
            try await withMailboxFailures {
                if let file = draft.file {
                    let bytes = draft.gathered
                    draft.gathered = []
                    try await pool.run { try file.handle.write(bytes) }
                } else {
                    draft = try await folder.work { [draft] work in
                        var draft = draft
                        _ = try draft.write(in: work)
                        return draft
                    }
                }
            }
        } catch {
            failure = error
            throw error
        }
    }

    package func next(
        flags: MessageFlags, keywords: [String], internalDate: Int64?, size: UInt64
    ) async throws(MailboxFailure) {
        guard !isEnded else { throw ended }
        do throws(MailboxFailure) {
            let ending = try endMessage(flags, keywords, internalDate)
            messages.append(
                try await withMailboxFailures { try await folder.work { work in try ending.write(in: work) } })
            draft = Draft()
            lineEnds = LineEndsToLF()
            try await checkQuota(adding: size)
        } catch {
            failure = error
            throw error
        }
    }

    package func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        guard !isEnded else { throw ended }
        do throws(MailboxFailure) {
            return try await bringIn(try endMessage(flags, keywords, internalDate))
        } catch {
            await abort()
            throw error
        }
    }

    /// A message that has come whole.
    private struct Ending: Sendable {
        var draft: Draft
        var sizeFields: [UInt8]
        var flags: MessageFlags
        var keywords: [String]
        var internalDate: Int64?

        /// Writes what is left of it and syncs its file.
        func write(in work: FolderWork) throws -> IncomingMessage {
            var draft = draft
            let (file, tmp) = try draft.write(in: work)
            try work.step(.contentsWritten)
            if let internalDate { try file.setModified(internalDate) }
            try file.sync()
            try work.step(.fileSynced)
            return IncomingMessage(
                directory: tmp, name: draft.name, sizeFields: sizeFields, flags: flags.intersection(.system),
                keywords: keywords)
        }
    }

    private func endMessage(
        _ flags: MessageFlags, _ keywords: [String], _ internalDate: Int64?
    ) throws(MailboxFailure) -> Ending {
        if let failure { throw failure }
        lineEnds.finish(into: &draft.gathered)
        let counts = quota.quota.terms.countsDeleted || !flags.contains(.deleted)
        let message = counts ? quota.usage(of: lineEnds.size, virtual: lineEnds.virtualSize) : QuotaUsage()
        usage = QuotaUsage(
            storage: usage.storage &+ message.storage, messages: usage.messages &+ message.messages)
        return Ending(
            draft: draft, sizeFields: Array(",S=\(lineEnds.size),W=\(lineEnds.virtualSize)".utf8), flags: flags,
            keywords: keywords, internalDate: internalDate)
    }

    /// What is written already counts as well.
    private func checkQuota(adding size: UInt64) async throws(MailboxFailure) {
        let (quota, mailbox) = (quota, mailbox)
        let (sum, overflow) = usage.storage.addingReportingOverflow(size)
        try await withMailboxFailures {
            try await folder.work { _ in try quota.check(overflow ? .max : sum, to: mailbox, as: .client) }
        }
    }

    /// All or none.
    private func bringIn(_ last: Ending) async throws(MailboxFailure) -> CopiedMessages {
        let (earlier, quota, mailbox, usage) = (messages, quota, mailbox, usage)
        let count = earlier.count + 1
        let copied = try await withMailboxFailures {
            try await folder.work { work in
                let messages = earlier + [try last.write(in: work)]
                return try quota.add(usage, to: mailbox, as: .client) {
                    let added = try work.add(messages, isAtomic: true)
                    let uids = added.uids.compactMap { $0 }
                    let isWhole = uids.count == messages.count
                    if !isWhole { try work.remove(uids) }
                    let copied = CopiedMessages(
                        uidValidity: work.state.view.uidValidity, sourceUIDs: [], destinationUIDs: uids)
                    return (copied, isWhole ? usage : QuotaUsage())
                }
            }
        }
        guard copied.destinationUIDs.count == count else {
            throw MailboxFailure(
                .unavailable, "\(pathText(folder.place.path)): a new message was removed before all were complete")
        }
        isEnded = true
        draft = Draft()
        return copied
    }

    private var ended: MailboxFailure {
        MailboxFailure(.unavailable, "the message was added or given up already")
    }

    package func abort() async {
        guard !isEnded else { return }
        isEnded = true
        let names = messages.map(\.name) + [draft.name]
        draft = Draft()
        do {
            try await folder.work { work in
                for name in names { DurableFile.discard(name, in: work.directories.tmp) }
            }
        } catch {
            // They stay in tmp/, which is swept when it is old.
        }
    }
}
