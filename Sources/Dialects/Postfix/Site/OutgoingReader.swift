import Directory
import SiteConfiguration

/// Mail that leaves: next hops, TLS and logins there, times of the queue; and what bounds all mail.
struct OutgoingReader {
    let reading: PostfixReading
    let parameters: ParameterReader

    init(_ reading: PostfixReading) {
        self.reading = reading
        parameters = ParameterReader(reading)
    }

    func read() {
        var outgoing = OutgoingModel()
        outgoing.relayHost = parameters.optional("relayhost", "the next hop of mail that leaves")
        outgoing.senderRelayHosts = tables("sender_dependent_relayhost_maps", "next hops by sender")
        outgoing.logsIn = parameters.boolean("smtp_sasl_auth_enable", "logs in at the next hop").value
        outgoing.logins = tables("smtp_sasl_password_maps", "logins at next hops")
        outgoing.tlsLevel = TLSLevelReader(parameters).level(
            "smtp", allowed: OutgoingModel.TLSLevel.allCases.map(\.rawValue)
        )
        .flatMap { level in OutgoingModel.TLSLevel(rawValue: level.value).map { Located($0, at: level.location) } }
        outgoing.tlsPolicies = tables("smtp_tls_policy_maps", "TLS by next hop")
        outgoing.caFile = path("smtp_tls_CAfile", "certificates are verified with it")
        outgoing.caDirectory = path("smtp_tls_CApath", "certificates are verified with it")
        outgoing.lifetime = parameters.duration("maximal_queue_lifetime", unit: "d", "how long mail is tried")
        outgoing.bounceLifetime = parameters.duration("bounce_queue_lifetime", unit: "d", "how long notices are tried")
        outgoing.delayWarning = parameters.duration(
            "delay_warning_time", unit: "h", "after it senders are told of a delay")
        outgoing.minimalBackoff = parameters.duration("minimal_backoff_time", "the shortest pause before the next try")
        outgoing.maximalBackoff = parameters.duration("maximal_backoff_time", "the longest pause before the next try")
        outgoing.bounceSize = parameters.size("bounce_size_limit", "how much of a message a bounce holds")
        outgoing.srs = reading.draft.model.outgoing.srs
        reading.draft.model.outgoing = outgoing
        readTLS()
        readLimits()
        readLocalUsers()
    }

    private func readLocalUsers() {
        guard parameters.isSet("authorized_submit_users") else { return }
        let words = parameters.words("authorized_submit_users", "which users of this machine may send")
        reading.draft.model.local.users = TableReader(reading, effect: .relaying).items(words)
    }

    private func tables(_ name: String, _ note: String) -> [TableModel] {
        TableReader(reading).tables(parameters.words(name, note))
    }

    private func path(_ name: String, _ note: String) -> Located<String>? {
        parameters.optional(name, note)?.map { reading.draft.files.hostPath(reading.absolute($0)) }
    }

    private func readTLS() {
        for name in ["smtp_tls_mandatory_protocols", "smtp_tls_protocols"] where parameters.isSet(name) {
            _ = parameters.text(name, "")
            parameters.tell(name, .ignored, "TLS 1.2 and newer are spoken to other hosts")
        }
        for name in [
            "smtp_tls_mandatory_ciphers", "smtp_tls_ciphers", "smtp_tls_exclude_ciphers",
            "smtp_tls_mandatory_exclude_ciphers",
        ] where parameters.isSet(name) {
            _ = parameters.text(name, "")
            parameters.tell(name, .ignored, "the TLS library's own suites are offered to other hosts")
        }
        parameters.tell("smtp_tls_loglevel", .notNeeded, "TLS version and cipher are logged for each connection")
        parameters.tell("smtp_tls_note_starttls_offer", .notNeeded, "the log tells of it")
        for name in [
            "smtp_tls_session_cache_database", "smtpd_tls_session_cache_database", "smtpd_tls_session_cache_timeout",
        ] {
            parameters.tell(name, .notNeeded, "TLS sessions are resumed by tickets, without a database")
        }
    }

    private func readLimits() {
        // Zero is no bound in Postfix; here everything has one.
        if let size = parameters.size("message_size_limit", "the largest message") {
            reading.draft.model.limits.messageSize = size.value == 0 ? size.map { _ in 1 << 40 } : size
        }
        if let count = parameters.integer("smtpd_client_connection_count_limit", "connections of one client") {
            if count.value > 0 {
                reading.draft.model.limits.connectionsPerClient = min(count.value, 1_000_000)
            } else {
                parameters.tell(
                    "smtpd_client_connection_count_limit", .ignored,
                    "no bound, as which here \(reading.draft.model.limits.connectionsPerClient) stands")
            }
        }
        for name in [
            "header_size_limit", "line_length_limit", "hopcount_limit", "mime_nesting_limit",
            "mime_boundary_length_limit",
        ] {
            guard parameters.isSet(name) else { continue }
            _ = parameters.size(name, "")
            parameters.tell(name, .ignored, "Postroom's own bound holds")
        }
        if parameters.isSet("mailbox_size_limit") {
            _ = parameters.size("mailbox_size_limit", "")
            parameters.tell(
                "mailbox_size_limit", .notNeeded,
                "it bounds the files that local(8) writes, which does not deliver here")
        }
        for name in ["smtpd_soft_error_limit", "smtpd_error_sleep_time", "smtpd_junk_command_limit", "smtpd_timeout"]
        where parameters.isSet(name) {
            _ = parameters.text(name, "")
            parameters.tell(name, .ignored, "Postroom's own bound holds")
        }
        if parameters.boolean("soft_bounce", "refusals are put off").value {
            parameters.tell("soft_bounce", .ignored, "refusals stay refusals: mail is not kept waiting")
        }
    }
}
