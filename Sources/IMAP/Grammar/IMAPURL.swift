import MailModel

/// A message, or a piece of one, as a URL of RFC 5092 names it: relative to this server, or absolute.
package struct IMAPURL: Hashable, Sendable {
    package struct Authority: Hashable, Sendable {
        package var user: [UInt8]?
        package var host: [UInt8]
    }

    /// Nil for this server and this user.
    package var authority: Authority?
    /// In UTF-8, with the server's own separator; nil for the mailbox that is selected.
    package var mailbox: [UInt8]?
    package var uidValidity: UInt32?
    package var uid: UInt32
    package var section: FetchSection

    private static let maximumLength = 8192

    /// imapurl = "imap://" iserver ipath-query / "/" ipath-query / ";UID=" … ; nil for what does not name a message's
    /// octets, or needs an authorization (`;URLAUTH=`, RFC 4467), which is not offered.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumLength, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        var path = bytes[...]
        if let rest = Self.afterPrefix("imap://", path) {
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard let authority = Self.authority(rest[..<end]) else { return nil }
            self.authority = authority
            path = rest[end...]
            guard path.first == UInt8(ascii: "/") else { return nil }
        }
        // RFC 3986 §4.2: what has a colon before its first slash has a scheme.
        guard !path.prefix(while: { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ";") }).contains(UInt8(ascii: ":"))
        else { return nil }
        var pieces = Self.pieces(path)
        guard !pieces.isEmpty else { return nil }
        if path.first != UInt8(ascii: ";") {
            var name = pieces.removeFirst()
            if name.first == UInt8(ascii: "/") { name = name.dropFirst() }
            guard name.first != UInt8(ascii: "/"), Self.takeMailbox(name, &mailbox, &uidValidity) else { return nil }
        } else {
            guard let rest = Self.afterPrefix(";", pieces[0]) else { return nil }
            pieces[0] = rest
        }
        guard let first = pieces.first, let digits = Self.afterPrefix("UID=", first), let uid = Self.number(digits),
            uid > 0
        else { return nil }
        self.uid = uid
        section = FetchSection(label: [], peeks: true)
        for piece in pieces.dropFirst() {
            if let encoded = Self.afterPrefix("SECTION=", piece), section.label.isEmpty, section.partial == nil {
                guard let read = Self.section(encoded) else { return nil }
                section = read
            } else if let range = Self.afterPrefix("PARTIAL=", piece), section.partial == nil {
                guard let partial = Self.partial(range) else { return nil }
                section.partial = partial
            } else {
                return nil
            }
        }
    }

    /// What stands between `/;`.
    private static func pieces(_ path: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = path.startIndex
        var position = start
        while position < path.endIndex {
            if path[position] == UInt8(ascii: "/"), position + 1 < path.endIndex,
                path[position + 1] == UInt8(ascii: ";")
            {
                pieces.append(path[start..<position])
                position += 2
                start = position
            } else {
                position += 1
            }
        }
        pieces.append(path[start...])
        return pieces
    }

    /// imailbox-ref = enc-mailbox [";UIDVALIDITY=" nz-number]
    private static func takeMailbox(
        _ piece: ArraySlice<UInt8>, _ mailbox: inout [UInt8]?, _ uidValidity: inout UInt32?
    ) -> Bool {
        let end = piece.firstIndex(of: UInt8(ascii: ";")) ?? piece.endIndex
        guard let name = decode(piece[..<end]), !name.isEmpty else { return false }
        mailbox = name
        guard end < piece.endIndex else { return true }
        guard let digits = afterPrefix(";UIDVALIDITY=", piece[end...]), let value = number(digits) else { return false }
        uidValidity = value
        return true
    }

    /// iserver = [iuserinfo "@"] host [":" port] ; iuserinfo = enc-user [";AUTH=" …]
    private static func authority(_ bytes: ArraySlice<UInt8>) -> Authority? {
        var host = bytes
        var user: [UInt8]?
        if let at = bytes.lastIndex(of: UInt8(ascii: "@")) {
            host = bytes[(at + 1)...]
            guard let name = decode(bytes[..<at].prefix { $0 != UInt8(ascii: ";") }) else { return nil }
            if !name.isEmpty { user = name }
        }
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") { host = host[..<colon] }
        guard let name = decode(host), !name.isEmpty else { return nil }
        return Authority(user: user, host: name)
    }

    /// The section is read as FETCH reads it.
    private static func section(_ encoded: ArraySlice<UInt8>) -> FetchSection? {
        guard let text = decode(encoded), !text.isEmpty, !text.contains(UInt8(ascii: "]")) else { return nil }
        var reader = GrammarReader(Array("BODY.PEEK[".utf8) + text + [UInt8(ascii: "]")], limits: .afterLogin)
        guard case .section(let section)? = try? reader.fetchItems().first, reader.isAtEnd else { return nil }
        return section
    }

    /// partial-range = number ["." nz-number]
    private static func partial(_ range: ArraySlice<UInt8>) -> FetchSection.Partial? {
        let parts = range.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let offset = number(first) else { return nil }
        guard parts.count == 2 else { return FetchSection.Partial(offset: UInt64(offset), length: .max) }
        guard let length = number(parts[1]), length > 0 else { return nil }
        return FetchSection.Partial(offset: UInt64(offset), length: UInt64(length))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard !digits.isEmpty, digits.count <= 10 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return UInt32(exactly: value)
    }

    /// Names of parameters know no case (RFC 5092 §11).
    private static func afterPrefix(_ prefix: String, _ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard ASCII.equalIgnoringCase(bytes.prefix(prefix.utf8.count), prefix.utf8) else { return nil }
        return bytes.dropFirst(prefix.utf8.count)
    }

    /// %HH (RFC 3986 §2.1)
    private static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                return nil
            }
            result.append(high << 4 | low)
        }
        return result
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
