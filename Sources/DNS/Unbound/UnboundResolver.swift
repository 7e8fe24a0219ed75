/// Asks DNS by libunbound, which caches answers, good and bad, for as long as their zones allow, and validates them.
package final class UnboundResolver: DNSResolver {
    package let options: UnboundOptions
    private let lookups: UnboundLookups
    private let stamps: [FileStamp]

    /// Reads the files that the options name. No server is asked before the first question.
    package static func open(_ options: UnboundOptions = .init()) async throws(UnboundFailure) -> UnboundResolver {
        let lookups = try UnboundLookups(options)
        let stamps = try await UnboundThread.start(options, lookups)
        return UnboundResolver(options, lookups, stamps)
    }

    /// Whether the files that were read when it was opened are still the same ones. Does blocking calls.
    package var isCurrent: Bool { options.stamps == stamps }

    private init(_ options: UnboundOptions, _ lookups: UnboundLookups, _ stamps: [FileStamp]) {
        self.stamps = stamps
        self.options = options
        self.lookups = lookups
    }

    deinit { lookups.close("the resolver is closed") }

    /// Whoever waits for an answer gets `unavailable`; so does every later question. Returns once libunbound is gone.
    package func shutDown() async {
        lookups.close("the resolver is closed")
        await lookups.waitForEnd()
    }

    /// Questions whose answer somebody waits for.
    package var lookupsAwaited: Int { lookups.waitingCount }

    package func mailExchangers(of name: DNSName) async -> DNSAnswer<MailExchanger> {
        await lookups.ask(name, .mailExchanger).answer(to: name) { RecordData.mailExchanger($0) }
    }

    package func addresses(of name: DNSName, _ family: DNSAddress.Family) async -> DNSAnswer<DNSAddress> {
        await lookups.ask(name, family == .v4 ? .address : .address6).answer(to: name) {
            RecordData.address($0, family)
        }
    }

    package func texts(of name: DNSName) async -> DNSAnswer<[UInt8]> {
        await lookups.ask(name, .text).answer(to: name) { RecordData.text($0) }
    }

    package func tlsa(of name: DNSName) async -> DNSAnswer<TLSARecord> {
        await lookups.ask(name, .tlsa).answer(to: name) { RecordData.tlsa($0) }
    }

    package func names(of address: DNSAddress) async -> DNSAnswer<DNSName> {
        guard let name = address.reverseName else { return .unavailable(reason: "\(address) has no reverse name") }
        return await lookups.ask(name, .pointer).answer(to: name) { RecordData.name($0) }
    }

    package func nameServers(of name: DNSName) async -> DNSAnswer<DNSName> {
        await lookups.ask(name, .nameServer).answer(to: name) { RecordData.name($0) }
    }

    package func alias(of name: DNSName) async -> DNSAnswer<DNSName> {
        await lookups.ask(name, .alias).answer(to: name) { RecordData.name($0) }
    }
}
