import Blocking
import MailModel
import NIOCore

/// Reads messages of an mbox as its state says where they are. Blocking, as the owner, while the file is locked for reading.
struct MboxReader {
    let state: MboxState
    let items: MessageItems

    /// The file is not the one that the state was read from.
    struct Stale: Error {}

    struct Batch: Sendable {
        var messages: [FetchedMessage] = []
        var countedSizes: [UInt32: UInt64] = [:]
        var bytes = 0

        var isFull: Bool {
            !messages.isEmpty && (bytes >= MessageReader.batchBytes || messages.count >= MessageReader.batchMessages)
        }
    }

    func read(_ uids: ArraySlice<UInt32>, from file: FileHandle) throws -> Batch {
        guard MboxState.Stamp(try file.status()) == state.stamp else { throw Stale() }
        var batch = Batch()
        for uid in uids {
            guard let entry = state.entry(of: uid) else { continue }
            try read(uid, entry, file, &batch)
            if batch.isFull { break }
        }
        return batch
    }

    private func read(_ uid: UInt32, _ entry: MboxEntry, _ file: FileHandle, _ batch: inout Batch) throws {
        var message = FetchedMessage(uid: uid)
        if items.contains(.internalDate) { message.internalDate = entry.date }
        message.size = items.contains(.size) ? state.virtualSizes[uid] : nil
        let needsSize = items.contains(.size) && message.size == nil
        let needsContent = !items.isDisjoint(with: [.header, .text])
        if needsContent || needsSize {
            let header = try Self.header(of: entry, in: file)
            if items.contains(.text) {
                var content = ByteBuffer()
                try Self.whole(header, entry, file).withUnsafeBytes { LineEndsToCRLF.append($0, to: &content) }
                message.content = content
                if needsSize { message.size = UInt64(content.readableBytes) }
            } else {
                if needsContent {
                    var content = ByteBuffer()
                    header.withUnsafeBytes { LineEndsToCRLF.append($0, to: &content) }
                    message.content = content
                }
                if needsSize { message.size = try Self.virtualSize(header, entry, file) }
            }
            if needsSize, let size = message.size { batch.countedSizes[uid] = size }
            batch.bytes += message.content?.readableBytes ?? 0
        }
        batch.messages.append(message)
    }

    /// As clients see it, with the line ends of the file.
    static func header(of entry: MboxEntry, in file: FileHandle) throws -> [UInt8] {
        let extent = entry.extent
        let start = try file.read(from: extent.from, count: Int(extent.body - extent.from))
        var sum = ByteSum()
        sum.add(start[...])
        guard sum.value == extent.sum else { throw Stale() }
        return MboxFields.removing(from: start[Int(extent.header - extent.from)...])
    }

    private static func whole(_ header: [UInt8], _ entry: MboxEntry, _ file: FileHandle) throws -> [UInt8] {
        let size = entry.extent.end - entry.extent.body
        // With CRLF line ends it may be twice as long, and its answer must fit a buffer too.
        guard let count = Int(exactly: size), count <= 1 << 30 else {
            throw MailboxFailure(.limitExceeded, "\(pathText(file.path)): a message is too large to be shown")
        }
        let body = try file.read(from: entry.extent.body, count: count)
        guard body.count == count else { throw Stale() }
        return header + body
    }

    private static func virtualSize(_ header: [UInt8], _ entry: MboxEntry, _ file: FileHandle) throws -> UInt64 {
        var size = header.withUnsafeBytes { LineEndsToCRLF.virtualSize($0) }
        var last = header.last ?? 0
        var position = entry.extent.body
        while position < entry.extent.end {
            let block = try file.read(from: position, count: Int(min(64 * 1024, entry.extent.end - position)))
            guard let end = block.last else { throw Stale() }
            size += block.withUnsafeBytes { LineEndsToCRLF.virtualSize($0, after: last) }
            last = end
            position += UInt64(block.count)
        }
        return size
    }
}
