package import Directory
package import SiteConfiguration

/// A site while it is being made of other programs' configurations. Each dialect adds what it knows: the LDAP defaults
/// first, then those who check passwords (saslauthd, Dovecot, Courier), Postfix last, so that it finds whom its sockets
/// lead to.
package struct SiteDraft: Sendable {
    package var files: ConfigurationFiles
    package var environment: [String: String]
    /// This machine's full name, for settings that default to it.
    package let machineName: String
    /// This machine's addresses with the length of their networks, `192.0.2.17/24`, for settings that mean them.
    package var machineAddresses: [String] = []
    package var model: SiteModel
    package var report = ImportReport()
    package private(set) var faults: [ConfigurationFault] = []
    private var knownFaults: Set<ConfigurationFault> = []
    /// What libldap takes from ldap.conf and `LDAP…` variables.
    package var ldapDefaults = LDAPClientDefaults()
    /// Sockets and services of a Dovecot that is part of the import.
    package var dovecot: DovecotServices?
    /// A saslauthd that is part of the import.
    package var saslauthd: SaslauthdService?
    /// Whether Courier's configuration is part of the import.
    package var hasCourier = false
    /// Whether a Postfix is part of the import: what it hands to Dovecot's sockets is joined inside.
    package var hasPostfix = false

    package init(files: ConfigurationFiles, environment: [String: String], machineName: String) {
        self.files = files
        self.environment = environment
        self.machineName = machineName
        model = SiteModel.unconfigured(hostname: Located(machineName, at: .builtIn))
    }

    package mutating func error(at location: SourceLocation, _ problem: String, remedy: String = "") {
        add(ConfigurationFault(.error, at: location, problem, remedy: remedy))
    }

    package mutating func warning(at location: SourceLocation, _ problem: String, remedy: String = "") {
        add(ConfigurationFault(.warning, at: location, problem, remedy: remedy))
    }

    package mutating func add(_ fault: ConfigurationFault) {
        if knownFaults.insert(fault).inserted { faults.append(fault) }
    }

    /// The name of the site's directory with these servers: tables and databases that agree in servers, identity and TLS
    /// share one, as Postfix shares a connection.
    ///
    /// - Parameter name: wished for a new one: `ldap.example.org`; a number is added when it is taken by another.
    package mutating func directory(_ servers: LDAPServersModel, name: String) -> String {
        if let known = model.directories.first(where: { $0.isServed(by: servers) }) { return known.name }
        var free = model.directories.isEmpty ? SiteModel.mainDirectory : name
        var number = 2
        while model.directory(free) != nil {
            free = "\(name)-\(number)"
            number += 1
        }
        model.directories.append(DirectoryModel(name: free, kind: .servers(servers), base: nil))
        return free
    }
}

/// What a Dovecot offers to other programs on this machine.
package struct DovecotServices: Sendable {
    /// Paths of Unix sockets, and `inet:host:port`, that speak the auth protocol.
    package var authSockets: [Located<String>] = []
    package var lmtpSockets: [Located<String>] = []
    /// IMAP listeners, `host:port`, for a rimap that leads to them.
    package var imapAddresses: [Located<String>] = []

    package init() {}
}

/// A saslauthd: how it checks, for a Postfix whose SASL type is cyrus.
package struct SaslauthdService: Sendable {
    package var passwords: [PasswordDatabaseModel]
    /// The folder of its socket, or the socket: `/var/run/saslauthd`.
    package var socket: Located<String>?
    /// `-r`: the databases are asked for `user@realm`; without it for the user alone.
    package var joinsRealm: Bool

    package init(passwords: [PasswordDatabaseModel], socket: Located<String>? = nil, joinsRealm: Bool = false) {
        self.passwords = passwords
        self.socket = socket
        self.joinsRealm = joinsRealm
    }
}

/// What libldap takes from `ldap.conf` (ldap.conf(5)), `~/.ldaprc` and `LDAP…` variables, for programs that leave it open.
package struct LDAPClientDefaults: Sendable {
    package enum CertificateCheck: String, CaseIterable, Sendable {
        case never, allow, `try`, demand, hard
    }

    package var urls: [Located<String>] = []
    package var base: Located<String>?
    package var caFile: Located<String>?
    package var caDirectory: Located<String>?
    package var certificate: Located<String>?
    package var key: Located<String>?
    /// TLS_REQCERT; `demand` when nil.
    package var certificateCheck: Located<CertificateCheck>?
    package var minimumVersion: Located<String>?
    package var cipherSuites: Located<String>?
    package var networkTimeout: Located<Duration>?
    package var timeout: Located<Duration>?
    package var dereference: Located<String>?
    package var followsReferrals: Located<Bool>?

    package init() {}
}
