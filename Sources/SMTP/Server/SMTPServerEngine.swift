import Glibc
import MailModel
package import NIOCore
package import Net
import SASL

/// One SMTP or LMTP session, free of I/O (RFC 5321, RFC 2033): bytes in, replies out, and questions to the house.
package struct SMTPServerEngine: SessionEngine {
    package typealias Wait = SMTPWait
    package typealias Answer = SMTPAnswer
    /// Nothing reaches an SMTP session unasked.
    package typealias Event = Never
    typealias Step = SessionStep<SMTPWait>

    let options: SMTPServerOptions
    let budget: GatherBudget
    let parser: MailCommandParser

    package internal(set) var facts: SMTPSessionFacts
    var mode = SMTPInputMode.command
    var pending: SMTPPending?
    var transaction: SMTPTransaction?
    /// Negative replies so far.
    var errors = 0
    /// Commands that did nothing, since the last message.
    private var idleCommands = 0

    /// - Parameter login: who the client is without AUTH, because its connection says so.
    package init(
        _ options: SMTPServerOptions, _ connection: ConnectionFacts, login: String? = nil,
        budget: GatherBudget = GatherBudget()
    ) {
        self.options = options
        self.budget = budget
        parser = MailCommandParser(
            extensions: options.extensions, origin: options.origin,
            completesPostmasterOnly: !options.completesBareNames)
        facts = SMTPSessionFacts(connection: connection, isLMTP: options.dialogue == .lmtp, login: login)
    }

    // MARK: SessionEngine

    package mutating func start(_ output: inout ByteBuffer) -> SessionStep<SMTPWait> {
        output.writeString("220 \(options.hostname) \(options.banner)\r\n")
        return .needInput
    }

    package mutating func receive(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> SessionStep<SMTPWait> {
        while true {
            let step: Step? =
                switch mode {
                case .command: receiveCommand(&input, &output)
                case .overlongLine: dropLine(&input)
                case .authentication(let exchange): receiveResponse(exchange, &input, &output)
                case .data: receiveData(&input, &output)
                case .chunk(let remaining, let size, let isLast):
                    receiveChunk(remaining, size, isLast, &input, &output)
                case .refusedChunk(let remaining, let reply): dropChunk(remaining, reply, &input, &output)
                }
            if let step { return step }
            if let farewell = endIfTooManyErrors(&output) { return farewell }
        }
    }

    package mutating func resume(with answer: SMTPAnswer, _ output: inout ByteBuffer) -> SessionStep<SMTPWait> {
        guard let pending else { return .needInput }
        self.pending = nil
        let step: Step? =
            switch (pending, answer) {
            case (.authentication, .authentication(let outcome)): authenticated(outcome, &output)
            case (.sender(let sender), .reply(let reply)): senderAnswered(sender, reply, &output)
            case (.recipient, .reply(let reply)): recipientAnswered(reply, &output)
            case (.data, .reply(let reply)): dataAnswered(reply, &output)
            case (.chunk(let size, let isLast), .reply(let reply)):
                chunkAnswered(reply, size: size, isLast: isLast, &output)
            case (.append(let isAtEnd), .reply(let reply)): appended(reply, isAtEnd: isAtEnd, &output)
            case (.delivery, .replies(let replies)): delivered(replies, &output)
            case (.abort(let next), .done): aborted(next, &output)
            default:
                // A performer that answers another question than was asked.
                close(&output, "451 4.3.0 Error: internal error\r\n")
            }
        return step ?? endIfTooManyErrors(&output) ?? .needInput
    }

    package mutating func tlsEstablished(
        _ tls: TLSFacts, _ output: inout ByteBuffer
    ) -> SessionStep<SMTPWait> {
        // RFC 3207 §4.2: what was said in clear may have been said by anybody.
        facts.connection.tls = tls
        facts.helo = nil
        facts.isExtended = false
        facts.login = nil
        facts.pipelinesImproperly = false
        errors = 0
        idleCommands = 0
        mode = .command
        return .needInput
    }

    package mutating func injectedBeforeTLS(_ output: inout ByteBuffer) {
        output.writeStaticString("554 5.5.1 Error: commands behind STARTTLS\r\n")
    }

    package mutating func notify(_ event: Never, _ output: inout ByteBuffer) -> SessionStep<SMTPWait> {}

    package mutating func timedOut(_ output: inout ByteBuffer) {
        output.writeString("421 4.4.2 \(options.hostname) Error: timeout exceeded\r\n")
    }

    package mutating func shuttingDown(_ output: inout ByteBuffer) {
        output.writeString("421 4.3.2 \(options.hostname) Service shutting down\r\n")
    }

    package var inputTimeout: TimeAmount {
        isReceivingMessage ? options.limits.dataTimeout : options.limits.commandTimeout
    }

    package var minimumInputRate: Int? { isReceivingMessage ? options.limits.minimumDataRate : nil }

    private var isReceivingMessage: Bool {
        switch mode {
        case .data, .chunk, .refusedChunk: true
        case .command, .overlongLine, .authentication: false
        }
    }

    // MARK: Lines

    enum Line {
        /// Without its end, which is `length` bytes behind it.
        case complete(length: Int, terminator: Int)
        case incomplete
        case tooLong
        case bareLineFeed
        case bareCarriageReturn
    }

    /// Looks at the line at the start of `input` and consumes nothing.
    func nextLine(_ input: ByteBuffer, limit: Int) -> Line {
        input.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress, !bytes.isEmpty else { return .incomplete }
            guard let found = memchr(base, 0x0A, min(bytes.count, limit)) else {
                return bytes.count >= limit ? .tooLong : .incomplete
            }
            let feed = UnsafeRawPointer(found) - base
            let normalizes = options.bareLineEnds == .normalize
            if feed > 0, bytes[feed - 1] == 0x0D {
                if !normalizes, memchr(base, 0x0D, feed - 1) != nil { return .bareCarriageReturn }
                return .complete(length: feed - 1, terminator: 2)
            }
            return normalizes ? .complete(length: feed, terminator: 1) : .bareLineFeed
        }
    }

    private mutating func dropLine(_ input: inout ByteBuffer) -> Step? {
        let end = input.withUnsafeReadableBytes { bytes in
            bytes.baseAddress.flatMap { base in memchr(base, 0x0A, bytes.count).map { UnsafeRawPointer($0) - base + 1 }
            }
        }
        input.moveReaderIndex(forwardBy: end ?? input.readableBytes)
        guard end != nil else { return .needInput }
        mode = .command
        return nil
    }

    // MARK: Replies

    func say(_ text: StaticString, _ output: inout ByteBuffer) {
        output.writeStaticString(text)
        output.writeStaticString("\r\n")
    }

    /// A negative reply: counts.
    mutating func refuse(_ text: StaticString, _ output: inout ByteBuffer) {
        errors &+= 1
        say(text, &output)
    }

    mutating func say(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        if !reply.isPositive { errors &+= 1 }
        output.writeReply(reply)
    }

    func close(_ output: inout ByteBuffer, _ text: String) -> Step {
        output.writeString(text)
        return .close
    }

    func closeForBareLineEnd(_ name: String, _ output: inout ByteBuffer) -> Step {
        close(&output, "521 5.5.2 \(options.hostname) Error: bare <\(name)> received\r\n")
    }

    private func endIfTooManyErrors(_ output: inout ByteBuffer) -> Step? {
        guard errors >= options.limits.errors else { return nil }
        return close(&output, "421 4.7.0 \(options.hostname) Error: too many errors\r\n")
    }

    /// A command that costs the client nothing and brings it nothing.
    mutating func countIdleCommand() {
        idleCommands &+= 1
        if idleCommands > options.limits.idleCommands { errors &+= 1 }
    }

    mutating func forgetErrors() {
        errors = 0
        idleCommands = 0
    }

    /// Opens the wait that ends the transaction at the services, if there is one, or goes on at once.
    mutating func abortTransaction(then next: SMTPAfterAbort, _ output: inout ByteBuffer) -> Step? {
        guard transaction != nil else { return aborted(next, &output) }
        transaction = nil
        pending = .abort(then: next)
        return .wait(.abort(facts))
    }

    private mutating func aborted(_ next: SMTPAfterAbort, _ output: inout ByteBuffer) -> Step? {
        switch next {
        case .reply(let replies):
            for reply in replies { say(reply, &output) }
            return nil
        case .hello(let name, let isExtended):
            greet(name, isExtended: isExtended, &output)
            return nil
        case .startTLS:
            say("220 2.0.0 Ready to start TLS", &output)
            return .startTLS
        }
    }
}
