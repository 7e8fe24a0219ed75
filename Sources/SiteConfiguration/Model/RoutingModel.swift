/// Which addresses are ours, what they lead to and how mail for others leaves, in Postfix's words.
package struct RoutingModel: Sendable {
    /// Whose defaults hold for what the configuration leaves open.
    package enum Meaning: String, CaseIterable, Sendable {
        case native
        /// Postfix's: replies that name tables, quoted alias keys, one copy for each address.
        case postfix

        /// A group of a directory may be as large as the organisation; Postfix stops at 1000.
        package var expansionLimit: Int { self == .native ? 10_000 : 1000 }
    }

    package var meaning: Meaning
    /// myorigin: the domain of names that have none; the hostname when nil.
    package var origin: Located<String>?
    /// mydomain, when append_dot_mydomain completes `user@host` by it.
    package var completedDomain: Located<String>?

    // MARK: Address classes

    /// mydestination: the local class.
    package var localDomains: [MatchItemModel]
    /// Our own IP addresses, `[192.0.2.1]` as a domain (inet_interfaces, proxy_interfaces).
    package var addressLiterals: [Located<String>]
    /// Domains whose addresses are mailboxes (virtual_mailbox_domains).
    package var mailboxDomains: [MatchItemModel]
    /// Domains whose addresses are all aliases (virtual_alias_domains).
    package var aliasDomains: [MatchItemModel]
    /// relay_domains; a parent stands for what is below it.
    package var relayDomains: [MatchItemModel]
    /// How long a domain that a table knows is remembered to be ours.
    package var membershipTime: Duration

    // MARK: Recipients

    /// virtual_alias_maps.
    package var aliases: [TableModel]
    /// alias_maps: names of the local class that lead elsewhere.
    package var localAliases: [TableModel]
    /// local_recipient_maps; nil asks no table before the mailbox itself.
    package var localRecipients: [TableModel]?
    /// relay_recipient_maps; nil relays every recipient of a relay domain.
    package var relayRecipients: [TableModel]?
    package var mailboxes: MailboxLookupModel
    /// The characters that separate a subaddress (recipient_delimiter); empty for none.
    package var recipientDelimiter: Located<String>
    /// propagate_unmatched_extensions names `virtual`.
    package var propagatesExtensions: Located<Bool>?
    package var canonical: CanonicalModel
    package var headers = HeaderModel()
    package var blindCopies: BlindCopyModel
    /// virtual_alias_expansion_limit: addresses that one recipient may become.
    package var expansionLimit: Int
    package var depthLimit: Int
    /// show_user_unknown_table_name; the meaning's own default when nil.
    package var showsTableNames: Located<Bool>?

    // MARK: Transports

    /// local_transport; the mailboxes when nil.
    package var localTransport: TransportModel?
    /// virtual_transport; the mailboxes when nil.
    package var virtualTransport: TransportModel?
    /// relay_transport; the next host by MX when nil.
    package var relayTransport: TransportModel?
    /// default_transport; the next host by MX when nil.
    package var defaultTransport: TransportModel?
    /// transport_maps: over the transport of any class.
    package var transports: [TableModel]

    package init(
        meaning: Meaning = .native, mailboxDomains: [MatchItemModel] = [], aliasDomains: [MatchItemModel] = [],
        membershipTime: Duration = .seconds(60), aliases: [TableModel] = [], mailboxes: MailboxLookupModel = .accounts,
        recipientDelimiter: Located<String> = Located("", at: .builtIn), expansionLimit: Int? = nil,
        depthLimit: Int = 20
    ) {
        self.meaning = meaning
        localDomains = []
        addressLiterals = []
        self.mailboxDomains = mailboxDomains
        self.aliasDomains = aliasDomains
        relayDomains = []
        self.membershipTime = membershipTime
        self.aliases = aliases
        localAliases = []
        self.mailboxes = mailboxes
        self.recipientDelimiter = recipientDelimiter
        canonical = CanonicalModel()
        blindCopies = BlindCopyModel()
        self.expansionLimit = expansionLimit ?? meaning.expansionLimit
        self.depthLimit = depthLimit
        transports = []
    }
}

/// One element of a list of domains or networks; a name may have `!` before it.
package enum MatchItemModel: Sendable {
    case name(Located<String>)
    case table(TableModel)
    /// `!type:table`.
    case exceptTable(TableModel)
}

/// How the mailbox behind a final address is found.
package enum MailboxLookupModel: Sendable {
    /// By the accounts' `user` lookup.
    case accounts
    /// By tables, as Postfix's virtual(8).
    case tables(MailboxTablesModel)
}

/// virtual(8)'s tables.
package struct MailboxTablesModel: Sendable {
    /// virtual_mailbox_maps.
    package var paths: [TableModel]
    /// virtual_uid_maps.
    package var uids: [TableModel]
    /// virtual_gid_maps.
    package var gids: [TableModel]
    /// virtual_mailbox_base.
    package var base: Located<String>?
    /// virtual_minimum_uid; the store's minimum when nil.
    package var minimumUID: Located<Int>?
    /// virtual_mailbox_limit in octets: of an mbox file, of one message in a Maildir; nil for none.
    package var sizeLimit: Located<UInt64>?

    package init(
        paths: [TableModel], uids: [TableModel] = [], gids: [TableModel] = [], base: Located<String>? = nil,
        minimumUID: Located<Int>? = nil, sizeLimit: Located<UInt64>? = nil
    ) {
        self.paths = paths
        self.uids = uids
        self.gids = gids
        self.base = base
        self.minimumUID = minimumUID
        self.sizeLimit = sizeLimit
    }
}

/// What a class of domains, or an entry of transport_maps, does with a message.
package enum TransportModel: Sendable {
    /// The mailboxes that `mailboxes` finds: virtual(8).
    case mailboxes(at: Located<String>)
    /// The accounts' mailboxes: the LMTP server of a Dovecot whose store is now ours.
    case accounts(at: Located<String>)
    /// `lmtp:inet:host:port`, `lmtp:unix:/path`: the next hop.
    case lmtp(Located<String>)
    /// `smtp:[host]:port`, `relay:`; the recipient's own domain when the next hop is empty.
    case smtp(Located<String>)
    /// `slow:[host]:port`: one of the transports of `outgoing`, by its name.
    case named(Located<String>)
    /// `error:5.1.1 text`.
    case error(Located<String>)
    /// `retry:4.3.0 text`.
    case retry(Located<String>)
    case discard(Located<String>)
    /// A transport that this server doesn't have: recipients are deferred.
    case unserved(Located<String>)

    /// As Postfix spells it.
    package var spelling: Located<String> {
        switch self {
        case .mailboxes(let text), .accounts(let text), .named(let text), .discard(let text), .unserved(let text): text
        case .lmtp(let hop): hop.map { "lmtp:" + $0 }
        case .smtp(let hop): hop.map { "smtp:" + $0 }
        case .error(let text): text.map { "error:" + $0 }
        case .retry(let text): text.map { "retry:" + $0 }
        }
    }
}

/// canonical(5): addresses rewritten before routing.
package struct CanonicalModel: Sendable {
    /// canonical_maps: envelope and headers, senders and recipients.
    package var both: [TableModel] = []
    /// recipient_canonical_maps.
    package var recipients: [TableModel] = []
    /// sender_canonical_maps.
    package var senders: [TableModel] = []
    /// canonical_classes and its kin: `envelope_sender`, `envelope_recipient`, `header_sender`, `header_recipient`; all that
    /// a list can rewrite when empty.
    package var classes: [Located<String>] = []
    package var senderClasses: [Located<String>] = []
    package var recipientClasses: [Located<String>] = []
    package var masquerade = MasqueradeModel()

    package init() {}
}

/// Addresses shortened to their domain.
package struct MasqueradeModel: Sendable {
    /// masquerade_domains, in order; `!` before those that are left alone.
    package var domains: [Located<String>] = []
    /// masquerade_classes; all but `envelope_recipient` when empty.
    package var classes: [Located<String>] = []
    /// masquerade_exceptions: local parts that keep their domain.
    package var exceptions: [MatchItemModel] = []

    package init() {}
}

/// What is done to the headers of messages (cleanup(8)).
package struct HeaderModel: Sendable {
    /// message_drop_headers; nil drops Bcc and its like from submissions alone (from all messages as Postfix has it).
    package var dropped: [Located<String>]?
    /// always_add_missing_headers.
    package var alwaysAddsMissing = false
    /// append_at_myorigin.
    package var appendsOrigin = true

    package init() {}
}

/// Copies that nobody sees in the headers.
package struct BlindCopyModel: Sendable {
    /// always_bcc.
    package var always: Located<String>?
    /// sender_bcc_maps.
    package var senders: [TableModel] = []
    /// recipient_bcc_maps.
    package var recipients: [TableModel] = []

    package init() {}
}
