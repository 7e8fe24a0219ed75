import Directory
import SiteConfiguration

/// The files of Postfix, Dovecot and saslauthd as docker-mailserver's start-up scripts would have written them, in the
/// order in which the scripts write.
struct Composition {
    var draft: SiteDraft
    let setup: ContainerSetup
    var environment: MailserverEnvironment
    var main = SourceText(path: Paths.main, lines: [])
    var master = SourceText(path: Paths.master, lines: [])
    /// `hostname -f`, or OVERRIDE_HOSTNAME.
    let hostname: Located<String>
    /// Without the first of more than two labels.
    let domainname: Located<String>
    /// Variables for which a line was found, and where: `LDAP_TLS_CA_CERT_FILE` needs one of the site's own.
    var rewriting: Set<String> = []
    /// What was composed; other paths of the container are not this machine's.
    private(set) var composed: Set<String> = []
    /// What is to be said of a variable beyond what it is for.
    var notes: [String: (fate: ImportReport.Fate, note: String)] = [:]

    enum Paths {
        static let main = "/etc/postfix/main.cf"
        static let master = "/etc/postfix/master.cf"
        static let virtual = "/etc/postfix/virtual"
        static let regexp = "/etc/postfix/regexp"
        static let accounts = "postfix-accounts.cf"
        static let aliases = "postfix-virtual.cf"
    }

    enum Provisioner: String {
        case file = "FILE"
        case ldap = "LDAP"
    }

    let provisioner: Provisioner
    var usesSMTPOnly: Bool { environment.isOne("SMTP_ONLY") }
    var usesSaslauthd: Bool { environment.isOne("ENABLE_SASLAUTHD") }
    var isInsideContainer: Bool { setup.isInsideContainer }

    init(_ setup: ContainerSetup, _ draft: SiteDraft) {
        self.setup = setup
        self.draft = draft
        environment = setup.environment
        let provisioner = environment.value("ACCOUNT_PROVISIONER", or: "FILE")
        let ownName = setup.hostname ?? Located(draft.machineName, at: .builtIn)
        hostname = environment.nonEmpty("OVERRIDE_HOSTNAME") ?? ownName
        let labels = hostname.value.split(separator: ".", omittingEmptySubsequences: false)
        domainname = hostname.map { labels.count > 2 ? labels.dropFirst().joined(separator: ".") : $0 }
        self.provisioner = Provisioner(rawValue: provisioner.value) ?? .file
        if Provisioner(rawValue: provisioner.value) == nil {
            notes["ACCOUNT_PROVISIONER"] = (
                .unsupported(.login), "accounts come from FILE or LDAP; docker-mailserver knows no other either"
            )
        }
        hideOwnFiles()
    }

    /// The container's folders are not this machine's: a Postfix or Dovecot that is installed here says nothing.
    private mutating func hideOwnFiles() {
        let folders = [
            "/etc/postfix", "/etc/postfix/maps", "/etc/postfix/sasl", "/etc/dovecot", "/etc/dovecot/conf.d",
        ]
        for folder in folders {
            for name in draft.files.names(in: folder) where !draft.files.isPlaced("\(folder)/\(name)") {
                draft.files.remove("\(folder)/\(name)")
            }
        }
        for path in ["/etc/aliases", "/etc/saslauthd.conf", "/etc/default/saslauthd"] where !draft.files.isPlaced(path)
        {
            draft.files.remove(path)
        }
    }

    /// Composes everything and answers who reads it.
    mutating func run() -> [ConfigurationOrigin] {
        draft.model.hostname = hostname
        main = started(Paths.main, ShippedPostfix.main)
        master = started(Paths.master, ShippedPostfix.master)
        if !usesSMTPOnly { composeDovecot() }
        switch provisioner {
        case .file: if !usesSMTPOnly { composeAccounts() }
        case .ldap: composeDirectoryTables()
        }
        if usesSaslauthd { composeSaslauthd() }
        composeTLS()
        composeNetworks()
        composePostfixEarly()
        composeSpoofProtection()
        composePostfixLate()
        composeOutgoing()
        put(main)
        put(master)
        PatchScript.apply(configurationFile("user-patches.sh"), to: &self)
        reportEmptyFilters()
        reportVariables()
        watchFiles()
        return origins()
    }

    /// What docker-mailserver's own commands write, and its change detector looks at.
    private mutating func watchFiles() {
        func path(_ name: String) -> String { draft.files.hostPath(ContainerSetup.configurationFolder + "/" + name) }
        draft.model.aliasFile = Located(path(Paths.aliases), at: SourceLocation(file: path(Paths.aliases)))
        draft.model.watchedFiles = [
            Paths.accounts, Paths.aliases, "postfix-regexp.cf", "postfix-aliases.cf", "postfix-relaymap.cf",
            "postfix-sasl-password.cf", "dovecot-quotas.cf", "dovecot-masters.cf",
        ].map(path)
    }

    private func origins() -> [ConfigurationOrigin] {
        var origins: [ConfigurationOrigin] = []
        if !usesSMTPOnly { origins.append(ConfigurationOrigin(.dovecot, path: "/etc/dovecot/dovecot.conf")) }
        if usesSaslauthd { origins.append(ConfigurationOrigin(.saslauthd, path: "/etc/default/saslauthd")) }
        origins.append(ConfigurationOrigin(.postfix, path: "/etc/postfix"))
        return origins
    }

    // MARK: Files

    /// A file of the config volume; nil when it is not there.
    func configurationFile(_ name: String) -> SourceText? {
        let path = ContainerSetup.configurationFolder + "/" + name
        guard draft.files.isPlaced(path), var text = draft.files.text(path) else { return nil }
        text.lines = text.lines.map { line in
            guard line.bytes.last == UInt8(ascii: "\r") else { return line }
            return SourceText.Line(line.bytes.dropLast(), at: line.location)
        }
        return text
    }

    /// The lines of a file of the config volume that say something.
    func configurationLines(_ name: String) -> [SourceText.Line]? {
        configurationFile(name).map { $0.lines.filter { !$0.isBlankOrComment } }
    }

    mutating func put(_ text: SourceText) {
        composed.insert(text.path)
        draft.files.put(text)
    }

    mutating func remove(_ path: String) {
        composed.remove(path)
        draft.files.remove(path)
    }

    /// A file of the container: composed, or mounted there.
    func text(_ path: String) -> SourceText? {
        guard composed.contains(path) || draft.files.isPlaced(path) else { return nil }
        return draft.files.text(path)
    }

    /// The file that the container begins with: what is mounted in its place, or what is shipped.
    func started(_ path: String, _ shipped: String) -> SourceText {
        if draft.files.isPlaced(path), let mounted = draft.files.text(path) { return mounted }
        return SourceText(path: path, shipped: shipped)
    }

    mutating func putShipped(_ path: String, _ shipped: String) {
        put(started(path, shipped))
    }

    /// Changes a composed file by its lines, as `sed -i` would.
    mutating func edit(_ path: String, _ change: (inout SourceText) -> Void) {
        guard var text = text(path) else { return }
        change(&text)
        put(text)
    }
}
