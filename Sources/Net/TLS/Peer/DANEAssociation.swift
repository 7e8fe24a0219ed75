import Crypto
import NIOSSL

/// What a TLSA record ties a server's certificate to (RFC 6698 §2.1), as far as SMTP uses it (RFC 7672 §3.1).
package struct DANEAssociation: Hashable, Sendable {
    package let usage: UInt8
    package let selector: UInt8
    package let matching: UInt8
    package let data: [UInt8]

    package init(usage: UInt8, selector: UInt8, matching: UInt8, data: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.data = data
    }

    /// DANE-EE: the server's own certificate or key. Neither its name nor its dates count (RFC 7672 §3.1.1).
    package var isEndEntity: Bool { usage == 3 }
    /// DANE-TA: one that signed it, in the chain that the server presents (RFC 7672 §3.1.2).
    package var isTrustAnchor: Bool { usage == 2 }

    /// Whether an SMTP client can act on it. PKIX-TA(0) and PKIX-EE(1) are for nobody (RFC 7672 §3.1.3); so is a selector or
    /// a digest that is unknown, or data that can't be what they say (RFC 6698 §4.1).
    package var isUsable: Bool {
        guard isEndEntity || isTrustAnchor else { return false }
        switch (selector, matching) {
        case (0, 0): return (try? NIOSSLCertificate(bytes: data, format: .der)) != nil
        case (1, 0): return PublicKeyInfo.isWellFormed(data)
        case (0...1, 1): return data.count == SHA256.byteCount
        case (0...1, 2): return data.count == SHA512.byteCount
        default: return false
        }
    }

    /// The ones to act on. Of digests for the same usage and selector only the strongest kind counts, so that a weak one
    /// can't be used against a certificate for which a strong one is published (RFC 7671 §9).
    package static func usable(_ associations: some Sequence<DANEAssociation>) -> [DANEAssociation] {
        let usable = associations.lazy.filter(\.isUsable).prefix(maximumCount)
        let strong = Set(usable.filter { $0.matching == 2 }.map { [$0.usage, $0.selector] })
        return usable.filter { $0.matching != 1 || !strong.contains([$0.usage, $0.selector]) }
    }

    package static let maximumCount = 64

    func matches(_ certificate: PresentedCertificate) -> Bool {
        guard let selected = selector == 0 ? certificate.octets : certificate.publicKeyInfo else { return false }
        return switch matching {
        case 0: selected == data
        case 1: SHA256.hash(data: selected).elementsEqual(data)
        case 2: SHA512.hash(data: selected).elementsEqual(data)
        default: false
        }
    }
}

extension DANEAssociation: CustomStringConvertible {
    /// `3 1 1 2bb8…`: as in a zone, the data cut short.
    package var description: String {
        let hexadecimal = data.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(usage) \(selector) \(matching) \(hexadecimal)" + (data.count > 8 ? "…" : "")
    }
}
