import Blocking
package import NIOCore
import Synchronization

/// The octets of a message that waits: an open file, closed when this value goes.
package final class SpooledContent: Sendable {
    private struct Progress {
        var offset: UInt64 = 0
        var checksum = SpoolChecksum()
    }

    private static let maximumChunk = 1 << 20

    package let id: QueueID
    /// In octets.
    package let size: UInt64
    private let file: FileHandle
    private let contentChecksum: UInt32
    private let spool: MessageSpool
    private let progress = Mutex(Progress())

    init(_ file: FileHandle, _ contents: SpoolFile, _ spool: MessageSpool) {
        id = contents.message.id
        size = contents.message.size
        contentChecksum = contents.contentChecksum
        self.file = file
        self.spool = spool
    }

    /// Octets from `offset` on: `count` of them (one MiB at most), fewer at the end, none beyond it.
    ///
    /// Whoever reads from 0 to the end without gaps is told by the last chunk, with `.damaged`, that the disk gave other
    /// octets than it was given: a message is not sent on whose end could not be read.
    package func chunk(at offset: UInt64, count: Int) async throws(SpoolFailure) -> ByteBuffer {
        guard offset <= size, count > 0 else { return ByteBuffer() }
        let length = Int(min(UInt64(min(count, Self.maximumChunk)), size - offset))
        return try await spool.perform {
            var buffer = ByteBufferAllocator().buffer(capacity: length)
            var failure: SystemCallError?
            let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { space in
                do throws(SystemCallError) {
                    let target = UnsafeMutableRawBufferPointer(rebasing: space.prefix(length))
                    return try self.file.read(into: target, from: SpoolFile.contentOffset + offset)
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            guard read == length else {
                throw SpoolFailure(.damaged, "message \(self.id) is damaged: its file ends within the content")
            }
            try self.follow(buffer, at: offset)
            return buffer
        }
    }

    private func follow(_ buffer: ByteBuffer, at offset: UInt64) throws(SpoolFailure) {
        try progress.withLock { progress throws(SpoolFailure) in
            if offset == 0 { progress = Progress() }
            guard offset == progress.offset else { return }
            buffer.withUnsafeReadableBytes { progress.checksum.update($0) }
            progress.offset += UInt64(buffer.readableBytes)
            guard progress.offset == size, progress.checksum.value != contentChecksum else { return }
            throw SpoolFailure(.damaged, "message \(id) is damaged: its content does not check")
        }
    }
}
