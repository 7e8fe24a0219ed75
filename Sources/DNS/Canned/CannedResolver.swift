import Synchronization

/// DNS as a test has it: names without records don't exist, whatever is set is answered, aliases are followed.
package final class CannedResolver: DNSResolver {
    /// What a name has. An alias has nothing else (RFC 1034 §3.6.2).
    package struct Records: Sendable {
        package var mailExchangers: [MailExchanger] = []
        package var addresses: [DNSAddress] = []
        package var texts: [[UInt8]] = []
        package var tlsa: [TLSARecord] = []
        package var names: [DNSName] = []
        package var nameServers: [DNSName] = []
        package var alias: DNSName?
        package var isSecure = false

        package init() {}
    }

    private struct State {
        var records: [DNSName: Records] = [:]
        var unavailable: Set<DNSName> = []
        var isUnavailable = false
        var questions: [String] = []
    }

    private static let maximumAliases = 8

    private let state = Mutex(State())

    package init() {}

    /// Changes what a name has.
    package func set(_ name: String, _ change: (inout Records) -> Void) {
        guard let name = DNSName(name) else { return }
        state.withLock { change(&$0.records[name, default: Records()]) }
    }

    /// `(10, "mx.example.org")`; "." is the null MX.
    package func setMailExchangers(_ name: String, _ exchangers: [(UInt16, String)], isSecure: Bool = false) {
        set(name) {
            $0.mailExchangers = exchangers.map { MailExchanger(preference: $0, host: DNSName($1)) }
            $0.isSecure = isSecure
        }
    }

    package func setAddresses(_ name: String, _ addresses: [String], isSecure: Bool = false) {
        set(name) {
            $0.addresses = addresses.compactMap { DNSAddress($0) }
            $0.isSecure = isSecure
        }
    }

    package func setTexts(_ name: String, _ texts: [String], isSecure: Bool = false) {
        set(name) {
            $0.texts = texts.map { Array($0.utf8) }
            $0.isSecure = isSecure
        }
    }

    /// What an address calls itself.
    package func setNames(_ address: String, _ names: [String]) {
        guard let name = DNSAddress(address)?.reverseName else { return }
        set(name.description) { $0.names = names.compactMap { DNSName($0) } }
    }

    package func setUnavailable(_ name: String, _ isUnavailable: Bool = true) {
        guard let name = DNSName(name) else { return }
        state.withLock {
            if isUnavailable { $0.unavailable.insert(name) } else { $0.unavailable.remove(name) }
        }
    }

    package func setUnavailable(_ isUnavailable: Bool = true) {
        state.withLock { $0.isUnavailable = isUnavailable }
    }

    /// What was asked, in order: `MX example.org`.
    package var questions: [String] { state.withLock { $0.questions } }

    package func mailExchangers(of name: DNSName) async -> DNSAnswer<MailExchanger> {
        answer("MX", name) { $0.mailExchangers }
    }

    package func addresses(of name: DNSName, _ family: DNSAddress.Family) async -> DNSAnswer<DNSAddress> {
        answer(family == .v4 ? "A" : "AAAA", name) { $0.addresses.filter { $0.family == family } }
    }

    package func texts(of name: DNSName) async -> DNSAnswer<[UInt8]> { answer("TXT", name) { $0.texts } }

    package func tlsa(of name: DNSName) async -> DNSAnswer<TLSARecord> { answer("TLSA", name) { $0.tlsa } }

    package func names(of address: DNSAddress) async -> DNSAnswer<DNSName> {
        guard let name = address.reverseName else { return .unavailable(reason: "\(address) has no reverse name") }
        return answer("PTR", name) { $0.names }
    }

    package func nameServers(of name: DNSName) async -> DNSAnswer<DNSName> { answer("NS", name) { $0.nameServers } }

    package func alias(of name: DNSName) async -> DNSAnswer<DNSName> {
        state.withLock { state in
            state.questions.append("CNAME \(name)")
            guard !state.isUnavailable, !state.unavailable.contains(name) else {
                return .unavailable(reason: "\(name): no name server answers (SERVFAIL)")
            }
            let found = state.records[name]
            guard let found, let alias = found.alias else { return .absent(nameExists: found != nil, isSecure: false) }
            return .found(
                DNSRecords(
                    records: [alias], canonicalName: name, isSecure: found.isSecure, timeToLive: .seconds(300)))
        }
    }

    private func answer<Record>(
        _ type: String, _ name: DNSName, _ records: (Records) -> [Record]
    ) -> DNSAnswer<Record> {
        state.withLock { state in
            state.questions.append("\(type) \(name)")
            var current = name
            var isSecure = true
            for _ in 0...Self.maximumAliases {
                guard !state.isUnavailable, !state.unavailable.contains(current) else {
                    return .unavailable(reason: "\(name): no name server answers (SERVFAIL)")
                }
                guard let found = state.records[current] else {
                    // A name above others exists, without records (RFC 8020).
                    let exists = state.records.keys.contains { $0.description.hasSuffix(".\(current)") }
                    return .absent(nameExists: exists, isSecure: false)
                }
                isSecure = isSecure && found.isSecure
                if let alias = found.alias {
                    current = alias
                    continue
                }
                let all = records(found)
                guard !all.isEmpty else { return .absent(nameExists: true, isSecure: isSecure) }
                return .found(
                    DNSRecords(
                        records: all, canonicalName: current, isSecure: isSecure, isAlias: current != name,
                        timeToLive: .seconds(300)))
            }
            return .unavailable(reason: "\(name): an alias that leads nowhere")
        }
    }
}
