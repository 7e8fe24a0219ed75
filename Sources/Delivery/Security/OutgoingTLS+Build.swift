import DNS
import MailModel
import Net
import SMTP

extension OutgoingTLS {
    /// Puts one decision together.
    struct Build {
        let options: OutgoingTLSOptions
        let terms: Terms
        let host: CandidateHost
        var explanation: [String]
        var notice: String?

        init(options: OutgoingTLSOptions, terms: Terms, host: CandidateHost) {
            self.options = options
            self.terms = terms
            self.host = host
            explanation = terms.explanation
        }

        func skip(_ status: EnhancedStatusCode, _ reason: String) -> OutgoingTLSDecision {
            OutgoingTLSDecision(.skip(OutgoingTLSRefusal(status, reason)), explanation: explanation + [reason])
        }

        /// DANE with usable records: nothing else is asked, no policy of MTA-STS either (RFC 8461 §2).
        mutating func decide(_ associations: [DANEAssociation], name: DNSName) -> OutgoingTLSDecision {
            // RFC 7672 §3.2.2, §3.2.3: the next hop's name counts where DNSSEC vouches for what led from it to the host.
            var names = [name.description]
            if let host = host.name { names.append(host.description) }
            if host.isSecure, let nextHop = terms.nextHop.certificateName { names.append(nextHop) }
            // RFC 7672 §8.1: the name to ask for is the one whose records were found.
            return tls(
                .dane(associations, names: certificateNames(names)), isRequired: true, serverName: name.description)
        }

        /// Any level without TLSA records.
        mutating func decide(_ level: OutgoingTLSLevel) -> OutgoingTLSDecision {
            switch level {
            case .none:
                return OutgoingTLSDecision(.use(.none), explanation: explanation)
            case .may, .dane, .encrypt:
                if let decision = decideBySTS() { return decision }
                return tls(.none, isRequired: level == .encrypt)
            case .daneOnly:
                return skip(EnhancedStatusCode(4, 7, 5), "DANE is required")
            case .fingerprint:
                let digests = terms.policy.fingerprints ?? options.fingerprints
                guard !digests.isEmpty else {
                    return skip(EnhancedStatusCode(4, 3, 5), "the level fingerprint needs fingerprints (match=…)")
                }
                return tls(
                    .fingerprint(CertificateFingerprints(digests, algorithm: options.fingerprintAlgorithm)),
                    isRequired: true)
            case .verify: return decide(by: terms.policy.match ?? options.verifyMatch)
            case .secure: return decide(by: terms.policy.match ?? options.secureMatch)
            }
        }

        private func decide(by match: [CertificateMatch]) -> OutgoingTLSDecision {
            let names = match.compactMap {
                $0.pattern(nexthop: terms.nextHop.certificateName, hostname: host.certificateName)
            }
            return tls(.names(certificateNames(names)), isRequired: true)
        }

        private mutating func decideBySTS() -> OutgoingTLSDecision? {
            guard let policy = terms.sts?.policy else { return nil }
            let isListed = host.name.map(policy.allows) ?? false
            switch policy.mode {
            case .none: return nil
            case .testing:
                if !isListed {
                    let text = "\(host) is not in the policy, which is being tested"
                    explanation.append(text)
                    notice = text
                }
                return nil
            case .enforce:
                guard isListed, let name = host.name?.description else {
                    return skip(EnhancedStatusCode(4, 7, 0), "\(host) is not in the domain's MTA-STS policy")
                }
                // RFC 8461 §4.1: the host's own name, `*` for one label; §4.3: asked for by SNI.
                return tls(.names(CertificateNames([name])), isRequired: true, serverName: name)
            }
        }

        private func certificateNames(_ names: [String]) -> CertificateNames {
            CertificateNames(names, wildcardsSpanLabels: options.wildcardsSpanLabels)
        }

        private func tls(
            _ verification: ClientTLSOptions.Verification, isRequired: Bool, serverName: String? = nil
        ) -> OutgoingTLSDecision {
            var explanation = explanation
            var tls = ClientTLSOptions(verification: verification)
            tls.trustAnchors = terms.trustAnchors
            tls.certificate = options.certificate
            let protocols = terms.policy.protocols ?? (isRequired ? options.mandatoryProtocols : options.protocols)
            tls.minimumVersion = protocols.minimum ?? .tls10
            tls.maximumVersion = protocols.maximum
            let site = options.excludedCiphers + (isRequired ? options.mandatoryExcludedCiphers : [])
            let exclusion = CipherSuites.excluding(terms.policy.excludedCiphers ?? site)
            if let remaining = exclusion.remaining {
                guard !remaining.isEmpty || tls.maximumVersion == nil else {
                    return skip(EnhancedStatusCode(4, 3, 5), "every cipher is excluded")
                }
                if remaining.isEmpty { tls.minimumVersion = .tls13 } else { tls.cipherSuites = remaining }
            }
            if !exclusion.unknown.isEmpty {
                explanation.append("ciphers unknown here: \(exclusion.unknown.joined(separator: ", "))")
            }
            switch terms.policy.serverName ?? options.serverName {
            case _ where serverName != nil: tls.serverName = serverName
            case .nexthop: tls.serverName = terms.nextHop.certificateName
            case .name(let name): tls.serverName = name
            case .hostname, nil: tls.serverName = host.certificateName
            }
            explanation.append((isRequired ? "TLS required, " : "TLS where offered, ") + verification.words)
            let use: OutgoingTLSUse =
                options.isImplicit ? .implicit(tls) : isRequired ? .required(tls) : .may(tls)
            return OutgoingTLSDecision(.use(use), explanation: explanation, notice: notice)
        }
    }
}

extension ClientTLSOptions.Verification {
    /// For `explain` and the log.
    fileprivate var words: String {
        switch self {
        case .full: "a trusted certificate for the host"
        case .none: "any certificate"
        case .names(let names): "a trusted certificate for \(names)"
        case .dane(let associations, _):
            "a certificate that matches TLSA " + associations.map(\.description).joined(separator: ", ")
        case .fingerprint: "a certificate with a known fingerprint"
        }
    }
}
