import Directory
import LookupTables
import MailModel

/// `transport_maps` (transport(5)): over the transport of any class.
struct TransportLookup: Sendable {
    /// `transport:nexthop`, either part possibly empty.
    struct Entry: Hashable, Sendable {
        var transport: String
        var nextHop: String

        /// A value without a colon is a transport alone.
        init(_ value: [UInt8]) {
            let text = String(decoding: value, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else {
                (transport, nextHop) = (text, "")
                return
            }
            transport = String(text[..<colon])
            nextHop = String(text[text.index(after: colon)...])
        }
    }

    let options: RoutingOptions

    /// The keys of an address: itself, without its extension, its domain, the parents as `.parent`, `*`. Pattern tables
    /// see the first only.
    func keys(of address: EmailAddress) -> [(bytes: [UInt8], isPartial: Bool)] {
        var keys = [(bytes: LookupKey.folded(address.quoted), isPartial: false)]
        let user = options.recipientDelimiter.user(of: address.localPart)
        if user != address.localPart, let plain = EmailAddress(localPart: user, domain: address.domain) {
            keys.append((LookupKey.folded(plain.quoted), true))
        }
        keys.append((LookupKey.folded(address.domain.bytes), true))
        var parent = address.domain.parent
        while let domain = parent {
            keys.append((LookupKey.folded([UInt8(ascii: ".")] + domain.bytes), true))
            parent = domain.parent
        }
        keys.append(([UInt8(ascii: "*")], true))
        return keys
    }

    func find(_ address: EmailAddress) async -> Answer<Entry> {
        var steps: [TraceStep] = []
        guard !options.transportMaps.isEmpty else { return Answer(.absent) }
        for key in keys(of: address) {
            for table in options.transportMaps where !key.isPartial || !table.isPattern {
                let answer = await table.lookup(key.bytes)
                steps += answer.steps
                switch answer.outcome {
                case .absent: continue
                case .found(let value): return Answer(.found(Entry(value)), steps: steps)
                case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
                }
            }
        }
        return Answer(.absent, steps: steps)
    }

    /// What an entry makes of the transport that the class has: both parts empty change nothing, a next hop alone changes
    /// the next hop, a transport alone goes to the recipient's own domain.
    func apply(_ entry: Entry, to transport: ClassTransport) -> ClassTransport {
        if entry.transport.isEmpty {
            guard !entry.nextHop.isEmpty else { return transport }
            switch transport {
            case .remote(let way, _): return .remote(way, nextHop: entry.nextHop)
            case .error: return .named("error", entry.nextHop, options)
            case .retry: return .named("retry", entry.nextHop, options)
            case .discard: return .discard(entry.nextHop)
            case .mailboxes, .unknown: return transport
            }
        }
        return .named(entry.transport, entry.nextHop, options)
    }
}

extension ClassTransport {
    /// A transport by its name in master.cf.
    static func named(_ name: String, _ nextHop: String, _ options: RoutingOptions) -> ClassTransport {
        if let known = options.transportsBySpelling["\(name):\(nextHop)"] ?? options.transportsBySpelling[name] {
            return known
        }
        let hop = nextHop.isEmpty ? nil : nextHop
        if let transport = options.namedTransports[name] { return .remote(transport, nextHop: hop) }
        switch name {
        case "smtp", "relay": return .remote(.smtp, nextHop: hop)
        case "lmtp": return .remote(.lmtp, nextHop: hop)
        case "virtual": return options.virtualMailboxes.map { .mailboxes($0) } ?? .unknown(name)
        case "local": return options.localTransport
        case "error":
            let (status, text) = status(in: nextHop, default: EnhancedStatusCode(5, 1, 1))
            return .error(status, text.isEmpty ? "undeliverable" : text)
        case "retry":
            let (status, text) = status(in: nextHop, default: EnhancedStatusCode(4, 1, 1))
            return .retry(status, text.isEmpty ? "put off" : text)
        case "discard": return .discard(nextHop)
        default: return .unknown(name)
        }
    }
}
