import NIOCore
import Net

@testable import SMTP

/// An engine driven without a socket: what `SessionHandler` does, without its buffers and its clock.
struct InProcessSession {
    var engine: SMTPServerEngine
    let performer: SMTPPerformer
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private(set) var isClosed = false
    private(set) var wantsTLS = false

    init(
        _ options: SMTPServerOptions, _ services: CannedServices, tls: TLSFacts? = nil,
        budget: GatherBudget = GatherBudget()
    ) async {
        engine = SMTPServerEngine(
            options, ConnectionFacts(sessionID: "test", remoteAddress: "192.0.2.7", remotePort: 40000, tls: tls),
            budget: budget)
        performer = SMTPPerformer(services)
        let step = engine.start(&output)
        await follow(step)
    }

    /// Gives the engine more; returns all that it answered.
    mutating func send(_ bytes: [UInt8], inPiecesOf size: Int = .max) async {
        var rest = bytes[...]
        while !rest.isEmpty {
            input.writeBytes(rest.prefix(size))
            rest = rest.dropFirst(size)
            guard !isClosed, !wantsTLS else { continue }
            let step = engine.receive(&input, &output)
            await follow(step)
        }
    }

    mutating func send(_ text: String) async { await send(Array(text.utf8)) }

    mutating func establishTLS() async {
        wantsTLS = false
        let step = engine.tlsEstablished(TLSFacts(version: "TLSv1.3"), &output)
        await follow(step)
    }

    mutating func answers() -> String {
        defer { output = ByteBuffer() }
        return String(buffer: output)
    }

    /// The next line of the answers, without its CRLF; nil if there is none.
    mutating func line() -> String? {
        guard let feed = output.readableBytesView.firstIndex(of: 0x0A),
            let line = output.readBytes(length: feed - output.readerIndex + 1), line.suffix(2) == [0x0D, 0x0A]
        else { return nil }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    private mutating func follow(_ first: SessionStep<SMTPWait>) async {
        var step = first
        while true {
            switch step {
            case .needInput: return
            case .close:
                isClosed = true
                return
            case .startTLS:
                if input.readableBytes > 0 {
                    output.clear()
                    engine.injectedBeforeTLS(&output)
                    isClosed = true
                } else {
                    wantsTLS = true
                }
                return
            case .wait(let wait):
                let answer = await performer.perform(wait)
                step = engine.resume(with: answer, &output)
                if case .needInput = step { step = engine.receive(&input, &output) }
            }
        }
    }
}
