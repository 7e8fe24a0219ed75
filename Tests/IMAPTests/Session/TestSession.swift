import MailModel
import NIOCore
import Net
import Synchronization

@testable import IMAP

/// An engine with its performer, without a connection.
final class TestSession {
    enum Ending {
        case closed
        case startTLS
    }

    var engine: IMAPServerEngine
    private let performer: IMAPSessionPerformer
    private let hasNews: NewsFlag
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private(set) var ending: Ending?

    final class NewsFlag: Sendable {
        let events = Mutex<[IMAPEvent]>([])
    }

    init(
        _ account: MemoryAccount, secure: Bool = true, _ options: IMAPServerOptions = .testing,
        progressInterval: Duration = .seconds(10)
    ) {
        let facts = ConnectionFacts(sessionID: "t", tls: secure ? TLSFacts(version: "TLSv1.3") : nil)
        let news = NewsFlag()
        hasNews = news
        engine = IMAPServerEngine(options, facts)
        performer = IMAPSessionPerformer(
            account,
            notifier: SessionNotifier { event in news.events.withLock { if !$0.contains(event) { $0.append(event) } } },
            progressInterval: progressInterval)
        _ = engine.start(&output)
    }

    /// As the channel handler does it: input, waits and their answers, until more input is needed.
    func send(_ bytes: some Sequence<UInt8>) async {
        guard ending == nil else { return }
        input.writeBytes(bytes)
        await run(engine.receive(&input, &output))
    }

    func deliverNews() async {
        let events = hasNews.events.withLock { events in
            defer { events = [] }
            return events
        }
        for event in events where ending == nil { await run(engine.notify(event, &output)) }
    }

    func tls() async {
        ending = nil
        await run(engine.tlsEstablished(TLSFacts(version: "TLSv1.3"), &output))
    }

    func shutDown() { engine.shuttingDown(&output) }
    func timeOut() { engine.timedOut(&output) }
    func inject() { engine.injectedBeforeTLS(&output) }
    func finish() async { await performer.finished() }

    private func run(_ first: SessionStep<IMAPWait>) async {
        var step = first
        while true {
            switch step {
            case .close:
                ending = .closed
                return
            case .startTLS:
                ending = .startTLS
                return
            case .wait(let wait):
                step = engine.resume(with: await performer.perform(wait), &output)
                if case .needInput = step { step = engine.receive(&input, &output) }
            case .needInput: return
            }
        }
    }

    func stillWaiting() -> String {
        engine.stillWaiting(&output)
        return takeOutput()
    }

    func takeOctets() -> [UInt8] {
        defer { output.clear() }
        return Array(output.readableBytesView)
    }

    func takeOutput() -> String {
        defer { output.clear() }
        return String(buffer: output)
    }

    /// Sends a line and gives what comes back.
    func ask(_ line: String) async -> String {
        await send((line + "\r\n").utf8)
        return takeOutput()
    }
}

extension IMAPServerOptions {
    static let testing = IMAPServerOptions(offersStartTLS: true, messageSize: 1 << 20, zoneOffset: { _ in 3600 })
}
