package import Net

/// The versions of TLS that a list of Postfix's comes to: `>=TLSv1.2`, `!SSLv2, !SSLv3`, `TLSv1.2:TLSv1.3`
/// (smtp_tls_mandatory_protocols).
package struct TLSProtocolRange: Hashable, Sendable {
    /// Nil for no bound.
    package var minimum: ServerTLSOptions.Version?
    package var maximum: ServerTLSOptions.Version?

    package init(minimum: ServerTLSOptions.Version? = nil, maximum: ServerTLSOptions.Version? = nil) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Reads a list separated by colons, commas or blanks. The library takes one unbroken range: of a list with a gap, the
    /// newest part stands.
    package init(parsing text: some StringProtocol) throws(OutgoingTLSPolicyFault) {
        var excluded: Set<ServerTLSOptions.Version> = []
        var included: Set<ServerTLSOptions.Version> = []
        let all = ServerTLSOptions.Version.allCases
        var lowest = 0
        var highest = all.count - 1
        let words = text.split(whereSeparator: { ":,".contains($0) || $0.isWhitespace })
        for word in words.prefix(32) {
            if word.hasPrefix(">=") {
                lowest = try Self.index(word.dropFirst(2), word) ?? 0
            } else if word.hasPrefix("<=") {
                guard let index = try Self.index(word.dropFirst(2), word) else {
                    throw OutgoingTLSPolicyFault("'\(word)' leaves no version that this server speaks")
                }
                highest = index
            } else if word.hasPrefix("!") {
                if let index = try Self.index(word.dropFirst(), word) { excluded.insert(all[index]) }
            } else if let index = try Self.index(word, word) {
                included.insert(all[index])
            } else {
                throw OutgoingTLSPolicyFault("'\(word)' is a version that this server does not speak")
            }
        }
        let allowed = all.indices.filter { index in
            index >= lowest && index <= highest && !excluded.contains(all[index])
                && (included.isEmpty || included.contains(all[index]))
        }
        guard let newest = allowed.last else { throw OutgoingTLSPolicyFault("'\(text)' leaves no version of TLS") }
        var oldest = newest
        while oldest > 0, allowed.contains(oldest - 1) { oldest -= 1 }
        self.init(
            minimum: words.isEmpty || oldest == 0 ? nil : all[oldest],
            maximum: newest == all.count - 1 ? nil : all[newest])
    }

    /// Nil for versions of SSL, which are never spoken.
    private static func index(
        _ name: some StringProtocol, _ word: some StringProtocol
    ) throws(OutgoingTLSPolicyFault) -> Int? {
        let name = name.lowercased()
        // Numbers as they stand on the wire, as Postfix takes them.
        switch name {
        case "sslv2", "sslv3", "0300", "0x0300": return nil
        case "tlsv1.0", "0301", "0x0301": return 0
        case "0302", "0x0302": return 1
        case "0303", "0x0303": return 2
        case "0304", "0x0304": return 3
        default: break
        }
        guard let index = ServerTLSOptions.Version.allCases.firstIndex(where: { $0.rawValue.lowercased() == name })
        else {
            throw OutgoingTLSPolicyFault(
                "'\(word)' is no version of TLS; write TLSv1.2, >=TLSv1.2, <=TLSv1.3 or !TLSv1")
        }
        return index
    }
}

/// What is wrong with an entry of a TLS policy table or a parameter of that kind.
package struct OutgoingTLSPolicyFault: Error, Hashable, CustomStringConvertible {
    package let description: String

    /// What an entry holds may come from a directory, and goes to a log.
    package init(_ description: String) {
        self.description = String(
            description.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }
}
