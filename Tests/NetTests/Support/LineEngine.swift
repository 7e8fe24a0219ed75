import Logging
import NIOCore
import Synchronization

@testable import Net

/// A small protocol that has one command for everything a `SessionHandler` must be able to do.
struct LineEngine: SessionEngine {
    typealias Wait = String
    typealias Answer = String
    typealias Event = String

    var isTLS: Bool
    var isBulk = false
    var isCompressing = false
    var progressInterval: TimeAmount?

    mutating func start(_ output: inout ByteBuffer) -> SessionStep<String> {
        output.writeString("hello\(isTLS ? " in private" : "")\r\n")
        return .needInput
    }

    mutating func receive(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> SessionStep<String> {
        while let end = input.readableBytesView.firstIndex(of: 0x0A) {
            let length = end - input.readerIndex
            let line = String((input.readString(length: length + 1) ?? "").dropLast())
            let words = line.filter { $0 != "\r" }.split(separator: " ", maxSplits: 1).map(String.init)
            switch words.first {
            case "WAIT": return .wait(words.last ?? "")
            case "TELL":
                progressInterval = .seconds(15)
                return .wait(words.last ?? "")
            case "COMPRESS":
                isCompressing = true
                output.writeString("compressing\r\n")
                return .wait("")
            case "STARTTLS":
                output.writeString("go ahead\r\n")
                return .startTLS
            case "QUIT":
                output.writeString("bye\r\n")
                return .close
            case "BULK": isBulk = true
            case "FLOOD": output.writeRepeatingByte(0x78, count: 1 << 20)
            default: output.writeString("echo \(line.filter { $0 != "\r" })\r\n")
            }
        }
        return .needInput
    }

    mutating func resume(with answer: String, _ output: inout ByteBuffer) -> SessionStep<String> {
        output.writeString("answer \(answer)\r\n")
        return .needInput
    }

    mutating func tlsEstablished(_ facts: TLSFacts, _ output: inout ByteBuffer) -> SessionStep<String> {
        isTLS = true
        output.writeString("secured \(facts.version)\r\n")
        return .needInput
    }

    mutating func injectedBeforeTLS(_ output: inout ByteBuffer) { output.writeString("injected\r\n") }

    mutating func notify(_ event: String, _ output: inout ByteBuffer) -> SessionStep<String> {
        output.writeString("news \(event)\r\n")
        return .needInput
    }

    mutating func timedOut(_ output: inout ByteBuffer) { output.writeString("too slow\r\n") }
    mutating func shuttingDown(_ output: inout ByteBuffer) { output.writeString("stopping\r\n") }

    mutating func stillWaiting(_ output: inout ByteBuffer) { output.writeString("working\r\n") }

    var inputTimeout: TimeAmount { .minutes(5) }
    var minimumInputRate: Int? { isBulk ? 1000 : nil }
}

/// Answers a wait when the test says so, and tells what became of it.
final class LinePerformer: SessionPerformer {
    typealias Engine = LineEngine

    private struct State {
        var begun: [String] = []
        var finished = 0
        var wasCancelled = false
        var isGateOpen: Bool
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(answersAtOnce: Bool = true) {
        state = Mutex(State(isGateOpen: answersAtOnce))
    }

    var begun: [String] { state.withLock { $0.begun } }
    var finishedCount: Int { state.withLock { $0.finished } }
    var wasCancelled: Bool { state.withLock { $0.wasCancelled } }

    /// Lets every wait, present and future, be answered.
    func answer() {
        let held = state.withLock { state in
            state.isGateOpen = true
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func perform(_ wait: String) async -> String {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    state.begun.append(wait)
                    if !state.isGateOpen { state.held.append(continuation) }
                    return state.isGateOpen
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.wasCancelled = true }
            answer()
        }
        return wait
    }

    func finished() async {
        state.withLock { $0.finished += 1 }
    }
}

/// Waits, without a fixed time, for something that another thread brings about.
func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
        if await condition() { return true }
        await Task.yield()
    }
    return false
}
