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
    /// Nothing is delivered unless the spool has all of it.
    private let needsPending: Bool

    init(
        _ transaction: DeliveryTransaction, _ stream: StreamedMailboxDelivery?, _ pending: PendingMessage?,
        waiting: Result<[Int: QueuedRecipient], MailboxFailure>, needsPending: Bool
    ) {
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
        return await transaction.streamed(await stream?.commit() ?? [], pending, leaving)
    }

    package func abort() async {
        await stream?.abort()
        pending?.abort()
    }
}
