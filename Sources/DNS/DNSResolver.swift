/// Answers questions to DNS. Every question ends: with an answer, by the resolver's time limit, or when its task is
/// cancelled, both of which are ``DNSAnswer/unavailable(reason:)``.
package protocol DNSResolver: Sendable {
    /// MX, in the order of the answer: whoever sends mail sorts by preference and shuffles equal ones (RFC 5321 §5.1).
    func mailExchangers(of name: DNSName) async -> DNSAnswer<MailExchanger>
    /// A or AAAA.
    func addresses(of name: DNSName, _ family: DNSAddress.Family) async -> DNSAnswer<DNSAddress>
    /// TXT, the strings of each record joined (RFC 7208 §3.3).
    func texts(of name: DNSName) async -> DNSAnswer<[UInt8]>
    /// TLSA, the name with its port and protocol before it: `_25._tcp.mail.example.org`.
    func tlsa(of name: DNSName) async -> DNSAnswer<TLSARecord>
    /// PTR: what an address calls itself. Nothing is known of it before the name leads back to the address.
    func names(of address: DNSAddress) async -> DNSAnswer<DNSName>
    /// NS, of the name itself and not of the zone above.
    func nameServers(of name: DNSName) async -> DNSAnswer<DNSName>
    /// CNAME, of the name itself: whether DNSSEC vouches for the alias, wherever it leads.
    func alias(of name: DNSName) async -> DNSAnswer<DNSName>
}
