package import NIOCore

/// For engines that find the lines themselves: bytes as they come, and time that ends at an instant.
extension LineConnection {
    /// Why nothing more is read or written.
    package enum Interruption: Error, Hashable {
        case closed(String)
        case timedOut
        case cancelled
    }

    /// What has arrived, at least one byte.
    package func bytes(until deadline: NIODeadline) async throws(Interruption) -> ByteBuffer {
        let late = channel.eventLoop.scheduleTask(deadline: deadline) { [inbox] in inbox.fail(Self.timeIsUp) }
        defer { late.cancel() }
        channel.read()
        let failure = await withTaskCancellationHandler {
            await inbox.wait { !$0.bytes.isEmpty }
        } onCancel: {
            inbox.fail(Self.isCancelled)
        }
        if let failure { throw Self.interruption(failure) }
        return arrivedBytes()
    }

    /// Returns when the bytes have been handed to the system.
    package func write(_ bytes: ByteBuffer, until deadline: NIODeadline) async throws(Interruption) {
        let late = channel.eventLoop.scheduleTask(deadline: deadline) { [inbox, channel] in
            inbox.fail(Self.timeIsUp)
            channel.close(promise: nil)
        }
        defer { late.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await channel.writeAndFlush(bytes).get()
            } onCancel: {
                inbox.fail(Self.isCancelled)
                channel.close(promise: nil)
            }
        } catch {
            throw inbox.failure.map(Self.interruption) ?? .closed("\(error)")
        }
    }

    /// What has arrived and was not asked for; may be empty.
    package func arrivedBytes() -> ByteBuffer {
        var buffer = ByteBuffer()
        inbox.update {
            buffer.writeBytes($0.bytes)
            $0.bytes = []
        }
        return buffer
    }

    /// Lets the next bytes arrive, and the news that the connection is gone, with nobody waiting for them.
    package func listen() {
        channel.read()
    }

    /// Why the connection is of no more use; nil while it is.
    package var interruption: Interruption? { inbox.failure.map(Self.interruption) }

    private static let timeIsUp = "no answer in time"
    private static let isCancelled = "cancelled"

    private static func interruption(_ reason: String) -> Interruption {
        switch reason {
        case timeIsUp: .timedOut
        case isCancelled: .cancelled
        default: .closed(reason)
        }
    }
}
