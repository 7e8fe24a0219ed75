/// Where one copy of a message goes.
package enum Destination: Hashable, Sendable {
    /// A mailbox on this machine.
    case mailbox(LocalMailbox)
    /// An address that another host serves.
    case remote(RemoteDestination)
    /// Nowhere: the site's configuration throws mail for the address away (discard(8)), for the reason it gives.
    case discard(EmailAddress, reason: String)

    /// The final address: what `Delivered-To` and the log name.
    package var address: EmailAddress {
        switch self {
        case .mailbox(let mailbox): mailbox.address
        case .remote(let remote): remote.address
        case .discard(let address, _): address
        }
    }
}

/// An address that another host serves, and the way there.
package struct RemoteDestination: Hashable, Sendable {
    /// A protocol, with the site's own options or a set of them that has a name (a service of master.cf).
    package struct Transport: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            case smtp
            case lmtp
        }

        package var kind: Kind
        /// Nil for the site's own options.
        package var name: String?

        package init(_ kind: Kind, name: String? = nil) {
            self.kind = kind
            self.name = name
        }

        package static let smtp = Transport(.smtp)
        package static let lmtp = Transport(.lmtp)

        /// As a transport table writes it.
        package var spelling: String { name ?? kind.rawValue }
    }

    /// The final address, after aliases.
    package var address: EmailAddress
    package var transport: Transport
    /// As transport(5) writes it: `[mail.example.org]:587`, `example.org`, `inet:host:port`, `unix:/path`; nil for the
    /// mail exchangers of the address's own domain.
    package var nextHop: String?
    /// No table named the next hop: it is the domain's own, or the relay host of all mail, and a sender's relay host takes
    /// its place (`sender_dependent_relayhost_maps`).
    package var leavesByDefault: Bool
    /// The transport is that of all mail for domains of others (`default_transport`), and a sender's own takes its place
    /// (`sender_dependent_default_transport_maps`).
    package var hasDefaultTransport: Bool

    package init(
        address: EmailAddress, transport: Transport = .smtp, nextHop: String? = nil, leavesByDefault: Bool = false,
        hasDefaultTransport: Bool = false
    ) {
        self.address = address
        self.transport = transport
        self.nextHop = nextHop
        self.leavesByDefault = leavesByDefault
        self.hasDefaultTransport = hasDefaultTransport
    }

    /// `smtp:[mail.example.org]:587`; `smtp:example.net` for the address's own domain.
    package var way: String { "\(transport.spelling):\(nextHop ?? address.domain.description)" }
}

/// A mailbox of this machine as routing found it.
package struct LocalMailbox: Hashable, Sendable {
    /// The final address, after aliases.
    package var address: EmailAddress
    package var location: MailboxLocation
    package var owner: Owner
    package var quota: Quota

    package init(address: EmailAddress, location: MailboxLocation, owner: Owner, quota: Quota = .unlimited) {
        self.address = address
        self.location = location
        self.owner = owner
        self.quota = quota
    }
}
