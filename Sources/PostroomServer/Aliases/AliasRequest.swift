import LookupTables
package import MailModel

/// What is asked of the site's aliases, checked as far as the words alone allow.
package struct AliasRequest: Sendable {
    package enum Action: Hashable, Sendable {
        case add
        case remove
    }

    package let action: Action
    /// `user@domain`, or `@domain` for all of a domain's addresses that nothing else takes.
    package let key: [UInt8]
    package let targets: [[UInt8]]
    /// Nil for `@domain`.
    package let address: EmailAddress?
    package let domain: Domain

    /// - Throws: that it names no addresses, or an alias that leads to itself alone.
    package init(_ action: Action, _ key: String, targets: [String]) throws(AliasFailure) {
        self.action = action
        let (address, domain) = try Self.parsed(key)
        self.address = address
        self.domain = domain
        self.key = Array(key.utf8)
        self.targets = targets.map { Array($0.utf8) }
        guard action == .add else { return }
        guard !targets.isEmpty else { throw AliasFailure(.badRequest, "name at least one address to lead to") }
        for target in targets {
            let (targetAddress, _) = try Self.parsed(target)
            guard targetAddress != nil || address == nil else {
                throw AliasFailure(.badRequest, "\(target): only another @domain can lead to a @domain")
            }
        }
        let folded = LookupKey.folded(self.key)
        guard !self.targets.contains(where: { LookupKey.folded($0) == folded }) || targets.count > 1 else {
            throw AliasFailure(
                .badRequest, "\(key) would lead to itself",
                remedy: "name another address; an address is none's alias by itself")
        }
    }

    private static func parsed(_ text: String) throws(AliasFailure) -> (address: EmailAddress?, domain: Domain) {
        if text.hasPrefix("@"), let domain = Domain(String(text.dropFirst())) { return (nil, domain) }
        // What a file's syntax or an address list would read otherwise is for the directory.
        guard let address = EmailAddress(text), EmailAddress.isDotString(address.localPart), !text.hasPrefix("#") else {
            throw AliasFailure(
                .badRequest, "\(text) is not a mail address",
                remedy: "write local@domain, or @domain for all of a domain")
        }
        return (address, address.domain)
    }
}
