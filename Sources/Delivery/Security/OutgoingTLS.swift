package import DNS
import Directory
import LookupTables
import MailModel
import NIOPosix
import Net

/// Decides which TLS the hosts of a next hop need: the site's level and policies, then DANE, then MTA-STS (RFC 8461 §2: DANE
/// comes first).
package struct OutgoingTLS: Sendable {
    private let options: OutgoingTLSOptions
    private let dane: DANELookup
    private let policies: STSPolicies?

    /// - Parameter policies: nil asks for no policy of MTA-STS.
    package init(_ options: OutgoingTLSOptions, resolver: any DNSResolver, policies: STSPolicies? = nil) {
        self.options = options
        dane = DANELookup(resolver: resolver)
        self.policies = policies
    }

    /// What holds for all hosts of one next hop. Asked once per delivery attempt.
    package struct Terms: Sendable {
        package let nextHop: NextHop
        package let policy: OutgoingTLSPolicy
        /// Nil where none is asked for: a policy of the site's own table comes first.
        package let sts: STSPolicies.Answer?
        package let explanation: [String]
        let trustAnchors: TrustAnchors?
    }

    /// Throws where the site's own tables can't be asked or are wrong: the mail waits (4.3.0, 4.3.5), as in Postfix.
    ///
    /// - Parameters:
    ///   - recipientDomain: where its own mail exchangers are asked and no relay stands between: only then does a policy of
    ///     MTA-STS hold (RFC 8461 §2).
    ///   - defaultPort: 24 for LMTP.
    package func terms(
        for nextHop: NextHop, recipientDomain: DNSName? = nil, defaultPort: UInt16 = 25
    ) async throws(OutgoingTLSRefusal) -> Terms {
        var policy = OutgoingTLSPolicy(level: options.level)
        var explanation = ["level \(options.level.rawValue) of the site"]
        var trustAnchors = options.trustAnchors
        let entry = try await entry(nextHop.policyKeys(defaultPort: defaultPort))
        if let (found, key, table) = entry {
            policy = found
            explanation = ["level \(found.level.rawValue) for \(key) in \(table)"]
            if let read = try await readTrustAnchors(found.trustAnchorFiles) { trustAnchors = read }
        }
        var sts: STSPolicies.Answer?
        if let policies, entry == nil, let domain = recipientDomain,
            [.may, .encrypt, .dane].contains(policy.level)
        {
            let answer = await policies.policy(of: domain)
            explanation.append("MTA-STS: \(answer.explanation)")
            sts = answer
        }
        return Terms(nextHop: nextHop, policy: policy, sts: sts, explanation: explanation, trustAnchors: trustAnchors)
    }

    package func decision(for host: CandidateHost, under terms: Terms) async -> OutgoingTLSDecision {
        var build = Build(options: options, terms: terms, host: host)
        let level = terms.policy.level
        guard level == .dane || level == .daneOnly else { return build.decide(level) }
        var effective = OutgoingTLSLevel.dane
        if !host.isSecure {
            guard level == .dane else {
                return build.skip(EnhancedStatusCode(4, 7, 5), "DANE is required, and the MX records are not signed")
            }
            effective = options.insecureExchangerLevel
            build.explanation.append("the MX records are not signed")
            guard effective == .dane || effective == .encrypt else { return build.decide(.may) }
        }
        let result = await dane.associations(of: host)
        switch result {
        case .unavailable(let reason): return build.skip(EnhancedStatusCode(4, 7, 5), reason)
        case .usable(let associations, let name):
            build.explanation.append("\(associations.count) usable TLSA records for \(name)")
            return effective == .encrypt ? build.decide(.encrypt) : build.decide(associations, name: name)
        case .unusable(let name):
            guard level == .dane else {
                return build.skip(
                    EnhancedStatusCode(4, 7, 5), "DANE is required, and no TLSA record of \(name) is usable")
            }
            build.explanation.append("no TLSA record of \(name) is usable")
            return build.decide(.encrypt)
        case .none(let reason):
            guard level == .dane else {
                return build.skip(EnhancedStatusCode(4, 7, 5), "DANE is required for \(host): \(reason)")
            }
            build.explanation.append(reason)
            return build.decide(.may)
        }
    }

    private func entry(
        _ keys: [String]
    ) async throws(OutgoingTLSRefusal) -> (OutgoingTLSPolicy, key: String, table: String)? {
        // Every key is asked of all tables before the next key, as Postfix's maps do.
        for key in keys {
            for table in options.policies {
                switch await table.lookup(LookupKey.folded(Array(key.utf8))).outcome {
                case .absent: continue
                case .unavailable(let reason):
                    throw OutgoingTLSRefusal(EnhancedStatusCode(4, 3, 0), "\(table.name): \(reason)")
                case .found(let value):
                    do throws(OutgoingTLSPolicyFault) {
                        return (try OutgoingTLSPolicy(parsing: value), key, table.name)
                    } catch {
                        throw OutgoingTLSRefusal(
                            EnhancedStatusCode(4, 3, 5), "\(table.name), entry for \(key): \(error)")
                    }
                }
            }
        }
        return nil
    }

    private func readTrustAnchors(_ files: [String]) async throws(OutgoingTLSRefusal) -> TrustAnchors? {
        guard !files.isEmpty else { return nil }
        do {
            return try await NIOThreadPool.singleton.runIfActive { try TrustAnchors.load(files: files) }
        } catch {
            throw OutgoingTLSRefusal(EnhancedStatusCode(4, 3, 5), "\(error)")
        }
    }
}
