import MailModel

extension SRSModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("domain", domain)
        entries.add("secret_file", secretFile)
        entries.add("make_secret", makesSecret, unless: false)
        entries.add("exclude_domains", excludedDomains)
        entries.add("separator", separator)
        entries.add("hash_length", hashLength)
        entries.add("valid_days", validDays)
        return entries.value
    }
}

extension OutgoingModel {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("queue_directory", queueDirectory)
        entries.add("minimum_free_space", minimumFreeSpace)
        entries.add("mta_sts", asksForSTS)
        entries.add("relay_host", relayHost)
        entries.add("sender_transports", senderTransports)
        entries.add("sender_relay_hosts", senderRelayHosts)
        client.add(to: &entries)
        limits.add(to: &entries)
        if !transports.isEmpty { entries.add("transports", .list(transports.map(\.document))) }
        entries.add("lifetime", lifetime)
        entries.add("bounce_lifetime", bounceLifetime)
        entries.add("delay_warning", delayWarning)
        entries.add("minimal_backoff", minimalBackoff)
        entries.add("maximal_backoff", maximalBackoff)
        entries.add("bounce_size", bounceSize)
        entries.add("notice_recipient", noticeRecipient.map { $0.map(\.description) })
        entries.add("double_bounce_notices", tellsPostmaster)
        entries.add("srs", srs?.document)
        return entries
    }
}

extension OutgoingTransportModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("name", name)
        entries.add("protocol", kind.rawValue)
        client.add(to: &entries)
        limits.add(to: &entries)
        return entries.value
    }
}

extension DestinationLimitsModel {
    func add(to entries: inout YAMLEntries) {
        entries.add("initial_concurrency", initialConcurrency)
        entries.add("concurrency", concurrency)
        entries.add("recipients", recipients)
        entries.add("rate_delay", rateDelay)
    }
}

extension OutgoingClientModel {
    func add(to entries: inout YAMLEntries) {
        if let logins { entries.add("logins", .list(logins.map(\.documentWithoutLines))) }
        entries.add("log_in", logsIn)
        entries.add("asks_logins_for_sender", asksLoginsForSender)
        add("login_mechanisms", loginMechanisms, to: &entries)
        add("login_security", loginSecurity, to: &entries)
        add("login_security_tls", loginSecurityWithTLS, to: &entries)
        add("login_security_verified", loginSecurityWithVerifiedTLS, to: &entries)
        entries.add("unprotected_logins", sendsUnprotectedLogins)
        addTLS(to: &entries)
        addConnections(to: &entries)
    }

    private func addTLS(to entries: inout YAMLEntries) {
        entries.add("tls", tlsLevel)
        entries.add("tls_policies", tlsPolicies)
        entries.add("implicit_tls", implicitTLS)
        entries.add("ca_file", caFile)
        entries.add("ca_directory", caDirectory)
        entries.add("certificate", certificate)
        entries.add("key", key)
        add("secure_match", secureMatch, to: &entries)
        add("verify_match", verifyMatch, to: &entries)
        add("fingerprints", fingerprints, to: &entries)
        entries.add("fingerprint_digest", fingerprintDigest)
        entries.add("tls_protocols", tlsProtocols)
        entries.add("mandatory_tls_protocols", mandatoryTLSProtocols)
        add("exclude_ciphers", excludedCiphers, to: &entries)
        add("mandatory_exclude_ciphers", mandatoryExcludedCiphers, to: &entries)
        entries.add("server_name", serverName)
        entries.add("insecure_mx", insecureMXLevel)
        entries.add("wildcards_span_labels", wildcardsSpanLabels)
    }

    private func addConnections(to entries: inout YAMLEntries) {
        entries.add("helo_name", heloName)
        entries.add("bind_address", bindAddress)
        entries.add("bind_address6", bindAddress6)
        add("address_families", addressFamilies.map { $0.map { $0.map(\.rawValue) } }, to: &entries)
        entries.add("address_preference", addressPreference)
        entries.add("address_limit", addressLimit)
        entries.add("session_limit", sessionLimit)
        add("fallback_relays", fallbackRelays, to: &entries)
        entries.add("skip_5xx_greeting", skips5xxGreeting)
        add("ignore_ehlo_keywords", ignoredKeywords, to: &entries)
        entries.add("line_length", lineLengthLimit)
        entries.add("convert_8bit", convertsToSevenBits)
        var limits = YAMLEntries()
        for (key, path) in TimeLimitsModel.fields { limits.add(key, timeLimits[keyPath: path]) }
        entries.add("time_limits", limits)
    }

    /// An empty list is written out: in a transport it stands for none, where silence takes the site's.
    private func add(_ key: String, _ list: [Located<String>]?, to entries: inout YAMLEntries) {
        if let list { entries.add(key, .list(list.map(\.document))) }
    }
}
