import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// Checks the certificates of one server, and remembers what came of it.
final class PeerVerifier: Sendable {
    private let verification: ClientTLSOptions.Verification
    private let anchors: TrustAnchors?
    private let outcome = Mutex<PeerVerification?>(nil)

    init(_ verification: ClientTLSOptions.Verification, anchors: TrustAnchors?) {
        self.verification = verification
        self.anchors = anchors
    }

    /// Nil before a certificate came.
    var result: PeerVerification? { outcome.withLock { $0 } }

    /// For `NIOSSLClientHandler`: it asks on the event loop, and is answered there when the signatures are checked.
    var callback: NIOSSLCustomVerificationCallbackWithMetadata {
        { [self] certificates, promise in
            promise.completeWithTask { [self] in
                let result = await check(certificates.prefix(1 + CertificatePath.maximumPresented))
                outcome.withLock { $0 = result }
                guard result.status == .verified || verification == .none else { return .failed }
                return .certificateVerified(VerificationMetadata(nil))
            }
        }
    }

    func check(_ certificates: some Collection<NIOSSLCertificate>) async -> PeerVerification {
        let presented = certificates.compactMap(PresentedCertificate.init)
        guard let leaf = presented.first, presented.count == certificates.count else {
            return PeerVerification(.anonymous, "no certificate")
        }
        switch verification {
        case .none: return await checkChain(presented, names: nil)
        // The library's own checks do this one.
        case .full: return PeerVerification(.untrusted, "not checked")
        case .names(let names): return await checkChain(presented, names: names)
        case .fingerprint(let fingerprints):
            return fingerprints.match(leaf)
                ? PeerVerification(.verified, "fingerprint")
                : PeerVerification(.untrusted, "no fingerprint matches its certificate or key")
        case .dane(let associations, let names):
            return await check(presented, against: DANEAssociation.usable(associations), names: names)
        }
    }

    private func checkChain(_ presented: [PresentedCertificate], names: CertificateNames?) async -> PeerVerification {
        guard let anchors else { return PeerVerification(.untrusted, "no authority is trusted") }
        let path = CertificatePath(anchors: { anchors.issuers(of: $0) }, isAnchor: { anchors.contains($0) })
        if case .invalid(let reason) = await Self.verify(presented, path) {
            return PeerVerification(.untrusted, reason)
        }
        guard let names else { return PeerVerification(.trusted, "signed by a trusted authority") }
        return Self.checkName(presented, names, "a trusted authority")
    }

    // RFC 7672 §3.1, §3.2.
    private func check(
        _ presented: [PresentedCertificate], against associations: [DANEAssociation], names: CertificateNames
    ) async -> PeerVerification {
        guard let leaf = presented.first, !associations.isEmpty else {
            return PeerVerification(.untrusted, "no usable TLSA record")
        }
        if let match = associations.first(where: { $0.isEndEntity && $0.matches(leaf) }) {
            return PeerVerification(.verified, "DANE \(match)")
        }
        let authorities = associations.filter(\.isTrustAnchor)
        guard !authorities.isEmpty else {
            return PeerVerification(.untrusted, "no TLSA record matches its certificate")
        }
        // The server's own certificate is no authority above itself.
        var anchors = presented.dropFirst().filter { issuer in authorities.contains { $0.matches(issuer) } }
            .compactMap(\.parsed)
        var keys: [Certificate.PublicKey] = []
        // Whole certificates and keys need not be presented.
        for authority in authorities where authority.matching == 0 {
            if authority.selector == 1 {
                PublicKeyInfo.publicKey(authority.data).map { keys.append($0) }
            } else if let certificate = try? Certificate(derEncoded: authority.data) {
                anchors.append(certificate)
            }
        }
        guard !anchors.isEmpty || !keys.isEmpty else {
            return PeerVerification(.untrusted, "no TLSA record matches its certificates")
        }
        let path = CertificatePath(
            anchors: { [anchors] tip in anchors.filter { $0.subject == tip.issuer } }, isAnchor: { _ in false },
            anchorKeys: keys)
        if case .invalid(let reason) = await Self.verify(presented, path) {
            return PeerVerification(.untrusted, reason)
        }
        return Self.checkName(presented, names, "DANE \(authorities.map(\.description).joined(separator: ", "))")
    }

    private static func verify(_ presented: [PresentedCertificate], _ path: CertificatePath) async
        -> CertificatePath.Result
    {
        guard presented.first?.parsed != nil else { return .invalid("the certificate can't be read") }
        return await path.verify(presented.compactMap(\.parsed))
    }

    private static func checkName(
        _ presented: [PresentedCertificate], _ names: CertificateNames, _ authority: String
    ) -> PeerVerification {
        let presentedNames = presented.first?.names ?? []
        guard let name = presentedNames.first(where: names.match) else {
            return PeerVerification(.untrusted, "its certificate is not for \(names)")
        }
        return PeerVerification(.verified, "\(LogName(name)), by \(authority)")
    }
}

/// A name from a certificate, as it may stand in a log: a match has no other characters, but the bound is kept here.
private struct LogName: CustomStringConvertible {
    let description: String

    init(_ name: String) {
        description = String(
            name.unicodeScalars.prefix(255).filter { (0x21...0x7E).contains($0.value) }.map(Character.init))
    }
}
