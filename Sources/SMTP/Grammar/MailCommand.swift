package import MailModel

/// Which extensions' parameters a server takes.
package struct SMTPExtensions: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// RFC 2920
    package static let pipelining = SMTPExtensions(rawValue: 1 << 0)
    /// RFC 1870
    package static let size = SMTPExtensions(rawValue: 1 << 1)
    /// RFC 6152
    package static let eightBitMIME = SMTPExtensions(rawValue: 1 << 2)
    /// RFC 6531
    package static let smtpUTF8 = SMTPExtensions(rawValue: 1 << 3)
    /// RFC 2034
    package static let enhancedStatusCodes = SMTPExtensions(rawValue: 1 << 4)
    /// RFC 3461
    package static let dsn = SMTPExtensions(rawValue: 1 << 5)
    /// RFC 3030
    package static let chunking = SMTPExtensions(rawValue: 1 << 6)

    package static let all: SMTPExtensions = [
        .pipelining, .size, .eightBitMIME, .smtpUTF8, .enhancedStatusCodes, .dsn, .chunking,
    ]
}

/// How the arguments of MAIL and RCPT are read. A pure function of bytes, for the server, for fuzzers and for tests.
package struct MailCommandParser: Sendable {
    package var extensions: SMTPExtensions
    /// What a bare name is completed with; nil refuses all bare names.
    package var origin: Domain?
    /// Whether only `<postmaster>` is completed.
    package var completesPostmasterOnly: Bool

    package init(extensions: SMTPExtensions = .all, origin: Domain? = nil, completesPostmasterOnly: Bool = true) {
        self.extensions = extensions
        self.origin = origin
        self.completesPostmasterOnly = completesPostmasterOnly
    }

    /// What follows `MAIL`:
    ///
    ///     mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
    package func sender(_ arguments: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> EnvelopeSender {
        guard var rest = Self.drop("FROM:", from: arguments) else {
            throw SMTPSyntaxError(501, .init(5, 5, 4), "Syntax: MAIL FROM:<address>")
        }
        guard let path = SMTPPath.parse(&rest), rest.first.map({ $0 == UInt8(ascii: " ") }) ?? true else {
            throw SMTPSyntaxError(501, .init(5, 1, 7), "Bad sender address syntax")
        }
        var sender = EnvelopeSender(path: .null)
        if path.localPart != nil {
            guard let address = address(path) else {
                throw SMTPSyntaxError(501, .init(5, 1, 7), "Bad sender address syntax")
            }
            sender.path = .address(address)
        }
        for parameter in try MailParameters(rest).list { try apply(parameter, to: &sender) }
        return sender
    }

    /// What follows `RCPT`:
    ///
    ///     rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
    package func recipient(_ arguments: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> EnvelopeRecipient {
        guard var rest = Self.drop("TO:", from: arguments) else {
            throw SMTPSyntaxError(501, .init(5, 5, 4), "Syntax: RCPT TO:<address>")
        }
        guard let path = SMTPPath.parse(&rest), let address = address(path),
            rest.first.map({ $0 == UInt8(ascii: " ") }) ?? true
        else {
            throw SMTPSyntaxError(501, .init(5, 1, 3), "Bad recipient address syntax")
        }
        var recipient = EnvelopeRecipient(address: address, hasSourceRoute: path.hasSourceRoute)
        for parameter in try MailParameters(rest).list { try apply(parameter, to: &recipient) }
        return recipient
    }

    private func address(_ path: SMTPPath) -> EmailAddress? {
        guard let address = path.address(origin: completesPostmasterOnly && !path.isBarePostmaster ? nil : origin)
        else {
            return nil
        }
        return address.isInternationalized && !extensions.contains(.smtpUTF8) ? nil : address
    }

    private func apply(
        _ parameter: MailParameters.Parameter, to sender: inout EnvelopeSender
    ) throws(SMTPSyntaxError) {
        let keyword = String(decoding: parameter.keyword, as: UTF8.self)
        switch (keyword, parameter.value) {
        case ("SIZE", let value?) where extensions.contains(.size):
            // size-value = 1*20DIGIT
            guard value.count <= 20, value.allSatisfy({ (0x30...0x39).contains($0) }),
                let size = UInt64(String(decoding: value, as: UTF8.self))
            else { throw SMTPSyntaxError(501, .init(5, 5, 4), "Bad message size syntax") }
            sender.declaredSize = size
        case ("BODY", let value?) where extensions.contains(.eightBitMIME):
            switch String(decoding: value.map(ASCII.uppercased), as: UTF8.self) {
            case "7BIT": sender.body = .sevenBit
            case "8BITMIME": sender.body = .eightBitMIME
            default: throw .unsupported(parameter)
            }
        case ("SMTPUTF8", nil) where extensions.contains(.smtpUTF8):
            sender.smtpUTF8 = true
        case ("RET", let value?) where extensions.contains(.dsn):
            switch String(decoding: value.map(ASCII.uppercased), as: UTF8.self) {
            case "FULL": sender.ret = .full
            case "HDRS": sender.ret = .headers
            default: throw SMTPSyntaxError(501, .init(5, 5, 4), "Bad RET parameter syntax")
            }
        case ("ENVID", let value?) where extensions.contains(.dsn):
            // At most 100 characters, RFC 3461 §4.4.
            guard value.count <= 100, let id = XText.decode(value), id.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw SMTPSyntaxError(501, .init(5, 5, 4), "Bad ENVID parameter syntax")
            }
            sender.envelopeID = id
        case ("AUTH", let value?):
            // RFC 4954 §5: who submitted it elsewhere. Checked, and believed of nobody.
            guard value.elementsEqual("<>".utf8) || XText.decode(value) != nil else {
                throw SMTPSyntaxError(501, .init(5, 5, 4), "Bad AUTH parameter syntax")
            }
        default: throw .unsupported(parameter)
        }
    }

    private func apply(
        _ parameter: MailParameters.Parameter, to recipient: inout EnvelopeRecipient
    ) throws(SMTPSyntaxError) {
        guard extensions.contains(.dsn), let value = parameter.value else { throw .unsupported(parameter) }
        switch String(decoding: parameter.keyword, as: UTF8.self) {
        case "NOTIFY":
            guard let notify = Self.notify(value) else {
                throw SMTPSyntaxError(501, .init(5, 5, 4), "Error: Bad NOTIFY parameter syntax")
            }
            recipient.notify = notify
        case "ORCPT":
            guard let original = originalRecipient(value) else {
                throw SMTPSyntaxError(501, .init(5, 5, 4), "Error: Bad ORCPT parameter syntax")
            }
            recipient.originalRecipient = original
        default: throw .unsupported(parameter)
        }
    }

    ///     notify-esmtp-value = "NEVER" / ( notify-list-element *( "," notify-list-element ) )
    private static func notify(_ value: ArraySlice<UInt8>) -> EnvelopeRecipient.Notify? {
        var notify: EnvelopeRecipient.Notify = []
        let words = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        for word in words {
            switch String(decoding: word.map(ASCII.uppercased), as: UTF8.self) {
            case "SUCCESS": notify.insert(.success)
            case "FAILURE": notify.insert(.failure)
            case "DELAY": notify.insert(.delay)
            case "NEVER" where words.count == 1: break
            default: return nil
            }
        }
        return notify
    }

    ///     original-recipient-address = addr-type ";" xtext
    ///
    /// At most 500 characters (RFC 3461 §4.2). Given back as `addr-type;address`.
    private func originalRecipient(_ value: ArraySlice<UInt8>) -> String? {
        guard value.count <= 500, let semicolon = value.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let type = value[..<semicolon]
        let isAtom = type.allSatisfy { EmailAddress.isAtomText($0) && $0 < 0x80 }
        guard !type.isEmpty, isAtom,
            let decoded = XText.decode(
                value[value.index(after: semicolon)...], allowsUTF8: extensions.contains(.smtpUTF8)),
            !decoded.isEmpty, decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            let address = String(validating: decoded, as: UTF8.self)
        else { return nil }
        return String(decoding: type, as: UTF8.self) + ";" + address
    }

    private static func drop(_ keyword: String, from bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let rest = bytes.drop { $0 == UInt8(ascii: " ") }
        let colon = keyword.utf8.count - 1
        guard rest.count > colon, ASCII.equalIgnoringCase(rest.prefix(colon), keyword.utf8.dropLast()) else {
            return nil
        }
        // Spaces before the colon are as common as those behind it.
        let behind = rest.dropFirst(colon).drop { $0 == UInt8(ascii: " ") }
        return behind.first == UInt8(ascii: ":") ? behind.dropFirst() : nil
    }
}
