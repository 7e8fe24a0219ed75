import Directory

/// The keys of `outgoing:` and of each of its transports that say how other hosts are spoken to.
enum OutgoingClientSection {
    static func read(_ reader: SectionReader) -> OutgoingClientModel {
        var model = OutgoingClientModel()
        model.logins = tables("logins", reader)
        model.logsIn = reader.boolean("log_in")
        model.asksLoginsForSender = reader.boolean("asks_logins_for_sender")
        model.loginMechanisms = reader.strings("login_mechanisms")
        model.loginSecurity = loginSecurity("login_security", reader)
        model.loginSecurityWithTLS = loginSecurity("login_security_tls", reader)
        model.loginSecurityWithVerifiedTLS = loginSecurity("login_security_verified", reader)
        model.sendsUnprotectedLogins = reader.boolean("unprotected_logins")
        readTLS(reader, &model)
        readConnections(reader, &model)
        return model
    }

    private static func tables(_ key: String, _ reader: SectionReader) -> [TableModel]? {
        reader.node(key) == nil ? nil : TableSection.tables(key, reader)
    }

    private static func loginSecurity(_ key: String, _ reader: SectionReader) -> [Located<String>]? {
        let words = reader.strings(key)
        for word in words ?? [] where !OutgoingClientModel.loginSecurityWords.contains(word.value) {
            reader.context.faults.error(
                at: word.location, "\(reader.qualified(key)): there is no \(word.value)",
                remedy: OutgoingClientModel.loginSecurityWords.joined(separator: ", "))
        }
        return words
    }

    private static func readTLS(_ reader: SectionReader, _ model: inout OutgoingClientModel) {
        model.tlsLevel = reader.choice("tls", OutgoingClientModel.TLSLevel.self)
        model.tlsPolicies = tables("tls_policies", reader)
        model.implicitTLS = reader.boolean("implicit_tls")
        model.caFile = reader.string("ca_file")
        model.caDirectory = reader.string("ca_directory")
        model.certificate = reader.string("certificate")
        model.key = reader.string("key")
        model.secureMatch = reader.strings("secure_match")
        model.verifyMatch = reader.strings("verify_match")
        model.fingerprints = reader.strings("fingerprints")
        model.fingerprintDigest = reader.choice("fingerprint_digest", OutgoingClientModel.Digest.self)
        model.tlsProtocols = reader.string("tls_protocols")
        model.mandatoryTLSProtocols = reader.string("mandatory_tls_protocols")
        model.excludedCiphers = reader.strings("exclude_ciphers")
        model.mandatoryExcludedCiphers = reader.strings("mandatory_exclude_ciphers")
        model.serverName = reader.string("server_name")
        model.insecureMXLevel = reader.choice("insecure_mx", OutgoingClientModel.InsecureMXLevel.self)
        model.wildcardsSpanLabels = reader.boolean("wildcards_span_labels")
    }

    private static func readConnections(_ reader: SectionReader, _ model: inout OutgoingClientModel) {
        model.heloName = reader.string("helo_name")
        model.bindAddress = reader.string("bind_address")
        model.bindAddress6 = reader.string("bind_address6")
        if let families = reader.strings("address_families") {
            model.addressFamilies = families.compactMap { word in
                guard let family = OutgoingClientModel.AddressFamily(rawValue: word.value) else {
                    reader.context.faults.error(
                        at: word.location, "\(reader.qualified("address_families")): there is no \(word.value)",
                        remedy: "ipv4, ipv6 or both")
                    return nil
                }
                return word.map { _ in family }
            }
        }
        model.addressPreference = reader.choice("address_preference", OutgoingClientModel.AddressPreference.self)
        model.addressLimit = reader.integer("address_limit", in: 0...1000)
        model.sessionLimit = reader.integer("session_limit", in: 0...1000)
        model.fallbackRelays = reader.strings("fallback_relays")
        model.skips5xxGreeting = reader.boolean("skip_5xx_greeting")
        model.ignoredKeywords = reader.strings("ignore_ehlo_keywords")
        model.lineLengthLimit = reader.integer("line_length", in: 0...1_000_000)
        model.convertsToSevenBits = reader.boolean("convert_8bit")
        if let limits = reader.section("time_limits") {
            for (key, path) in TimeLimitsModel.fields { model.timeLimits[keyPath: path] = limits.duration(key) }
            limits.finish()
        }
    }
}

extension OutgoingClientModel {
    /// Cyrus SASL's security flags, as smtp_sasl_security_options names them.
    package static let loginSecurityWords = [
        "noplaintext", "noactive", "nodictionary", "noanonymous", "mutual_auth", "forward_secrecy",
    ]
}
