import NIOCore
import NIOHTTP1

/// Asks for the policy and gathers the answer.
final class STSResponseHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let host: String
    private let answer: EventLoopPromise<[UInt8]>
    private var body: [UInt8] = []
    private var isDone = false

    init(host: String, answer: EventLoopPromise<[UInt8]>) {
        self.host = host
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        let headers = HTTPHeaders([("Host", host), ("Accept", "text/plain"), ("Connection", "close")])
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/.well-known/mta-sts.txt", headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // RFC 8461 §3.3: redirections are not followed; any answer but 200 is none.
            guard head.status == .ok else { return fail("the answer is \(head.status.code)", context) }
            guard Self.isPlainText(head.headers[canonicalForm: "content-type"]) else {
                return fail("the answer is not text/plain", context)
            }
            // A coding was not asked for.
            guard head.headers["content-encoding"].isEmpty else { return fail("the answer is encoded", context) }
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= STSPolicy.maximumLength else {
                return fail("the answer has more than 64 KiB", context)
            }
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            isDone = true
            answer.succeed(body)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("\(error)", context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail("the connection was closed", context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail("the connection was closed", context)
    }

    private func fail(_ reason: String, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        answer.fail(STSFetchFailure(reason))
        context.close(promise: nil)
    }

    /// RFC 8461 §3.2: the media type, with whatever parameters.
    private static func isPlainText(_ values: [Substring]) -> Bool {
        guard values.count == 1, let value = values.first else { return false }
        let type = value.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        return type.filter { $0 != " " && $0 != "\t" }.lowercased() == "text/plain"
    }
}

/// Ends a connection over which more has come than any good answer has, header included.
final class ReceivedOctetsLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let limit: Int
    private var count = 0

    init(_ limit: Int) {
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += unwrapInboundIn(data).readableBytes
        guard count <= limit else {
            context.fireErrorCaught(STSFetchFailure("the answer has more than 64 KiB"))
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }
}
