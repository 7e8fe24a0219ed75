/// One member of an alias: what stands between the commas of its value (aliases(5)).
package enum AliasTarget: Hashable, Sendable {
    /// An address or a local name, quotes as written.
    case address([UInt8])
    /// `|command`: nothing here runs programs for mail.
    case command([UInt8])
    /// `/file/name`.
    case file([UInt8])
    /// `:include:/file`, with the path.
    case include([UInt8])

    /// The members of a value, comments left out, `Name <address>` cut down to the address.
    package static func list(_ value: some Sequence<UInt8>) -> [AliasTarget] {
        AliasText.members(Array(value)).compactMap(Self.init)
    }

    private init?(_ member: [UInt8]) {
        let plain = AliasText.unquoted(member)
        if plain.first == UInt8(ascii: "|") {
            self = .command(Array(plain.dropFirst()))
        } else if plain.first == UInt8(ascii: "/") {
            self = .file(plain)
        } else if LookupKey.folded(Array(plain.prefix(9))).elementsEqual(":include:".utf8) {
            self = .include(AliasText.unquoted(ASCIIText.trimmed(plain.dropFirst(9))))
        } else {
            let address = AliasText.address(member)
            guard !address.isEmpty else { return nil }
            self = .address(address)
        }
    }
}
