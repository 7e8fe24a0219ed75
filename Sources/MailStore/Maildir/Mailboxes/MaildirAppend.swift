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
    private let quota: Quota
    private var lineEnds = LineEndsToLF()
    /// Written and synced.
    private var messages: [IncomingMessage] = []
    private var totalSize: UInt64 = 0
    private var failure: MailboxFailure?
    private var isEnded = false

    init(_ folder: MaildirFolder, pool: BlockingPool, quota: Quota) async throws {
        self.folder = folder
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
            try checkQuota(adding: size)
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
        try checkQuota(adding: lineEnds.virtualSize)
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
        totalSize += lineEnds.virtualSize
        self.file = nil
    }

    private func checkQuota(adding size: UInt64) throws(MailboxFailure) {
        let (sum, overflow) = totalSize.addingReportingOverflow(size)
        guard let storage = quota.storage, overflow || sum > storage else { return }
        throw MailboxFailure(.overQuota, "messages of \(sum) bytes do not fit \(storage)")
    }

    /// All or none.
    private func bringIn() async throws(MailboxFailure) -> CopiedMessages {
        let messages = messages
        let copied = try await withMailboxFailures {
            try await folder.work { work in
                let added = try work.add(messages, isAtomic: true)
                let uids = added.uids.compactMap { $0 }
                if uids.count < messages.count { try work.remove(uids) }
                return CopiedMessages(
                    uidValidity: work.state.view.uidValidity, sourceUIDs: [], destinationUIDs: uids)
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
