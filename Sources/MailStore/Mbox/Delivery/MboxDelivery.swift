import Blocking
import Glibc
import MailModel
import NIOCore

/// Delivery into mboxes: added to the end as the owner, under the locks that other programs use, and synced. Only then an
/// outcome is a success; what fails is cut off again.
package struct MboxDelivery: Sendable {
    let stores: MboxStores

    package init(_ stores: MboxStores) {
        self.stores = stores
    }

    /// A message as it was received, with the line ends of a file.
    struct Message: Sendable {
        /// Its own header; the lines that a delivery adds come before it.
        var header: [UInt8]
        var body: Body
        var hasHeaderEnd: Bool

        enum Body: Sendable {
            case memory([UInt8])
            case file(FileHandle, offset: UInt64, size: UInt64)
        }

        init(_ text: ByteBuffer) {
            var lineEnds = LineEndsToLF()
            var bytes: [UInt8] = []
            bytes.reserveCapacity(text.readableBytes)
            text.withUnsafeReadableBytes { lineEnds.convert($0, into: &bytes) }
            lineEnds.finish(into: &bytes)
            let length = bytes.withUnsafeBytes { LineEndsToCRLF.headerLength($0) } ?? bytes.count
            header = Array(bytes[..<length])
            hasHeaderEnd = MboxFields.hasEnd(header)
            body = .memory(Array(bytes[length...]))
        }

        /// A message in a file. Blocks.
        init(_ file: FileHandle, size: UInt64) throws {
            let start = try file.read(from: 0, count: Int(min(size, MboxScanner.maximumHeader)))
            let length = start.withUnsafeBytes { LineEndsToCRLF.headerLength($0) }
            let end = length ?? (UInt64(start.count) == size ? start.count : (start.lastIndex(of: 0x0A) ?? -1) + 1)
            header = Array(start[..<end])
            hasHeaderEnd = MboxFields.hasEnd(header)
            body = .file(file, offset: UInt64(end), size: size - UInt64(end))
        }

        func forEachBlock(_ read: (ArraySlice<UInt8>) throws -> Void) throws {
            switch body {
            case .memory(let bytes): try read(bytes[...])
            case .file(let file, let offset, let size):
                var position: UInt64 = 0
                while position < size {
                    let block = try file.read(
                        from: offset + position, count: Int(min(MboxJournal.blockSize, size - position)))
                    guard !block.isEmpty else { throw SystemCallError("read", file.path, EIO) }
                    try read(block[...])
                    position += UInt64(block.count)
                }
            }
        }
    }

    /// - Parameter common: header lines for all recipients, behind each one's own.
    func deliver(
        _ message: Message, common: [UInt8], to recipients: [(index: Int, recipient: MaildirRecipient)]
    ) async -> [(Int, DeliveryOutcome)] {
        await withTaskGroup(of: (Int, DeliveryOutcome).self) { tasks in
            for (index, recipient) in recipients {
                tasks.addTask { (index, await deliver(message, recipient.header + common, to: recipient.mailbox)) }
            }
            var outcomes: [(Int, DeliveryOutcome)] = []
            for await outcome in tasks { outcomes.append(outcome) }
            return outcomes
        }
    }

    /// Whether a message of `size` octets would fit into the mailbox now; throws `.overQuota` where it would not.
    func checkQuota(of mailbox: LocalMailbox, size: UInt64) async throws(MailboxFailure) {
        try await withMailboxFailures {
            let location = try MboxLocation(mailbox.location)
            let quota = stores.quota(mailbox.quota, location, owner: mailbox.owner)
            let access = stores.access(try location.place(.inbox), mailbox.owner)
            try await stores.pool.runWithIdentity(mailbox.owner) {
                try quota.check(size, to: .inbox, as: .delivery)
                try access.checkLimit(adding: size)
            }
        }
    }

    private func deliver(_ message: Message, _ header: [UInt8], to mailbox: LocalMailbox) async -> DeliveryOutcome {
        let path = MboxLocation.inbox(of: mailbox.location)
        do {
            let location = try MboxLocation(mailbox.location)
            let access = stores.access(try location.place(.inbox), mailbox.owner)
            let quota = stores.quota(mailbox.quota, location, owner: mailbox.owner)
            try await stores.run(as: mailbox.owner, making: path) {
                try Self.append(message, header, access, quota)
            }
        } catch {
            return .failure(mailboxFailure(error))
        }
        stores.noteChange(of: path, owner: mailbox.owner)
        return .success(DeliveredMessage(path: path, fileName: []))
    }

    private static func append(
        _ message: Message, _ added: [UInt8], _ access: MboxAccess, _ quota: MboxQuota
    ) throws {
        var lineEnds = LineEndsToLF()
        var addedLines: [UInt8] = []
        lineEnds.convert(added, into: &addedLines)
        lineEnds.finish(into: &addedLines)
        let header = MboxAddition.cleaned((addedLines + message.header)[...])
        let body = try bodySize(message)
        var fields = MboxFields()
        fields.contentLength = body
        let whole = fields.rewriting(header[...], isCut: body > 0 && !message.hasHeaderEnd)
        let line = FromLine.make(sender: sender(addedLines), at: FileStatus.Time.now.seconds)
        try access.changing(making: true) { file in
            try access.checkLimit(of: file.status().size, adding: UInt64(line.count + whole.count) + body + 1)
            try quota.add(UInt64(line.count + whole.count) + body + 1, to: .inbox, as: .delivery) {
                try MboxAppender.append(to: file, access) { write in
                    try write(line + whole)
                    try forEachQuotedBlock(message, write)
                    // The empty line that ends it; a header without one gets it, too.
                    try write(message.hasHeaderEnd ? [0x0A] : [0x0A, 0x0A])
                }
            }
        }
    }

    private static func bodySize(_ message: Message) throws -> UInt64 {
        var size: UInt64 = 0
        try forEachQuotedBlock(message) { size += UInt64($0.count) }
        return size
    }

    private static func forEachQuotedBlock(_ message: Message, _ write: ([UInt8]) throws -> Void) throws {
        var quoting = FromQuoting()
        var last: UInt8?
        try message.forEachBlock { block in
            var output: [UInt8] = []
            output.reserveCapacity(block.count + 16)
            quoting.convert(block, into: &output)
            last = output.last ?? last
            try write(output)
        }
        var rest: [UInt8] = []
        quoting.finish(into: &rest)
        last = rest.last ?? last
        try write(rest)
        if let last, last != 0x0A { try write([0x0A]) }
    }

    /// `From ` repeats the `Return-Path`, which every delivery adds.
    private static func sender(_ header: [UInt8]) -> [UInt8] {
        var found: [UInt8] = []
        let name = Array("Return-Path:".utf8)
        MboxFields.forEachLine(header[...]) { line, _ in
            guard found.isEmpty, line.count > name.count, ASCII.equalIgnoringCase(line.prefix(name.count), name),
                let start = line.firstIndex(of: UInt8(ascii: "<")), let end = line.lastIndex(of: UInt8(ascii: ">")),
                start < end
            else { return }
            found = Array(line[(start + 1)..<end])
        }
        return found
    }
}
