import Foundation
import SwiftASN1
import X509

/// Looks for a way from a server's certificate to an anchor through what the server presented (RFC 5280 §6).
///
/// A server chooses what it presents, so the search is bounded: in the certificates it takes, in the length of a path and in
/// the signatures it checks.
struct CertificatePath {
    /// smtp_tls_scert_verifydepth's default.
    static let maximumDepth = 9
    static let maximumPresented = 16
    static let maximumSignatureChecks = 64

    enum Result: Sendable {
        case valid
        case invalid(String)
    }

    var anchors: @Sendable (Certificate) -> [Certificate]
    /// Whether a certificate is an anchor itself.
    var isAnchor: @Sendable (Certificate) -> Bool
    /// Anchors that are known by their keys alone.
    var anchorKeys: [Certificate.PublicKey] = []

    func verify(_ presented: [Certificate]) async -> Result {
        guard let leaf = presented.first else { return .invalid("no certificate") }
        if isAnchor(leaf) { return Self.verifyAlone(leaf) }
        let others = Array(presented.dropFirst().prefix(Self.maximumPresented))
        var checks = 0
        var pending = [[leaf]]
        var failure: String?
        while let path = pending.popLast(), let tip = path.last {
            for anchor in anchors(tip) where checks < Self.maximumSignatureChecks {
                checks += 1
                guard anchor.publicKey.isValidSignature(tip.signature, for: tip) else { continue }
                switch await Self.verify(path, under: anchor) {
                case .valid: return .valid
                case .invalid(let reason): failure = failure ?? reason
                }
            }
            for key in anchorKeys where checks < Self.maximumSignatureChecks {
                checks += 1
                guard key.isValidSignature(tip.signature, for: tip) else { continue }
                let result =
                    path.count == 1 ? Self.verifyAlone(leaf) : await Self.verify(path.dropLast(), under: tip)
                switch result {
                case .valid: return .valid
                case .invalid(let reason): failure = failure ?? reason
                }
            }
            guard path.count < Self.maximumDepth else { continue }
            for issuer in others.reversed() where issuer.subject == tip.issuer && checks < Self.maximumSignatureChecks {
                guard !path.contains(where: { $0.subject == issuer.subject && $0.publicKey == issuer.publicKey }) else {
                    continue
                }
                checks += 1
                guard issuer.publicKey.isValidSignature(tip.signature, for: tip) else { continue }
                pending.append(path + [issuer])
            }
        }
        guard checks < Self.maximumSignatureChecks else { return .invalid("too many certificates to try") }
        return .invalid(failure ?? Self.noPath(leaf))
    }

    private static func noPath(_ leaf: Certificate) -> String {
        leaf.issuer == leaf.subject ? "self-signed certificate" : "its issuer is not trusted or not presented"
    }

    /// A certificate that is trusted by itself needs no authority; its dates and its purpose count.
    private static func verifyAlone(_ leaf: Certificate) -> Result {
        let now = Date()
        guard leaf.notValidBefore <= now else { return .invalid("not yet valid") }
        guard now <= leaf.notValidAfter else { return .invalid("expired") }
        return ServerCertificatePolicy.mayServe(leaf) ? .valid : .invalid("not made for servers")
    }

    /// The path is known, and no two of its members share name and key: nothing is left for the verifier to search.
    private static func verify(_ path: some Collection<Certificate>, under anchor: Certificate) async -> Result {
        guard let leaf = path.first else { return .invalid("no certificate") }
        var verifier = Verifier(rootCertificates: CertificateStore([anchor])) {
            RFC5280Policy()
            ServerCertificatePolicy()
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(path.dropFirst())) {
        case .validCertificate: return .valid
        case .couldNotValidate(let failures):
            let now = Date()
            let all = Array(path) + [anchor]
            if all.contains(where: { $0.notValidAfter < now }) { return .invalid("expired") }
            if all.contains(where: { $0.notValidBefore > now }) { return .invalid("not yet valid") }
            return .invalid(
                failures.isEmpty ? "a critical extension is not understood" : "an issuer may not issue it")
        }
    }
}

/// What RFC 5280 and the trade ask of a server's chain beyond `RFC5280Policy`: the purpose of the first, the right of the others
/// to sign, and no SHA-1.
struct ServerCertificatePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
        // certificatePolicies, policyConstraints, inhibitAnyPolicy: no policy is asked for, so none is broken.
        [2, 5, 29, 32], [2, 5, 29, 36], [2, 5, 29, 54],
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        guard Self.mayServe(chain.leaf) else { return .failsToMeetPolicy(reason: "not made for servers") }
        for certificate in chain.dropLast() where certificate.signatureAlgorithm == .sha1WithRSAEncryption {
            return .failsToMeetPolicy(reason: "signed with SHA-1")
        }
        for issuer in chain.dropFirst() {
            do {
                if let usage = try issuer.extensions.keyUsage, !usage.keyCertSign {
                    return .failsToMeetPolicy(reason: "an issuer's key is not for signing certificates")
                }
            } catch {
                return .failsToMeetPolicy(reason: "an issuer's key usage can't be read")
            }
        }
        return .meetsPolicy
    }

    static func mayServe(_ certificate: Certificate) -> Bool {
        do {
            guard let usages = try certificate.extensions.extendedKeyUsage else { return true }
            return usages.contains(.serverAuth) || usages.contains(.any)
        } catch {
            return false
        }
    }
}
