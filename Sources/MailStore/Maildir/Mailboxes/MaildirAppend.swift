import Blocking
package import MailModel
package import NIOCore

/// APPEND: messages are written to the folder's `tmp/` as they come, and brought in together.
package actor MaildirAppend: MessageAppend {
    private let folder: MaildirFolder
    private let pool: BlockingPool
    private let tmp: DirectoryHandle
    private var name: [UInt8]
    /// Nil once the present message has ended: an open file takes space, whether it has a name or not.
    private var file: FileHandle?
    private let quota: AccountQuota
    private let mailbox: MailboxName
    private var lineEnds = LineEndsToLF()
    /// Written and synced.
    private var messages: [IncomingMessage] = []
    private var usage = QuotaUsage()
    private var failure: MailboxFailure?
    private var isEnded = false

    init(_ folder: MaildirFolder, _ mailbox: MailboxName, pool: BlockingPool, quota: AccountQuota) async throws {
        self.folder = folder
        self.mailbox = mailbox
        self.pool = pool
        self.quota = quota
        (tmp, name, file) = try await Self.makeFile(in: folder)
    }

    private static func makeFile(
        in folder: MaildirFolder
    ) async throws -> (tmp: DirectoryHandle, name: [UInt8], file: FileHandle) {
        try await folder.work { work in
            let name = UniqueName.next()
            let file = try work.directories.tmp.makeFile(name)
            try work.step(.temporaryFileMade)
            return (work.directories.tmp, name, file)
        }
    }

    package func write(_ chunk: ByteBuffer) async throws(MailboxFailure) {
        if let failure { throw failure }
        var output: [UInt8] = []
        output.reserveCapacity(chunk.readableBytes)
        chunk.withUnsafeReadableBytes { lineEnds.convert($0, into: &output) }
        try await write(output)
    }

    private func write(_ bytes: [UInt8]) async throws(MailboxFailure) {
        guard !bytes.isEmpty else { return }
        guard let file else { throw ended }
        do throws(MailboxFailure) {
            try await withMailboxFailures { try await pool.run { try file.write(bytes) } }
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
            try await endMessage(flags, keywords, internalDate)
            try await checkQuota(adding: size)
            (_, name, file) = try await withMailboxFailures { try await Self.makeFile(in: folder) }
            lineEnds = LineEndsToLF()
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
            try await endMessage(flags, keywords, internalDate)
            return try await bringIn()
        } catch {
            await abort()
            throw error
        }
    }

    /// Writes what is left of the present message and syncs its file.
    private func endMessage(
        _ flags: MessageFlags, _ keywords: [String], _ internalDate: Int64?
    ) async throws(MailboxFailure) {
        if let failure { throw failure }
        var output: [UInt8] = []
        lineEnds.finish(into: &output)
        try await write(output)
        let counts = quota.quota.terms.countsDeleted || !flags.contains(.deleted)
        let message = counts ? quota.usage(of: lineEnds.size, virtual: lineEnds.virtualSize) : QuotaUsage()
        usage = QuotaUsage(
            storage: usage.storage &+ message.storage, messages: usage.messages &+ message.messages)
        guard let file else { throw ended }
        try await withMailboxFailures {
            try await folder.work { work in
                try work.step(.contentsWritten)
                if let internalDate { try file.setModified(internalDate) }
                try file.sync()
                try work.step(.fileSynced)
            }
        }
        messages.append(
            IncomingMessage(
                directory: tmp, name: name, sizeFields: Array(",S=\(lineEnds.size),W=\(lineEnds.virtualSize)".utf8),
                flags: flags.intersection(.system), keywords: keywords))
        self.file = nil
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
    private func bringIn() async throws(MailboxFailure) -> CopiedMessages {
        let (messages, quota, mailbox, usage) = (messages, quota, mailbox, usage)
        let copied = try await withMailboxFailures {
            try await folder.work { work in
                try quota.add(usage, to: mailbox, as: .client) {
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
        guard copied.destinationUIDs.count == messages.count else {
            throw MailboxFailure(
                .unavailable, "\(pathText(folder.place.path)): a new message was removed before all were complete")
        }
        isEnded = true
        return copied
    }

    private var ended: MailboxFailure {
        MailboxFailure(.unavailable, "the message was added or given up already")
    }

    package func abort() async {
        guard !isEnded else { return }
        isEnded = true
        file = nil
        let (names, tmp) = (messages.map(\.name) + [name], tmp)
        do {
            try await pool.runWithIdentity(folder.owner) {
                for name in names { DurableFile.discard(name, in: tmp) }
            }
        } catch {
            // They stay in tmp/, which is swept when it is old.
        }
    }
}
