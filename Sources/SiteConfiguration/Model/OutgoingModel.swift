/// Mail that leaves for other hosts: next hops, TLS towards them, logins at them, times of the queue.
package struct OutgoingModel: Sendable {
    package enum TLSLevel: String, CaseIterable, Sendable {
        case none, may, encrypt, dane, daneOnly = "dane-only", fingerprint, verify, secure
    }

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
    /// SRS: the domain of rewritten senders, and the secret's file.
    package var srsDomain: Located<String>?

    package init() {}
}
