package import LookupTables

/// One element of a restriction list, by Postfix's name and meaning.
package indirect enum Restriction: Sendable {
    case permit
    case reject
    case `defer`
    case permitMyNetworks
    case permitSASLAuthenticated
    case permitAuthDestination
    case rejectUnauthDestination
    case deferUnauthDestination
    case rejectSenderLoginMismatch
    case rejectAuthenticatedSenderLoginMismatch
    case rejectKnownSenderLoginMismatch
    case rejectUnauthenticatedSenderLoginMismatch
    case rejectUnlistedRecipient
    case rejectUnlistedSender
    case rejectUnauthPipelining
    case rejectNonFQDNSender
    case rejectNonFQDNRecipient
    case rejectNonFQDNHeloHostname
    case rejectInvalidHeloHostname
    case rejectUnknownSenderDomain
    case rejectUnknownRecipientDomain
    case rejectUnknownHeloHostname
    case rejectUnknownClientHostname
    case rejectUnknownReverseClientHostname
    /// `reject_rbl_client`, `reject_rhsbl_…`
    case rejectListed(DNSList.Subject, DNSList)
    /// `permit_dnswl_client`, `permit_rhswl_client`
    case permitListed(DNSList.Subject, DNSList)
    case checkClientAccess(any LookupTable)
    case checkHeloAccess(any LookupTable)
    case checkSenderAccess(any LookupTable)
    case checkRecipientAccess(any LookupTable)
    case checkReverseClientAccess(any LookupTable)
    case checkServerAccess(ServerAccess, any LookupTable)
    case checkPolicyService(any PolicyService)
    /// `warn_if_reject`: what the next restriction would refuse is noted and let pass.
    case warnIfReject(Restriction)
    /// A restriction of Postfix that this server doesn't have, by its name: noted, and passed over, whether
    /// it permits or rejects. An import reports it.
    case notServed(String)

    /// The restrictions that stand alone, and those with a DNS list behind them: `reject_rbl_client zen.example.org`.
    package init?(named name: String) {
        let words = name.split { $0 == " " || $0 == "\t" }
        guard let first = words.first else { return nil }
        if words.count == 2 {
            let word = first.lowercased()
            guard let list = DNSList(words[1]) else { return nil }
            if let subject = Self.rejectingLists[word] {
                self = .rejectListed(subject, list)
            } else if let subject = Self.permittingLists[word] {
                self = .permitListed(subject, list)
            } else {
                return nil
            }
            return
        }
        guard words.count == 1, let found = Self.byName[name.lowercased()] else { return nil }
        self = found
    }

    /// Whether a DNS list has to stand behind the name.
    package static func takesDNSList(_ name: String) -> Bool {
        rejectingLists[name.lowercased()] != nil || permittingLists[name.lowercased()] != nil
    }

    private static let rejectingLists: [String: DNSList.Subject] = [
        "reject_rbl_client": .clientAddress, "reject_rhsbl_client": .clientName,
        "reject_rhsbl_reverse_client": .reverseClientName, "reject_rhsbl_helo": .helo,
        "reject_rhsbl_sender": .sender, "reject_rhsbl_recipient": .recipient,
    ]

    private static let permittingLists: [String: DNSList.Subject] = [
        "permit_dnswl_client": .clientAddress, "permit_rhswl_client": .clientName,
    ]

    private static func name(_ subject: DNSList.Subject, in lists: [String: DNSList.Subject]) -> String {
        lists.first { $0.value == subject }?.key ?? ""
    }

    package var name: String {
        switch self {
        case .permit: "permit"
        case .reject: "reject"
        case .defer: "defer"
        case .permitMyNetworks: "permit_mynetworks"
        case .permitSASLAuthenticated: "permit_sasl_authenticated"
        case .permitAuthDestination: "permit_auth_destination"
        case .rejectUnauthDestination: "reject_unauth_destination"
        case .deferUnauthDestination: "defer_unauth_destination"
        case .rejectSenderLoginMismatch: "reject_sender_login_mismatch"
        case .rejectAuthenticatedSenderLoginMismatch: "reject_authenticated_sender_login_mismatch"
        case .rejectKnownSenderLoginMismatch: "reject_known_sender_login_mismatch"
        case .rejectUnauthenticatedSenderLoginMismatch: "reject_unauthenticated_sender_login_mismatch"
        case .rejectUnlistedRecipient: "reject_unlisted_recipient"
        case .rejectUnlistedSender: "reject_unlisted_sender"
        case .rejectUnauthPipelining: "reject_unauth_pipelining"
        case .rejectNonFQDNSender: "reject_non_fqdn_sender"
        case .rejectNonFQDNRecipient: "reject_non_fqdn_recipient"
        case .rejectNonFQDNHeloHostname: "reject_non_fqdn_helo_hostname"
        case .rejectInvalidHeloHostname: "reject_invalid_helo_hostname"
        case .rejectUnknownSenderDomain: "reject_unknown_sender_domain"
        case .rejectUnknownRecipientDomain: "reject_unknown_recipient_domain"
        case .rejectUnknownHeloHostname: "reject_unknown_helo_hostname"
        case .rejectUnknownClientHostname: "reject_unknown_client_hostname"
        case .rejectUnknownReverseClientHostname: "reject_unknown_reverse_client_hostname"
        case .rejectListed(let subject, let list): "\(Self.name(subject, in: Self.rejectingLists)) \(list)"
        case .permitListed(let subject, let list): "\(Self.name(subject, in: Self.permittingLists)) \(list)"
        case .checkReverseClientAccess(let table): "check_reverse_client_hostname_access \(table.name)"
        case .checkServerAccess(let access, let table): "\(access.restriction) \(table.name)"
        case .checkClientAccess(let table): "check_client_access \(table.name)"
        case .checkHeloAccess(let table): "check_helo_access \(table.name)"
        case .checkSenderAccess(let table): "check_sender_access \(table.name)"
        case .checkRecipientAccess(let table): "check_recipient_access \(table.name)"
        case .checkPolicyService(let service): "check_policy_service \(service.name)"
        case .warnIfReject(let next): "warn_if_reject \(next.name)"
        case .notServed(let name): name
        }
    }

    /// Whether the restriction keeps strangers from relaying: Postfix demands one in the relay or recipient list.
    package var guardsRelaying: Bool {
        switch self {
        case .reject, .defer, .rejectUnauthDestination, .deferUnauthDestination: true
        default: false
        }
    }

    private static let byName: [String: Restriction] = {
        let plain: [Restriction] = [
            .permit, .reject, .defer, .permitMyNetworks, .permitSASLAuthenticated, .permitAuthDestination,
            .rejectUnauthDestination, .deferUnauthDestination, .rejectSenderLoginMismatch,
            .rejectAuthenticatedSenderLoginMismatch, .rejectKnownSenderLoginMismatch,
            .rejectUnauthenticatedSenderLoginMismatch, .rejectUnlistedRecipient, .rejectUnlistedSender,
            .rejectUnauthPipelining, .rejectNonFQDNSender,
            .rejectNonFQDNRecipient, .rejectNonFQDNHeloHostname, .rejectInvalidHeloHostname,
            .rejectUnknownSenderDomain, .rejectUnknownRecipientDomain, .rejectUnknownHeloHostname,
            .rejectUnknownClientHostname, .rejectUnknownReverseClientHostname,
        ]
        return Dictionary(uniqueKeysWithValues: plain.map { ($0.name, $0) })
    }()
}
