import Directory
import Glibc
import Net
import SiteConfiguration

/// The certificate of a site, and where clients of this machine find the one that was made up.
struct ServerTLS: Sendable {
    let context: ServerTLSContext
    /// PEM file; nil for a configured certificate.
    let selfSignedCertificate: String?

    /// Reads the files, or makes them up. Blocks.
    init(_ model: SiteModel) throws(ServerTLSError) {
        let options = try Self.options(model)
        context = try ServerTLSContext(options.options)
        selfSignedCertificate = options.file
    }

    /// Takes the files as they are now; what was in force stays when they are faulty.
    func reload(_ model: SiteModel) throws(ServerTLSError) {
        try context.reload(try Self.options(model).options)
    }

    /// Whether the certificate can be offered where the site listens, and for how long.
    static func check(_ model: SiteModel) -> [ConfigurationFault] {
        guard let certificate = model.tls.certificate else {
            return model.listeners.filter { isPublicAddress($0.host.value) }.map { listener in
                ConfigurationFault(
                    .error, at: listener.host.location,
                    "\(listener.name) is reachable from outside, and there is no certificate to offer there",
                    remedy: "set tls.certificate and tls.key, or listen on a private address")
            }
        }
        do {
            let tls = try ServerTLS(model)
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            let days = (tls.context.expiry - now.tv_sec) / 86400
            guard days < 14 else { return [] }
            return [
                ConfigurationFault(
                    days < 0 ? .error : .warning, at: certificate.location,
                    days < 0 ? "the certificate ran out \(-days) days ago" : "the certificate runs out in \(days) days",
                    remedy: "renew it, then reload")
            ]
        } catch {
            return [ConfigurationFault(.error, at: certificate.location, error.description, remedy: "")]
        }
    }

    /// A key is mostly root's alone; the room that uses it can only read what its user can.
    private static func source(_ chain: String, _ key: String) -> ServerTLSOptions.Certificate {
        guard let chainBytes = SiteLoader.read(chain), let keyBytes = SiteLoader.read(key) else {
            return .files(chain: chain, key: key)
        }
        return .contents(chain: chainBytes, chainFile: chain, key: keyBytes, keyFile: key)
    }

    private static func options(
        _ model: SiteModel
    ) throws(ServerTLSError) -> (options: ServerTLSOptions, file: String?) {
        let version: ServerTLSOptions.Version = model.tls.minimumVersion.value == "1.3" ? .tls13 : .tls12
        if let certificate = model.tls.certificate, let key = model.tls.key {
            return (ServerTLSOptions(certificate: source(certificate.value, key.value), minimumVersion: version), nil)
        }
        let (made, file) = try SelfSignedCertificate.kept(
            in: model.tls.selfSignedDirectory.value, hostname: model.hostname.value)
        return (ServerTLSOptions(certificate: .selfSigned(made), minimumVersion: version), file)
    }
}
