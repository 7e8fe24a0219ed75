import DequeModule
import MailModel
package import NIOCore
import SASL

/// The client's side of one SMTP or LMTP session. A value: it is fed what the server sends and the message's octets, appends
/// what is to be sent, and says what it waits for. No socket, no clock.
///
/// Whoever drives it looks at `need` after every call, writes what was appended to `output`, and does what `need` says. When
/// that can't be done, because the connection or the time has run out, it calls `lost`.
package struct SMTPClientEngine: Sendable {
    package enum Need: Hashable, Sendable {
        /// Something from the server, for `receive`. The stage says how long a reply may take.
        case reply(OutgoingStage)
        /// A TLS handshake, then `tlsEstablished`.
        case handshake
        /// The next octets of the message, for `content`, or `endContent`. A server that speaks up meanwhile is heard by `receive`.
        case content
        /// A message, for `begin`; or nothing more.
        case ready
        case closed
    }

    /// Why nothing more comes from the server.
    package enum Loss: Hashable, Sendable {
        case closed(String)
        case timedOut
        case cancelled
        case handshake(String)
        /// The message can't be read here.
        case unreadable
    }

    enum Phase {
        case initial
        case greeting
        case hello(isFallback: Bool)
        case startTLS
        case handshake
        case authentication
        case ready
        case transaction
        case closed
    }

    package private(set) var need = Need.reply(.greeting)
    package internal(set) var capabilities = ServerCapabilities()
    /// Why there is no session; set once, before any `begin`.
    package internal(set) var failure: OutgoingFailure?
    /// Of the last message; set when `need` is `ready` or `closed` again.
    package internal(set) var result: TransactionResult?
    /// Replies so far: with each, the time for the next begins anew.
    package private(set) var replies = 0

    let options: OutgoingOptions
    /// For texts: `mx.example.org[192.0.2.1]:25`.
    let peer: String
    var parser = ReplyParser()
    var phase = Phase.initial
    var isTLS = false
    var login = OutgoingLogin()
    var transaction: TransactionProgress?
    /// Whether a transaction was begun and not brought to its end: RSET goes before the next.
    var needsReset = false
    /// What the server said when nothing was asked.
    private var lastWords: SMTPReply?
    /// Whether it has begun to, and the session ended with that.
    private var hearsLastWords = false

    package init(_ options: OutgoingOptions, peer: String) {
        self.options = options
        self.peer = peer
    }

    // MARK: Events

    /// Once, when the connection is there.
    package mutating func start(_ output: inout ByteBuffer) {
        if case .implicit = options.tls {
            phase = .handshake
        } else {
            phase = .greeting
        }
        settle()
    }

    package mutating func receive(_ bytes: ByteBuffer, _ output: inout ByteBuffer) {
        guard !isClosed else {
            guard hearsLastWords, lastWords == nil else { return }
            parser.append(bytes)
            lastWords = try? parser.next()
            return
        }
        parser.append(bytes)
        if case .handshake = phase { return violation("bytes in clear before the TLS handshake") }
        do throws(ReplySyntaxError) {
            while !isClosed, let reply = try parser.next() {
                replies += 1
                handle(reply, &output)
                if case .handshake = phase, !parser.isEmpty {
                    // Somebody put them behind the reply to STARTTLS, for the session within (CVE-2011-0411).
                    return fail(.startTLS, .tls, "\(peer) sent bytes in clear behind its reply to STARTTLS")
                }
            }
            if case .ready = phase, transaction == nil, !parser.isEmpty {
                // Half a reply that nobody asked for: what would be read next is not what was asked next.
                hearsLastWords = true
                close()
            }
        } catch {
            violation(error.text)
        }
        settle()
    }

    package mutating func tlsEstablished(_ output: inout ByteBuffer) {
        guard case .handshake = phase else { return }
        isTLS = true
        capabilities = ServerCapabilities()
        parser = ReplyParser()
        if case .implicit = options.tls { phase = .greeting } else { sendHello(&output) }
        settle()
    }

    package mutating func lost(_ loss: Loss) {
        guard !isClosed else { return }
        let stage = self.stage
        let text: String
        let kind: OutgoingFailure.Kind
        switch loss {
        case .closed(let reason):
            (kind, text) = (.unreachable, "lost connection with \(peer) while \(stage): \(reason)")
        case .timedOut: (kind, text) = (.timedOut, "conversation with \(peer) timed out while \(stage)")
        case .cancelled: (kind, text) = (.cancelled, "conversation with \(peer) given up while \(stage)")
        case .handshake(let reason): (kind, text) = (.tls, "TLS with \(peer) failed: \(reason)")
        case .unreadable: (kind, text) = (.cancelled, "the message can't be read")
        }
        guard transaction != nil else { return fail(stage, kind, text) }
        let status = loss == .unreadable ? EnhancedStatusCode(4, 3, 0) : EnhancedStatusCode(4, 4, 2)
        transaction?.giveUp(stage, .local(status, text))
        close()
        settle()
    }

    /// Appends QUIT; the reply need not be waited for (`smtp_skip_quit_response`).
    package mutating func quit(_ output: inout ByteBuffer) {
        if !isClosed, transaction == nil {
            switch phase {
            case .initial, .handshake: break
            default: output.writeStaticString("QUIT\r\n")
            }
        }
        close()
        settle()
    }

    // MARK: Replies

    private mutating func handle(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        switch phase {
        case .greeting: greeted(reply, &output)
        case .hello(let isFallback): helloAnswered(reply, isFallback: isFallback, &output)
        case .startTLS: startTLSAnswered(reply, &output)
        case .authentication: authenticationAnswered(reply, &output)
        case .transaction: transactionAnswered(reply, &output)
        case .ready:
            lastWords = reply
            close()
        case .initial, .handshake, .closed: violation("a reply that nobody asked for")
        }
    }

    // MARK: States

    var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Where the session stands, for texts and time limits.
    var stage: OutgoingStage {
        switch phase {
        case .initial, .greeting: .greeting
        case .hello: .hello
        case .startTLS, .handshake: .startTLS
        case .authentication: .authentication
        case .transaction: transaction?.stage ?? .mail
        case .ready, .closed: .mail
        }
    }

    /// Why a session that is over takes no message.
    var goneReason: OutgoingReason {
        lastWords.map { .reply($0) } ?? failure?.reason
            ?? .local(EnhancedStatusCode(4, 4, 2), "the connection to \(peer) is closed")
    }

    mutating func close() {
        phase = .closed
    }

    /// What the server does is not SMTP.
    mutating func violation(_ what: String) {
        let stage = self.stage
        let text = "protocol error: \(peer) sent \(what) while \(stage)"
        guard transaction != nil else { return fail(stage, .protocolViolation, text) }
        transaction?.giveUp(stage, .local(EnhancedStatusCode(4, 5, 0), text))
        close()
        settle()
    }

    mutating func fail(_ stage: OutgoingStage, _ kind: OutgoingFailure.Kind, _ text: String, isPermanent: Bool = false)
    {
        if failure == nil, result == nil {
            failure = OutgoingFailure(stage: stage, kind: kind, text: text, isPermanent: isPermanent)
        }
        close()
        settle()
    }

    /// Derives `need`, and hands out the result of a transaction that is over.
    mutating func settle() {
        if let progress = transaction, progress.isOver || isClosed {
            if progress.isMailSent { needsReset = !progress.isCompleted }
            // What arrived behind the last reply belongs to no question.
            if !isClosed { phase = parser.isEmpty ? .ready : .closed }
            result = progress.result(canGoOn: !isClosed)
            transaction = nil
        }
        switch phase {
        case .ready: need = .ready
        case .closed: need = .closed
        case .handshake: need = .handshake
        case .transaction: need = transaction.map { $0.wantsContent ? .content : .reply($0.stage) } ?? .ready
        default: need = .reply(stage)
        }
    }

    package func timeLimit(_ stage: OutgoingStage) -> TimeAmount {
        let limits = options.timeLimits
        return switch stage {
        case .connect: limits.connect
        case .greeting: limits.greeting
        case .hello: limits.hello
        case .startTLS: limits.startTLS
        case .authentication: limits.authentication
        case .preparation, .mail: limits.mail
        case .reset: limits.reset
        case .recipient: limits.recipient
        case .data: limits.data
        case .content: limits.block
        case .endOfContent: limits.finalReply
        }
    }
}

extension ByteBuffer {
    /// A command that holds no line end.
    mutating func writeCommand(_ bytes: some Sequence<UInt8>) {
        writeBytes(bytes)
        writeStaticString("\r\n")
    }
}
