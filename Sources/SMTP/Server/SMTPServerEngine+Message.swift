import MailModel
import NIOCore
import Net

extension SMTPServerEngine {
    // MARK: DATA

    mutating func data(_ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step? {
        if !arguments.isEmpty {
            refuse("501 5.5.4 Syntax: DATA", &output)
        } else if transaction?.isChunked ?? false {
            refuse("503 5.5.1 Error: DATA after BDAT", &output)
        } else if let refusal = refusalWithoutRecipients {
            say(refusal, &output)
        } else if options.asksAtData {
            pending = .data
            return .wait(.data(facts))
        } else {
            return dataAnswered(nil, &output)
        }
        return nil
    }

    /// A refused DATA leaves the transaction as it is, as smtpd(8) does.
    mutating func dataAnswered(_ refusal: SMTPReply?, _ output: inout ByteBuffer) -> Step? {
        if let refusal, !refusal.isPositive {
            say(refusal, &output)
            return refusal.code == 421 || refusal.code == 521 ? .close : nil
        }
        let message = newMessage(.dots)
        transaction?.message = message
        mode = .data
        say("354 End data with <CR><LF>.<CR><LF>", &output)
        return nil
    }

    mutating func receiveData(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> Step? {
        guard input.readableBytes > 0 else { return .needInput }
        switch scan(&input) {
        case .bareLineFeed: return closeForBareLineEnd("LF", &output)
        case .bareCarriageReturn: return closeForBareLineEnd("CR", &output)
        case .end:
            mode = .command
            return finishMessage(&output)
        case .needInput:
            return hasChunkToAppend ? appendPending(isAtEnd: false) : nil
        }
    }

    // MARK: BDAT

    ///     bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CRLF
    ///     end-marker = "LAST"
    mutating func chunk(_ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step? {
        let words = arguments.split(separator: UInt8(ascii: " "), maxSplits: 2)
        let isLast = words.count == 2 && ASCII.equalIgnoringCase(words[1], "LAST".utf8)
        guard options.extensions.contains(.chunking), let digits = words.first, words.count == (isLast ? 2 : 1),
            digits.count <= 20, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let size = Int(String(decoding: digits, as: UTF8.self))
        else {
            // Nobody knows how many of the next bytes are a message: they must not be read as commands.
            errors &+= 1
            return close(&output, "521 5.5.4 \(options.hostname) Syntax: BDAT count [LAST]\r\n")
        }
        if let refusal = refusalWithoutRecipients {
            mode = .refusedChunk(remaining: size, refusal)
            return nil
        }
        if transaction?.message == nil {
            if options.asksAtData {
                pending = .chunk(size: size, isLast: isLast)
                return .wait(.data(facts))
            }
            return chunkAnswered(nil, size: size, isLast: isLast, &output)
        }
        mode = .chunk(remaining: size, size: size, isLast: isLast)
        return nil
    }

    mutating func chunkAnswered(
        _ refusal: SMTPReply?, size: Int, isLast: Bool, _ output: inout ByteBuffer
    ) -> Step? {
        if let refusal, !refusal.isPositive {
            if refusal.code == 421 || refusal.code == 521 {
                say(refusal, &output)
                return .close
            }
            mode = .refusedChunk(remaining: size, refusal)
            return nil
        }
        let message = newMessage(.counted)
        transaction?.isChunked = true
        transaction?.message = message
        mode = .chunk(remaining: size, size: size, isLast: isLast)
        return nil
    }

    mutating func receiveChunk(
        _ remaining: Int, _ size: Int, _ isLast: Bool, _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> Step? {
        var remaining = remaining
        if remaining > 0 {
            guard input.readableBytes > 0, var slice = input.readSlice(length: min(remaining, input.readableBytes))
            else {
                return .needInput
            }
            remaining -= slice.readableBytes
            mode = .chunk(remaining: remaining, size: size, isLast: isLast)
            switch scan(&slice) {
            case .bareLineFeed: return closeForBareLineEnd("LF", &output)
            case .bareCarriageReturn: return closeForBareLineEnd("CR", &output)
            case .end, .needInput: break
            }
            if remaining > 0 { return hasChunkToAppend ? appendPending(isAtEnd: false) : nil }
        }
        mode = .command
        guard isLast else {
            if let refusal = transaction?.message?.refusal {
                say(refusal, &output)
            } else {
                output.writeString("250 2.0.0 Ok: \(size) bytes\r\n")
            }
            return hasChunkToAppend ? appendPending(isAtEnd: false) : nil
        }
        guard endLastLine() else { return closeForBareLineEnd("CR", &output) }
        return finishMessage(&output)
    }

    /// A message given by BDAT need not end in CRLF; everybody who gets it from us relies on it. False for a last CR that
    /// is bare.
    private mutating func endLastLine() -> Bool {
        guard let scanner = transaction?.message?.scanner, !scanner.endsLine else { return true }
        if scanner.endsInCarriageReturn {
            guard scanner.normalizes else { return false }
            transaction?.message?.pending.writeInteger(UInt8(0x0A))
        } else {
            transaction?.message?.pending.writeStaticString("\r\n")
        }
        return true
    }

    mutating func dropChunk(
        _ remaining: Int, _ reply: SMTPReply, _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> Step? {
        let dropped = min(remaining, input.readableBytes)
        input.moveReaderIndex(forwardBy: dropped)
        guard dropped == remaining else {
            mode = .refusedChunk(remaining: remaining - dropped, reply)
            return .needInput
        }
        mode = .command
        say(reply, &output)
        return nil
    }

    // MARK: Taking it in

    private var refusalWithoutRecipients: SMTPReply? {
        guard let transaction else { return SMTPReply(503, .init(5, 5, 1), "Error: need MAIL command") }
        guard transaction.accepted == 0 else { return nil }
        // RFC 2033 §4.2: LMTP knows no message without a recipient.
        return options.dialogue == .lmtp
            ? SMTPReply(503, .init(5, 5, 1), "Error: no valid recipients")
            : SMTPReply(554, .init(5, 5, 1), "Error: no valid recipients")
    }

    private func newMessage(_ framing: MessageScanner.Framing) -> SMTPMessageIntake {
        var message = SMTPMessageIntake(
            scanner: MessageScanner(framing, normalizes: options.bareLineEnds == .normalize),
            reservation: budget.reserve(Self.firstReservation))
        // With no budget left, whatever comes is passed on at once.
        message.isStreaming = message.reservation == nil
        return message
    }

    private static let firstReservation = 16 << 10

    private mutating func scan(_ input: inout ByteBuffer) -> MessageScanner.Outcome {
        guard var message = transaction?.message else { return .end }
        // One reference to the buffer, so that it grows in place.
        transaction?.message = nil
        defer { transaction?.message = message }
        let outcome = message.scanner.scan(&input, into: &message.pending)
        let limits = options.limits
        if message.refusal == nil {
            if limits.messageSize > 0, message.scanner.size > limits.messageSize {
                message.refusal = SMTPReply(552, .init(5, 3, 4), "Error: message file too big")
            } else if message.scanner.headerSize > limits.headerSize {
                message.refusal = SMTPReply(552, .init(5, 3, 4), "Error: message header too big")
            }
        }
        if message.refusal != nil {
            message.pending = ByteBuffer()
            message.reservation = nil
        } else if !message.isStreaming {
            reserve(for: &message)
        }
        return outcome
    }

    /// Takes from the budget what the gathered message needs, in doubling steps; goes over to streaming where there is no
    /// more, or where the message is no longer a small one.
    private func reserve(for message: inout SMTPMessageIntake) {
        let needed = message.pending.readableBytes
        guard needed <= options.limits.gatheredMessageSize else {
            message.isStreaming = true
            message.reservation = nil
            return
        }
        while let held = message.reservation?.bytes, held < needed {
            guard let more = budget.reserve(held * 2) else {
                message.isStreaming = true
                message.reservation = nil
                return
            }
            message.reservation = more
        }
    }

    private var hasChunkToAppend: Bool {
        guard let message = transaction?.message, message.isStreaming else { return false }
        return message.pending.readableBytes >= options.limits.chunkSize
    }

    private mutating func appendPending(isAtEnd: Bool) -> Step {
        let chunk = transaction?.message?.pending ?? ByteBuffer()
        transaction?.message?.pending = ByteBuffer()
        pending = .append(isAtEnd: isAtEnd)
        return .wait(.append(chunk, facts))
    }

    mutating func appended(_ reply: SMTPReply?, isAtEnd: Bool, _ output: inout ByteBuffer) -> Step? {
        if let reply, transaction?.message?.refusal == nil { transaction?.message?.refusal = reply }
        return isAtEnd ? finishMessage(&output) : nil
    }

    // MARK: The end

    private mutating func finishMessage(_ output: inout ByteBuffer) -> Step? {
        guard let transaction, let message = transaction.message else { return nil }
        if let refusal = message.refusal {
            let count = options.dialogue == .lmtp ? transaction.accepted : 1
            return abortTransaction(then: .reply(Array(repeating: refusal, count: count)), &output)
        }
        guard message.isStreaming else {
            pending = .delivery
            self.transaction?.message?.pending = ByteBuffer()
            return .wait(.deliver(message.pending, facts))
        }
        if message.pending.readableBytes > 0 { return appendPending(isAtEnd: true) }
        pending = .delivery
        return .wait(.finish(facts))
    }

    mutating func delivered(_ replies: [SMTPReply], _ output: inout ByteBuffer) -> Step? {
        let wanted = options.dialogue == .lmtp ? transaction?.accepted ?? 1 : 1
        transaction = nil
        var replies = replies.prefix(wanted)
        // The services owe one for each; a recipient without one must not look delivered.
        while replies.count < wanted {
            replies.append(SMTPReply(451, .init(4, 3, 0), "Error: queue file write error"))
        }
        if replies.contains(where: \.isPositive) { forgetErrors() }
        for reply in replies { say(reply, &output) }
        return nil
    }
}
