/// Knows nothing: for places where no site is, and so no resolver.
package struct NoResolver: DNSResolver {
    package init() {}

    package func mailExchangers(of name: DNSName) async -> DNSAnswer<MailExchanger> { Self.answer() }

    package func addresses(of name: DNSName, _ family: DNSAddress.Family) async -> DNSAnswer<DNSAddress> {
        Self.answer()
    }

    package func texts(of name: DNSName) async -> DNSAnswer<[UInt8]> { Self.answer() }

    package func tlsa(of name: DNSName) async -> DNSAnswer<TLSARecord> { Self.answer() }

    package func names(of address: DNSAddress) async -> DNSAnswer<DNSName> { Self.answer() }

    package func nameServers(of name: DNSName) async -> DNSAnswer<DNSName> { Self.answer() }

    package func alias(of name: DNSName) async -> DNSAnswer<DNSName> { Self.answer() }

    private static func answer<Record>() -> DNSAnswer<Record> { .unavailable(reason: "there is no resolver") }
}
