import Directory
import LDAP
import SiteConfiguration

/// The servers themselves: whether they answer, what they are, how they are spoken to.
struct ServerCheck: Sendable {
    /// What reading the configuration told already.
    let known: [ConfigurationFault]

    func findings(
        _ directories: ProbedDirectories, _ options: CheckOptions
    ) async -> (findings: [CheckFinding], allAnswer: Bool) {
        var findings: [CheckFinding] = []
        var allAnswer = true
        for model in directories.models {
            guard let probe = directories.probes[model.name] else { continue }
            options.progress(probe.name)
            if case .servers(let servers) = model.kind { findings += transport(model.name, servers, probe) }
            guard let answers = await look(at: model, probe, &findings) else {
                allAnswer = false
                continue
            }
            if answers, case .servers(let servers) = model.kind { await facts(model, servers, probe, &findings) }
        }
        return (findings, allAnswer)
    }

    // MARK: The base

    /// Nil when nobody answers.
    private func look(
        at model: DirectoryModel, _ probe: DirectoryProbe, _ findings: inout [CheckFinding]
    ) async -> Bool? {
        let location = Self.location(of: model)
        guard let base = model.base else {
            // With no base of its own, the root is there at every server.
            switch await probe.count(below: "", scope: .base, upTo: 1) {
            case .found, .absent: return true
            case .unavailable(let reason):
                findings.append(Self.silent(reason, location))
                return nil
            }
        }
        switch await probe.count(below: base.value, scope: .base, upTo: 1) {
        case .unavailable(let reason):
            findings.append(Self.silent(reason, location))
            return nil
        case .found(let count) where count.entries > 0: return true
        case .found, .absent:
            findings.append(
                CheckFinding(
                    .error, at: base.location, "the base \(base.value) does not exist at \(probe.name)",
                    remedy: "mend base, or let the service's account read it"))
            return true
        }
    }

    private static func silent(_ reason: UnavailableReason, _ location: SourceLocation) -> CheckFinding {
        CheckFinding(.error, at: location, reason.text, remedy: "until then mail is deferred and nobody logs in")
    }

    private static func location(of model: DirectoryModel) -> SourceLocation {
        switch model.kind {
        case .servers(let servers): servers.urls.first?.location ?? model.base?.location ?? .builtIn
        case .ldif(let path): path.location
        }
    }

    // MARK: What it says of itself

    private func facts(
        _ model: DirectoryModel, _ servers: LDAPServersModel, _ probe: DirectoryProbe,
        _ findings: inout [CheckFinding]
    ) async {
        let location = Self.location(of: model)
        var givesPages = true
        switch await probe.facts() {
        case .unavailable, .absent: break
        case .found(let facts):
            givesPages = facts.givesPages || !facts.isReadable
            let name = facts.vendorName ?? facts.vendor.rawValue
            let version = facts.vendorVersion.map { " " + $0 } ?? ""
            findings.append(
                CheckFinding(
                    .information, at: location,
                    facts.isReadable
                        ? "\(probe.name) is \(name)\(version)" : "\(probe.name) does not tell what it is"))
        }
        guard let base = model.base,
            case .found(let count) = await probe.count(below: base.value, upTo: 2000)
        else { return }
        if count.references > 0, servers.referralHosts.isEmpty {
            findings.append(
                CheckFinding(
                    .warning, at: location,
                    "parts of the tree below \(base.value) are at other servers, and referrals are not followed",
                    remedy: "name the hosts that may be followed in referrals, or search below a base without them"))
        }
        if count.end == .serverSizeLimit, !givesPages {
            findings.append(
                CheckFinding(
                    .warning, at: location,
                    "\(probe.name) gives no more than \(count.entries) entries at once, and no pages",
                    remedy: "raise the server's size limit for the service's account"))
        }
    }

    // MARK: How it is spoken to

    private func transport(
        _ name: String, _ servers: LDAPServersModel, _ probe: DirectoryProbe
    ) -> [CheckFinding] {
        let isTold = known.contains { $0.problem.contains("\(name).tls.verify is off") }
        return zip(servers.urls, probe.security).compactMap { url, security in
            switch security.transport {
            case .localSocket, .tls(.demand): return nil
            case .tls:
                guard !isTold else { return nil }
                return CheckFinding(
                    .warning, at: url.location,
                    "the certificate of \(url.value) is not verified: whoever answers in its place reads every password",
                    remedy: "name the authority's certificate in tls.ca_file and set tls.verify: yes")
            case .clear:
                let isKnown = known.contains { $0.location == url.location && $0.problem.contains("in clear") }
                guard !isKnown, !Self.isLoopback(url.value) else { return nil }
                return CheckFinding(
                    .warning, at: url.location, "what is asked of \(url.value), passwords too, goes there in clear",
                    remedy: "use ldaps://, or start_tls: yes")
            }
        }
    }

    static func isLoopback(_ url: String) -> Bool {
        guard let host = try? LDAPURL(parsing: url).host.lowercased() else { return false }
        return host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }
}
