import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PostroomTesting

/// A small HTTPS server on a free loopback port that gives one answer.
final class PolicyWebServer: Sendable {
    struct Answer: Sendable {
        var status = HTTPResponseStatus.ok
        var headers: [(String, String)] = [("Content-Type", "text/plain")]
        var body: [UInt8] = []
        /// Sends the head and the body, then nothing: no end.
        var isEndless = false
        /// Takes the request and says nothing at all.
        var isSilent = false
    }

    private let channel: any Channel

    var port: UInt16 { UInt16(channel.localAddress?.port ?? 0) }

    init(_ certificates: [IssuedCertificate], _ answer: Answer) async throws {
        let chain = try certificates.map {
            NIOSSLCertificateSource.certificate(try NIOSSLCertificate(bytes: $0.octets, format: .der))
        }
        let key = try NIOSSLPrivateKey(bytes: Array((certificates.first?.keyPEM ?? "").utf8), format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(AnsweringHandler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async { try? await channel.close().get() }
}

private final class AnsweringHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: PolicyWebServer.Answer
    private var isRightPath = false

    init(_ answer: PolicyWebServer.Answer) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isRightPath =
                head.uri == "/.well-known/mta-sts.txt" && head.headers["host"] == ["mta-sts.example.org"]
                && head.method == .GET
        case .body: break
        case .end:
            guard !answer.isSilent else { return }
            let status = isRightPath ? answer.status : .notFound
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: HTTPHeaders(answer.headers))
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
            if !answer.isEndless { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
