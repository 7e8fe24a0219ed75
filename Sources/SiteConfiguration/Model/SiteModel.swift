package import MailModel

/// A configured site, from whatever it was read: every value typed, with the place it was set at. It opens nothing and
/// connects to nothing.
package struct SiteModel: Sendable {
    /// The name in the greeting, in `Received:` and after `@` of an address without a domain.
    package var hostname: Located<String>
    /// Where mail for postmaster@ and abuse@ of our domains goes when nothing else takes it.
    package var postmaster: Located<EmailAddress>?
    /// By name; the one called `directory` is meant where none is named.
    package var directories: [DirectoryModel]
    package var routing: RoutingModel
    package var accounts: AccountsModel
    package var senders: SenderModel
    package var store: StoreModel
    package var listeners: [ListenerModel]
    package var tls: ServerTLSModel
    package var limits: LimitsModel
    package var log: LogModel
    /// Whom `serve` becomes when root starts it.
    package var serviceUser: Located<String>
    /// Other files that the configuration was made from.
    package var files: [String]

    package static let mainDirectory = "directory"

    package func directory(_ name: String) -> DirectoryModel? {
        directories.first { $0.name == name }
    }
}

/// Where directory answers come from.
package struct DirectoryModel: Sendable {
    package enum Kind: Sendable {
        case servers(LDAPServersModel)
        /// A file in LDIF, held in memory.
        case ldif(Located<String>)
    }

    package var name: String
    package var kind: Kind
    /// The base of searches that name none.
    package var base: Located<String>?
}

/// How to reach a list of LDAP servers.
package struct LDAPServersModel: Sendable {
    package enum Bind: Sendable {
        case anonymous
        case simple(name: Located<String>, password: Located<Secret>, origin: SecretOrigin)
        /// SASL EXTERNAL: by client certificate, or by the uid on a Unix socket.
        case external
    }

    /// In order of preference.
    package var urls: [Located<String>]
    package var bind: Bind
    package var startTLS: Bool
    package var tls: ClientTLSModel
    package var connectTimeout: Duration
    package var operationTimeout: Duration
    /// Connections that searches share.
    package var connections: Int
}

/// Where a secret was read from, so that a configuration can be printed without showing it.
package enum SecretOrigin: Hashable, Sendable {
    /// In the configuration itself.
    case written
    case environment(String)
    case file(String)
}

/// TLS towards somebody else.
package struct ClientTLSModel: Sendable {
    package var caFile: Located<String>?
    package var certificate: Located<String>?
    package var key: Located<String>?
    /// False accepts any certificate: imported from sites that had it so, reported by `check`.
    package var verifies: Bool

    package init(
        caFile: Located<String>? = nil, certificate: Located<String>? = nil, key: Located<String>? = nil,
        verifies: Bool = true
    ) {
        self.caFile = caFile
        self.certificate = certificate
        self.key = key
        self.verifies = verifies
    }
}

/// Which addresses are ours and what they lead to.
package struct RoutingModel: Sendable {
    /// Domains whose addresses are mailboxes (virtual_mailbox_domains).
    package var mailboxDomains: [MatchItemModel]
    /// Domains whose addresses are all aliases (virtual_alias_domains).
    package var aliasDomains: [MatchItemModel]
    /// How long a domain that a table knows is remembered to be ours.
    package var membershipTime: Duration
    /// virtual_alias_maps.
    package var aliases: [TableModel]
    package var mailboxes: MailboxLookupModel
    /// The characters that separate a subaddress (recipient_delimiter); empty for none.
    package var recipientDelimiter: Located<String>
    package var expansionLimit: Int
    package var depthLimit: Int
}

/// One element of a list of domains.
package enum MatchItemModel: Sendable {
    case name(Located<String>)
    case table(TableModel)
}

/// How the mailbox behind a final address is found.
package enum MailboxLookupModel: Sendable {
    /// By the accounts' `user` lookup.
    case accounts
    /// By tables, as Postfix's virtual(8).
    case tables(paths: [TableModel], uids: [TableModel], gids: [TableModel], base: Located<String>?)
}

/// A lookup table.
package enum TableModel: Sendable {
    case ldap(LDAPTableModel)
    case textHash(Located<String>)
    case inline(Located<[String: String]>, text: String)
    case constant(Located<String>)

    package var nameAndLocation: Located<String> {
        switch self {
        case .ldap(let table): Located(table.name, at: table.filter.location)
        case .textHash(let path): path.map { "texthash:\($0)" }
        case .inline(let pairs, let text): Located(text, at: pairs.location)
        case .constant(let value): value.map { "static:\($0)" }
        }
    }
}

/// An LDAP table in Postfix's words (ldap_table(5)).
package struct LDAPTableModel: Sendable {
    /// For traces, logs and `postroom lookup`.
    package var name: String
    /// Which directory is asked.
    package var directory: Located<String>
    package var searchBase: Located<String>?
    package var filter: Located<String>
    package var scope: Located<String>?
    package var resultAttributes: [Located<String>]
    package var specialResultAttributes: [Located<String>]
    package var terminalResultAttributes: [Located<String>]
    package var leafResultAttributes: [Located<String>]
    package var resultFormat: Located<String>?
    package var domains: [Located<String>]
    package var recursionLimit: Located<Int>?
    package var expansionLimit: Located<Int>?
    package var sizeLimit: Located<Int>?
    package var dereference: Located<Int>?
}

/// Who may send as whom (smtpd_sender_login_maps).
package struct SenderModel: Sendable {
    package var logins: [TableModel]
    /// A logged-in user may only send as an address of their own.
    package var checksLogin: Bool
}

/// Where mail is kept.
package struct StoreModel: Sendable {
    /// Mailboxes lie below these folders and nowhere else.
    package var roots: [Located<String>]
    package var minimumUID: UInt32
    /// One owner for all mail, whatever the directory says.
    package var owner: Located<Owner>?
    /// Added to each copy: `Delivered-To:` and `X-Original-To:` (a copy of its own for each recipient).
    package var recipientHeaders: Bool
}

/// Certificate and key for those who connect to us.
package struct ServerTLSModel: Sendable {
    package var certificate: Located<String>?
    package var key: Located<String>?
    /// Where a certificate made at first start is kept.
    package var selfSignedDirectory: Located<String>
    /// `1.2` or `1.3`.
    package var minimumVersion: Located<String>
}

package struct LimitsModel: Sendable {
    package var messageSize: Located<UInt64>
    package var connections: Int
    package var connectionsPerClient: Int
    /// How long sessions may finish when the server stops.
    package var drainTime: Duration
}

package struct LogModel: Sendable {
    package enum Level: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error
    }

    package enum Format: String, CaseIterable, Sendable {
        case text, json
    }

    package var level: Level
    package var format: Format
}
