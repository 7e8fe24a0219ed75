import MailModel
import NIOCore
package import NIOPosix
package import Net

/// A session with the next hop: made ready by `connect`, then one message after the other. One caller at a time; every wait
/// has its limit; a cancelled task ends the session.
package actor OutgoingConnection {
    package nonisolated let address: ListenAddress
    /// Nil in clear.
    package private(set) var tls: TLSFacts?
    private let options: OutgoingOptions
    private let connection: LineConnection
    private var engine: SMTPClientEngine
    private var output = ByteBuffer()
    private var isBusy = false

    private init(_ connection: LineConnection, to address: ListenAddress, peer: String, options: OutgoingOptions) {
        self.connection = connection
        self.address = address
        self.options = options
        engine = SMTPClientEngine(options, peer: peer)
    }

    /// Connects, greets, starts TLS and logs in.
    ///
    /// - Parameters:
    ///   - address: of one host; who looks up MX and addresses is the caller.
    ///   - serverName: for SNI and the certificate, and for texts; nil takes the address's own.
    package static func connect(
        to address: ListenAddress, serverName: String? = nil, options: OutgoingOptions,
        group: MultiThreadedEventLoopGroup = .singleton
    ) async throws(OutgoingFailure) -> OutgoingConnection {
        let peer = peerText(address, serverName)
        let line: LineConnection
        do throws(LineConnectionError) {
            line = try await LineConnection(
                to: address, from: options.localAddress(for: address), serverName: serverName,
                timeout: options.timeLimits.connect,
                lineLimit: 2 * ReplyParser.lineLimit, group: group)
        } catch {
            throw OutgoingFailure(
                stage: .connect, kind: .unreachable, text: "connect to \(peer): \(error.reason)")
        }
        let connection = OutgoingConnection(line, to: address, peer: peer, options: options)
        try await connection.open()
        return connection
    }

    package var capabilities: ServerCapabilities { engine.capabilities }

    /// Whether TLS told who the server is.
    package var isVerified: Bool { tls != nil && options.tls.verifiesServer }

    /// Whether another message can be sent. A server that closed the connection meanwhile, or said something, is noticed.
    package var isReusable: Bool {
        !isBusy && engine.need == .ready && connection.interruption == nil
    }

    /// Sends one message. Never throws: whatever happens is an outcome for each recipient.
    package func send(_ transaction: OutgoingTransaction) async -> TransactionResult {
        guard !isBusy else {
            return Self.deferred(
                transaction, .preparation, .local(EnhancedStatusCode(4, 4, 5), "the connection is busy"), canGoOn: false
            )
        }
        isBusy = true
        defer { isBusy = false }
        hearStrayBytes()
        let result = await deliver(transaction)
        if engine.need == .closed { await connection.close() } else { connection.listen() }
        return result
    }

    /// Whether its socket is served by the thread that asks.
    package nonisolated var isOnThisThread: Bool { connection.isOnThisThread }

    /// Takes leave and closes; the reply to QUIT is not waited for.
    package func quit() async {
        engine.quit(&output)
        if connection.interruption == nil, output.readableBytes > 0 {
            try? await connection.write(output, until: .now() + .seconds(5))
        }
        output.clear()
        await connection.close()
    }

    // MARK: The session

    private func open() async throws(OutgoingFailure) {
        engine.start(&output)
        await drive()
        if let failure = engine.failure {
            await connection.close()
            throw failure
        }
        connection.listen()
    }

    /// Sends and receives until a message, its octets or nothing more is wanted.
    private func drive() async {
        var awaited: (stage: OutgoingStage, replies: Int)?
        var deadline = NIODeadline.now()
        while true {
            await flush()
            switch engine.need {
            case .ready, .content, .closed: return
            case .handshake: await handshake()
            case .reply(let stage):
                // The limit is for the whole reply: one octet now and then does not stretch it.
                if awaited == nil || awaited?.stage != stage || awaited?.replies != engine.replies {
                    awaited = (stage, engine.replies)
                    deadline = .now() + engine.timeLimit(stage)
                }
                do throws(LineConnection.Interruption) {
                    engine.receive(try await connection.bytes(until: deadline), &output)
                } catch {
                    engine.lost(Self.loss(error))
                }
            }
        }
    }

    private func flush() async {
        guard output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        let stage: OutgoingStage =
            switch engine.need {
            case .reply(let stage) where stage != .endOfContent: stage
            default: .content
            }
        do throws(LineConnection.Interruption) {
            try await connection.write(bytes, until: .now() + engine.timeLimit(stage))
        } catch {
            // The server may have said why before it closed.
            hearStrayBytes()
            engine.lost(Self.loss(error))
        }
    }

    private func handshake() async {
        guard let tlsOptions = options.tls.options else { return engine.lost(.handshake("not configured")) }
        do throws(LineConnectionError) {
            tls = try await connection.startTLS(tlsOptions, timeout: options.timeLimits.startTLS)
            engine.tlsEstablished(&output)
        } catch {
            engine.lost(.handshake(error.reason))
        }
    }

    private func hearStrayBytes() {
        let bytes = connection.arrivedBytes()
        if bytes.readableBytes > 0 { engine.receive(bytes, &output) }
        if let interruption = connection.interruption { engine.lost(Self.loss(interruption)) }
    }

    // MARK: One message

    private func deliver(_ transaction: OutgoingTransaction) async -> TransactionResult {
        var conversion: SevenBitConversion?
        var reader: any OutgoingContentReader
        do {
            if engine.need == .ready, engine.mustConvert(transaction) {
                conversion = SevenBitConversion(try await survey(transaction.content))
            }
            reader = try await transaction.content.source.open()
        } catch let failure as SevenBitFailure {
            // RFC 3463: conversion required but not supported.
            engine.refuse(
                transaction,
                .local(
                    EnhancedStatusCode(5, 6, 3),
                    "the server does not take 8-bit mail, and can't be given another: \(failure)"))
            return engine.result ?? Self.unanswered(transaction)
        } catch {
            return Self.deferred(
                transaction, .preparation, .local(EnhancedStatusCode(4, 3, 0), "the message can't be read: \(error)"),
                canGoOn: engine.need == .ready)
        }
        engine.begin(transaction, isConverted: conversion != nil, &output)
        await drive()
        await sendContent(&reader, &conversion)
        await reader.close()
        return engine.result ?? Self.unanswered(transaction)
    }

    private func survey(_ content: OutgoingContent) async throws -> SevenBitPlan {
        var survey = SevenBitSurvey()
        var reader = try await content.source.open()
        do {
            while let chunk = try await reader.next() { survey.read(chunk) }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return try survey.finish()
    }

    private func sendContent(
        _ reader: inout any OutgoingContentReader, _ conversion: inout SevenBitConversion?
    ) async {
        // One read ahead of the server: the end leaves in one write with what is before it.
        var ahead: ByteBuffer?
        var isRead = false
        while engine.need == .content {
            connection.listen()
            do {
                if ahead == nil, !isRead {
                    ahead = try await reader.next()
                    isRead = ahead == nil
                }
                if let chunk = ahead {
                    var converted = ByteBuffer()
                    conversion?.convert(chunk, into: &converted)
                    engine.content(conversion == nil ? chunk : converted, &output)
                    ahead = try await reader.next()
                    isRead = ahead == nil
                }
                if isRead, engine.need == .content {
                    var rest = ByteBuffer()
                    conversion?.finish(into: &rest)
                    if rest.readableBytes > 0 { engine.content(rest, &output) }
                    engine.endContent(&output)
                }
            } catch {
                // Without its end the message does not count; the only way not to end it is to leave.
                output.clear()
                engine.lost(.unreadable)
                return
            }
            await flush()
            if engine.need == .content { hearStrayBytes() }
            await drive()
        }
    }

    // MARK: Words

    private static func loss(_ interruption: LineConnection.Interruption) -> SMTPClientEngine.Loss {
        switch interruption {
        case .closed(let reason): .closed(reason)
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        }
    }

    private static func deferred(
        _ transaction: OutgoingTransaction, _ stage: OutgoingStage, _ reason: OutgoingReason, canGoOn: Bool
    ) -> TransactionResult {
        TransactionResult(recipients: transaction.recipients.map { _ in .deferred(stage, reason) }, canGoOn: canGoOn)
    }

    private static func unanswered(_ transaction: OutgoingTransaction) -> TransactionResult {
        deferred(transaction, .mail, .local(EnhancedStatusCode(4, 4, 2), "the session ended"), canGoOn: false)
    }

    /// As Postfix names hosts: `mx.example.org[192.0.2.1]:25`.
    private static func peerText(_ address: ListenAddress, _ serverName: String?) -> String {
        guard let serverName else { return "\(address)" }
        return switch address {
        case .tcp(let host, let port): "\(serverName)[\(host)]:\(port)"
        case .unix(let path, _, _, _): "\(serverName)[\(path)]"
        }
    }
}
