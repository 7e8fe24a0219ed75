import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Net

/// One handler on a channel whose clock and socket are the test's.
private final class Bench: Sendable {
    let channel = NIOAsyncTestingChannel()
    let performer: LinePerformer
    let reads = Mutex(0)
    let ended = Mutex(0)
    let notifier = Mutex<SessionNotifier<String>?>(nil)

    init(answersAtOnce: Bool = true) async throws {
        performer = LinePerformer(answersAtOnce: answersAtOnce)
        let performer = self.performer
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.addHandler(ReadCounter(self))
            let options = SessionOptions(logger: Logger(label: "test"))
            try channel.pipeline.syncOperations.addHandler(
                SessionHandler<LinePerformer>(options, ConnectionFacts(sessionID: "1")) { facts, notifier in
                    self.notifier.withLock { $0 = notifier }
                    return (LineEngine(isTLS: facts.tls != nil), performer)
                } ended: {
                    self.ended.withLock { $0 += 1 }
                })
        }.get()
        try await channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 25)).get()
        #expect(try await written() == "hello\r\n")
    }

    /// The next write, whole.
    func written() async throws -> String {
        String(buffer: try await channel.waitForOutboundWrite(as: ByteBuffer.self))
    }

    func nothingWritten() async throws -> Bool {
        try await channel.readOutbound(as: ByteBuffer.self) == nil
    }

    func receive(_ text: String) async throws {
        try await channel.writeInbound(ByteBuffer(string: text))
    }

    func setWritable(_ isWritable: Bool) async throws {
        channel.isWritable = isWritable
        try await channel.eventLoop.submit { [channel] in channel.pipeline.fireChannelWritabilityChanged() }.get()
    }

    func fire(_ event: any Sendable) async throws {
        try await channel.eventLoop.submit { [channel] in
            channel.pipeline.fireUserInboundEventTriggered(event)
        }.get()
    }

    final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        let bench: Bench

        init(_ bench: Bench) {
            self.bench = bench
        }

        func read(context: ChannelHandlerContext) {
            bench.reads.withLock { $0 += 1 }
            context.read()
        }
    }
}

struct SessionHandlerTests {
    @Test func `all replies to one read leave in one write`() async throws {
        let bench = try await Bench()
        try await bench.receive("a\r\nb\r\nc\r\n")
        #expect(try await bench.written() == "echo a\r\necho b\r\necho c\r\n")
        #expect(try await bench.nothingWritten())
    }

    @Test func `a line may come byte by byte`() async throws {
        let bench = try await Bench()
        for byte in "ab\r\n" { try await bench.receive(String(byte)) }
        #expect(try await bench.written() == "echo ab\r\n")
    }

    @Test func `pipelined input waits behind a wait, and is not read meanwhile`() async throws {
        let bench = try await Bench(answersAtOnce: false)
        try await bench.receive("a\r\nWAIT x\r\nb\r\n")
        #expect(try await bench.written() == "echo a\r\n")
        #expect(await eventually { bench.performer.begun == ["x"] })
        let reads = bench.reads.withLock { $0 }
        try await bench.receive("c\r\n")
        #expect(try await bench.nothingWritten())
        #expect(bench.reads.withLock { $0 } == reads)
        bench.performer.answer()
        #expect(try await bench.written() == "answer x\r\necho b\r\necho c\r\n")
        #expect(await eventually { bench.reads.withLock { $0 } > reads })
    }

    @Test func `a wait begins only when the client has read our output`() async throws {
        let bench = try await Bench()
        try await bench.setWritable(false)
        let reads = bench.reads.withLock { $0 }
        try await bench.receive("WAIT x\r\n")
        #expect(bench.performer.begun.isEmpty)
        #expect(bench.reads.withLock { $0 } == reads)
        try await bench.setWritable(true)
        #expect(try await bench.written() == "answer x\r\n")
    }

    @Test func `a lost connection cancels the wait and releases the session once, afterwards`() async throws {
        let bench = try await Bench(answersAtOnce: false)
        try await bench.receive("WAIT x\r\n")
        #expect(await eventually { bench.performer.begun == ["x"] })
        #expect(bench.performer.finishedCount == 0)
        try await bench.channel.close().get()
        #expect(await eventually { bench.ended.withLock { $0 } == 1 })
        #expect(bench.performer.wasCancelled)
        #expect(bench.performer.finishedCount == 1)
    }

    @Test func `a session that is idle when its connection ends is released once`() async throws {
        let bench = try await Bench()
        try await bench.receive("QUIT\r\nignored\r\n")
        #expect(try await bench.written() == "bye\r\n")
        try? await bench.channel.close().get()
        #expect(await eventually { bench.ended.withLock { $0 } == 1 })
        #expect(bench.performer.finishedCount == 1)
    }

    @Test func `silence ends a session, and dripping bytes do not prolong it`() async throws {
        let bench = try await Bench()
        for _ in 0..<4 {
            await bench.channel.testingEventLoop.advanceTime(by: .minutes(1))
            try await bench.receive("x")
        }
        #expect(try await bench.nothingWritten())
        await bench.channel.testingEventLoop.advanceTime(by: .minutes(1))
        #expect(try await bench.written() == "too slow\r\n")
    }

    @Test func `a whole line starts the clock anew`() async throws {
        let bench = try await Bench()
        for _ in 0..<10 {
            await bench.channel.testingEventLoop.advanceTime(by: .minutes(4))
            try await bench.receive("x\r\n")
            #expect(try await bench.written() == "echo x\r\n")
        }
    }

    @Test func `the time of a wait is not the client's`() async throws {
        let bench = try await Bench(answersAtOnce: false)
        try await bench.receive("WAIT x\r\n")
        #expect(await eventually { bench.performer.begun == ["x"] })
        await bench.channel.testingEventLoop.advanceTime(by: .hours(1))
        bench.performer.answer()
        #expect(try await bench.written() == "answer x\r\n")
        await bench.channel.testingEventLoop.advanceTime(by: .minutes(4))
        #expect(try await bench.nothingWritten())
    }

    @Test func `a client that waits long is told so`() async throws {
        let bench = try await Bench(answersAtOnce: false)
        try await bench.receive("TELL x\r\n")
        #expect(await eventually { bench.performer.begun == ["x"] })
        await bench.channel.testingEventLoop.advanceTime(by: .seconds(14))
        #expect(try await bench.nothingWritten())
        await bench.channel.testingEventLoop.advanceTime(by: .seconds(31))
        #expect(try await bench.written() == "working\r\n")
        bench.performer.answer()
    }

    @Test func `a session is compressed behind the reply that says so`() async throws {
        let bench = try await Bench()
        let deflater = try #require(Deflater())
        var wire = ByteBuffer()
        deflater.write(ByteBuffer(string: "a\r\nb\r\n"), into: &wire)
        deflater.flush(into: &wire)
        // What follows in the same packet is compressed already.
        var packet = ByteBuffer(string: "COMPRESS\r\n")
        packet.writeBuffer(&wire)
        try await bench.channel.writeInbound(packet)
        #expect(try await bench.written() == "compressing\r\n")
        let inflater = Inflater()
        var plain = ByteBuffer()
        while !String(buffer: plain).hasSuffix("echo b\r\n") {
            var part = try await bench.channel.waitForOutboundWrite(as: ByteBuffer.self)
            try inflater.step(&part, into: &plain, room: 4096)
        }
        #expect(String(buffer: plain) == "answer \r\necho a\r\necho b\r\n")
    }

    @Test func `where a rate is owed, a slow body is cut off although its lines are whole`() async throws {
        let bench = try await Bench()
        try await bench.receive("BULK\r\n")
        await bench.channel.testingEventLoop.advanceTime(by: .seconds(59))
        try await bench.receive(String(repeating: "x", count: 60_000) + "\r\n")
        _ = try await bench.written()
        await bench.channel.testingEventLoop.advanceTime(by: .seconds(30))
        try await bench.receive("little\r\n")
        #expect(try await bench.written() == "echo little\r\n")
        await bench.channel.testingEventLoop.advanceTime(by: .seconds(31))
        #expect(try await bench.written() == "too slow\r\n")
    }

    @Test func `a client that reads nothing is cut off`() async throws {
        let bench = try await Bench()
        try await bench.setWritable(false)
        await bench.channel.testingEventLoop.advanceTime(by: .minutes(6))
        #expect(await eventually { bench.ended.withLock { $0 } == 1 })
    }

    @Test func `news during a wait are handed over behind the answer`() async throws {
        let bench = try await Bench(answersAtOnce: false)
        try await bench.receive("WAIT x\r\n")
        #expect(await eventually { bench.performer.begun == ["x"] })
        let notifier = try #require(bench.notifier.withLock { $0 })
        for number in 1...100 { notifier.notify("\(number)") }
        await bench.channel.testingEventLoop.run()
        #expect(try await bench.nothingWritten())
        bench.performer.answer()
        #expect(try await bench.written() == "answer x\r\n")
        // The newest 64 are kept.
        for number in 37...100 { #expect(try await bench.written() == "news \(number)\r\n") }
        notifier.notify("later")
        #expect(try await bench.written() == "news later\r\n")
    }

    @Test func `shutting down waits for the end of a wait, but takes no further command`() async throws {
        let bench = try await Bench(answersAtOnce: false)
        try await bench.receive("WAIT x\r\nWAIT y\r\n")
        #expect(await eventually { bench.performer.begun == ["x"] })
        try await bench.fire(ChannelShouldQuiesceEvent())
        #expect(try await bench.nothingWritten())
        bench.performer.answer()
        #expect(try await bench.written() == "answer x\r\nstopping\r\n")
        #expect(await eventually { bench.ended.withLock { $0 } == 1 })
        #expect(bench.performer.begun == ["x"])
    }

    @Test func `a client that closed its side gets all its answers`() async throws {
        let bench = try await Bench(answersAtOnce: false)
        try await bench.receive("WAIT x\r\na\r\n")
        #expect(await eventually { bench.performer.begun == ["x"] })
        try await bench.fire(ChannelEvent.inputClosed)
        bench.performer.answer()
        #expect(try await bench.written() == "answer x\r\necho a\r\n")
        #expect(await eventually { bench.ended.withLock { $0 } == 1 })
    }

    @Test func `bytes behind STARTTLS refuse it`() async throws {
        let bench = try await Bench()
        try await bench.receive("STARTTLS\r\na\r\n")
        #expect(try await bench.written() == "injected\r\n")
        #expect(await eventually { bench.ended.withLock { $0 } == 1 })
    }
}
