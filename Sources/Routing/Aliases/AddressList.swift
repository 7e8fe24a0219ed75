package import MailModel

/// The value of an alias, read as mail software has always read it: an address list of RFC 5322, with the two forms that
/// alias tables add, an address without a domain and `@domain`.
///
/// ```
/// address-list    =   (address *("," address)) / obs-addr-list
/// address         =   mailbox / group
/// mailbox         =   [display-name] "<" [obs-route] addr-spec ">" / addr-spec
/// group           =   display-name ":" [group-list] ";"
/// ```
///
/// A directory holds plain addresses more often than quoted ones. Where an element is no address by that grammar but is
/// one when read plainly, `(paren)@example.org` for instance, it is taken plainly.
package struct AddressList: Hashable, Sendable {
    package enum Element: Hashable, Sendable {
        case address(EmailAddress)
        /// No domain: the caller adds its own (`myorigin`).
        case unqualified([UInt8])
        /// `@domain`: the local part stays, the domain changes.
        case otherDomain(Domain)
        /// Nothing that mail could be sent to.
        case unusable([UInt8])
    }

    package let elements: [Element]

    package init(_ value: [UInt8]) {
        elements = Self.split(value).compactMap(Self.element)
    }

    // MARK: - Splitting

    /// Cuts at the commas, and at the `:` and `;` of groups, that stand outside quotes, comments, angle brackets and
    /// domain literals.
    private static func split(_ value: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var nesting = Nesting()
        var start = value.startIndex
        for (index, byte) in value.enumerated() {
            nesting.consume(byte)
            guard nesting.isOutside else { continue }
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                parts.append(value[start..<index])
                start = index + 1
            case UInt8(ascii: ":"):
                // A group's display name names nobody.
                start = index + 1
            default:
                break
            }
        }
        parts.append(value[start...])
        return parts
    }

    /// Where in the lexical structure of RFC 5322 §3.2 a scan stands.
    private struct Nesting {
        private var isQuoted = false
        private var isEscaped = false
        private var comments = 0
        private var isAngled = false
        private var isLiteral = false

        var isOutside: Bool { !isQuoted && comments == 0 && !isAngled && !isLiteral && !isEscaped }
        var isInComment: Bool { comments > 0 }

        mutating func consume(_ byte: UInt8) {
            if isEscaped {
                isEscaped = false
                return
            }
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = isQuoted || comments > 0
            case UInt8(ascii: "\"") where comments == 0: isQuoted.toggle()
            case UInt8(ascii: "(") where !isQuoted: comments += 1
            case UInt8(ascii: ")") where !isQuoted && comments > 0: comments -= 1
            case UInt8(ascii: "<") where !isQuoted && comments == 0: isAngled = true
            case UInt8(ascii: ">") where !isQuoted && comments == 0: isAngled = false
            case UInt8(ascii: "[") where !isQuoted && comments == 0: isLiteral = true
            case UInt8(ascii: "]") where !isQuoted && comments == 0: isLiteral = false
            default: break
            }
        }
    }

    // MARK: - One element

    /// Nil for an empty element, which RFC 5322 §4.4 tolerates.
    private static func element(_ raw: ArraySlice<UInt8>) -> Element? {
        let plain = trimmed(raw)
        guard !plain.isEmpty else { return nil }
        if let parsed = specification(addressPart(withoutComments(plain))) {
            // `(comment)@domain` has lost its local part to the grammar: it never was `@domain`.
            if case .otherDomain = parsed, plain.first != UInt8(ascii: "@") {
                return EmailAddress(unquoted: plain).map(Element.address) ?? .unusable(Array(plain))
            }
            return parsed
        }
        // `"` and `<` belong to the grammar above; a plain reading of them would be a guess.
        guard !plain.contains(UInt8(ascii: "\"")), !plain.contains(UInt8(ascii: "<")),
            let address = EmailAddress(unquoted: plain)
        else { return .unusable(Array(plain)) }
        return .address(address)
    }

    /// comment = "(" *([FWS] ccontent) [FWS] ")"
    private static func withoutComments(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var nesting = Nesting()
        for byte in bytes {
            let wasInComment = nesting.isInComment
            nesting.consume(byte)
            if nesting.isInComment { continue }
            result.append(wasInComment ? UInt8(ascii: " ") : byte)
        }
        return result
    }

    /// angle-addr = [CFWS] "<" addr-spec ">" [CFWS] / obs-angle-addr; without angle brackets the whole element.
    private static func addressPart(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var isQuoted = false
        var isEscaped = false
        var open: Int?
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = isQuoted
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, byte == UInt8(ascii: "<") {
                open = index
            } else if !isQuoted, byte == UInt8(ascii: ">"), let start = open {
                return withoutRoute(trimmed(bytes[(start + 1)..<index]))
            }
        }
        return trimmed(bytes[...])
    }

    /// obs-route = obs-domain-list ":" — named hosts on the way, ignored since RFC 1123 §5.2.19.
    private static func withoutRoute(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard bytes.first == UInt8(ascii: "@"), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            return bytes
        }
        return bytes[(colon + 1)...]
    }

    /// addr-spec = local-part "@" domain; the last `@` outside quotes separates them, as Postfix does.
    private static func specification(_ bytes: ArraySlice<UInt8>) -> Element? {
        guard let at = lastUnquotedAt(bytes) else {
            guard let local = localPart(bytes), !local.isEmpty, local.count <= 256 else { return nil }
            return .unqualified(local)
        }
        guard let domain = Domain(bytes[(at + 1)...].filter { !isSpace($0) }) else { return nil }
        if at == bytes.startIndex { return .otherDomain(domain) }
        guard let local = localPart(bytes[..<at]) else { return nil }
        return EmailAddress(localPart: local, domain: domain).map(Element.address)
    }

    /// local-part = dot-atom / quoted-string / obs-local-part; obs-local-part = word *("." word)
    ///
    /// Nil when two words stand side by side, which is no address.
    private static func localPart(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        var spaceSinceWord = false
        for byte in trimmed(bytes) {
            if isEscaped {
                result.append(byte)
                isEscaped = false
            } else if isQuoted {
                switch byte {
                case UInt8(ascii: "\\"): isEscaped = true
                case UInt8(ascii: "\""): isQuoted = false
                default: result.append(byte)
                }
            } else if isSpace(byte) {
                spaceSinceWord = true
            } else {
                let joins = byte == UInt8(ascii: ".") || result.last == UInt8(ascii: ".")
                if spaceSinceWord, !joins, !result.isEmpty { return nil }
                spaceSinceWord = false
                if byte == UInt8(ascii: "\"") {
                    isQuoted = true
                } else {
                    result.append(byte)
                }
            }
        }
        return isQuoted ? nil : result
    }

    private static func lastUnquotedAt(_ bytes: ArraySlice<UInt8>) -> Int? {
        var result: Int?
        var isQuoted = false
        var isEscaped = false
        for (index, byte) in zip(bytes.indices, bytes) {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = isQuoted
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, byte == UInt8(ascii: "@") {
                result = index
            }
        }
        return result
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return bytes[first...last]
    }
}
