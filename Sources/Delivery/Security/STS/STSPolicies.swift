package import DNS
import Glibc
package import Logging

/// The policies of domains (RFC 8461), remembered for as long as they hold.
///
/// What was known once stays in force until it expires, whatever DNS and the web server say meanwhile (§5.1): who can cut
/// those off must not be able to lower what is asked of the domain.
package actor STSPolicies {
    package struct Options: Sendable {
        /// Domains remembered; beyond, the one that expires first goes.
        package var limit = 4096
        /// Seconds to wait after a fetch that failed (§3.3).
        package var retryInterval: Int64 = 300

        package init() {}
    }

    /// What is known of a domain.
    package struct Answer: Sendable {
        /// Nil where there is none, or none that could be had.
        package var policy: STSPolicy?
        package var explanation: String
    }

    private let resolver: any DNSResolver
    private let source: any STSPolicySource
    private let folder: STSPolicyFolder?
    private let options: Options
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private var known: [DNSName: StoredSTSPolicy] = [:]
    private var failures: [DNSName: (retry: Int64, reason: String)] = [:]
    /// Domains whose policy is being fetched, and who else waits for it.
    private var fetching: [DNSName: [CheckedContinuation<Void, Never>]] = [:]

    /// - Parameters:
    ///   - folder: nil remembers for the life of the process.
    ///   - now: seconds since 1970.
    package init(
        resolver: any DNSResolver, source: any STSPolicySource, folder: STSPolicyFolder? = nil,
        options: Options = Options(), logger: Logger, now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
    ) {
        self.resolver = resolver
        self.source = source
        self.folder = folder
        self.options = options
        self.logger = logger
        self.now = now
    }

    /// Reads what an earlier life of the service wrote down. To be called once, before mail is sent.
    package func load() async {
        guard let folder else { return }
        do {
            let stored = try await folder.load(limit: options.limit)
            let now = now()
            for (domain, policy) in stored {
                guard policy.isValid(at: now) else {
                    try? await folder.remove(domain)
                    continue
                }
                if known[domain] == nil { known[domain] = policy }
            }
        } catch {
            logger.warning("MTA-STS policies can't be read", metadata: ["error": "\(error)"])
        }
    }

    /// Looks again at the policies that are due (§3.3: at least daily), one after the other; for a periodic task.
    package func refresh() async {
        let now = now()
        for (domain, stored) in known where stored.isDue(at: now) {
            guard !Task.isCancelled else { return }
            _ = await policy(of: domain)
        }
    }

    /// The policy that holds for mail to a domain now.
    package func policy(of domain: DNSName) async -> Answer {
        let record: STSRecord?
        var explanation: String
        switch await texts(of: domain) {
        case .found(let records):
            record = STSRecord(among: records.records)
            explanation = record == nil ? "the domain has no valid record" : ""
        case .absent:
            record = nil
            explanation = "the domain has no policy"
        case .unavailable(let reason):
            record = nil
            explanation = "the record can't be looked up (\(reason))"
        }
        let now = now()
        let stored = valid(domain, at: now)
        guard let record else {
            // §5.1: what is known goes on.
            guard let stored else { return Answer(policy: nil, explanation: explanation) }
            return answer(stored, "\(explanation), and the policy known before holds")
        }
        if let stored, stored.id == record.id, !stored.isDue(at: now) { return answer(stored, "known") }
        if let failure = failures[domain], now < failure.retry {
            explanation = failure.reason
        } else {
            await fetchOnce(domain, record)
            explanation = failures[domain]?.reason ?? "fetched"
        }
        guard let stored = valid(domain, at: self.now()) else {
            return Answer(policy: nil, explanation: "the policy can't be had: \(explanation)")
        }
        return answer(stored, explanation)
    }

    private func answer(_ stored: StoredSTSPolicy, _ explanation: String) -> Answer {
        Answer(
            policy: stored.policy, explanation: "mode \(stored.policy.mode.rawValue), id \(stored.id) (\(explanation))")
    }

    private func texts(of domain: DNSName) async -> DNSAnswer<[UInt8]> {
        guard let name = domain.prefixed(by: "_mta-sts") else { return .absent(nameExists: false, isSecure: false) }
        return await resolver.texts(of: name)
    }

    private func valid(_ domain: DNSName, at now: Int64) -> StoredSTSPolicy? {
        guard let stored = known[domain] else { return nil }
        return stored.isValid(at: now) ? stored : nil
    }

    // MARK: Fetching

    /// Whoever comes while the policy is on its way waits for the same one; if the one who fetched it was called off, the
    /// next tries.
    private func fetchOnce(_ domain: DNSName, _ record: STSRecord) async {
        while fetching[domain] != nil {
            await withCheckedContinuation { continuation in
                if fetching[domain] == nil {
                    continuation.resume()
                } else {
                    fetching[domain]?.append(continuation)
                }
            }
            let now = now()
            if let stored = valid(domain, at: now), stored.id == record.id, !stored.isDue(at: now) { return }
            if let failure = failures[domain], now < failure.retry { return }
        }
        fetching[domain] = []
        await fetch(domain, record)
        for continuation in fetching.removeValue(forKey: domain) ?? [] { continuation.resume() }
    }

    private func fetch(_ domain: DNSName, _ record: STSRecord) async {
        let stored: StoredSTSPolicy
        do {
            let text = try await source.fetch(domain)
            stored = try StoredSTSPolicy(id: record.id, fetched: now(), text: text)
        } catch {
            // A delivery that was called off says nothing about the web server.
            guard !Task.isCancelled else { return }
            remember(failure: "\(error)", of: domain)
            return
        }
        failures[domain] = nil
        guard stored.policy.maximumAge > 0 else {
            known[domain] = nil
            await forget(domain)
            return
        }
        await makeRoom(for: domain)
        known[domain] = stored
        do {
            try await folder?.save(stored, of: domain)
        } catch {
            logger.warning(
                "an MTA-STS policy can't be written down", metadata: ["domain": "\(domain)", "error": "\(error)"])
        }
    }

    private func remember(failure: String, of domain: DNSName) {
        logger.info(
            "an MTA-STS policy can't be fetched", metadata: ["domain": "\(domain)", "error": "\(failure)"])
        let now = now()
        if failures.count >= options.limit {
            failures = failures.filter { now < $0.value.retry }
            if failures.count >= options.limit { failures.removeAll() }
        }
        failures[domain] = (now + options.retryInterval, failure)
    }

    private func makeRoom(for domain: DNSName) async {
        guard known[domain] == nil, known.count >= options.limit,
            let first = known.min(by: { $0.value.expiry < $1.value.expiry })?.key
        else { return }
        known[first] = nil
        await forget(first)
    }

    private func forget(_ domain: DNSName) async {
        do {
            try await folder?.remove(domain)
        } catch {
            logger.warning(
                "an MTA-STS policy can't be taken away", metadata: ["domain": "\(domain)", "error": "\(error)"])
        }
    }
}
