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
    case checkClientAccess(any LookupTable)
    case checkHeloAccess(any LookupTable)
    case checkSenderAccess(any LookupTable)
    case checkRecipientAccess(any LookupTable)
    case checkPolicyService(any PolicyService)
    /// `warn_if_reject`: what the next restriction would refuse is noted and let pass.
    case warnIfReject(Restriction)
    /// A restriction of Postfix that this server doesn't have (DNS lists), by its name: noted, and passed over, whether
    /// it permits or rejects. An import reports it.
    case notServed(String)

    /// The restrictions that stand alone, without a table behind them.
    package init?(named name: String) {
        guard let found = Self.byName[name.lowercased()] else { return nil }
        self = found
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
        ]
        return Dictionary(uniqueKeysWithValues: plain.map { ($0.name, $0) })
    }()
}
