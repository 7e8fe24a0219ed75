import MailModel
import NIOCore
import Testing

@testable import SMTP

/// Every script of `Scripts/Client/`, with no socket.
struct ClientScriptTests {
    @Test func `there are scripts`() {
        #expect(ClientScript.all.count >= 40)
    }

    @Test(arguments: ClientScript.all, [Int.max, 1, 7])
    func `the client keeps to the script, however the server's words are cut`(
        script: ClientScript, pieces: Int
    ) throws {
        var session = ScriptedSession(script.options, pieces: pieces)
        var message = ScriptedMessage()
        for step in script.steps {
            try message.take(step)
            try session.perform(step, message)
        }
        #expect(session.unread == "", "\(script)")
    }
}

/// The engine with what `OutgoingConnection` does around it, in memory.
struct ScriptedSession {
    private var engine: SMTPClientEngine
    private var output = ByteBuffer()
    private var transaction: OutgoingTransaction?
    private var conversion: SevenBitConversion?
    private var outcomes: ArraySlice<RecipientOutcome> = []
    private let pieces: Int

    init(_ options: OutgoingOptions, pieces: Int) {
        engine = SMTPClientEngine(options, peer: "peer")
        self.pieces = pieces
        engine.start(&output)
    }

    var unread: String { String(buffer: output) }

    mutating func perform(_ step: ClientScript.Step, _ message: ScriptedMessage) throws {
        switch step {
        case .sender, .recipient, .message: break
        case .begin: try begin(message.transaction)
        case .server(let bytes):
            var rest = bytes[...]
            while !rest.isEmpty {
                engine.receive(ByteBuffer(bytes: rest.prefix(pieces)), &output)
                rest = rest.dropFirst(pieces)
                sendContent()
            }
        case .client(let line): #expect(nextLine() == line)
        case .startTLS:
            #expect(engine.need == .handshake)
            engine.tlsEstablished(&output)
        case .lose(let loss): engine.lost(loss)
        case .result(let text):
            if outcomes.isEmpty { outcomes = (engine.result?.recipients ?? [])[...] }
            let outcome = outcomes.popFirst()?.scriptText ?? "none"
            #expect(outcome.hasPrefix(text), "\(outcome)")
        case .failure(let text):
            let failure = engine.failure?.scriptText ?? "none"
            #expect(failure.hasPrefix(text), "\(failure)")
            #expect(engine.need == .closed)
        case .ready:
            #expect(engine.need == .ready)
            #expect(engine.result?.canGoOn ?? true)
        case .closed:
            #expect(engine.need == .closed)
        }
    }

    private mutating func begin(_ transaction: OutgoingTransaction) throws {
        conversion = nil
        outcomes = []
        self.transaction = transaction
        if engine.mustConvert(transaction) {
            var survey = SevenBitSurvey()
            survey.read(Self.octets(transaction))
            conversion = SevenBitConversion(try survey.finish())
        }
        engine.begin(transaction, isConverted: conversion != nil, &output)
        sendContent()
    }

    private mutating func sendContent() {
        guard engine.need == .content, let transaction else { return }
        var rest = Self.octets(transaction)
        while engine.need == .content, let chunk = rest.readSlice(length: min(pieces, rest.readableBytes, 1000)) {
            guard chunk.readableBytes > 0 else { break }
            var converted = ByteBuffer()
            conversion?.convert(chunk, into: &converted)
            engine.content(conversion == nil ? chunk : converted, &output)
        }
        var end = ByteBuffer()
        conversion?.finish(into: &end)
        engine.content(end, &output)
        engine.endContent(&output)
    }

    private mutating func nextLine() -> String? {
        guard let feed = output.readableBytesView.firstIndex(of: 0x0A),
            let line = output.readBytes(length: feed - output.readerIndex + 1), line.suffix(2) == [0x0D, 0x0A]
        else { return nil }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    private static func octets(_ transaction: OutgoingTransaction) -> ByteBuffer {
        (transaction.content.source as? BufferedContent)?.message ?? ByteBuffer()
    }
}
