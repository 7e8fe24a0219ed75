import Blocking
package import MailModel
package import NIOCore

/// APPEND: written to the folder's `tmp/` as it comes.
package actor MaildirAppend: MessageAppend {
    private let folder: MaildirFolder
    private let pool: BlockingPool
    private let tmp: DirectoryHandle
    private let name: [UInt8]
    /// Nil once it has ended: an open file takes space, whether it has a name or not.
    private var file: FileHandle?
    private let quota: AccountQuota
    private let mailbox: MailboxName
    private var lineEnds = LineEndsToLF()
    private var failure: MailboxFailure?
    private var isEnded = false

    init(_ folder: MaildirFolder, _ mailbox: MailboxName, pool: BlockingPool, quota: AccountQuota) async throws {
        self.folder = folder
        self.mailbox = mailbox
        self.pool = pool
        self.quota = quota
        (tmp, name, file) = try await folder.work { work in
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

    package func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        guard !isEnded else { throw ended }
        do throws(MailboxFailure) {
            return try await finish(flags: flags, keywords: keywords, internalDate: internalDate)
        } catch {
            await abort()
            throw error
        }
    }

    private func finish(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        if let failure { throw failure }
        var output: [UInt8] = []
        lineEnds.finish(into: &output)
        try await write(output)
        let usage = quota.usage(of: lineEnds.size, virtual: lineEnds.virtualSize)
        let (quota, mailbox) = (quota, mailbox)
        let message = IncomingMessage(
            directory: tmp, name: name, sizeFields: Array(",S=\(lineEnds.size),W=\(lineEnds.virtualSize)".utf8),
            flags: flags.intersection(.system), keywords: keywords)
        guard let file else { throw ended }
        let copied = try await withMailboxFailures {
            try await folder.work { work in
                try work.step(.contentsWritten)
                if let internalDate { try file.setModified(internalDate) }
                try file.sync()
                try work.step(.fileSynced)
                return try quota.add(usage, to: mailbox, as: .client) {
                    let added = try work.add([message], isAtomic: true)
                    let copied = CopiedMessages(
                        uidValidity: work.state.view.uidValidity, sourceUIDs: [],
                        destinationUIDs: added.uids.compactMap { $0 })
                    return (copied, copied.destinationUIDs.isEmpty ? QuotaUsage() : usage)
                }
            }
        }
        guard !copied.destinationUIDs.isEmpty else {
            throw MailboxFailure(.unavailable, "\(pathText(file.path)) was removed before the message was complete")
        }
        isEnded = true
        self.file = nil
        return copied
    }

    private var ended: MailboxFailure {
        MailboxFailure(.unavailable, "the message was added or given up already")
    }

    package func abort() async {
        guard !isEnded else { return }
        isEnded = true
        file = nil
        let (name, tmp) = (name, tmp)
        do {
            try await pool.runWithIdentity(folder.owner) { DurableFile.discard(name, in: tmp) }
        } catch {
            // It stays in tmp/, which is swept when it is old.
        }
    }
}
