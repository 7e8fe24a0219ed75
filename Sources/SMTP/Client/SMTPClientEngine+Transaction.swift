import MailModel
package import NIOCore

/// MAIL, RCPT and DATA, pipelined where the server takes it (RFC 2920).
extension SMTPClientEngine {
    /// Commands whose replies are awaited are bounded, so that they fit into the server's receive buffer whether or not it
    /// reads: we never block in a write while it blocks in writing replies that we don't read (RFC 2920 §3.1).
    static let maximumOctetsInFlight = 8192
    static let maximumCommandsInFlight = 100

    /// Whether the message must become a seven-bit one for this server: then `SevenBitPlan` is made first, and what
    /// `SevenBitConversion` makes of the content is what `content` is given.
    package func mustConvert(_ transaction: OutgoingTransaction) -> Bool {
        if transaction.sender.body == .binaryMIME, !canSendBinary {
            return true
        }
        return transaction.content.facts.needsEightBit && !capabilities.hasEightBitMIME && options.eightBit == .convert
    }

    private var canSendBinary: Bool { capabilities.hasBinaryMIME && options.chunking != .never }

    /// Begins a message. What this server can't take is answered at once, in `result`.
    ///
    /// - Parameter isConverted: whether the content given is the seven-bit form.
    package mutating func begin(
        _ transaction: OutgoingTransaction, isConverted: Bool = false, _ output: inout ByteBuffer
    ) {
        result = nil
        guard case .ready = phase else {
            let reason = goneReason
            result = TransactionResult(
                recipients: transaction.recipients.map { _ in .deferred(.mail, reason) }, canGoOn: false)
            return
        }
        phase = .transaction
        self.transaction = progress(transaction, isConverted: isConverted)
        sendCommands(&output)
        settle()
    }

    /// Ends a message before its first command: it can't be made fit for this server.
    package mutating func refuse(_ transaction: OutgoingTransaction, _ reason: OutgoingReason) {
        result = TransactionResult(
            recipients: transaction.recipients.map { _ in .unsupported(reason) }, canGoOn: !isClosed)
    }

    // MARK: Before MAIL

    private func progress(_ transaction: OutgoingTransaction, isConverted: Bool) -> TransactionProgress {
        let (sender, facts) = (transaction.sender, transaction.content.facts)
        let hasUTF8Headers = sender.smtpUTF8 && facts.hasUTF8Headers
        let addresses = [sender.path.address].compactMap { $0 } + transaction.recipients.map(\.address)
        let isSMTPUTF8 =
            capabilities.hasSMTPUTF8 && (hasUTF8Headers || addresses.contains(where: \.isInternationalized))
        let commands = EnvelopeCommands(capabilities: capabilities, isSMTPUTF8: isSMTPUTF8)
        let isBinary = sender.body == .binaryMIME && canSendBinary && !isConverted
        let body: EnvelopeSender.Body =
            isBinary
            ? .binaryMIME
            : (facts.needsEightBit && !isConverted || facts.hasUTF8Headers) && capabilities.hasEightBitMIME
                ? .eightBitMIME : .sevenBit
        let mail = commands.mail(sender, size: transaction.size, body: body)
        let recipients = transaction.recipients.map { commands.recipient($0) }
        var outcomes = [RecipientOutcome?](repeating: nil, count: recipients.count)
        func decide(_ status: EnhancedStatusCode, _ text: String, where condition: (Int) -> Bool = { _ in true }) {
            for index in outcomes.indices where outcomes[index] == nil && condition(index) {
                outcomes[index] = .unsupported(.local(status, text))
            }
        }
        if let limit = capabilities.sizeLimit, limit > 0, transaction.size > limit {
            decide(
                EnhancedStatusCode(5, 3, 4),
                "message size \(transaction.size) exceeds size limit \(limit) of server \(peer)")
        }
        if (hasUTF8Headers && !isSMTPUTF8) || mail == nil {
            decide(EnhancedStatusCode(5, 6, 7), "SMTPUTF8 is required, but was not offered by host \(peer)")
        }
        decide(EnhancedStatusCode(5, 6, 7), "SMTPUTF8 is required, but was not offered by host \(peer)") {
            recipients[$0] == nil
        }
        return TransactionProgress(
            mail: mail ?? [], recipients: recipients, outcomes: outcomes,
            usesBDAT: isBinary || (options.chunking == .whenOffered && capabilities.hasChunking),
            isBinary: isBinary, isDSNHandedOver: capabilities.hasDSN, needsReset: needsReset,
            lineLimit: options.lineLengthLimit)
    }

    // MARK: Commands

    /// As many commands as may be on their way.
    mutating func sendCommands(_ output: inout ByteBuffer) {
        guard var progress = transaction else { return }
        defer { transaction = progress }
        let isPipelining = options.isPipelining && capabilities.hasPipelining
        func hasRoom(_ command: [UInt8]) -> Bool {
            progress.pending.isEmpty
                || (isPipelining && progress.pending.count < Self.maximumCommandsInFlight
                    && progress.octetsInFlight + command.count <= Self.maximumOctetsInFlight)
        }
        // All that is left was decided without the server.
        skipDecided(&progress)
        guard progress.isMailSent || progress.nextRecipient < progress.recipients.count else { return }
        if !progress.isResetSent {
            output.writeStaticString("RSET\r\n")
            progress.expect(.reset, octets: 6)
            progress.isResetSent = true
            needsReset = false
        }
        if !progress.isMailSent {
            guard hasRoom(progress.mail) else { return }
            output.writeCommand(progress.mail)
            progress.expect(.mail, octets: progress.mail.count + 2)
            progress.isMailSent = true
        }
        while !progress.isMailRefused, progress.nextRecipient < progress.recipients.count {
            guard let command = progress.recipients[progress.nextRecipient] else {
                progress.nextRecipient += 1
                continue
            }
            guard hasRoom(command) else { return }
            output.writeCommand(command)
            progress.expect(.recipient(progress.nextRecipient), octets: command.count + 2)
            progress.nextRecipient += 1
            skipDecided(&progress)
        }
        guard !progress.isDataSent, !progress.isMailRefused, progress.content == .none else { return }
        if progress.usesBDAT {
            // The message itself goes with the command: first it must be known that somebody wants it.
            if progress.pending.isEmpty, progress.isContentDue { progress.content = .open }
        } else if progress.pending.isEmpty ? progress.isContentDue : isPipelining {
            guard hasRoom(Array("DATA".utf8)) else { return }
            output.writeStaticString("DATA\r\n")
            progress.expect(.data, octets: 6)
            progress.isDataSent = true
        }
    }

    private func skipDecided(_ progress: inout TransactionProgress) {
        while progress.nextRecipient < progress.recipients.count, progress.outcomes[progress.nextRecipient] != nil {
            progress.nextRecipient += 1
        }
    }

    // MARK: Replies

    mutating func transactionAnswered(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        guard let expectation = transaction?.takeExpectation() else { return interrupted(reply) }
        let isOver = answered(expectation, reply, &output)
        if reply.code == 421 {
            // RFC 5321 §3.8: the server leaves, whatever it was asked.
            transaction?.giveUp(expectation.stage, .reply(reply))
            return close()
        }
        guard !isOver, !isClosed else { return }
        sendCommands(&output)
        finishIfOver()
    }

    /// Returns whether the session ended with it.
    private mutating func answered(
        _ expectation: TransactionProgress.Expectation, _ reply: SMTPReply, _ output: inout ByteBuffer
    ) -> Bool {
        let isIntermediate = (300..<400).contains(reply.code)
        guard isIntermediate == (expectation == .data && reply.code < 400) else {
            return unexpected(expectation, reply)
        }
        switch expectation {
        case .reset:
            guard reply.isPositive else {
                transaction?.giveUp(.reset, .reply(reply))
                close()
                return true
            }
        case .mail:
            guard !reply.isPositive else { break }
            transaction?.isMailRefused = true
            transaction?.decide(Self.outcome(.mail, reply))
        case .recipient(let index):
            if reply.isPositive {
                transaction?.accepted.append(index)
            } else {
                transaction?.decide(index, Self.outcome(.recipient, reply))
            }
        case .data: dataAnswered(reply, &output)
        case .chunk:
            guard !reply.isPositive else { break }
            transaction?.decide(Self.outcome(.content, reply))
            transaction?.content = .ended
        case .end:
            transaction?.complete(isAccepted: reply.isPositive)
            transaction?.decide(Self.outcome(.endOfContent, reply))
        case .endForRecipient(let index):
            transaction?.complete(isAccepted: reply.isPositive)
            transaction?.decide(index, Self.outcome(.endOfContent, reply))
        case .emptyEnd: transaction?.complete(isAccepted: true)
        }
        return isClosed
    }

    private mutating func unexpected(_ expectation: TransactionProgress.Expectation, _ reply: SMTPReply) -> Bool {
        let text = "protocol error: \(peer) sent \(reply.code) while \(expectation.stage)"
        transaction?.giveUp(expectation.stage, .local(EnhancedStatusCode(4, 5, 0), text))
        close()
        return true
    }

    private mutating func dataAnswered(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        guard let progress = transaction else { return }
        guard reply.isPositive else {
            transaction?.decide(Self.outcome(.data, reply))
            return
        }
        guard progress.isContentDue else {
            guard options.transport == .smtp else {
                // RFC 2033 §4.2 forbids it, and says nothing of how many replies come behind the dot.
                return close()
            }
            output.writeStaticString(".\r\n")
            transaction?.expect(.emptyEnd, octets: 3)
            return
        }
        transaction?.content = .open
    }

    private mutating func finishIfOver() {
        guard let progress = transaction, progress.isOver else { return }
        phase = .ready
    }

    /// A reply in the midst of the message: a server that has seen enough. It has to be left: how much of the message it
    /// will take for commands is its secret.
    private mutating func interrupted(_ reply: SMTPReply) {
        if reply.isPositive {
            violation("\(reply.code) before the end of the message")
        } else {
            transaction?.decide(Self.outcome(.content, reply))
            close()
        }
    }

    static func outcome(_ stage: OutgoingStage, _ reply: SMTPReply) -> RecipientOutcome {
        if reply.isPositive { return .delivered(reply) }
        // RFC 5321 §4.5.3.1.10: 552 to RCPT once meant too many recipients, which passes; 5.2.x says that it does not.
        if stage == .recipient, reply.code == 552, reply.enhanced.map({ $0.subject == 5 }) ?? true {
            return .deferred(stage, .reply(reply))
        }
        // 421 takes nothing back for good, and 5xx does.
        return reply.isPermanent ? .refused(stage, reply) : .deferred(stage, .reply(reply))
    }
}
