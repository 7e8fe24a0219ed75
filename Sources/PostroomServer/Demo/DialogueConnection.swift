import NIOCore
import NIOPosix
import NIOSSL

/// A TLS connection on which lines are sent and read one after the other: what `demo` talks to its own server with.
struct DialogueConnection {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>

    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: Inbound.AsyncIterator
    private var unread = ByteBuffer()
    /// Everything said, `C:` and `S:` before each line; secrets are left out by the caller.
    private(set) var transcript: [String] = []

    /// Connects to a port of this machine, trusting the certificate in `certificateFile`, and closes when `body` is done.
    static func withConnection<Result: Sendable>(
        port: Int, serverName: String, certificateFile: String, group: any EventLoopGroup,
        _ body: (inout DialogueConnection) async throws -> Result
    ) async throws -> Result {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificateFile)
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ClientBootstrap(group: group)
            .connectTimeout(.seconds(5))
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: serverName))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = DialogueConnection(outbound: outbound, inbound: inbound)
            return try await body(&connection)
        }
    }

    private init(outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, inbound: Inbound) {
        self.outbound = outbound
        self.inbound = inbound.makeAsyncIterator()
    }

    /// Sends a line; `shown` stands in the transcript instead of it when the line holds a secret.
    mutating func send(_ line: String, shown: String? = nil) async throws {
        transcript.append("C: \(shown ?? line)")
        try await outbound.write(ByteBuffer(string: line + "\r\n"))
    }

    mutating func readLine() async throws -> String {
        while true {
            if let end = unread.readableBytesView.firstIndex(of: 0x0A) {
                let length = end - unread.readerIndex + 1
                var line = unread.readString(length: length) ?? ""
                while let last = line.utf8.last, last == 0x0A || last == 0x0D {
                    line = String(line.unicodeScalars.dropLast())
                }
                transcript.append("S: \(line)")
                return line
            }
            guard unread.readableBytes < 1 << 20, let more = try await inbound.next() else {
                throw Failure(description: "the server closed the connection")
            }
            unread.writeImmutableBuffer(more)
        }
    }

    /// Reads an SMTP reply and checks its first digit.
    mutating func expectReply(_ firstDigit: Character) async throws {
        while true {
            let line = try await readLine()
            guard line.dropFirst(3).first != "-" else { continue }
            guard line.first == firstDigit else { throw Failure(description: "unexpected reply: \(line)") }
            return
        }
    }

    /// Reads untagged lines up to the tagged OK; throws on NO and BAD.
    mutating func expectOK(tag: String) async throws -> [String] {
        var lines: [String] = []
        while true {
            let line = try await readLine()
            if line.hasPrefix(tag + " ") {
                guard line.hasPrefix(tag + " OK") else { throw Failure(description: "unexpected answer: \(line)") }
                return lines
            }
            lines.append(line)
        }
    }
}
