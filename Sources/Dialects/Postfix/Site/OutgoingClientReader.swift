import Directory
import SiteConfiguration

/// The parameters of Postfix's smtp(8) and lmtp(8) clients, as one service sees them. What nobody sets stays open.
struct OutgoingClientReader {
    let parameters: ParameterReader
    /// `smtp` or `lmtp`.
    let prefix: String
    /// Only these are read: the -o options of a service; nil reads all that is set.
    var only: Set<String>?

    private var reading: PostfixReading { parameters.reading }

    func read() -> OutgoingClientModel {
        var client = OutgoingClientModel()
        readLogins(&client)
        readTLS(&client)
        readMatches(&client)
        readConnections(&client)
        readDialogue(&client)
        readTimeLimits(&client)
        return client
    }

    /// `smtp_helo_name` and `lmtp_lhlo_name`, for what is called alike but for the verb.
    private func name(_ suffix: String) -> String {
        let suffix = prefix == "lmtp" ? suffix.replacing("helo", with: "lhlo").replacing("ehlo", with: "lhlo") : suffix
        return "\(prefix)_\(suffix)"
    }

    private func isSet(_ name: String) -> Bool {
        parameters.isSet(name) && only?.contains(name) ?? true
    }

    /// Nil for a parameter that is not set here.
    private func ifSet<Value>(_ suffix: String, _ read: (String) -> Value?) -> Value? {
        let name = name(suffix)
        return isSet(name) ? read(name) : nil
    }

    private func words(_ suffix: String, _ note: String) -> [Located<String>]? {
        ifSet(suffix) { parameters.words($0, note) }
    }

    private func text(_ suffix: String, _ note: String) -> Located<String>? {
        ifSet(suffix) { parameters.text($0, note) }
    }

    private func boolean(_ suffix: String, _ note: String) -> Located<Bool>? {
        ifSet(suffix) { parameters.boolean($0, note) }
    }

    private func tables(_ suffix: String, _ note: String) -> [TableModel]? {
        words(suffix, note).map { TableReader(reading).tables($0) }
    }

    private func path(_ suffix: String, _ note: String) -> Located<String>? {
        guard let path = text(suffix, note), !path.value.isEmpty, path.value.lowercased() != "none" else { return nil }
        return path.map { reading.draft.files.hostPath(reading.absolute($0)) }
    }

    // MARK: Logins

    private func readLogins(_ client: inout OutgoingClientModel) {
        client.logsIn = boolean("sasl_auth_enable", "logs in at the next hop")
        client.logins = tables("sasl_password_maps", "logins at next hops")
        client.asksLoginsForSender = boolean("sender_dependent_authentication", "logins may depend on the sender")
        client.loginMechanisms = words("sasl_mechanism_filter", "mechanisms that logins use")
        for word in client.loginMechanisms ?? [] where word.value.contains("/") || word.value.contains(":") {
            guard word.value.lowercased() != "static:all" else { continue }
            parameters.tell(
                name("sasl_mechanism_filter"), .unsupported(.login),
                "a table in it names no mechanism here: none of it is used")
        }
        client.loginSecurity = security("sasl_security_options")
        client.loginSecurityWithTLS = security("sasl_tls_security_options")
        client.loginSecurityWithVerifiedTLS = security("sasl_tls_verified_security_options")
        if isSet(name("sasl_type")), parameters.text(name("sasl_type"), "").value.lowercased() != "cyrus" {
            parameters.tell(name("sasl_type"), .ignored, "the mechanisms are Postroom's own")
        }
        for other in ["sasl_type", "sasl_path"] where isSet(name(other)) {
            parameters.tell(name(other), .notNeeded, "the mechanisms are Postroom's own")
        }
        for other in ["sasl_auth_cache_name", "sasl_auth_cache_time", "sasl_auth_soft_bounce"] {
            parameters.tell(
                name(other), .notNeeded, "a login that fails puts mail off, and is tried with the next attempt")
        }
    }

    private func security(_ suffix: String) -> [Located<String>]? {
        words(suffix, "what mechanisms must or must not be").map { words in
            words.compactMap { word in
                let text = word.value.lowercased()
                guard OutgoingClientModel.loginSecurityWords.contains(text) else {
                    parameters.error(
                        name(suffix), "\"\(WordList.printable(word.value))\" is not known",
                        remedy: OutgoingClientModel.loginSecurityWords.joined(separator: ", "))
                    return nil
                }
                return word.map { _ in text }
            }
        }
    }

    // MARK: TLS

    private func readTLS(_ client: inout OutgoingClientModel) {
        let levels = ["tls_security_level", "use_tls", "enforce_tls"].map { "\(prefix)_\($0)" }
        if levels.contains(where: isSet) {
            client.tlsLevel = TLSLevelReader(parameters).level(
                prefix, allowed: OutgoingClientModel.TLSLevel.allCases.map(\.rawValue)
            )
            .flatMap { level in
                OutgoingClientModel.TLSLevel(rawValue: level.value).map { Located($0, at: level.location) }
            }
            // smtp_enforce_tls checked names where smtp_tls_enforce_peername was left on.
            if client.tlsLevel?.value == .encrypt, isSet(levels[2]), !isSet(levels[0]),
                parameters.boolean("\(prefix)_tls_enforce_peername", "names of certificates are checked").value
            {
                client.tlsLevel = client.tlsLevel.map { $0.map { _ in .verify } }
            }
        }
        client.tlsPolicies = tables("tls_policy_maps", "TLS by next hop")
        client.implicitTLS = boolean("tls_wrappermode", "TLS from the first byte")
        client.caFile = path("tls_CAfile", "certificates are verified with it")
        client.caDirectory = path("tls_CApath", "certificates are verified with it")
        readCertificate(&client)
        client.tlsProtocols = protocols("tls_protocols", "versions of TLS where it is not required")
        client.mandatoryTLSProtocols = protocols("tls_mandatory_protocols", "versions of TLS where it is required")
        client.excludedCiphers = words("tls_exclude_ciphers", "ciphers that are not offered")
        client.mandatoryExcludedCiphers = words(
            "tls_mandatory_exclude_ciphers", "ciphers that are not offered where TLS is required")
        if let name = text("tls_servername", "the name that is asked for in TLS (SNI)"), !name.value.isEmpty {
            client.serverName = name
        }
        for suffix in ["tls_ciphers", "tls_mandatory_ciphers"] where isSet(name(suffix)) {
            _ = parameters.text(name(suffix), "")
            parameters.tell(name(suffix), .ignored, "every cipher that is offered is of the grade high")
        }
        for suffix in [
            "tls_session_cache_database", "tls_session_cache_timeout", "tls_loglevel", "tls_note_starttls_offer",
            "tls_connection_reuse", "tls_scert_verifydepth", "tls_block_early_mail_reply",
        ] {
            parameters.tell(name(suffix), .notNeeded, Self.unneeded[suffix] ?? "has no counterpart")
        }
        if isSet(name("tls_trust_anchor_file")) {
            let note = "certificates are trusted by CA alone: name trust anchors in a TLS policy (tafile=)"
            parameters.tell(name("tls_trust_anchor_file"), .unsupported(.encryption), note)
        }
    }

    private static let unneeded = [
        "tls_loglevel": "TLS version and cipher are logged for each connection",
        "tls_note_starttls_offer": "the log tells of it",
        "tls_session_cache_database": "TLS sessions are resumed by tickets, without a database",
        "tls_session_cache_timeout": "TLS sessions are resumed by tickets, without a database",
        "tls_connection_reuse": "connections are reused for mail of the same next hop, TLS and login",
        "tls_scert_verifydepth": "chains have a bound of their own",
        "tls_block_early_mail_reply": "replies that come too early are never taken",
    ]

    private func readCertificate(_ client: inout OutgoingClientModel) {
        if let chains = words("tls_chain_files", "the certificate that is shown to other hosts"),
            let first = chains.first
        {
            let file: (Located<String>) -> Located<String> = {
                $0.map { reading.draft.files.hostPath(reading.absolute($0)) }
            }
            // postconf(5): the key comes before its certificate chain, in one file or in two.
            (client.certificate, client.key) = (file(chains.count > 1 ? chains[1] : first), file(first))
            return
        }
        for (certificate, key) in [
            ("tls_cert_file", "tls_key_file"), ("tls_eccert_file", "tls_eckey_file"),
            ("tls_dcert_file", "tls_dkey_file"),
        ] where client.certificate == nil {
            client.certificate = path(certificate, "the certificate that is shown to other hosts")
            if let found = client.certificate {
                client.key = path(key, "the key of the certificate that is shown to other hosts") ?? found
            }
        }
    }

    private func protocols(_ suffix: String, _ note: String) -> Located<String>? {
        guard let text = text(suffix, note), !text.value.isEmpty else { return nil }
        return text
    }

    private func readMatches(_ client: inout OutgoingClientModel) {
        client.secureMatch = match("tls_secure_cert_match", "names of certificates at the level secure")
        client.verifyMatch = match("tls_verify_cert_match", "names of certificates at the level verify")
        if let digests = words("tls_fingerprint_cert_match", "certificates at the level fingerprint") {
            client.fingerprints = digests.flatMap { word in
                word.value.split(separator: "|").map { Located(String($0), at: word.location) }
            }
        }
        let digest = name("tls_fingerprint_digest")
        // The default depends on compatibility_level.
        if isSet(digest) || client.fingerprints != nil || client.tlsPolicies != nil {
            client.fingerprintDigest = parameters.choice(
                digest, OutgoingClientModel.Digest.allCases.map(\.rawValue), "the digest of fingerprints"
            )
            .flatMap { word in
                OutgoingClientModel.Digest(rawValue: word.value).map { Located($0, at: word.location) }
            }
        }
        client.insecureMXLevel = ifSet("tls_dane_insecure_mx_policy") {
            parameters.choice(
                $0, OutgoingClientModel.InsecureMXLevel.allCases.map(\.rawValue), "DANE where MX records are not signed"
            )
        }
        .flatMap { word in
            OutgoingClientModel.InsecureMXLevel(rawValue: word.value).map { Located($0, at: word.location) }
        }
    }

    /// Colons separate these, too.
    private func match(_ suffix: String, _ note: String) -> [Located<String>]? {
        words(suffix, note).map { words in
            words.flatMap { word in word.value.split(separator: ":").map { Located(String($0), at: word.location) } }
        }
    }

    // MARK: Connections

    private func readConnections(_ client: inout OutgoingClientModel) {
        client.heloName = text("helo_name", "the name that other hosts are greeted with")
        if prefix == "smtp" {
            client.bindAddress = text("bind_address", "connections come from it")
            client.bindAddress6 = text("bind_address6", "connections come from it")
        } else {
            client.bindAddress = text("bind_address", "LMTP connections come from it")
            client.bindAddress6 = text("bind_address6", "LMTP connections come from it")
        }
        if isSet("inet_protocols") { client.addressFamilies = families() }
        client.addressPreference = ifSet("address_preference") {
            parameters.choice(
                $0, OutgoingClientModel.AddressPreference.allCases.map(\.rawValue), "which addresses are tried first")
        }
        .flatMap { word in
            OutgoingClientModel.AddressPreference(rawValue: word.value).map { Located($0, at: word.location) }
        }
        client.addressLimit = ifSet("mx_address_limit") { parameters.integer($0, "addresses that are tried") }
            .map { $0.map { min($0, 1000) } }
        client.sessionLimit = ifSet("mx_session_limit") { parameters.integer($0, "sessions in which mail is tried") }
            .map { $0.map { min($0, 1000) } }
        client.fallbackRelays = words("fallback_relay", "next hops for what no other host takes for now")
        if let lookup = words("host_lookup", "hosts are found by DNS"), !lookup.contains(where: { $0.value == "dns" }) {
            parameters.tell(
                name("host_lookup"), .ignored,
                "hosts are found by DNS, and by /etc/hosts as the section dns of postroom.yaml says")
        }
        for suffix in ["randomize_addresses", "balance_inet_protocols", "bind_address_enforce"] {
            parameters.tell(
                name(suffix), .ignored, "addresses of equal preference are tried in any order, the families in turn")
        }
        for suffix in [
            "connection_cache_destinations", "connection_cache_on_demand", "connection_cache_time_limit",
            "connection_reuse_count_limit", "connection_reuse_time_limit",
        ] {
            parameters.tell(name(suffix), .notNeeded, "connections are kept for two seconds and at most 100 messages")
        }
    }

    private func families() -> [Located<OutgoingClientModel.AddressFamily>]? {
        let words = parameters.words("inet_protocols", "IPv4, IPv6 or both")
        var families: [Located<OutgoingClientModel.AddressFamily>] = []
        for word in words {
            switch word.value.lowercased() {
            case "all": return nil
            case "ipv4": families.append(Located(.ipv4, at: word.location))
            case "ipv6": families.append(Located(.ipv6, at: word.location))
            default:
                parameters.error(
                    "inet_protocols", "\"\(WordList.printable(word.value))\" is not known",
                    remedy: "write all, ipv4, ipv6, or both of these")
            }
        }
        return families.isEmpty ? nil : families
    }

    // MARK: The dialogue

    private func readDialogue(_ client: inout OutgoingClientModel) {
        client.skips5xxGreeting = boolean("skip_5xx_greeting", "a host that greets with 5xx is passed over")
        client.ignoredKeywords = words("discard_ehlo_keywords", "offers of other hosts that are not taken up")
        client.lineLengthLimit = ifSet("line_length_limit") { parameters.integer($0, "longer lines are broken") }
            .map { $0.map { min($0, 1_000_000) } }
        if isSet("disable_mime_output_conversion") {
            client.convertsToSevenBits = parameters.boolean(
                "disable_mime_output_conversion", "whether mail is made seven-bit where a host needs it"
            )
            .map { !$0 }
        }
        for suffix in [
            "pix_workarounds", "pix_workaround_maps", "pix_workaround_threshold_time", "pix_workaround_delay_time",
        ] {
            parameters.tell(name(suffix), .notNeeded, "no firewall of that kind is known any more")
        }
        for suffix in ["quote_rfc821_envelope", "always_send_ehlo", "never_send_ehlo", "skip_quit_response"] {
            parameters.tell(name(suffix), .notNeeded, "the dialogue is that of RFC 5321: EHLO first, then HELO")
        }
    }

    private func readTimeLimits(_ client: inout OutgoingClientModel) {
        let names: [(String, WritableKeyPath<TimeLimitsModel, Located<Duration>?>)] = [
            ("connect_timeout", \.connect), ("helo_timeout", \.greeting), ("starttls_timeout", \.startTLS),
            ("mail_timeout", \.mail), ("rcpt_timeout", \.recipient), ("data_init_timeout", \.data),
            ("data_xfer_timeout", \.block), ("data_done_timeout", \.finalReply), ("rset_timeout", \.reset),
        ]
        for (suffix, path) in names {
            client.timeLimits[keyPath: path] = ifSet(suffix) { parameters.duration($0, "how long a reply may take") }
        }
        parameters.tell(name("quit_timeout"), .notNeeded, "the reply to QUIT is not waited for")
    }
}

extension OutgoingClientModel {
    /// What Postfix's clients do when nobody says otherwise, for a transport that does not take over what the site says.
    static func postfixDefaults(helo: Located<String>) -> OutgoingClientModel {
        func located<Value>(_ value: Value) -> Located<Value> { Located(value, at: .builtIn) }
        var client = OutgoingClientModel()
        (client.logins, client.logsIn, client.asksLoginsForSender) = ([], located(false), located(false))
        client.loginMechanisms = []
        client.loginSecurity = [located("noplaintext"), located("noanonymous")]
        client.loginSecurityWithTLS = client.loginSecurity
        client.loginSecurityWithVerifiedTLS = client.loginSecurity
        (client.tlsLevel, client.tlsPolicies, client.implicitTLS) = (located(.none), [], located(false))
        client.secureMatch = [located("nexthop"), located("dot-nexthop")]
        client.verifyMatch = [located("hostname")]
        client.fingerprints = []
        client.tlsProtocols = located(">=TLSv1")
        client.mandatoryTLSProtocols = located(">=TLSv1")
        (client.excludedCiphers, client.mandatoryExcludedCiphers) = ([], [])
        client.insecureMXLevel = located(.may)
        client.heloName = helo
        (client.bindAddress, client.bindAddress6) = (located(""), located(""))
        client.addressPreference = located(.any)
        (client.addressLimit, client.sessionLimit) = (located(5), located(2))
        client.fallbackRelays = []
        client.skips5xxGreeting = located(true)
        client.ignoredKeywords = []
        client.lineLengthLimit = located(998)
        for (key, seconds) in [
            ("connect", 30), ("greeting", 300), ("start_tls", 300), ("mail", 300), ("recipient", 300), ("data", 120),
            ("block", 180), ("final_reply", 600), ("reset", 20),
        ] {
            guard let path = TimeLimitsModel.fields.first(where: { $0.key == key })?.path else { continue }
            client.timeLimits[keyPath: path] = located(.seconds(seconds))
        }
        return client
    }
}
