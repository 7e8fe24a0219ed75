import Foundation

extension SelfSignedCertificate {
    init(certificatePEM: String, privateKeyPEM: String) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }

    /// The certificate that an earlier start wrote, so that clients that once trusted it still do; made and written when
    /// there is none. Blocks.
    package static func kept(
        in directory: String, hostname: String
    ) throws(ServerTLSError) -> (certificate: SelfSignedCertificate, file: String) {
        let file = directory + "/certificate.pem"
        let key = directory + "/key.pem"
        if let certificatePEM = try? String(contentsOfFile: file, encoding: .utf8),
            let privateKeyPEM = try? String(contentsOfFile: key, encoding: .utf8)
        {
            return (SelfSignedCertificate(certificatePEM: certificatePEM, privateKeyPEM: privateKeyPEM), file)
        }
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ServerTLSError(
                file: directory, reason: "no folder can be made for the server's own certificate",
                remedy: "set tls.certificate and tls.key, or tls.self_signed_directory to a folder it may write")
        }
        let made = try SelfSignedCertificate(hostname: hostname)
        try made.write(certificate: file, key: key)
        return (made, file)
    }
}
