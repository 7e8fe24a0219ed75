import Blocking
import Glibc
import MailModel
import NIOCore
import Synchronization

/// What is done to the files of messages, one blocking transaction each; for threads of a pool.
final class SpoolTransactions: Sendable {
    /// Changes gather behind the envelope; a file with more of them than this, and than four times its envelope, is
    /// written anew.
    static let maximumChanges: UInt64 = 64 << 10

    let folders: SpoolFolders
    private let options: SpoolOptions
    /// What is done to one message is done in turn; messages share these locks by hash.
    private let turns: [Turn]
    /// Messages whose file did not take a sync: the kernel may count lost octets as written, so nothing is added behind
    /// them, and the next change writes a new file.
    private let suspects = Mutex<Set<QueueID>>([])

    private final class Turn: Sendable {
        let mutex = Mutex(())
    }

    init(_ folders: SpoolFolders, _ options: SpoolOptions) {
        self.folders = folders
        self.options = options
        turns = (0..<256).map { _ in Turn() }
    }

    private func inTurn<Result>(
        _ id: QueueID, _ body: () throws(SpoolFailure) -> Result
    ) throws(SpoolFailure) -> Result {
        let turn = turns[Int(UInt(bitPattern: id.hashValue) % UInt(turns.count))]
        return try turn.mutex.withLock { _ throws(SpoolFailure) in try body() }
    }

    func step(_ step: SpoolStep) throws {
        try options.beforeStep?(step)
    }

    // MARK: New messages

    func makeTemporaryFile(_ id: QueueID) throws -> FileHandle {
        try step(.makeTemporaryFile)
        return try folders.temporary.makeFile(id.fileName)
    }

    /// One with room for the head, written to from behind it on.
    func makeStagedFile(_ id: QueueID) throws -> FileHandle {
        let file = try makeTemporaryFile(id)
        do throws(SystemCallError) {
            try file.write([UInt8](repeating: 0, count: SpoolFile.headLength))
        } catch {
            DurableFile.discard(id.fileName, in: folders.temporary)
            throw error
        }
        return file
    }

    /// A whole message in one go.
    ///
    /// - Parameter end: called once, when the message is durable or not there at all; by whichever thread syncs its folder.
    func add(
        _ message: QueuedMessage, header: [UInt8], body: ByteBuffer,
        end: @escaping @Sendable (Result<Void, SpoolFailure>) -> Void
    ) {
        var checksum = SpoolChecksum()
        checksum.update(header)
        body.withUnsafeReadableBytes { checksum.update($0) }
        let head = SpoolFile.head(contentLength: message.size, contentChecksum: checksum.value)
        let record = SpoolFile.record(of: message, head: head)
        let shard: SpoolFolders.Shard
        do throws(SpoolFailure) {
            shard = try write(message.id, replaces: false) { file in
                try step(.write)
                var bytes: [UInt8] = []
                bytes.reserveCapacity(head.count + header.count + body.readableBytes + record.count)
                bytes += head
                bytes += header
                bytes += body.readableBytesView
                bytes += record
                try file.write(bytes)
            }
        } catch {
            return end(.failure(error))
        }
        sync(shard) { result in
            if case .failure = result { DurableFile.discard(message.id.fileName, in: shard.directory) }
            end(result)
        }
    }

    /// Names a file in `tmp/` whose content is there.
    func commit(_ message: QueuedMessage, _ file: FileHandle, contentChecksum: UInt32) throws(SpoolFailure) {
        do {
            try step(.write)
            let head = SpoolFile.head(contentLength: message.size, contentChecksum: contentChecksum)
            try file.write(
                SpoolFile.record(of: message, head: head), at: SpoolFile.contentOffset + message.size)
            try file.write(head, at: 0)
            let shard = try name(message.id, file, replaces: false)
            do throws(SpoolFailure) {
                try sync(shard)
            } catch {
                DurableFile.discard(message.id.fileName, in: shard.directory)
                throw error
            }
        } catch {
            DurableFile.discard(message.id.fileName, in: folders.temporary)
            throw SpoolFailure(error)
        }
    }

    /// - Returns: the folder that has the name, and is yet to be synced.
    private func write(
        _ id: QueueID, replaces: Bool, _ body: (FileHandle) throws -> Void
    ) throws(SpoolFailure) -> SpoolFolders.Shard {
        do {
            // One that could not be removed when an earlier change failed.
            if replaces { _ = try folders.temporary.removeIfPresent(id.fileName) }
            let file = try makeTemporaryFile(id)
            do {
                try body(file)
                return try name(id, file, replaces: replaces)
            } catch {
                DurableFile.discard(id.fileName, in: folders.temporary)
                throw error
            }
        } catch {
            throw SpoolFailure(error)
        }
    }

    /// Syncs a file in `tmp/` and gives it its name, which a sync of the folder makes durable. Whatever fails, the caller
    /// removes the temporary name, or, where the message is new and its folder takes no sync, the name: whoever handed it in
    /// is told, and does so again.
    private func name(_ id: QueueID, _ file: FileHandle, replaces: Bool) throws -> SpoolFolders.Shard {
        try step(.syncFile)
        try file.sync()
        try step(.rename)
        let shard = try folders.shard(of: id)
        if replaces {
            try folders.temporary.rename(id.fileName, to: shard.directory, id.fileName)
        } else {
            try folders.temporary.renameWithoutReplacing(id.fileName, to: shard.directory, id.fileName)
        }
        return shard
    }

    private func sync(_ shard: SpoolFolders.Shard) throws(SpoolFailure) {
        do throws(SystemCallError) {
            switch options.syncs {
            case .each: try syncDirectory(shard.directory)
            case .shared: try shard.sync.sync(syncDirectory)
            }
        } catch {
            throw SpoolFailure(error)
        }
    }

    /// As above, but waits for no other thread.
    private func sync(
        _ shard: SpoolFolders.Shard, end: @escaping @Sendable (Result<Void, SpoolFailure>) -> Void
    ) {
        switch options.syncs {
        case .each:
            let result = Result<Void, SpoolFailure> { () throws(SpoolFailure) in try sync(shard) }
            end(result)
        case .shared:
            shard.sync.request(syncDirectory) { result in end(result.mapError { SpoolFailure($0) }) }
        }
    }

    private func syncDirectory(_ directory: DirectoryHandle) throws(SystemCallError) {
        do {
            try step(.syncDirectory)
            try directory.sync()
        } catch let error as SystemCallError {
            throw error
        } catch {
            throw SystemCallError("fsync", directory.path, EIO)
        }
    }

    // MARK: Messages that wait

    func read(_ id: QueueID) throws(SpoolFailure) -> (file: FileHandle, contents: SpoolFile) {
        let directory = try folders.shard(of: id).directory
        let file: FileHandle
        do throws(SystemCallError) {
            file = try directory.file(id.fileName)
        } catch {
            throw Self.failure(opening: id, error)
        }
        return (file, try Self.contents(id, of: file))
    }

    private static func contents(_ id: QueueID, of file: FileHandle) throws(SpoolFailure) -> SpoolFile {
        let size: UInt64
        do throws(SystemCallError) { size = try file.status().size } catch { throw SpoolFailure(error) }
        return try SpoolFile(id, size: size) { offset, count throws(SpoolFailure) in
            do throws(SystemCallError) {
                return try file.read(from: offset, count: count)
            } catch {
                throw SpoolFailure(error)
            }
        }
    }

    private static func failure(opening id: QueueID, _ error: any Error) -> SpoolFailure {
        guard let error = error as? SystemCallError else { return SpoolFailure(error) }
        return switch error.number {
        case ENOENT: SpoolFailure(.noSuchMessage, "there is no message \(id)")
        // A link, a folder, a device: nothing that this program made.
        case ELOOP, EINVAL, EISDIR: SpoolFailure(.damaged, "message \(id) is no file: \(error)")
        default: SpoolFailure(error)
        }
    }

    /// - Returns: the message, and how many recipients it had before.
    func update(
        _ id: QueueID, _ changes: [QueueChange]
    ) throws(SpoolFailure) -> (message: QueuedMessage, formerCount: Int) {
        try inTurn(id) { () throws(SpoolFailure) in
            let (file, contents) = try read(id, forChanging: true)
            var message = contents.message
            for change in changes {
                guard message.apply(change) else {
                    throw SpoolFailure(.noSuchMessage, "message \(id) has \(message.recipients.count) recipients only")
                }
            }
            let isSuspect = suspects.withLock { $0.contains(id) }
            let isLong = contents.changes > Self.maximumChanges && contents.changes / 4 > contents.envelopeLength
            // No reader of the older format would understand what is added.
            if isSuspect || isLong || contents.format < SpoolFile.version {
                try rewrite(message, file, contents)
                suspects.withLock { _ = $0.remove(id) }
            } else {
                try append(changes, to: file, contents)
            }
            return (message, contents.message.recipients.count)
        }
    }

    private func append(_ changes: [QueueChange], to file: FileHandle, _ contents: SpoolFile) throws(SpoolFailure) {
        do {
            // What was cut off when the last write was interrupted.
            if contents.size > contents.end {
                try step(.truncate)
                try file.truncate(to: contents.end)
            }
            do {
                try step(.append)
                try file.write(SpoolFile.record(of: changes, chain: contents.chain), at: contents.end)
                if changes.contains(where: \.isDurable) {
                    try step(.syncChange)
                    try file.syncData()
                }
            } catch {
                _ = suspects.withLock { $0.insert(contents.message.id) }
                // As good as it goes, the state before: the caller is told that nothing has changed.
                do throws(SystemCallError) { try file.truncate(to: contents.end) } catch {}
                throw error
            }
        } catch {
            throw SpoolFailure(error)
        }
    }

    /// A new file with the same content and all changes in its first record.
    private func rewrite(_ message: QueuedMessage, _ file: FileHandle, _ contents: SpoolFile) throws(SpoolFailure) {
        let head = SpoolFile.head(contentLength: message.size, contentChecksum: contents.contentChecksum)
        let shard = try write(message.id, replaces: true) { copy in
            try step(.write)
            try copy.write(head)
            var offset = SpoolFile.contentOffset
            let end = offset + message.size
            while offset < end {
                let block = try file.read(from: offset, count: Int(min(256 << 10, end - offset)))
                guard !block.isEmpty else { throw SystemCallError("read", file.path, EIO) }
                try copy.write(block)
                offset += UInt64(block.count)
            }
            try copy.write(SpoolFile.record(of: message, head: head))
        }
        // A file that was written anew stays whatever comes of this: its old one is gone, and both say the same but for this
        // change.
        try sync(shard)
    }

    /// Each `end` is called once, when the removal is durable or did not come about.
    func remove(_ messages: [(id: QueueID, end: @Sendable (Result<Void, SpoolFailure>) -> Void)]) {
        var removed:
            [QueueID.Shard: (shard: SpoolFolders.Shard, ends: [@Sendable (Result<Void, SpoolFailure>) -> Void])] =
                [:]
        for (id, end) in messages {
            do throws(SpoolFailure) {
                let shard = try folders.shard(of: id)
                try unlink(id)
                removed[QueueID.Shard(id), default: (shard, [])].ends.append(end)
            } catch {
                end(.failure(error))
            }
        }
        for (shard, ends) in removed.values {
            sync(shard) { result in for end in ends { end(result) } }
        }
    }

    func remove(_ id: QueueID) throws(SpoolFailure) {
        try unlink(id)
        try sync(try folders.shard(of: id))
    }

    private func unlink(_ id: QueueID) throws(SpoolFailure) {
        try inTurn(id) { () throws(SpoolFailure) in
            let shard = try folders.shard(of: id)
            do {
                try step(.remove)
                try shard.directory.remove(id.fileName)
            } catch {
                throw Self.failure(opening: id, error)
            }
            suspects.withLock { _ = $0.remove(id) }
        }
    }

    /// Moves a file out of the way, under the name it has or, where that is taken, one with a number. Returns its new path.
    func setAside(_ id: QueueID) throws(SpoolFailure) -> [UInt8] {
        try inTurn(id) { () throws(SpoolFailure) in
            let directory = try folders.shard(of: id).directory
            for number in 0..<100 {
                let name = id.fileName + (number == 0 ? [] : Array(".\(number)".utf8))
                do throws(SystemCallError) {
                    try directory.renameWithoutReplacing(id.fileName, to: folders.corrupt, name)
                    try folders.corrupt.sync()
                    try directory.sync()
                    return folders.corrupt.path + [UInt8(ascii: "/")] + name
                } catch  where error.isExisting {
                    continue
                } catch {
                    throw Self.failure(opening: id, error)
                }
            }
            throw SpoolFailure(.unavailable, "message \(id) is damaged, and corrupt/ has a hundred of its name")
        }
    }

    private func read(
        _ id: QueueID, forChanging: Bool
    ) throws(SpoolFailure) -> (file: FileHandle, contents: SpoolFile) {
        do {
            try step(.openForChange)
            let file = try folders.shard(of: id).directory.fileForChanging(id.fileName)
            return (file, try Self.contents(id, of: file))
        } catch let failure as SpoolFailure {
            throw failure
        } catch {
            throw Self.failure(opening: id, error)
        }
    }
}
