package import MailModel
import Net

/// The argument of MAIL FROM or RCPT TO, as it was written.
package struct SMTPPath: Hashable, Sendable {
    /// Without quotes and escapes; nil for `<>`.
    package var localPart: [UInt8]?
    /// Nil where the client gave none: `<postmaster>`, or another bare name.
    package var domain: Domain?
    package var hasSourceRoute = false

    /// Reads a path at the start of `bytes` and leaves what follows it. Nil for what is no path.
    ///
    ///     Reverse-path   = Path / "<>"
    ///     Path           = "<" [ A-d-l ":" ] Mailbox ">"
    ///     A-d-l          = At-domain *( "," At-domain )
    ///
    /// More liberal than RFC 5321 §4.1.2 where Postfix is: spaces before and in the brackets, or no brackets at all. No
    /// control character is let through, quoted or not.
    package static func parse(_ bytes: inout ArraySlice<UInt8>) -> SMTPPath? {
        bytes = bytes.drop { $0 == space }
        guard bytes.first == UInt8(ascii: "<") else {
            let end = end(of: bytes, before: space)
            defer { bytes = bytes[end...] }
            return end > bytes.startIndex ? mailbox(bytes[..<end]) : nil
        }
        bytes.removeFirst()
        let end = end(of: bytes, before: UInt8(ascii: ">"))
        guard end < bytes.endIndex else { return nil }
        var inner = bytes[..<end].drop { $0 == space }
        while inner.last == space { inner.removeLast() }
        bytes = bytes[bytes.index(after: end)...]
        return inner.isEmpty ? SMTPPath() : mailbox(inner)
    }

    /// Completes a path to an address; a bare name gets `origin`.
    package func address(origin: Domain?) -> EmailAddress? {
        guard let localPart, let domain = domain ?? origin else { return nil }
        return EmailAddress(localPart: localPart, domain: domain)
    }

    /// Every place that takes mail must have this one (RFC 5321 §4.5.1).
    package var isBarePostmaster: Bool {
        domain == nil && localPart.map { ASCII.equalIgnoringCase($0, "postmaster".utf8) } ?? false
    }

    private static let space = UInt8(ascii: " ")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Where `delimiter` stands outside quotes; the end if nowhere.
    private static func end(of bytes: ArraySlice<UInt8>, before delimiter: UInt8) -> Int {
        var isQuoted = false
        var isEscaped = false
        for (index, byte) in zip(bytes.indices, bytes) {
            if isEscaped {
                isEscaped = false
            } else if byte == backslash {
                isEscaped = true
            } else if byte == quote {
                isQuoted.toggle()
            } else if byte == delimiter, !isQuoted {
                return index
            }
        }
        return bytes.endIndex
    }

    /// Mailbox = Local-part "@" ( Domain / address-literal ), behind a source route to be dropped.
    private static func mailbox(_ bytes: ArraySlice<UInt8>) -> SMTPPath? {
        var path = SMTPPath()
        var rest = bytes
        if rest.first == UInt8(ascii: "@") {
            let colon = end(of: rest, before: UInt8(ascii: ":"))
            guard colon < rest.endIndex else { return nil }
            let route = rest[..<colon].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            for hop in route {
                guard hop.first == UInt8(ascii: "@"), domain(hop.dropFirst()) != nil else { return nil }
            }
            path.hasSourceRoute = true
            rest = rest[rest.index(after: colon)...]
        }
        guard let localPart = localPart(&rest), !localPart.isEmpty, localPart.count <= 256 else { return nil }
        path.localPart = localPart
        if rest.isEmpty { return path.hasSourceRoute ? nil : path }
        guard rest.popFirst() == UInt8(ascii: "@"), let domain = domain(rest) else { return nil }
        path.domain = domain
        return path
    }

    ///     Local-part    = Dot-string / Quoted-string
    ///     Quoted-string = DQUOTE *QcontentSMTP DQUOTE
    ///
    /// A dot-string may have its dots anywhere, as Postfix lets it and some providers' addresses need it.
    private static func localPart(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard bytes.first == quote else {
            let text = bytes.prefix { EmailAddress.isAtomText($0) || $0 == UInt8(ascii: ".") }
            bytes = bytes[text.endIndex...]
            return isUTF8(text) ? Array(text) : nil
        }
        bytes.removeFirst()
        var text: [UInt8] = []
        while let byte = bytes.popFirst() {
            if byte == quote { return isUTF8(text[...]) ? text : nil }
            guard let octet = byte == backslash ? bytes.popFirst() : byte, octet >= 0x20, octet != 0x7F else {
                return nil
            }
            text.append(octet)
        }
        return nil
    }

    ///     Domain          = sub-domain *("." sub-domain)
    ///     address-literal = "[" ( IPv4-address-literal / IPv6-address-literal ) "]"
    ///
    /// An underscore is let through, as is a trailing dot.
    static func domain(_ bytes: ArraySlice<UInt8>) -> Domain? {
        guard let domain = Domain(bytes) else { return nil }
        let name = domain.bytes
        if name.first == UInt8(ascii: "[") {
            guard name.last == UInt8(ascii: "]") else { return nil }
            let literal = String(decoding: name.dropFirst().dropLast(), as: UTF8.self)
            let isIPv6 = literal.hasPrefix("ipv6:")
            guard let address = IPAddress(isIPv6 ? String(literal.dropFirst(5)) : literal) else { return nil }
            return address.bytes.count == (isIPv6 ? 16 : 4) ? domain : nil
        }
        for label in name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard !label.isEmpty, label.count <= 63 else { return nil }
            for byte in label {
                switch byte {
                case 0x30...0x39, 0x61...0x7A, 0x80...0xFF, UInt8(ascii: "-"), UInt8(ascii: "_"): break
                default: return nil
                }
            }
        }
        return isUTF8(name[...]) ? domain : nil
    }

    private static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }
}
