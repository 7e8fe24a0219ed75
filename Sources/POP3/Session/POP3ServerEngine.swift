import MailModel
package import NIOCore
package import Net
import SASL

/// One POP3 session (RFC 1939, and the extensions that CAPA names), free of I/O.
///
/// Commands are worked on one after the other; what one needs of the outside it asks by a `wait` whose answer goes on where
/// it stopped. Nothing is removed before QUIT.
package struct POP3ServerEngine: SessionEngine {
    package typealias Wait = POP3Wait
    package typealias Answer = POP3Answer
    package typealias Event = POP3Event
    package typealias Step = SessionStep<POP3Wait>

    enum State: Sendable {
        /// With the name that USER gave.
        case authorization(user: [UInt8]?)
        case authenticating(any ServerExchange)
        case transaction(Maildrop)
    }

    let options: POP3ServerOptions
    private(set) var connection: ConnectionFacts
    /// APOP's, as the greeting shows it; nil where APOP is not offered.
    let timestamp: [UInt8]?
    var isSecure: Bool { connection.tls != nil }
    var state = State.authorization(user: nil)
    private var framer = LineFramer()
    private var continuation: (@Sendable (inout POP3ServerEngine, POP3Answer, inout ByteBuffer) -> Step)?
    private var errors = 0

    /// - Parameter timestamp: a msg-id that no other session has (RFC 1939 §7); nil where nobody's password is stored so that
    ///   APOP could be checked.
    package init(_ options: POP3ServerOptions, _ connection: ConnectionFacts, timestamp: String? = nil) {
        self.options = options
        self.connection = connection
        self.timestamp = timestamp.map { Array($0.utf8) }
    }

    // MARK: SessionEngine

    package mutating func start(_ output: inout ByteBuffer) -> Step {
        var greeting = "+OK \(options.greeting)"
        if let timestamp { greeting += " " + String(decoding: timestamp, as: UTF8.self) }
        output.writeString(greeting + "\r\n")
        return .needInput
    }

    package mutating func receive(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> Step {
        while true {
            // Many small commands can have big answers: they are written before more are made.
            if output.readableBytes > 128 << 10, input.readableBytes > 0 {
                return wait(.drain) { _, _, _ in .needInput }
            }
            let limits = options.limits
            let limit: Int
            switch state {
            case .authorization, .authenticating: limit = limits.authenticationLine
            case .transaction: limit = limits.commandLine
            }
            let step: Step
            switch framer.next(&input, limit: limit) {
            case .needInput: return .needInput
            case .tooLong: step = lineTooLong(&output)
            case .line(let line): step = take(line, &output)
            }
            guard case .needInput = step else { return step }
        }
    }

    package mutating func resume(with answer: POP3Answer, _ output: inout ByteBuffer) -> Step {
        guard let next = continuation else { return .needInput }
        continuation = nil
        return next(&self, answer, &output)
    }

    package mutating func tlsEstablished(_ facts: TLSFacts, _ output: inout ByteBuffer) -> Step {
        connection.tls = facts
        // RFC 2595 §4: what was said in the clear is forgotten.
        state = .authorization(user: nil)
        framer = LineFramer()
        errors = 0
        return .needInput
    }

    package mutating func injectedBeforeTLS(_ output: inout ByteBuffer) {
        output.writeStaticString("-ERR Commands came before the TLS handshake.\r\n")
    }

    package mutating func notify(_ event: POP3Event, _ output: inout ByteBuffer) -> Step {}

    package mutating func timedOut(_ output: inout ByteBuffer) {
        // RFC 1939 §3: the session ends without the UPDATE state; nothing is removed.
        output.writeStaticString("-ERR Disconnected for inactivity.\r\n")
    }

    package mutating func shuttingDown(_ output: inout ByteBuffer) {
        output.writeStaticString("-ERR [SYS/TEMP] Server shutting down.\r\n")
    }

    package var inputTimeout: TimeAmount {
        if case .transaction = state { options.idleTimeout } else { options.loginTimeout }
    }

    // MARK: Commands

    private mutating func take(_ line: [UInt8], _ output: inout ByteBuffer) -> Step {
        if case .authenticating(let exchange) = state {
            return continueAuthentication(exchange, line, &output)
        }
        switch POP3CommandParser.parse(line) {
        case .failure(.unknownCommand): return reject("Unknown command.", &output)
        case .failure(.missingArgument): return reject("Argument missing.", &output)
        case .failure(.unexpectedArgument): return reject("Too many arguments.", &output)
        case .failure(.invalidNumber): return reject("Not a number.", &output)
        case .success(let command): return perform(command, &output)
        }
    }

    private mutating func perform(_ command: POP3Command, _ output: inout ByteBuffer) -> Step {
        switch command {
        case .capa: return tellCapabilities(&output)
        case .lang(let tag): return language(tag, &output)
        default: break
        }
        switch state {
        case .authorization(let user): return performBeforeLogin(command, user, &output)
        case .transaction(let maildrop): return perform(command, in: maildrop, &output)
        case .authenticating: return reject("Unknown command.", &output)
        }
    }

    private mutating func lineTooLong(_ output: inout ByteBuffer) -> Step {
        if case .authenticating = state { state = .authorization(user: nil) }
        return reject("Line too long.", &output)
    }

    // RFC 2449 §5.
    private mutating func tellCapabilities(_ output: inout ByteBuffer) -> Step {
        output.writeString("+OK\r\n" + capabilities.map { $0 + "\r\n" }.joined() + ".\r\n")
        return .needInput
    }

    private var capabilities: [String] {
        var lines = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"]
        if let delay = options.loginDelay { lines.append("LOGIN-DELAY \(delay)") }
        lines += ["UTF8 USER", "LANG"]
        var isBeforeLogin = true
        if case .transaction = state { isBeforeLogin = false }
        if isBeforeLogin, options.offersStartTLS, !isSecure { lines.append("STLS") }
        if maySendPassword {
            if options.mechanisms.contains(.plain) { lines.append("USER") }
            let names = options.mechanisms.map(\.rawValue)
            if !names.isEmpty { lines.append("SASL " + names.joined(separator: " ")) }
        }
        return lines + ["IMPLEMENTATION Postroom"]
    }

    var maySendPassword: Bool { isSecure || options.allowsPlaintextLogin }

    //  lang-cmd = "LANG" [SP lang-range] (RFC 6856 §3.2); all texts are in English.
    private mutating func language(_ tag: [UInt8]?, _ output: inout ByteBuffer) -> Step {
        guard let tag else {
            output.writeStaticString("+OK Languages:\r\nen English\r\ni-default Default language\r\n.\r\n")
            return .needInput
        }
        let name = String(decoding: tag, as: UTF8.self).lowercased()
        switch name {
        case "*", "en", "en-us", "en-gb": return reply("+OK en English", &output)
        case "i-default": return reply("+OK i-default Default language", &output)
        default: return reject("There are no texts in this language.", &output)
        }
    }

    // MARK: Replies

    /// A command that the client should not have sent.
    mutating func reject(_ text: String, _ output: inout ByteBuffer) -> Step {
        errors += 1
        output.writeString("-ERR \(text)\r\n")
        guard errors >= options.maximumErrors else { return .needInput }
        output.writeStaticString("-ERR Too many bad commands.\r\n")
        return .close
    }

    /// A line that counts neither for nor against the client.
    func reply(_ line: String, _ output: inout ByteBuffer) -> Step {
        output.writeString(line + "\r\n")
        return .needInput
    }

    mutating func forgetErrors() {
        errors = 0
    }

    mutating func wait(
        _ question: POP3Wait,
        then next: @escaping @Sendable (inout POP3ServerEngine, POP3Answer, inout ByteBuffer) -> Step
    ) -> Step {
        continuation = next
        return .wait(question)
    }
}
