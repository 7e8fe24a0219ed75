import Delivery
import FoundationEssentials
import NIOCore
import Net
import Synchronization

/// What an administrator's connection waits for.
enum AdministrationWait: Hashable, Sendable {
    case request([UInt8])
    /// The next piece of the answer.
    case more
}

struct AdministrationAnswer: Sendable {
    var lines: [UInt8]
    var isDone: Bool
}

/// Requests and answers, a line of JSON each; one request after the other.
struct AdministrationEngine: SessionEngine {
    typealias Wait = AdministrationWait
    typealias Answer = AdministrationAnswer
    typealias Event = Never

    /// A request names a thousand messages.
    static let lineLimit = 64 << 10

    mutating func start(_ output: inout ByteBuffer) -> SessionStep<AdministrationWait> { .needInput }

    mutating func receive(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> SessionStep<AdministrationWait> {
        guard let end = input.readableBytesView.firstIndex(of: 0x0A) else {
            guard input.readableBytes <= Self.lineLimit else { return refuse("the request is too long", &output) }
            return .needInput
        }
        let length = end - input.readerIndex
        guard length <= Self.lineLimit, let line = input.readBytes(length: length) else {
            return refuse("the request is too long", &output)
        }
        input.moveReaderIndex(forwardBy: 1)
        return .wait(.request(line))
    }

    mutating func resume(
        with answer: AdministrationAnswer, _ output: inout ByteBuffer
    ) -> SessionStep<AdministrationWait> {
        output.writeBytes(answer.lines)
        return answer.isDone ? .needInput : .wait(.more)
    }

    mutating func tlsEstablished(_ facts: TLSFacts, _ output: inout ByteBuffer) -> SessionStep<AdministrationWait> {
        .close
    }

    mutating func injectedBeforeTLS(_ output: inout ByteBuffer) {}
    mutating func notify(_ event: Never, _ output: inout ByteBuffer) -> SessionStep<AdministrationWait> {}
    mutating func timedOut(_ output: inout ByteBuffer) {}

    mutating func shuttingDown(_ output: inout ByteBuffer) {
        output.writeBytes(QueueLine.error("the server is stopping").bytes)
    }

    var inputTimeout: TimeAmount { .minutes(5) }

    private func refuse(_ text: String, _ output: inout ByteBuffer) -> SessionStep<AdministrationWait> {
        output.writeBytes(QueueLine.error(text).bytes)
        return .close
    }
}

extension QueueLine {
    static func error(_ text: String) -> QueueLine {
        var line = QueueLine()
        line.error = text
        return line
    }

    /// With its line end.
    package var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers, texts and octets: there is nothing in it that JSON can't hold.
        return Array((try? encoder.encode(self)) ?? Data(#"{"error":"a line that can't be written"}"#.utf8)) + [0x0A]
    }
}

/// Performs an administrator's requests.
final class AdministrationPerformer: SessionPerformer {
    typealias Engine = AdministrationEngine

    private let administration: any QueueAdministration
    private let run = Mutex<QueueRequestRun?>(nil)

    init(_ administration: any QueueAdministration) {
        self.administration = administration
    }

    func perform(_ wait: AdministrationWait) async -> AdministrationAnswer {
        if case .request(let line) = wait {
            guard let request = try? JSONDecoder().decode(QueueRequest.self, from: Data(line)) else {
                return AdministrationAnswer(
                    lines: QueueLine.error("a request that this server does not know").bytes, isDone: true)
            }
            run.withLock { $0 = QueueRequestRun(request, administration) }
        }
        // The engine asks one thing at a time.
        guard var current = run.withLock({ $0 }) else { return AdministrationAnswer(lines: [], isDone: true) }
        let lines = await current.next()
        run.withLock { [current] in $0 = current.isDone ? nil : current }
        return AdministrationAnswer(lines: lines.flatMap(\.bytes), isDone: current.isDone)
    }

    func finished() async {
        run.withLock { $0 = nil }
    }
}
