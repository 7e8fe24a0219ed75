import Blocking
package import MailModel
package import NIOCore

/// APPEND: each message is gathered in a file of its own as it comes, and all are added together when the last is whole.
package actor MboxAppend: MessageAppend {
    private let folder: MboxFolder
    private let name: MailboxName
    private let pool: BlockingPool
    private let quota: MboxQuota
    private var file: FileHandle?
    private var lineEnds = LineEndsToLF()
    /// Messages that are whole.
    private var additions: [MboxAddition] = []
    private var totalSize: UInt64 = 0
    private var failure: MailboxFailure?

    init(_ folder: MboxFolder, _ name: MailboxName, pool: BlockingPool, quota: MboxQuota) async throws {
        self.folder = folder
        self.name = name
        self.pool = pool
        self.quota = quota
        file = try await pool.run { try FileHandle.unnamed() }
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
        do throws(MailboxFailure) {
            try await endMessage(flags, keywords, internalDate)
            try await checkQuota(adding: size)
            let pool = pool
            file = try await withMailboxFailures { try await pool.run { try FileHandle.unnamed() } }
            lineEnds = LineEndsToLF()
        } catch {
            failure = error
            throw error
        }
    }

    package func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        try await endMessage(flags, keywords, internalDate)
        let (additions, quota, name) = (additions, quota, name)
        self.additions = []
        return try await withMailboxFailures {
            try await folder.work { work in
                try work.refresh(whole: false)
                let uids = try work.add(additions, to: name, quota)
                return CopiedMessages(
                    uidValidity: work.state.view.uidValidity, sourceUIDs: [], destinationUIDs: uids)
            }
        }
    }

    private func endMessage(
        _ flags: MessageFlags, _ keywords: [String], _ internalDate: Int64?
    ) async throws(MailboxFailure) {
        if let failure { throw failure }
        var output: [UInt8] = []
        lineEnds.finish(into: &output)
        try await write(output)
        guard let file else { throw ended }
        self.file = nil
        totalSize &+= lineEnds.size
        try await checkQuota(adding: 0)
        let (pool, size) = (pool, lineEnds.size)
        var addition = try await withMailboxFailures {
            try await pool.run { try MboxAddition(staged: file, size: size) }
        }
        addition.date = internalDate ?? FileStatus.Time.now.seconds
        addition.flags = flags
        addition.keywords = keywords
        additions.append(addition)
    }

    private func checkQuota(adding size: UInt64) async throws(MailboxFailure) {
        let (sum, overflow) = totalSize.addingReportingOverflow(size)
        let (quota, name) = (quota, name)
        try await withMailboxFailures {
            try await pool.runWithIdentity(folder.access.owner) {
                try quota.check(overflow ? .max : sum, to: name, as: .client)
            }
        }
    }

    private var ended: MailboxFailure {
        MailboxFailure(.unavailable, "the message was added or given up already")
    }

    package func abort() async {
        file = nil
        additions = []
    }
}

extension MboxAddition {
    /// A message that lies whole in a file, with the line ends of a file. A last line without an end gets one.
    init(staged file: FileHandle, size: UInt64) throws {
        let start = try file.read(from: 0, count: Int(min(size, MboxScanner.maximumHeader)))
        let headerSize: Int
        if let length = start.withUnsafeBytes({ LineEndsToCRLF.headerLength($0) }) {
            headerSize = length
        } else if UInt64(start.count) == size {
            headerSize = start.count
        } else {
            headerSize = (start.lastIndex(of: 0x0A) ?? -1) + 1
        }
        let end = size > UInt64(headerSize) ? try file.read(from: size - 1, count: 1) : []
        let needsLineEnd = end.last.map { $0 != 0x0A } ?? false
        if needsLineEnd { try file.write([0x0A], at: size) }
        self.init(
            sender: [], date: 0, header: Self.cleaned(start.prefix(headerSize)), file: file,
            bodyOffset: UInt64(headerSize), bodySize: size - UInt64(headerSize) + (needsLineEnd ? 1 : 0))
    }

    /// Without the fields that are an mbox's own, and without a line that would begin a message.
    static func cleaned(_ header: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(header.count)
        MboxFields.forEachLine(MboxFields.removing(from: header)[...]) { line, _ in
            if line.starts(with: FromLine.start) { output.append(UInt8(ascii: ">")) }
            output += line
        }
        return output
    }
}
