import MailModel
import NIOCore
import Net

@testable import POP3

/// An engine with its performer, without a connection.
final class TestSession {
    enum Ending {
        case closed
        case startTLS
    }

    private(set) var engine: POP3ServerEngine
    private let performer: POP3SessionPerformer
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private(set) var ending: Ending?
    /// The most that lay unwritten at once.
    private(set) var largestOutput = 0
    private var written = ""

    static let timestamp = "<1896.697170952@dbc.mtview.ca.us>"

    init(
        _ account: MemoryAccount, secure: Bool = true, _ options: POP3ServerOptions = .testing,
        timestamp: String? = nil
    ) {
        let facts = ConnectionFacts(sessionID: "t", tls: secure ? TLSFacts(version: "TLSv1.3") : nil)
        engine = POP3ServerEngine(options, facts, timestamp: timestamp)
        performer = POP3SessionPerformer(account)
        _ = engine.start(&output)
    }

    /// As the channel handler does it: input, waits and their answers, until more input is needed.
    func send(_ bytes: some Sequence<UInt8>) async {
        guard ending == nil else { return }
        input.writeBytes(bytes)
        await run(engine.receive(&input, &output))
    }

    func tls() async {
        ending = nil
        await run(engine.tlsEstablished(TLSFacts(version: "TLSv1.3"), &output))
    }

    func shutDown() { engine.shuttingDown(&output) }
    func timeOut() { engine.timedOut(&output) }
    func inject() { engine.injectedBeforeTLS(&output) }
    func finish() async { await performer.finished() }
    var unread: Int { input.readableBytes }

    private func run(_ first: SessionStep<POP3Wait>) async {
        var step = first
        while true {
            largestOutput = max(largestOutput, output.readableBytes)
            switch step {
            case .close:
                ending = .closed
                return
            case .startTLS:
                ending = .startTLS
                return
            case .wait(let wait):
                // The handler begins a wait when the client has taken what there was.
                written += String(buffer: output)
                output.clear()
                step = engine.resume(with: await performer.perform(wait), &output)
                if case .needInput = step { step = engine.receive(&input, &output) }
            case .needInput: return
            }
        }
    }

    func takeOutput() -> String {
        defer {
            written = ""
            output.clear()
        }
        return written + String(buffer: output)
    }

    /// Sends a line and gives what comes back.
    func ask(_ line: String) async -> String {
        await send((line + "\r\n").utf8)
        return takeOutput()
    }
}

extension POP3ServerOptions {
    static let testing = POP3ServerOptions(offersStartTLS: true)
}
