import Crypto

/// Digests of which one must be that of a server's certificate or of its public key, as `smtp_tls_fingerprint_cert_match` has
/// them. They replace every other check: name, dates, issuer.
package struct CertificateFingerprints: Hashable, Sendable {
    /// smtp_tls_fingerprint_digest.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case md5, sha1, sha256, sha384, sha512

        package func digest(of octets: [UInt8]) -> [UInt8] {
            switch self {
            case .md5: Array(Insecure.MD5.hash(data: octets))
            case .sha1: Array(Insecure.SHA1.hash(data: octets))
            case .sha256: Array(SHA256.hash(data: octets))
            case .sha384: Array(SHA384.hash(data: octets))
            case .sha512: Array(SHA512.hash(data: octets))
            }
        }
    }

    package let digests: [[UInt8]]
    package let algorithm: Algorithm

    package init(_ digests: [[UInt8]], algorithm: Algorithm) {
        self.digests = digests
        self.algorithm = algorithm
    }

    /// Reads a digest in hexadecimal, with or without colons between its octets; nil for anything else.
    package static func octets(_ text: some StringProtocol) -> [UInt8]? {
        var octets: [UInt8] = []
        var high: UInt8?
        for (position, character) in text.utf8.enumerated() {
            guard position < 256 else { return nil }
            if character == UInt8(ascii: ":"), high == nil, !octets.isEmpty { continue }
            guard let value = Character(Unicode.Scalar(character)).hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                octets.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil && !octets.isEmpty ? octets : nil
    }

    func match(_ certificate: PresentedCertificate) -> Bool {
        let presented = [certificate.octets, certificate.publicKeyInfo].compactMap { $0 }.map(algorithm.digest)
        return presented.contains { digests.contains($0) }
    }
}
