import MailModel
import Routing
import SiteConfiguration

/// `TransportModel` → who delivers.
struct TransportBuilder {
    /// What virtual(8) delivers to at this site.
    let mailboxes: any MailboxLookup
    /// The accounts' mailboxes, whatever tables there are beside them.
    let accounts: AccountMailboxes
    /// Transports to other hosts with options of their own, by name.
    let named: [String: RemoteDestination.Transport]

    /// What Postfix's own names stand for where they have no options of their own.
    private static let builtIn: [String: RemoteDestination.Transport] = ["smtp": .smtp, "relay": .smtp, "lmtp": .lmtp]

    static func named(_ outgoing: OutgoingModel) -> [String: RemoteDestination.Transport] {
        Dictionary(
            outgoing.transports.map { transport in
                let kind: RemoteDestination.Transport.Kind = transport.kind == .lmtp ? .lmtp : .smtp
                return (transport.name.value, RemoteDestination.Transport(kind, name: transport.name.value))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Nil for nil: the class's own default.
    func transport(_ model: TransportModel?) -> ClassTransport? {
        guard let model else { return nil }
        switch model {
        case .mailboxes: return .mailboxes(mailboxes)
        case .accounts: return .mailboxes(accounts)
        case .lmtp(let hop): return .remote(.lmtp, nextHop: hop.value.isEmpty ? nil : hop.value)
        case .smtp(let hop): return .remote(.smtp, nextHop: hop.value.isEmpty ? nil : hop.value)
        case .named(let text):
            let colon = text.value.firstIndex(of: ":") ?? text.value.endIndex
            let name = String(text.value[..<colon])
            guard let transport = named[name] ?? Self.builtIn[name] else { return .unknown(text.value) }
            let hop = String(text.value[colon...].dropFirst())
            return .remote(transport, nextHop: hop.isEmpty ? nil : hop)
        case .error(let text):
            let (status, reason) = ClassTransport.status(in: text.value, default: EnhancedStatusCode(5, 1, 1))
            return .error(status, reason.isEmpty ? "undeliverable" : reason)
        case .retry(let text):
            let (status, reason) = ClassTransport.status(in: text.value, default: EnhancedStatusCode(4, 1, 1))
            return .retry(status, reason.isEmpty ? "put off" : reason)
        case .discard(let text): return .discard(text.value)
        case .unserved(let text): return .unknown(text.value)
        }
    }

    /// Whether the class is delivered by virtual(8), which asks its own tables.
    func isTables(_ model: TransportModel?) -> Bool {
        switch model {
        case nil, .mailboxes: true
        default: false
        }
    }

    /// What transport tables mean by names that the configuration itself gives a meaning: the socket or the program of a
    /// Dovecot whose store is now ours.
    func bySpelling(_ routing: RoutingModel) -> [String: ClassTransport] {
        var result: [String: ClassTransport] = [:]
        let models = [
            routing.localTransport, routing.virtualTransport, routing.relayTransport, routing.defaultTransport,
        ]
        for case .accounts(let spelling)? in models {
            result[spelling.value] = .mailboxes(accounts)
            // `dovecot` and `dovecot:` are the same.
            if spelling.value.hasSuffix(":") { result[String(spelling.value.dropLast())] = .mailboxes(accounts) }
        }
        return result
    }
}
