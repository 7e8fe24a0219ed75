import MailModel

extension SiteModel {
    /// A site of which nothing is known but its name: no directory, no domain, no listener. Imports begin with it.
    package static func unconfigured(hostname: Located<String>) -> SiteModel {
        SiteModel(
            hostname: hostname, postmaster: nil, directories: [], routing: RoutingModel(), accounts: AccountsModel(),
            senders: SenderModel(logins: [], checksLogin: false),
            store: StoreModel(roots: [], minimumUID: 500, owner: nil, recipientHeaders: false), listeners: [],
            tls: ServerTLSModel(
                certificate: nil, key: nil, selfSignedDirectory: Located("/var/lib/postroom/tls", at: .builtIn),
                minimumVersion: Located("1.2", at: .builtIn)),
            limits: LimitsModel(
                messageSize: Located(50 << 20, at: .builtIn), connections: 20_000, connectionsPerClient: 200,
                drainTime: .seconds(10)),
            log: LogModel(level: .info, format: .text), serviceUser: Located("postroom", at: .builtIn), files: [])
    }
}

extension DirectoryModel {
    /// Whether it is reached just so: the same servers in the same order, the same identity, the same TLS.
    package func isServed(by other: LDAPServersModel) -> Bool {
        guard case .servers(let own) = kind else { return false }
        return own.urls.map(\.value) == other.urls.map(\.value) && own.bind.isSame(as: other.bind)
            && own.startTLS == other.startTLS && own.tls.isSame(as: other.tls)
            && own.operationTimeout == other.operationTimeout
            && own.referralHosts.map(\.value) == other.referralHosts.map(\.value)
    }
}

extension LDAPServersModel.Bind {
    func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.anonymous, .anonymous), (.external, .external): true
        case (.simple(let name, let password, _), .simple(let otherName, let otherPassword, _)):
            name.value == otherName.value && password.value.bytes == otherPassword.value.bytes
        default: false
        }
    }
}

extension ClientTLSModel {
    func isSame(as other: Self) -> Bool {
        caFile?.value == other.caFile?.value && caDirectory?.value == other.caDirectory?.value
            && certificate?.value == other.certificate?.value && key?.value == other.key?.value
            && cipherSuites.map(\.value) == other.cipherSuites.map(\.value)
            && minimumVersion?.value == other.minimumVersion?.value && verifies == other.verifies
    }
}
