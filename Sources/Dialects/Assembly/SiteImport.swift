import Directory
import SiteConfiguration

/// Other programs' configurations → one site. Reads files through `host`, so it blocks; connects to nobody.
package enum SiteImport {
    package static func read(
        _ request: ImportRequest, host: ConfigurationFiles.Host, environment: [String: String], machineName: String,
        machineAddresses: [String] = []
    ) -> ImportedSite {
        var draft = SiteDraft(
            files: ConfigurationFiles(host), environment: environment, machineName: machineName)
        draft.machineAddresses = machineAddresses
        draft.model.originalBehaviour = request.originalBehaviour
        for place in request.places { draft.files.place(place.path, at: place.hostPath) }
        var origins: [ConfigurationOrigin] = []
        for origin in request.origins {
            if origin.dialect == .dockerMailserver {
                origins += DockerMailserverImport.compose(origin.path, maps: request.places, into: &draft)
            } else {
                origins.append(placed(origin, &draft))
            }
        }
        draft.hasPostfix = origins.contains { $0.dialect == .postfix }
        // Whom sockets lead to must be known before the ones who ask through them are read.
        LDAPClientImport.read(into: &draft)
        for dialect in [ConfigurationOrigin.Dialect.dovecot, .saslauthd, .courier, .postfix] {
            for origin in origins where origin.dialect == dialect { read(origin, into: &draft) }
        }
        finish(&draft, request, origins)
        let refusals = draft.report.refusals(accepting: request.accepted)
        return ImportedSite(model: draft.model, report: draft.report, faults: draft.faults + refusals)
    }

    private static func read(_ origin: ConfigurationOrigin, into draft: inout SiteDraft) {
        switch origin.dialect {
        case .dovecot: DovecotImport.read(origin.path, into: &draft)
        case .saslauthd: SaslauthdImport.read(origin.path, into: &draft)
        case .courier: CourierImport.read(origin.path, into: &draft)
        case .postfix: PostfixImport.read(origin.path, into: &draft)
        case .dockerMailserver, .ldapConf: break
        }
    }

    /// A configuration elsewhere than at its usual place stands there for itself: what it names by the usual path is beside
    /// it.
    private static func placed(_ origin: ConfigurationOrigin, _ draft: inout SiteDraft) -> ConfigurationOrigin {
        let usual: String
        switch origin.dialect {
        case .postfix: usual = "/etc/postfix"
        case .dovecot: usual = "/etc/dovecot"
        case .courier: usual = "/etc/courier"
        case .saslauthd: usual = "/etc"
        case .ldapConf:
            draft.files.place("/etc/ldap/ldap.conf", at: origin.path)
            return origin
        case .dockerMailserver: return origin
        }
        var folder = origin.path
        var name = ""
        // A file is read from its folder; a folder by itself.
        if draft.files.text(folder) != nil, let slash = folder.lastIndex(of: "/") {
            name = String(folder[slash...])
            folder = String(folder[..<slash])
        }
        guard folder != usual, origin.dialect != .saslauthd else { return origin }
        draft.files.place(usual, at: draft.files.hostPath(folder))
        return ConfigurationOrigin(origin.dialect, path: usual + name)
    }

    private static func finish(
        _ draft: inout SiteDraft, _ request: ImportRequest, _ origins: [ConfigurationOrigin]
    ) {
        if !request.roots.isEmpty { draft.model.store.roots = request.roots }
        let roots = draft.model.store.roots.map { $0.value + "/" }
        // Of two folders for one path the later counts.
        let byPath = Dictionary(draft.files.places.map { ($0.path, $0.hostPath) }) { $1 }
        draft.model.store.places = byPath.sorted { $0.key < $1.key }.map { (path: $0.key, hostPath: $0.value) }.filter {
            place in
            // Where the roots are still open, any folder may hold mail.
            roots.isEmpty || roots.contains { $0.hasPrefix(place.path + "/") || place.path.hasPrefix($0) }
        }.map { PlaceModel(path: $0.path, folder: Located($0.hostPath, at: SourceLocation(file: "--map"))) }
        if !request.listeners.isEmpty { replaceListeners(&draft, request) }
        draft.model.files = request.origins.map { "\($0.dialect.rawValue):\($0.path)" }
        let place = SourceLocation(file: draft.model.files.first ?? "--from")
        if request.origins.isEmpty {
            draft.error(at: place, "nothing to import", remedy: "--from postfix:/etc/postfix")
        }
        let routing = draft.model.routing
        // A mail server in front knows the domains.
        let takesForAccounts = draft.model.listeners.contains { $0.lmtp.recipients?.value == .accounts }
        if !takesForAccounts, routing.localDomains.isEmpty, routing.mailboxDomains.isEmpty,
            routing.aliasDomains.isEmpty,
            routing.relayDomains.isEmpty
        {
            draft.error(
                at: place, "no domain is ours: none of the configurations tells for whom mail is taken",
                remedy: "add the one that receives mail, for example --from postfix:/etc/postfix")
        }
        if draft.model.listeners.contains(where: \.kind.servesMailboxes), draft.model.accounts.passwords.isEmpty {
            draft.error(
                at: place, "mailboxes are served, but nothing says who may log in",
                remedy: "mend the password databases that the report names")
        }
        draft.model.files = draft.model.files.sorted()
    }

    private static func replaceListeners(_ draft: inout SiteDraft, _ request: ImportRequest) {
        var result: [ListenerModel] = []
        for wanted in request.listeners {
            guard var listener = draft.model.listeners.first(where: { $0.kind == wanted.kind }) else {
                draft.error(
                    at: SourceLocation(file: "--listen"),
                    "the configuration has no \(wanted.kind.rawValue) listener to move to \(wanted.host):\(wanted.port)",
                    remedy: "it has: "
                        + Set(draft.model.listeners.map(\.kind.rawValue)).sorted().joined(separator: ", "))
                continue
            }
            listener.host = Located(wanted.host, at: SourceLocation(file: "--listen"))
            listener.port = wanted.port
            result.append(listener)
        }
        draft.model.listeners = result
    }
}
