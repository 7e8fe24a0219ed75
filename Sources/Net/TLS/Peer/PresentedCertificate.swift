import NIOSSL
import SwiftASN1
import X509

/// One certificate that a server showed. Digests need its octets only; what can't be parsed can still be pinned.
struct PresentedCertificate: Sendable {
    let octets: [UInt8]
    let parsed: Certificate?

    init?(_ certificate: NIOSSLCertificate) {
        guard let octets = try? certificate.toDERBytes() else { return nil }
        self.octets = octets
        parsed = try? Certificate(derEncoded: octets)
    }

    /// SubjectPublicKeyInfo as it stands in the certificate: a digest is one of these very octets (RFC 6698 §2.1.2). The TLS
    /// library is not asked for it: it stops the process at a kind of key that it does not know.
    var publicKeyInfo: [UInt8]? { PublicKeyInfo.octets(ofCertificate: octets) }

    /// The names it is made out to: those of subjectAltName; the subject's common names only if there is no dNSName
    /// (RFC 6125 §6.4.4).
    var names: [String] {
        guard let parsed else { return [] }
        // An extension that can't be read is no reason to fall back on the common name.
        guard let alternatives = try? parsed.extensions.subjectAlternativeNames.map(Array.init) ?? [] else { return [] }
        let names = alternatives.compactMap { if case .dnsName(let name) = $0 { name } else { nil } }
        guard names.isEmpty else { return names }
        return parsed.subject.flatMap { Array($0) }
            .filter { $0.type == .RDNAttributeType.commonName }
            .compactMap { String($0.value) }
    }
}

/// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), taken out of a certificate without being rewritten.
enum PublicKeyInfo {
    static func octets(ofCertificate octets: [UInt8]) -> [UInt8]? {
        guard let root = try? DER.parse(octets), let certificate = children(root), let body = certificate.first,
            let fields = children(body)
        else { return nil }
        // version (tag [0]) may be absent; then serialNumber, signature, issuer, validity, subject, the key.
        let isVersioned = fields.first.map { $0.identifier.tagClass == .contextSpecific } ?? false
        let index = isVersioned ? 6 : 5
        return index < fields.count ? Array(fields[index].encodedBytes) : nil
    }

    static func isWellFormed(_ octets: [UInt8]) -> Bool { publicKey(octets) != nil }

    static func publicKey(_ octets: [UInt8]) -> Certificate.PublicKey? {
        try? Certificate.PublicKey(derEncoded: octets)
    }

    private static func children(_ node: ASN1Node) -> [ASN1Node]? {
        guard case .constructed(let nodes) = node.content else { return nil }
        return Array(nodes)
    }
}
