package import MailModel
package import MailStore

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
    package var shared = SharedModel()
    package var senders: SenderModel
    /// What clients may do; listeners name one of these or none.
    package var policies: [PolicyModel] = []
    package var store: StoreModel
    package var listeners: [ListenerModel]
    package var pop3 = POP3Model()
    package var local = LocalSubmissionModel()
    package var outgoing = OutgoingModel()
    package var dns = DNSModel()
    package var tls: ServerTLSModel
    package var limits: LimitsModel
    package var log: LogModel
    /// Whom `serve` becomes when root starts it.
    package var serviceUser: Located<String>
    /// The folder for Unix sockets; the machine's or the user's own when nil.
    package var runtimeDirectory: Located<String>?
    /// Other files that the configuration was made from.
    package var files: [String]
    /// Where the program that the configuration is of keeps the aliases that its own commands add: docker-mailserver's
    /// `postfix-virtual.cf`, of which the site's tables are made. Nil where the tables themselves are such files.
    package var aliasFile: Located<String>?
    /// Files of which tables and lists were made, and whose changes the program takes in by itself.
    package var watchedFiles: [String] = []
    /// Where the site keeps to what its former programs did, against their author's meaning.
    package var originalBehaviour: [Located<Difference>] = []

    package func keepsOriginal(_ difference: Difference) -> Bool {
        originalBehaviour.contains { $0.value == difference }
    }

    package func policy(_ name: String) -> PolicyModel? {
        policies.first { $0.name == name }
    }

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

    package init(
        name: String, kind: Kind, base: Located<String>? = nil
    ) {
        self.name = name
        self.kind = kind
        self.base = base
    }
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
    /// Hosts that referrals may lead to; none are followed when empty.
    package var referralHosts: [Located<String>] = []
    /// How long answers are kept.
    package var cache = DirectoryCacheModel()

    package init(
        urls: [Located<String>] = [], bind: Bind, startTLS: Bool = false, tls: ClientTLSModel = ClientTLSModel(),
        connectTimeout: Duration = .seconds(5), operationTimeout: Duration = .seconds(10), connections: Int = 2,
        referralHosts: [Located<String>] = [], cache: DirectoryCacheModel = DirectoryCacheModel()
    ) {
        self.urls = urls
        self.bind = bind
        self.startTLS = startTLS
        self.tls = tls
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.connections = connections
        self.referralHosts = referralHosts
        self.cache = cache
    }
}

/// How long a directory's answers are kept.
package struct DirectoryCacheModel: Sendable {
    /// Entries that were found; zero keeps nothing.
    package var foundTime: Located<Duration>?
    /// That nothing was found.
    package var absentTime: Located<Duration>?
    /// How long found entries are still used while no server answers.
    package var staleTime: Located<Duration>?

    package init() {}
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
    package var caDirectory: Located<String>?
    package var certificate: Located<String>?
    package var key: Located<String>?
    /// Names of cipher suites (IANA); the library's own choice when empty.
    package var cipherSuites: [Located<String>] = []
    /// `1.0` to `1.3`.
    package var minimumVersion: Located<String>?
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

/// Who may send as whom (smtpd_sender_login_maps), and how much.
package struct SenderModel: Sendable {
    package var logins: [TableModel]
    /// A logged-in user may only send as an address of their own.
    package var checksLogin: Bool
    /// The same for `From:` and `Sender:`.
    package var checksFrom = false
    /// A login owns the addresses whose aliases lead to one of its own alone.
    package var includesAliases = false
    /// A login owns the addresses of groups that one of its own is in.
    package var includesGroups = false
    /// Of one login; nil for no bound.
    package var messagesPerHour: Located<Int>?
    package var recipientsPerHour: Located<Int>?

    package init(
        logins: [TableModel] = [], checksLogin: Bool
    ) {
        self.logins = logins
        self.checksLogin = checksLogin
    }
}

/// A path, and the folder of this machine that stands for it.
package struct PlaceModel: Sendable {
    package var path: String
    package var folder: Located<String>

    package init(path: String, folder: Located<String>) {
        self.path = path
        self.folder = folder
    }
}

/// Where mail is kept.
package struct StoreModel: Sendable {
    /// Mailboxes lie below these folders and nowhere else.
    package var roots: [Located<String>]
    /// Folders of this machine that stand for paths by which the roots are named.
    package var places: [PlaceModel] = []
    package var minimumUID: UInt32
    /// One owner for all mail, whatever the directory says.
    package var owner: Located<Owner>?
    /// Added to each copy: `Delivered-To:` and `X-Original-To:` (a copy of its own for each recipient).
    package var recipientHeaders: Bool
    /// Where what is known of mailboxes is kept, outside of them; ours alone, on a local disk.
    package var indexDirectory: Located<String>?
    package var mboxLocks = MboxLockModel()
    /// Whether Courier's files in Maildirs are kept in step.
    package var courierFiles = CourierFiles.automatic

    package init(
        roots: [Located<String>] = [], minimumUID: UInt32, owner: Located<Owner>? = nil, recipientHeaders: Bool
    ) {
        self.roots = roots
        self.minimumUID = minimumUID
        self.owner = owner
        self.recipientHeaders = recipientHeaders
    }
}

/// Certificate and key for those who connect to us.
package struct ServerTLSModel: Sendable {
    package var certificate: Located<String>?
    package var key: Located<String>?
    /// Where a certificate made at first start is kept.
    package var selfSignedDirectory: Located<String>
    /// `1.2` or `1.3`; an import may bring `1.0` and `1.1`.
    package var minimumVersion: Located<String>
    /// Names of cipher suites (IANA); the library's own choice when empty.
    package var cipherSuites: [Located<String>] = []
    /// Certificates for clients that ask for another name (SNI).
    package var names: [NamedCertificateModel] = []
    /// smtpd_tls_received_header: `Received:` tells the TLS version.
    package var inReceivedHeader = false

    package init(
        certificate: Located<String>? = nil, key: Located<String>? = nil, selfSignedDirectory: Located<String>,
        minimumVersion: Located<String>, cipherSuites: [Located<String>] = [], names: [NamedCertificateModel] = [],
        inReceivedHeader: Bool = false
    ) {
        self.certificate = certificate
        self.key = key
        self.selfSignedDirectory = selfSignedDirectory
        self.minimumVersion = minimumVersion
        self.cipherSuites = cipherSuites
        self.names = names
        self.inReceivedHeader = inReceivedHeader
    }
}

/// A certificate for some server names.
package struct NamedCertificateModel: Sendable {
    package var serverNames: [Located<String>]
    package var certificate: Located<String>
    package var key: Located<String>

    package init(serverNames: [Located<String>], certificate: Located<String>, key: Located<String>) {
        self.serverNames = serverNames
        self.certificate = certificate
        self.key = key
    }
}

package struct LimitsModel: Sendable {
    package var messageSize: Located<UInt64>
    package var connections: Int
    package var connectionsPerClient: Int
    /// How long sessions may finish when the server stops.
    package var drainTime: Duration
    /// `Received` fields that a message may come with; nil for `HopCount`'s own bound.
    package var hops: Located<Int>?

    package init(
        messageSize: Located<UInt64>, connections: Int, connectionsPerClient: Int, drainTime: Duration,
        hops: Located<Int>? = nil
    ) {
        self.hops = hops
        self.messageSize = messageSize
        self.connections = connections
        self.connectionsPerClient = connectionsPerClient
        self.drainTime = drainTime
    }
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

    package init(
        level: Level, format: Format
    ) {
        self.level = level
        self.format = format
    }
}
