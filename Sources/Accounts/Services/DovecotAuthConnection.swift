import Glibc
import NIOCore

/// What a question that was given to a connection comes to.
enum DovecotAuthOutcome: Sendable {
    case answer(ServiceAnswer)
    /// The connection ended, or never stood: nothing is known of the question.
    case lost(ServiceAnswer.FailureKind, String)
    case late
}

/// One connection to the service, on its event loop: any number of questions at once, each with its number.
final class DovecotAuthConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var session = DovecotAuthSession()
    private var context: ChannelHandlerContext?
    private var isReady = false
    private var isRetired = false
    private var end: (kind: ServiceAnswer.FailureKind, reason: String)?
    private var lastNumber: UInt32 = 0
    private var waiting: [(number: UInt32, request: DovecotAuthRequest)] = []
    private var pending: [UInt32: EventLoopPromise<DovecotAuthOutcome>] = [:]

    /// Sends the question when the greeting is there. The promise may be kept by others, a timer say: then the answer
    /// goes to nobody.
    func ask(_ request: DovecotAuthRequest, _ promise: EventLoopPromise<DovecotAuthOutcome>) {
        if let end {
            promise.succeed(.lost(end.kind, end.reason))
            return
        }
        // Numbers must grow (a connection of that age is better made anew).
        guard lastNumber < .max else {
            promise.succeed(.lost(.incomplete, "the connection has no numbers left"))
            retire()
            return
        }
        lastNumber += 1
        let number = lastNumber
        pending[number] = promise
        if isReady { send(request.line(number: number)) } else { waiting.append((number, request)) }
        promise.futureResult.assumeIsolated().whenComplete { _ in self.forget(number) }
    }

    /// Nothing new will be asked: closes when nobody waits for an answer any more.
    func retire() {
        isRetired = true
        if pending.isEmpty { context?.close(promise: nil) }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        // Both sides greet at once; Dovecot 2.4 waits for ours.
        send(DovecotAuthSession.greeting(identifier: getpid()))
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for event in session.receive(unwrapInboundIn(data).readableBytesView) {
            switch event {
            case .ready:
                isReady = true
                for (number, request) in waiting { send(request.line(number: number)) }
                waiting = []
            case .answer(let number, let answer): pending.removeValue(forKey: number)?.succeed(.answer(answer))
            case .failed(let kind, let reason):
                finish(kind, reason)
                context.close(promise: nil)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.unreachable, "closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.unreachable, "the connection broke")
        context.close(promise: nil)
    }

    private func forget(_ number: UInt32) {
        pending[number] = nil
        waiting.removeAll { $0.number == number }
        if isRetired, pending.isEmpty { context?.close(promise: nil) }
    }

    private func finish(_ kind: ServiceAnswer.FailureKind, _ reason: String) {
        guard end == nil else { return }
        end = (kind, reason)
        let promises = pending.values
        pending = [:]
        waiting = []
        for promise in promises { promise.succeed(.lost(kind, reason)) }
    }

    private func send(_ bytes: [UInt8]) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }
}
