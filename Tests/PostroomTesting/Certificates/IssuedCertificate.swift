package import Crypto
import Foundation
import SwiftASN1
package import X509

/// A certificate made for one test, with its key; it can issue others.
package struct IssuedCertificate: Sendable {
    package let certificate: Certificate
    package let key: P256.Signing.PrivateKey
    /// DER.
    package let octets: [UInt8]

    /// - Parameters:
    ///   - issuer: nil signs itself.
    ///   - days: from when until when it is valid, counted from now.
    ///   - isClientOnly: an extended key usage without servers.
    package init(
        commonName: String, dnsNames: [String] = [], isAuthority: Bool = false, issuer: IssuedCertificate? = nil,
        days: ClosedRange<Double> = -1...30, isClientOnly: Bool = false
    ) throws {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(commonName) }
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date().addingTimeInterval(days.lowerBound * 86_400),
            notValidAfter: Date().addingTimeInterval(days.upperBound * 86_400),
            issuer: issuer?.certificate.subject ?? subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                    try ExtendedKeyUsage(isClientOnly ? [.clientAuth] : [.serverAuth])
                }
                if !dnsNames.isEmpty { SubjectAlternativeNames(dnsNames.map { .dnsName($0) }) }
            },
            issuerPrivateKey: Certificate.PrivateKey(issuer?.key ?? key))
        self.key = key
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        octets = serializer.serializedBytes
    }

    /// SubjectPublicKeyInfo.
    package var publicKeyInfo: [UInt8] { Array(key.publicKey.derRepresentation) }

    package var pem: String {
        get throws { try certificate.serializeAsPEM().pemString + "\n" }
    }

    package var keyPEM: String { key.pemRepresentation }
}

/// A root, an intermediate authority and what they sign.
package struct IssuedChain: Sendable {
    package let root: IssuedCertificate
    package let intermediate: IssuedCertificate

    package init() throws {
        root = try IssuedCertificate(commonName: "Test root", isAuthority: true)
        intermediate = try IssuedCertificate(commonName: "Test intermediate", isAuthority: true, issuer: root)
    }

    package func server(
        _ dnsNames: [String], commonName: String = "server", days: ClosedRange<Double> = -1...30,
        isClientOnly: Bool = false
    ) throws -> IssuedCertificate {
        try IssuedCertificate(
            commonName: commonName, dnsNames: dnsNames, issuer: intermediate, days: days, isClientOnly: isClientOnly)
    }
}
