import Crypto
import Foundation
import Glibc
import SwiftASN1
import X509

/// A certificate that the server made up for itself: good for trying things out and for clients on the same machine.
package struct SelfSignedCertificate: Sendable {
    package let certificatePEM: String
    let privateKeyPEM: String

    /// For `hostname`, `localhost`, 127.0.0.1 and ::1, with a P-256 key.
    package init(hostname: String, validDays: Int = 397) throws(ServerTLSError) {
        do {
            let signingKey = P256.Signing.PrivateKey()
            let key = Certificate.PrivateKey(signingKey)
            let name = try DistinguishedName { CommonName(String(hostname.prefix(64))) }
            let alternatives: [GeneralName] =
                (hostname == "localhost" ? [] : [.dnsName(hostname)]) + [
                    .dnsName("localhost"),
                    .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(ASN1OctetString(contentBytes: [UInt8](repeating: 0, count: 15) + [1])),
                ]
            let now = Date()
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
                // A client's clock may be a little behind ours.
                notValidBefore: now.addingTimeInterval(-3600),
                notValidAfter: now.addingTimeInterval(Double(validDays) * 86400),
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                // No key usage: one without keyCertSign could not be its own issuer, and a client could not trust it.
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(alternatives)
                },
                issuerPrivateKey: key)
            certificatePEM = try certificate.serializeAsPEM().pemString
            privateKeyPEM = signingKey.pemRepresentation
        } catch {
            throw ServerTLSError(
                file: nil, reason: "no certificate could be made for '\(hostname)' (\(error))",
                remedy: "configure a certificate and a key")
        }
    }

    /// Writes both as PEM files, the key readable by its owner only. Existing files are replaced.
    package func write(certificate: String, key: String) throws(ServerTLSError) {
        try Self.write(certificatePEM, to: certificate, mode: 0o644)
        try Self.write(privateKeyPEM, to: key, mode: 0o600)
    }

    /// A new file beside the old one, then a rename: whoever reads finds the one or the other, whole.
    private static func write(_ text: String, to path: String, mode: mode_t) throws(ServerTLSError) {
        let temporary = path + ".new"
        _ = unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw Self.failure(path) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else {
                let failure = Self.failure(path)
                _ = Glibc.close(descriptor)
                throw failure
            }
            bytes = bytes.dropFirst(written)
        }
        guard fsync(descriptor) == 0, Glibc.close(descriptor) == 0, rename(temporary, path) == 0 else {
            throw Self.failure(path)
        }
    }

    private static func failure(_ path: String) -> ServerTLSError {
        ServerTLSError(
            file: path, reason: "can't be written (\(String(cString: strerror(errno))))",
            remedy: "the directory must exist and be writable by the server")
    }
}
