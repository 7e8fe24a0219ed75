import MailModel

/// MAIL and RCPT as they are sent. What enters them can't hold a line end: addresses and domains by their types, all else
/// as xtext.
struct EnvelopeCommands: Sendable {
    var capabilities: ServerCapabilities
    /// Whether addresses go as UTF-8 (RFC 6531); else domains go as A-labels.
    var isSMTPUTF8: Bool

    func mail(_ sender: EnvelopeSender, size: UInt64, body: EnvelopeSender.Body) -> [UInt8]? {
        var command = Array("MAIL FROM:<".utf8)
        if let address = sender.path.address {
            guard let text = self.text(address) else { return nil }
            command += text
        }
        command.append(UInt8(ascii: ">"))
        if capabilities.sizeLimit != nil { command += Array(" SIZE=\(size)".utf8) }
        switch body {
        case .sevenBit: break
        case .eightBitMIME: command += Array(" BODY=8BITMIME".utf8)
        case .binaryMIME: command += Array(" BODY=BINARYMIME".utf8)
        }
        if isSMTPUTF8 { command += Array(" SMTPUTF8".utf8) }
        guard capabilities.hasDSN else { return command }
        switch sender.ret {
        case .full: command += Array(" RET=FULL".utf8)
        case .headers: command += Array(" RET=HDRS".utf8)
        case nil: break
        }
        if let id = sender.envelopeID, !id.isEmpty { command += Array(" ENVID=".utf8) + XText.encode(id) }
        return command
    }

    func recipient(_ recipient: EnvelopeRecipient) -> [UInt8]? {
        guard let address = text(recipient.address) else { return nil }
        var command = Array("RCPT TO:<".utf8) + address + Array(">".utf8)
        guard capabilities.hasDSN else { return command }
        if let notify = recipient.notify {
            let words: [(EnvelopeRecipient.Notify, String)] = [
                (.success, "SUCCESS"), (.failure, "FAILURE"), (.delay, "DELAY"),
            ]
            let named = words.filter { notify.contains($0.0) }.map(\.1)
            command += Array(" NOTIFY=\(named.isEmpty ? "NEVER" : named.joined(separator: ","))".utf8)
        }
        if let original = recipient.originalRecipient.flatMap(Self.originalRecipient) {
            command += Array(" ORCPT=".utf8) + original
        }
        return command
    }

    /// Nil for an address that needs SMTPUTF8 where it is not offered.
    func text(_ address: EmailAddress) -> [UInt8]? {
        guard !isSMTPUTF8, address.isInternationalized else { return address.quoted }
        guard address.localPart.allSatisfy({ $0 < 0x80 }), let domain = address.domain.ascii else { return nil }
        return EmailAddress(localPart: address.localPart, domain: domain)?.quoted
    }

    ///     original-recipient-address = addr-type ";" xtext
    ///
    /// An address with octets above 127 goes as utf-8-addr-xtext (RFC 6533 §3), which needs no SMTPUTF8.
    private static func originalRecipient(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard let semicolon = bytes.firstIndex(of: UInt8(ascii: ";")), bytes.count <= 500 else { return nil }
        let type = bytes[..<semicolon]
        guard !type.isEmpty, type.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "=") && EmailAddress.isAtomText($0) })
        else { return nil }
        let address = bytes[(semicolon + 1)...]
        guard !address.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else { return nil }
        guard address.contains(where: { $0 >= 0x80 }) else {
            return type + [UInt8(ascii: ";")] + XText.encode(address)
        }
        var encoded = Array("utf-8;".utf8)
        for scalar in String(decoding: address, as: UTF8.self).unicodeScalars {
            let stands = scalar.value > 0x20 && scalar.value < 0x7F && !["\\", "+", "="].contains(scalar)
            encoded +=
                stands
                ? Array(String(scalar).utf8) : Array("\\x{\(String(scalar.value, radix: 16, uppercase: true))}".utf8)
        }
        return encoded
    }
}
