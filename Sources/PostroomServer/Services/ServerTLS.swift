import Directory
import Glibc
import Net
import SiteConfiguration

/// The certificates of a site's listeners, and where clients of this machine find the one that was made up.
struct ServerTLS: Sendable {
    /// By the listener's name, for those that have a certificate of their own.
    private let own: [String: ServerTLSContext]
    /// What all others offer; nil for an imported site that has no certificate.
    private let shared: ServerTLSContext?
    /// PEM file; nil for a configured certificate.
    let selfSignedCertificate: String?

    /// Reads the files, or makes them up. Blocks.
    init(_ model: SiteModel) throws(ServerTLSError) {
        let options = try Self.options(model.tls, model)
        shared = try options.map { options throws(ServerTLSError) in try ServerTLSContext(options.options) }
        selfSignedCertificate = options?.file
        var own: [String: ServerTLSContext] = [:]
        for listener in model.listeners {
            guard let tls = Self.ownTLS(listener, model), let options = try Self.options(tls, model) else { continue }
            own[listener.name] = try ServerTLSContext(options.options)
        }
        self.own = own
    }

    /// Nil where a listener speaks no TLS: it is switched off, or there is nothing to offer. A made-up certificate stands
    /// in for a missing one only where a site was configured for this server: others keep what they had.
    func context(for listener: ListenerModel) -> ServerTLSContext? {
        guard listener.kind != .local else { return nil }
        let level = listener.kind.servesMailboxes ? listener.mailboxes.tls : listener.options.tls
        guard listener.kind.isImplicitTLS || level?.value != SMTPListenerModel.TLSLevel.none else { return nil }
        return own[listener.name] ?? shared
    }

    /// Whether the certificates can be offered where the site listens, and for how long.
    static func check(_ model: SiteModel) -> [ConfigurationFault] {
        var findings: [ConfigurationFault] = []
        for listener in model.listeners {
            guard (ownTLS(listener, model) ?? model.tls).certificate == nil, isPublicAddress(listener.host.value) else {
                continue
            }
            findings.append(
                ConfigurationFault(
                    keepsWithoutTLS(model) ? .warning : .error, at: listener.host.location,
                    "\(listener.name) is reachable from outside, and there is no certificate to offer there",
                    remedy: "set a certificate and its key (tls), or listen on a private address"))
        }
        do {
            let tls = try ServerTLS(model)
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            for listener in model.listeners {
                guard let certificate = (ownTLS(listener, model) ?? model.tls).certificate,
                    let context = tls.context(for: listener)
                else { continue }
                let days = (context.expiry - now.tv_sec) / 86400
                guard days < 14 else { continue }
                let finding = ConfigurationFault(
                    days < 0 ? .error : .warning, at: certificate.location,
                    days < 0 ? "the certificate ran out \(-days) days ago" : "the certificate runs out in \(days) days",
                    remedy: "renew it, then reload")
                if !findings.contains(finding) { findings.append(finding) }
            }
        } catch {
            let place = model.tls.certificate?.location ?? model.tls.selfSignedDirectory.location
            findings.append(ConfigurationFault(.error, at: place, error.description, remedy: ""))
        }
        return findings
    }

    /// An imported site without a certificate had no TLS.
    private static func keepsWithoutTLS(_ model: SiteModel) -> Bool { model.routing.meaning == .postfix }

    private static func ownTLS(_ listener: ListenerModel, _ model: SiteModel) -> ServerTLSModel? {
        if let tls = listener.serverTLS { return tls }
        guard let certificate = listener.options.certificate else { return nil }
        var tls = model.tls
        tls.certificate = certificate
        tls.key = listener.options.key ?? certificate
        return tls
    }

    /// A key is mostly root's alone; the room that uses it can only read what its user can.
    private static func source(_ chain: String, _ key: String) -> ServerTLSOptions.Certificate {
        guard let chainBytes = read(chain, \.chain), let keyBytes = read(key, \.key) else {
            return .files(chain: chain, key: key)
        }
        return .contents(chain: chainBytes, chainFile: chain, key: keyBytes, keyFile: key)
    }

    private static func read(_ path: String, _ part: KeyPath<TraefikStore.Pair, [UInt8]>) -> [UInt8]? {
        guard let reference = TraefikStore.Reference(path) else { return SiteLoader.read(path) }
        let store = SiteLoader.read(reference.file).flatMap { TraefikStore($0) }
        return store?.pair(for: reference.name)?[keyPath: part]
    }

    private static func options(
        _ tls: ServerTLSModel, _ model: SiteModel
    ) throws(ServerTLSError) -> (options: ServerTLSOptions, file: String?)? {
        let certificate: ServerTLSOptions.Certificate
        var file: String?
        if let chain = tls.certificate {
            certificate = source(chain.value, (tls.key ?? chain).value)
        } else {
            guard !keepsWithoutTLS(model) else { return nil }
            let (made, path) = try SelfSignedCertificate.kept(
                in: tls.selfSignedDirectory.value, hostname: model.hostname.value)
            certificate = .selfSigned(made)
            file = path
        }
        var options = ServerTLSOptions(certificate: certificate, minimumVersion: try version(tls.minimumVersion))
        if !tls.cipherSuites.isEmpty { options.cipherSuites = tls.cipherSuites.map(\.value) }
        for named in tls.names {
            let certificate = source(named.certificate.value, named.key.value)
            for name in named.serverNames { options.byServerName[name.value.lowercased()] = certificate }
        }
        return (options, file)
    }

    private static func version(_ text: Located<String>) throws(ServerTLSError) -> ServerTLSOptions.Version {
        switch text.value {
        case "1.0": .tls10
        case "1.1": .tls11
        case "1.2": .tls12
        case "1.3": .tls13
        default:
            throw ServerTLSError(
                file: "\(text.location)", reason: "there is no TLS \(text.value)", remedy: "write 1.2 or 1.3")
        }
    }
}
