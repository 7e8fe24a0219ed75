package import MailModel
import MailStore
package import NIOCore
import Spool

/// A transaction whose message comes in pieces.
package struct StreamedDelivery: Sendable {
    private let transaction: DeliveryTransaction
    private let stream: StreamedMailboxDelivery?
    private var pending: PendingMessage?
    /// Copies that leave in any case, or why they can't.
    private let waiting: Result<[Int: QueuedRecipient], MailboxFailure>
    private let needsPending: Bool
    /// The message's beginning, for a report that returns its header.
    private var beginning: ByteBuffer
    private var size = 0

    private static let beginningLimit = 1 << 16

    init(
        _ transaction: DeliveryTransaction, _ stream: StreamedMailboxDelivery?, _ pending: PendingMessage?,
        waiting: Result<[Int: QueuedRecipient], MailboxFailure>, needsPending: Bool, traceHeaders: [UInt8]
    ) {
        beginning = ByteBuffer(bytes: traceHeaders)
        self.transaction = transaction
        self.stream = stream
        self.pending = pending
        self.waiting = waiting
        self.needsPending = needsPending
    }

    /// Adds a piece with the line ends of the wire.
    /// - Returns: why no copy can be delivered any more; the rest of the message need not be given.
    package mutating func append(_ chunk: ByteBuffer) async -> MailboxFailure? {
        if case .failure(let failure) = waiting { return failure }
        size += chunk.readableBytes
        let room = Self.beginningLimit - beginning.readableBytes
        if room > 0 { beginning.writeBytes(chunk.readableBytesView.prefix(room)) }
        await pending?.append(chunk)
        if needsPending, let failure = pending?.failure { return failure }
        guard let stream else { return nil }
        await stream.append(chunk)
        return needsPending ? nil : await stream.firstFailure
    }

    package func commit() async -> DeliveryReport {
        var pending = pending
        let leaving: [Int: QueuedRecipient]
        switch waiting {
        case .success(let copies): leaving = copies
        case .failure(let failure):
            await abort()
            return transaction.failing(failure)
        }
        await pending?.prepare()
        if let failure = pending?.failure {
            pending?.abort()
            pending = nil
            if needsPending {
                await stream?.abort()
                return transaction.failing(failure)
            }
        }
        let report = await transaction.streamed(
            await stream?.commit() ?? [], pending, leaving, isLeaving: needsPending)
        await transaction.tellOfSuccess(report, beginning, size: size)
        return report
    }

    package func abort() async {
        await stream?.abort()
        pending?.abort()
    }
}
