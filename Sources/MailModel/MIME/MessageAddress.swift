/// One address of a header field as ENVELOPE shows it (RFC 3501 §7.4.2). A group begins with an address that has a
/// mailbox (the group's name) and no host, and ends with one that has neither.
package struct MessageAddress: Hashable, Sendable {
    /// As written: encoded words are not decoded.
    package var name: [UInt8]?
    package var route: [UInt8]?
    package var mailbox: [UInt8]?
    package var host: [UInt8]?

    package init(name: [UInt8]? = nil, route: [UInt8]? = nil, mailbox: [UInt8]? = nil, host: [UInt8]? = nil) {
        self.name = name
        self.route = route
        self.mailbox = mailbox
        self.host = host
    }

    /// The addresses of a From, To, … field. Nothing is refused: what can't be read shows as `MISSING_MAILBOX`,
    /// `MISSING_DOMAIN` or `SYNTAX_ERROR`, the words that clients already know from other servers.
    package static func list(_ value: [UInt8], limits: MIMELimits = .standard) -> [MessageAddress] {
        var parser = AddressListParser(value, limit: limits.addresses)
        return parser.addressList()
    }
}

private struct AddressListParser {
    typealias Progress = StructuredFieldReader.Progress

    private var reader: StructuredFieldReader
    private var addresses: [MessageAddress] = []
    private var address = MessageAddress()
    private let limit: Int

    init(_ value: [UInt8], limit: Int) {
        reader = StructuredFieldReader(value)
        self.limit = limit
    }

    /// address-list = (address *("," address)) / obs-addr-list
    mutating func addressList() -> [MessageAddress] {
        guard reader.skipWhiteSpace() == .more else { return [] }
        while addresses.count < limit {
            guard parseAddress() != .end, reader.current == UInt8(ascii: ",") else { break }
            reader.advance()
            let behind = reader.skipWhiteSpace()
            if behind == .malformed { addMailbox() }
            guard behind == .more else { break }
        }
        return addresses
    }

    /// address = mailbox / group
    private mutating func parseAddress() -> Progress {
        let start = reader.position
        if let progress = group() { return progress }
        reader.position = start
        return mailbox()
    }

    /// group = display-name ":" [mailbox-list / CFWS] ";" [CFWS]; nil when it is none
    private mutating func group() -> Progress? {
        var name: [UInt8] = []
        guard reader.phrase(into: &name) == .more, reader.current == UInt8(ascii: ":") else { return nil }
        reader.advance()
        var progress = reader.skipWhiteSpace()
        addresses.append(MessageAddress(mailbox: name))
        if progress == .more, reader.current != UInt8(ascii: ";") {
            while addresses.count < limit {
                _ = mailbox()
                guard reader.current == UInt8(ascii: ",") else { break }
                reader.advance()
                if reader.skipWhiteSpace() != .more {
                    progress = .malformed
                    break
                }
            }
        }
        if progress != .malformed {
            if reader.current == UInt8(ascii: ";") {
                reader.advance()
                progress = reader.skipWhiteSpace()
            } else {
                progress = .malformed
            }
        }
        addresses.append(MessageAddress())
        return progress == .end ? .end : .more
    }

    /// mailbox = name-addr / addr-spec
    private mutating func mailbox() -> Progress {
        let start = reader.position
        let progress: Progress
        if let parsed = nameAddress() {
            progress = parsed
        } else {
            reader.position = start
            progress = addressSpecification()
        }
        addMailbox()
        return progress
    }

    private mutating func addMailbox() {
        if address.mailbox == nil { address.mailbox = Array("MISSING_MAILBOX".utf8) }
        if address.host == nil || address.host?.isEmpty == true { address.host = Array("MISSING_DOMAIN".utf8) }
        addresses.append(address)
        address = MessageAddress()
    }

    /// name-addr = [display-name] angle-addr; nil when it is none
    private mutating func nameAddress() -> Progress? {
        var name: [UInt8] = []
        guard reader.phrase(into: &name) == .more, reader.current == UInt8(ascii: "<") else { return nil }
        address.name = name.isEmpty ? nil : name
        if angleAddress() == .malformed {
            address.host = Array("SYNTAX_ERROR".utf8)
        }
        return reader.current == nil ? .end : .more
    }

    /// angle-addr = [CFWS] "<" [obs-route] addr-spec ">" [CFWS]
    private mutating func angleAddress() -> Progress {
        reader.advance()
        guard reader.skipWhiteSpace() == .more else { return .malformed }
        if reader.current == UInt8(ascii: "@") {
            if domainList() == .more, reader.current == UInt8(ascii: ":") {
                reader.advance()
            } else {
                address.route = Array("INVALID_ROUTE".utf8)
            }
            guard reader.skipWhiteSpace() == .more else { return .malformed }
        }
        // "<>" is an address that says it is none.
        if reader.current != UInt8(ascii: ">") {
            guard localPart() == .more else { return .malformed }
            if reader.current == UInt8(ascii: "@") {
                guard domain() == .more else { return .malformed }
            }
        }
        guard reader.current == UInt8(ascii: ">") else { return .malformed }
        reader.advance()
        return reader.skipWhiteSpace()
    }

    /// obs-domain-list = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain])
    private mutating func domainList() -> Progress {
        var route: [UInt8] = []
        while reader.current == UInt8(ascii: "@") {
            if !route.isEmpty { route.append(UInt8(ascii: ",")) }
            route.append(UInt8(ascii: "@"))
            let progress = reader.domain(into: &route)
            guard progress == .more else { return progress }
            while reader.skipWhiteSpace() == .more, reader.current == UInt8(ascii: ",") { reader.advance() }
        }
        guard reader.current != nil else { return .end }
        address.route = route
        return .more
    }

    /// addr-spec = local-part "@" domain, with the display name in a comment behind it. Words without an "@" are a
    /// name whose address is missing.
    private mutating func addressSpecification() -> Progress {
        reader.lastComment = []
        let isQuoted = reader.current == UInt8(ascii: "\"")
        var text: [UInt8] = []
        var progress = localPart(into: &text)
        var isInvalid = progress != .more
        var hasDomain = false
        if progress != .end, reader.current == UInt8(ascii: "@") {
            hasDomain = true
            let behindDomain = domain()
            if behindDomain != .more { progress = behindDomain }
        }
        if !reader.lastComment.isEmpty {
            address.name = reader.lastComment
        } else if !hasDomain {
            text.append(0x20)
            let length = text.count
            _ = reader.phrase(into: &text)
            if text.count != length {
                address.mailbox = nil
                address.name = text
            } else if !isQuoted {
                address.host = []
            }
            isInvalid = true
            progress = .malformed
        }
        if isInvalid, address.name == nil, address.host == nil, let mailbox = address.mailbox {
            address.name = mailbox
            address.mailbox = nil
        }
        return progress
    }

    /// local-part = dot-atom / quoted-string / obs-local-part
    private mutating func localPart() -> Progress {
        var text: [UInt8] = []
        return localPart(into: &text)
    }

    private mutating func localPart(into text: inout [UInt8]) -> Progress {
        let progress =
            reader.current == UInt8(ascii: "\"") ? reader.quotedString(into: &text) : dots(into: &text)
        if progress != .malformed { address.mailbox = text }
        return progress
    }

    /// A dot-atom with dots in any place: addresses such as `.name.@example.jp` exist and work.
    private mutating func dots(into text: inout [UInt8]) -> Progress {
        var progress = Progress.malformed
        repeat {
            while reader.current == UInt8(ascii: ".") {
                text.append(UInt8(ascii: "."))
                reader.advance()
                guard reader.current != nil else { return .end }
                progress = .more
            }
            if reader.current == UInt8(ascii: "@") { break }
            progress = reader.atom(into: &text)
        } while progress == .more && reader.current == UInt8(ascii: ".")
        return progress
    }

    private mutating func domain() -> Progress {
        var text: [UInt8] = []
        let progress = reader.domain(into: &text)
        if progress != .malformed { address.host = text }
        return progress
    }
}
