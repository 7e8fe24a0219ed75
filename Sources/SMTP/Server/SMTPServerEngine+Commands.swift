import MailModel
import NIOCore
import Net
import SASL

extension SMTPServerEngine {
    /// Nil when the session goes on with the next input.
    mutating func receiveCommand(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> Step? {
        switch nextLine(input, limit: options.limits.commandLine) {
        case .incomplete: return .needInput
        case .tooLong:
            refuse("500 5.5.2 Error: command line too long", &output)
            mode = .overlongLine
            return nil
        case .bareLineFeed: return closeForBareLineEnd("LF", &output)
        case .bareCarriageReturn: return closeForBareLineEnd("CR", &output)
        case .complete(let length, let terminator):
            let (verb, verbLength) = input.withUnsafeReadableBytes { bytes in
                let line = bytes.prefix(length)
                let end = line.firstIndex { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } ?? line.endIndex
                return (SMTPVerb(UnsafeRawBufferPointer(rebasing: line[..<end])), end)
            }
            // Only commands with arguments pay for a copy of them.
            let arguments: [UInt8] =
                length > verbLength
                ? input.getBytes(at: input.readerIndex &+ verbLength &+ 1, length: length &- verbLength &- 1) ?? [] : []
            input.moveReaderIndex(forwardBy: length &+ terminator)
            if input.readableBytes > 0, !facts.isExtended || verb.endsPipeline { facts.pipelinesImproperly = true }
            return perform(verb, Self.trimmed(arguments), &output)
        }
    }

    private static func trimmed(_ arguments: [UInt8]) -> ArraySlice<UInt8> {
        var rest = arguments.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        while let last = rest.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { rest.removeLast() }
        return rest
    }

    private mutating func perform(_ verb: SMTPVerb, _ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step?
    {
        if needsTLSFirst(verb) {
            refuse("530 5.7.0 Must issue a STARTTLS command first", &output)
            return nil
        }
        switch verb {
        case .ehlo, .helo, .lhlo: return hello(verb, arguments, &output)
        case .mail: return mail(arguments, &output)
        case .rcpt: return recipient(arguments, &output)
        case .data: return data(arguments, &output)
        case .bdat: return chunk(arguments, &output)
        case .auth: return authenticate(arguments, &output)
        case .startTLS: return startTLS(arguments, &output)
        case .rset:
            guard arguments.isEmpty else {
                refuse("501 5.5.4 Syntax: RSET", &output)
                return nil
            }
            countIdleCommand()
            if transaction == nil {
                say("250 2.0.0 Ok", &output)
                return nil
            }
            return abortTransaction(then: .reply([SMTPReply(250, .init(2, 0, 0), "Ok")]), &output)
        case .noop:
            countIdleCommand()
            say("250 2.0.0 Ok", &output)
        case .quit:
            guard arguments.isEmpty else {
                refuse("501 5.5.4 Syntax: QUIT", &output)
                return nil
            }
            say("221 2.0.0 Bye", &output)
            return .close
        case .vrfy:
            countIdleCommand()
            if !options.answersVRFY {
                refuse("502 5.5.1 VRFY command is disabled", &output)
            } else if arguments.isEmpty {
                refuse("501 5.5.4 Syntax: VRFY address", &output)
            } else {
                // RFC 5321 §3.5.3: neither yes nor no.
                say("252 2.5.1 Cannot VRFY user, but will accept message and attempt delivery", &output)
            }
        case .help:
            countIdleCommand()
            say("214 2.0.0 See RFC 5321", &output)
        case .expn: refuse("502 5.5.1 EXPN command is disabled", &output)
        case .etrn: refuse("502 5.5.1 ETRN command is disabled", &output)
        case .foreign:
            return close(&output, "521 5.5.1 \(options.hostname) Error: this is not a command of this protocol\r\n")
        case .unknown: refuse("500 5.5.2 Error: command not recognized", &output)
        }
        return nil
    }

    private func needsTLSFirst(_ verb: SMTPVerb) -> Bool {
        guard options.tls == .required, facts.connection.tls == nil else { return false }
        return switch verb {
        case .ehlo, .helo, .lhlo, .noop, .quit, .startTLS, .foreign, .unknown: false
        default: true
        }
    }

    // MARK: EHLO, HELO, LHLO

    ///     ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
    ///
    /// The argument is kept for policy and trace headers; no session was ever made better by refusing an odd one here.
    private mutating func hello(_ verb: SMTPVerb, _ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step? {
        guard (verb == .lhlo) == (options.dialogue == .lmtp) else {
            refuse("500 5.5.1 Error: command not recognized", &output)
            return nil
        }
        let isPrintable = arguments.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard !arguments.isEmpty, arguments.count <= 255, isPrintable,
            let name = String(validating: arguments, as: UTF8.self)
        else {
            switch verb {
            case .lhlo: refuse("501 5.5.4 Syntax: LHLO hostname", &output)
            case .helo: refuse("501 5.5.4 Syntax: HELO hostname", &output)
            default: refuse("501 5.5.4 Syntax: EHLO hostname", &output)
            }
            return nil
        }
        return abortTransaction(then: .hello(name, isExtended: verb != .helo), &output)
    }

    mutating func greet(_ name: String, isExtended: Bool, _ output: inout ByteBuffer) {
        facts.helo = name
        facts.isExtended = isExtended
        guard isExtended else {
            output.writeString("250 \(options.hostname)\r\n")
            return
        }
        let lines = [options.hostname] + extensionLines
        for (index, line) in lines.enumerated() {
            output.writeStaticString(index == lines.count - 1 ? "250 " : "250-")
            output.writeString(line)
            output.writeStaticString("\r\n")
        }
    }

    private var extensionLines: [String] {
        var lines: [String] = []
        let extensions = options.extensions
        if extensions.contains(.pipelining) { lines.append("PIPELINING") }
        if extensions.contains(.size) {
            lines.append(options.limits.messageSize > 0 ? "SIZE \(options.limits.messageSize)" : "SIZE")
        }
        if options.answersVRFY { lines.append("VRFY") }
        if options.tls != .none, facts.connection.tls == nil { lines.append("STARTTLS") }
        if allowsAuthentication, facts.login == nil {
            let names = options.mechanisms.map(\.rawValue).joined(separator: " ")
            lines.append("AUTH \(names)")
            if options.offersBrokenAUTHLine { lines.append("AUTH=\(names)") }
        }
        if extensions.contains(.enhancedStatusCodes) { lines.append("ENHANCEDSTATUSCODES") }
        if extensions.contains(.eightBitMIME) { lines.append("8BITMIME") }
        if extensions.contains(.dsn) { lines.append("DSN") }
        if extensions.contains(.smtpUTF8) { lines.append("SMTPUTF8") }
        if extensions.contains(.chunking) { lines.append("CHUNKING") }
        return lines
    }

    // MARK: STARTTLS

    private mutating func startTLS(_ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step? {
        if !arguments.isEmpty {
            refuse("501 5.5.4 Syntax: STARTTLS", &output)
        } else if facts.connection.tls != nil {
            refuse("554 5.5.1 Error: TLS already active", &output)
        } else if options.tls == .none {
            refuse("502 5.5.1 Error: command not implemented", &output)
        } else if options.requiresHello, facts.helo == nil {
            refuse("503 5.5.1 Error: send HELO/EHLO first", &output)
        } else {
            return abortTransaction(then: .startTLS, &output)
        }
        return nil
    }
}

extension SMTPVerb {
    /// Whether a client must wait for the reply before it goes on (RFC 2920 §3.1), as smtpd(8) has it.
    fileprivate var endsPipeline: Bool {
        switch self {
        case .ehlo, .helo, .lhlo, .data, .noop, .vrfy: true
        default: false
        }
    }
}
