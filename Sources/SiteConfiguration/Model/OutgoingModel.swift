/// Mail that leaves for other hosts: next hops, TLS towards them, logins at them, times of the queue.
package struct OutgoingModel: Sendable {
    package enum TLSLevel: String, CaseIterable, Sendable {
        case none, may, encrypt, dane, daneOnly = "dane-only", fingerprint, verify, secure
    }

    /// Where mail waits; ours alone, never another program's `queue_directory`.
    package var queueDirectory: Located<String>?
    /// smtp_sender_dependent_authentication.
    package var asksLoginsForSender: Located<Bool>?
    /// Policies of MTA-STS (RFC 8461) are asked for.
    package var asksForSTS: Located<Bool>?
    /// relayhost: `[smarthost.example.org]:587`.
    package var relayHost: Located<String>?
    /// sender_dependent_relayhost_maps.
    package var senderRelayHosts: [TableModel] = []
    /// smtp_sasl_password_maps.
    package var logins: [TableModel] = []
    /// smtp_sasl_auth_enable.
    package var logsIn = false
    /// smtp_tls_security_level.
    package var tlsLevel: Located<TLSLevel>?
    /// smtp_tls_policy_maps.
    package var tlsPolicies: [TableModel] = []
    package var caFile: Located<String>?
    package var caDirectory: Located<String>?
    /// maximal_queue_lifetime, bounce_queue_lifetime.
    package var lifetime: Located<Duration>?
    package var bounceLifetime: Located<Duration>?
    /// delay_warning_time; zero for no notice.
    package var delayWarning: Located<Duration>?
    /// minimal_backoff_time, maximal_backoff_time.
    package var minimalBackoff: Located<Duration>?
    package var maximalBackoff: Located<Duration>?
    /// bounce_size_limit in octets.
    package var bounceSize: Located<UInt64>?
    /// Senders of mail that is sent on are rewritten.
    package var srs: SRSModel?

    package init() {}
}

/// SRS, the Sender Rewriting Scheme.
package struct SRSModel: Sendable {
    /// The domain of rewritten senders.
    package var domain: Located<String>
    /// A file of secrets, one in a line: the first signs, the others are still recognised.
    package var secretFile: Located<String>
    /// Senders of these domains stay as they are, besides our own; `.example.org` stands for what is below it.
    package var excludedDomains: [Located<String>] = []
    /// `=`, `+` or `-`, behind `SRS0`.
    package var separator: Located<String>?
    /// Characters of the hash.
    package var hashLength: Located<Int>?
    /// How long a rewritten address takes bounces.
    package var validDays: Located<Int>?

    package init(domain: Located<String>, secretFile: Located<String>) {
        self.domain = domain
        self.secretFile = secretFile
    }
}
