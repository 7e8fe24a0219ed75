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

    private static func options(
        _ model: SiteModel
    ) throws(ServerTLSError) -> (options: ServerTLSOptions, file: String?) {
        let version: ServerTLSOptions.Version = model.tls.minimumVersion.value == "1.3" ? .tls13 : .tls12
        if let certificate = model.tls.certificate, let key = model.tls.key {
            let files = ServerTLSOptions.Certificate.files(chain: certificate.value, key: key.value)
            return (ServerTLSOptions(certificate: files, minimumVersion: version), nil)
        }
        let (made, file) = try SelfSignedCertificate.kept(
            in: model.tls.selfSignedDirectory.value, hostname: model.hostname.value)
        return (ServerTLSOptions(certificate: .selfSigned(made), minimumVersion: version), file)
    }
}
