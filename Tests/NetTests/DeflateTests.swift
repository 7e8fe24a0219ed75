import Logging
import NIOCore
import NIOEmbedded
import PostroomTesting
import Testing

@testable import Net

/// COMPRESS=DEFLATE's stage, by itself and before a session.
@Suite struct DeflateTests {
    private static func compressed(_ bytes: [UInt8]) throws -> ByteBuffer {
        var output = ByteBuffer()
        let deflater = try #require(Deflater())
        deflater.write(ByteBuffer(bytes: bytes), into: &output)
        deflater.flush(into: &output)
        return output
    }

    private static func piece(of stream: inout ByteBuffer, _ length: Int) -> ByteBuffer {
        stream.readSlice(length: min(length, stream.readableBytes)) ?? ByteBuffer()
    }

    private static func inflated(_ input: ByteBuffer) throws -> [UInt8] {
        let inflater = Inflater()
        var input = input
        var output = ByteBuffer()
        repeat {
            try inflater.step(&input, into: &output, room: 4096)
        } while input.readableBytes > 0 || inflater.hasMore
        return Array(output.readableBytesView)
    }

    /// A channel with the stage and one behind it that reads as long as it is told to.
    private func channel(_ reader: Reader) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(DeflateHandler(unread: ByteBuffer()))
        try channel.pipeline.syncOperations.addHandler(reader)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 143)).wait()
        return channel
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var received = ByteBuffer()
        var biggest = 0
        var errors: [any Error] = []
        var reads = true
        var sawEnd = false

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            biggest = max(biggest, buffer.readableBytes)
            received.writeBuffer(&buffer)
        }
        func channelReadComplete(context: ChannelHandlerContext) {
            if reads { context.read() }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { sawEnd = true }
        }
    }

    @Test(arguments: 0..<20)
    func `what is written in pieces is read in pieces`(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let reader = Reader()
        let channel = try channel(reader)
        var expected: [UInt8] = []
        for _ in 0..<20 {
            let length = [0, 1, 10, 5000, 100_000].randomElement(using: &random) ?? 0
            let letters = UInt8.random(in: 1...255, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0..<letters, using: &random) }
            expected += bytes
            // The peer begins anew whenever it likes, as we do.
            var stream = try Self.compressed(bytes)
            while stream.readableBytes > 0 {
                let piece = min(stream.readableBytes, Int.random(in: 1...20_000, using: &random))
                try channel.writeInbound(Self.piece(of: &stream, piece))
                channel.embeddedEventLoop.run()
            }
            if Bool.random(using: &random) { channel.embeddedEventLoop.advanceTime(by: .seconds(61)) }
        }
        #expect(Array(reader.received.readableBytesView) == expected)
        #expect(reader.errors.isEmpty)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `what is sent can be read, whatever came between`() throws {
        let channel = try channel(Reader())
        var wire = ByteBuffer()
        var expected: [UInt8] = []
        for length in [10, 100_000, 0, (1 << 20) + 70_000, 3, 50] {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: length), count: length)
            expected += bytes
            try channel.writeOutbound(ByteBuffer(bytes: bytes))
            channel.embeddedEventLoop.advanceTime(by: .seconds(length == 3 ? 61 : 1))
            while var part = try channel.readOutbound(as: ByteBuffer.self) { wire.writeBuffer(&part) }
        }
        #expect(try Self.inflated(wire) == expected)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `a bomb is inflated in steps, then refused`() throws {
        let reader = Reader()
        let channel = try channel(reader)
        try channel.writeInbound(try Self.compressed([UInt8](repeating: 0, count: 10 << 20)))
        channel.embeddedEventLoop.run()
        #expect(reader.biggest <= 64 << 10)
        #expect(reader.received.readableBytes <= (1 << 20) + (64 << 10))
        #expect(reader.errors.first as? InflateError == .bomb)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `nothing is inflated for a session that doesn't read`() throws {
        let reader = Reader()
        reader.reads = false
        let channel = try channel(reader)
        try channel.writeInbound(try Self.compressed([UInt8](repeating: 65, count: 1 << 20)))
        channel.embeddedEventLoop.run()
        #expect(reader.received.readableBytes <= 64 << 10)
        // The end of the input is told behind the last of it.
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!reader.sawEnd)
        reader.reads = true
        channel.read()
        channel.embeddedEventLoop.run()
        #expect(reader.received.readableBytes == 1 << 20)
        #expect(reader.sawEnd)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `a big message that compresses well is no bomb`() throws {
        let reader = Reader()
        let channel = try channel(reader)
        let stage = try channel.pipeline.syncOperations.handler(type: DeflateHandler.self)
        var stream = try Self.compressed([UInt8](repeating: 65, count: 8 << 20))
        while stream.readableBytes > 0 {
            try channel.writeInbound(Self.piece(of: &stream, 100))
            channel.embeddedEventLoop.run()
            stage.forgive()
        }
        #expect(reader.received.readableBytes == 8 << 20)
        #expect(reader.errors.isEmpty)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test(arguments: 0..<200)
    func `random bytes and mutated streams are refused or read, never more`(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 9000)
        let reader = Reader()
        let channel = try channel(reader)
        var bytes = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &random) }
        if seed % 2 == 0 {
            bytes = Array(try Self.compressed(bytes.map { $0 % 20 }).readableBytesView)
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8(seed % 8) }
        }
        // Cut off in the middle too.
        try channel.writeInbound(ByteBuffer(bytes: bytes.prefix(Int.random(in: 1...bytes.count, using: &random))))
        channel.embeddedEventLoop.run()
        channel.embeddedEventLoop.advanceTime(by: .seconds(61))
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
        #expect(reader.received.readableBytes < 4 << 20)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `a stream that is ended is an error`() throws {
        let reader = Reader()
        let channel = try channel(reader)
        // An empty final block with fixed codes (RFC 1951 §3.2.6).
        try channel.writeInbound(ByteBuffer(bytes: [0x03, 0x00]))
        #expect(reader.errors.first as? InflateError == .ended)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `an idle connection holds what the client may refer to, no more`() throws {
        let reader = Reader()
        let channel = try channel(reader)
        let stage = try channel.pipeline.syncOperations.handler(type: DeflateHandler.self)
        let deflater = try #require(Deflater())
        func send(_ text: String) throws {
            var wire = ByteBuffer()
            deflater.write(ByteBuffer(string: text), into: &wire)
            deflater.flush(into: &wire)
            try channel.writeInbound(wire)
            channel.embeddedEventLoop.run()
        }
        try send("a SELECT INBOX\r\n")
        try channel.writeOutbound(ByteBuffer(string: "* 1 EXISTS\r\n"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(61))
        #expect(stage.heldOctets <= 1024)
        // It refers to what came before the rest.
        try send("b SELECT INBOX\r\n")
        #expect(String(buffer: reader.received) == "a SELECT INBOX\r\nb SELECT INBOX\r\n")
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}
