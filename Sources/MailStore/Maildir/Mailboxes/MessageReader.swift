import Blocking
import MailModel
import NIOCore

/// Reads messages of a folder as its state says where they are. Blocking, as the owner; needs no turn of the folder's.
struct MessageReader: Sendable {
    static let batchBytes = 256 * 1024
    static let batchMessages = 256
    /// No header is longer; what follows is not looked at when only the header is asked for.
    private static let maximumHeader = 1 << 20

    let directories: MaildirDirectories
    let state: FolderState
    let owner: Owner
    let items: MessageItems

    /// What was read, which sizes had to be counted, and the UIDs that were not where the state says.
    struct Batch: Sendable {
        var messages: [FetchedMessage] = []
        var countedSizes: [UInt32: UInt64] = [:]
        var missing: [UInt32] = []
        var bytes = 0

        /// Whether the answer is full; a batch has one message at least.
        var isFull: Bool {
            !messages.isEmpty && (bytes >= MessageReader.batchBytes || messages.count >= MessageReader.batchMessages)
        }
    }

    /// Reads until the batch is full. A file that is missing ends it too: its name may be another by now.
    func read(_ uids: ArraySlice<UInt32>) throws -> Batch {
        var batch = Batch()
        for uid in uids {
            guard let index = state.view.index(of: uid) else { continue }
            do {
                try read(uid, index, into: &batch)
            } catch  where MaildirDirectories.isMissing(error) {
                batch.missing.append(uid)
                break
            }
            if batch.isFull { break }
        }
        return batch
    }

    private func read(_ uid: UInt32, _ index: Int, into batch: inout Batch) throws {
        var message = FetchedMessage(uid: uid)
        let entry = state.files[index]
        let known = state.virtualSize(at: index)
        if items.contains(.size), let known { message.size = known }
        if items.contains(.saveDate) { message.saveDate = SaveDate.of(entry) }
        let needsContent = !items.isDisjoint(with: [.header, .text])
        if needsContent || items.contains(.internalDate) || (items.contains(.size) && known == nil) {
            let (file, status) = try open(entry)
            message.internalDate = items.contains(.internalDate) ? status.modified.seconds : nil
            if needsContent {
                message.content = try content(of: file, size: status.size, virtualSize: known)
                batch.bytes += message.content?.readableBytes ?? 0
            }
            if items.contains(.size), known == nil {
                let size =
                    items.contains(.text)
                    ? UInt64(message.content?.readableBytes ?? 0) : try Self.virtualSize(of: file)
                message.size = size
                batch.countedSizes[uid] = size
            }
        }
        batch.messages.append(message)
    }

    private func open(_ entry: MessageFile) throws -> (file: FileHandle, status: FileStatus) {
        let (file, status) = try (entry.isNew ? directories.new : directories.cur).fileWithStatus(entry.name)
        guard status.uid == owner.uid else {
            throw MailboxFailure(
                .misconfigured,
                "\(pathText(file.path)) belongs to uid \(status.uid), not to the mailbox's owner \(owner): change its owner"
            )
        }
        return (file, status)
    }

    private func content(of file: FileHandle, size: UInt64, virtualSize: UInt64?) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        guard items.contains(.text) else {
            try readHeader(of: file, size: size).withUnsafeBytes { LineEndsToCRLF.append($0, to: &buffer) }
            return buffer
        }
        // With CRLF line ends it may be twice as long, and its answer must fit a buffer too.
        guard let count = Int(exactly: size), count <= 1 << 30 else {
            throw MailboxFailure(.limitExceeded, "\(pathText(file.path)) is too large to be shown")
        }
        let bytes = try file.read(from: 0, count: count)
        bytes.withUnsafeBytes { LineEndsToCRLF.append($0, expecting: virtualSize, to: &buffer) }
        return buffer
    }

    /// The header and its empty line; all, of a message that has no body.
    private func readHeader(of file: FileHandle, size: UInt64) throws -> [UInt8] {
        var count = 8 * 1024
        while true {
            let bytes = try file.read(from: 0, count: count)
            if let length = bytes.withUnsafeBytes({ LineEndsToCRLF.headerLength($0) }) {
                return Array(bytes.prefix(length))
            }
            if bytes.count < count || count >= Self.maximumHeader { return bytes }
            count *= 4
        }
    }

    static func virtualSize(of file: FileHandle) throws -> UInt64 {
        var size: UInt64 = 0
        var offset: UInt64 = 0
        var last: UInt8 = 0
        while true {
            let block = try file.read(from: offset, count: 64 * 1024)
            guard let end = block.last else { return size }
            size += block.withUnsafeBytes { LineEndsToCRLF.virtualSize($0, after: last) }
            last = end
            offset += UInt64(block.count)
        }
    }
}
