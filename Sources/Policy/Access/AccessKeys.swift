import LookupTables
import MailModel
import Routing

/// The keys that access tables are asked for, most exact first (access(5)).
enum AccessKeys {
    struct Key: Hashable {
        var bytes: [UInt8]
        /// Not asked of pattern tables.
        var isPartial: Bool

        init(_ bytes: [UInt8], isPartial: Bool) {
            self.bytes = LookupKey.folded(bytes)
            self.isPartial = isPartial
        }
    }

    /// `user+ext@domain`, `user@domain`, the domain and its parents, `user+ext@`, `user@`.
    static func address(_ address: EmailAddress, _ delimiter: RecipientDelimiter) -> [Key] {
        let at = [UInt8(ascii: "@")]
        let user = delimiter.user(of: address.localPart)
        let plain = address.localPart + at
        var keys = [Key(address.quoted, isPartial: false)]
        if address.quoted != address.unquoted { keys.append(Key(address.unquoted, isPartial: false)) }
        if user != address.localPart { keys.append(Key(user + at + address.domain.bytes, isPartial: true)) }
        keys += domain(address.domain, isPartial: true)
        keys.append(Key(plain, isPartial: true))
        if user != address.localPart { keys.append(Key(user + at, isPartial: true)) }
        return keys
    }

    /// The name and its parents: `smtpd_access_maps` is among `parent_domain_matches_subdomains`.
    static func domain(_ domain: Domain, isPartial: Bool = false) -> [Key] {
        var keys = [Key(domain.bytes, isPartial: isPartial)]
        var parent = domain.parent
        while let name = parent {
            keys.append(Key(name.bytes, isPartial: true))
            parent = name.parent
        }
        return keys
    }

    /// The host name and its parents, the address, then the networks around it. A client without a name is `unknown`.
    static func client(_ client: ClientFacts) -> [Key] {
        host(client.hostName ?? ClientNames.unknown) + (client.address.map { address($0) } ?? [])
    }

    static func host(_ name: String) -> [Key] { Domain(name).map { domain($0) } ?? [] }

    /// The address, then the networks around it: `192.0.2`, `192.0`, `192`.
    static func address(_ address: IPAddress) -> [Key] {
        let text = Array(address.description.utf8)
        var keys = [Key(text, isPartial: false)]
        let separator = UInt8(ascii: address.isIPv4 ? "." : ":")
        var rest = text[...]
        while let end = rest.lastIndex(of: separator) {
            rest = rest[..<end]
            while rest.last == separator { rest.removeLast() }
            if !rest.isEmpty { keys.append(Key(Array(rest), isPartial: true)) }
        }
        return keys
    }
}
