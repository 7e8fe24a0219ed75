/// What a domain is to this site (ADDRESS_CLASS_README of Postfix).
package enum AddressClass: Hashable, Sendable, CaseIterable {
    case local
    case virtualAlias
    case virtualMailbox
    case relay
    /// Somebody else's.
    case remote

    /// Whether mail for the domain ends here: ours to accept or refuse.
    package var isFinal: Bool {
        switch self {
        case .local, .virtualAlias, .virtualMailbox: true
        case .relay, .remote: false
        }
    }

    /// The setting whose list holds the domain.
    package var setting: String {
        switch self {
        case .local: "mydestination"
        case .virtualAlias: "virtual_alias_domains"
        case .virtualMailbox: "virtual_mailbox_domains"
        case .relay: "relay_domains"
        case .remote: "default"
        }
    }

    /// The table of "User unknown in …".
    var tableName: String {
        switch self {
        case .local: "local recipient table"
        case .virtualAlias: "virtual alias table"
        case .virtualMailbox: "virtual mailbox table"
        case .relay, .remote: "relay recipient table"
        }
    }

    var description: String {
        switch self {
        case .local: "a local domain"
        case .virtualAlias: "a virtual alias domain"
        case .virtualMailbox: "a virtual mailbox domain"
        case .relay: "a relay domain"
        case .remote: "another host's domain"
        }
    }
}
