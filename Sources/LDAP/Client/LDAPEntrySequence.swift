import NIOCore

/// The entries of a search as they come. When the consumer is slow, the connection is not read any more, so that a
/// search of any size takes little memory; other operations of the connection then wait too.
public struct LDAPEntrySequence: AsyncSequence, Sendable {
    typealias Producer = NIOThrowingAsyncSequenceProducer<
        LDAPEntry, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Delegate
    >
    typealias Source = Producer.Source

    struct Delegate: NIOAsyncSequenceProducerDelegate {
        let eventLoop: any EventLoop
        let exchange: LDAPExchange
        let handler: NIOLoopBound<LDAPChannelHandler>

        func produceMore() {
            eventLoop.execute { handler.value.resume(exchange) }
        }

        func didTerminate() {
            eventLoop.execute { handler.value.cancel(exchange) }
        }
    }

    let producer: Producer

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var iterator: Producer.AsyncIterator

        public mutating func next() async throws -> LDAPEntry? {
            try await iterator.next()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(iterator: producer.makeAsyncIterator())
    }
}
