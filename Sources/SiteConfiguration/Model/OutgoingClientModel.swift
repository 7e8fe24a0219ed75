/// How other hosts are spoken to; nil for what a transport takes from the site, and the site from the program's defaults.
package struct OutgoingClientModel: Sendable {
    package enum TLSLevel: String, CaseIterable, Sendable {
        case none, may, encrypt, dane, daneOnly = "dane-only", fingerprint, verify, secure
    }

    package enum InsecureMXLevel: String, CaseIterable, Sendable {
        case may, encrypt, dane
    }

    package enum AddressFamily: String, CaseIterable, Sendable {
        case ipv4, ipv6
    }

    package enum AddressPreference: String, CaseIterable, Sendable {
        case any, ipv4, ipv6
    }

    package enum Digest: String, CaseIterable, Sendable {
        case md5, sha1, sha256, sha384, sha512
    }

    // MARK: Logins

    /// smtp_sasl_password_maps.
    package var logins: [TableModel]?
    /// smtp_sasl_auth_enable.
    package var logsIn: Located<Bool>?
    /// smtp_sender_dependent_authentication.
    package var asksLoginsForSender: Located<Bool>?
    /// smtp_sasl_mechanism_filter: mechanisms, `!` before those that are not used.
    package var loginMechanisms: [Located<String>]?
    /// smtp_sasl_security_options: what a mechanism must not be, or must be, without TLS.
    package var loginSecurity: [Located<String>]?
    /// smtp_sasl_tls_security_options, smtp_sasl_tls_verified_security_options.
    package var loginSecurityWithTLS: [Located<String>]?
    package var loginSecurityWithVerifiedTLS: [Located<String>]?
    /// Passwords go to hosts that proved nothing, as Postfix sends them.
    package var sendsUnprotectedLogins: Located<Bool>?

    // MARK: TLS

    /// smtp_tls_security_level.
    package var tlsLevel: Located<TLSLevel>?
    /// smtp_tls_policy_maps.
    package var tlsPolicies: [TableModel]?
    /// smtp_tls_wrappermode: TLS from the first byte.
    package var implicitTLS: Located<Bool>?
    package var caFile: Located<String>?
    package var caDirectory: Located<String>?
    /// smtp_tls_cert_file, smtp_tls_key_file.
    package var certificate: Located<String>?
    package var key: Located<String>?
    /// smtp_tls_secure_cert_match, smtp_tls_verify_cert_match.
    package var secureMatch: [Located<String>]?
    package var verifyMatch: [Located<String>]?
    /// smtp_tls_fingerprint_cert_match, smtp_tls_fingerprint_digest.
    package var fingerprints: [Located<String>]?
    package var fingerprintDigest: Located<Digest>?
    /// smtp_tls_protocols, smtp_tls_mandatory_protocols.
    package var tlsProtocols: Located<String>?
    package var mandatoryTLSProtocols: Located<String>?
    /// smtp_tls_exclude_ciphers, smtp_tls_mandatory_exclude_ciphers.
    package var excludedCiphers: [Located<String>]?
    package var mandatoryExcludedCiphers: [Located<String>]?
    /// smtp_tls_servername.
    package var serverName: Located<String>?
    /// smtp_tls_dane_insecure_mx_policy.
    package var insecureMXLevel: Located<InsecureMXLevel>?
    /// tls_wildcard_matches_multiple_labels.
    package var wildcardsSpanLabels: Located<Bool>?

    // MARK: Connections

    /// smtp_helo_name.
    package var heloName: Located<String>?
    /// smtp_bind_address, smtp_bind_address6.
    package var bindAddress: Located<String>?
    package var bindAddress6: Located<String>?
    /// inet_protocols.
    package var addressFamilies: [Located<AddressFamily>]?
    /// smtp_address_preference.
    package var addressPreference: Located<AddressPreference>?
    /// smtp_mx_address_limit, smtp_mx_session_limit; zero for no limit.
    package var addressLimit: Located<Int>?
    package var sessionLimit: Located<Int>?
    /// smtp_fallback_relay: next hops for what no other host takes for now.
    package var fallbackRelays: [Located<String>]?

    // MARK: The dialogue

    /// smtp_skip_5xx_greeting.
    package var skips5xxGreeting: Located<Bool>?
    /// smtp_discard_ehlo_keywords.
    package var ignoredKeywords: [Located<String>]?
    /// smtp_line_length_limit; zero for none.
    package var lineLengthLimit: Located<Int>?
    /// disable_mime_output_conversion, said the other way round.
    package var convertsToSevenBits: Located<Bool>?
    package var timeLimits = TimeLimitsModel()

    package init() {}
}

/// The smtp_…_timeout family: how long each reply may take.
package struct TimeLimitsModel: Sendable {
    package var connect: Located<Duration>?
    /// smtp_helo_timeout: the greeting and the reply to EHLO.
    package var greeting: Located<Duration>?
    package var startTLS: Located<Duration>?
    package var mail: Located<Duration>?
    package var recipient: Located<Duration>?
    /// smtp_data_init_timeout.
    package var data: Located<Duration>?
    /// smtp_data_xfer_timeout.
    package var block: Located<Duration>?
    /// smtp_data_done_timeout.
    package var finalReply: Located<Duration>?
    package var reset: Located<Duration>?

    package init() {}

    /// Each with the key of the configuration.
    package static let fields:
        [(key: String, path: any WritableKeyPath<TimeLimitsModel, Located<Duration>?> & Sendable)] =
            [
                ("connect", \.connect), ("greeting", \.greeting), ("start_tls", \.startTLS), ("mail", \.mail),
                ("recipient", \.recipient), ("data", \.data), ("block", \.block), ("final_reply", \.finalReply),
                ("reset", \.reset),
            ]

    /// What is not said here, as `other` has it.
    package func completed(by other: TimeLimitsModel) -> TimeLimitsModel {
        var result = self
        for (_, path) in Self.fields where result[keyPath: path] == nil { result[keyPath: path] = other[keyPath: path] }
        return result
    }
}

extension OutgoingClientModel {
    /// One option, whatever its type.
    private struct Field: Sendable {
        let isSet: @Sendable (OutgoingClientModel) -> Bool
        let copy: @Sendable (_ from: OutgoingClientModel, _ to: inout OutgoingClientModel) -> Void

        init<Value>(_ path: any WritableKeyPath<OutgoingClientModel, Value?> & Sendable) {
            isSet = { $0[keyPath: path] != nil }
            copy = { $1[keyPath: path] = $0[keyPath: path] }
        }
    }

    private static let fields: [Field] = [
        Field(\.logins),
        Field(\.logsIn),
        Field(\.asksLoginsForSender),
        Field(\.loginMechanisms),
        Field(\.loginSecurity),
        Field(\.loginSecurityWithTLS),
        Field(\.loginSecurityWithVerifiedTLS),
        Field(\.sendsUnprotectedLogins),
        Field(\.tlsLevel),
        Field(\.tlsPolicies),
        Field(\.implicitTLS),
        Field(\.caFile),
        Field(\.caDirectory),
        Field(\.certificate),
        Field(\.key),
        Field(\.secureMatch),
        Field(\.verifyMatch),
        Field(\.fingerprints),
        Field(\.fingerprintDigest),
        Field(\.tlsProtocols),
        Field(\.mandatoryTLSProtocols),
        Field(\.excludedCiphers),
        Field(\.mandatoryExcludedCiphers),
        Field(\.serverName),
        Field(\.insecureMXLevel),
        Field(\.wildcardsSpanLabels),
        Field(\.heloName),
        Field(\.bindAddress),
        Field(\.bindAddress6),
        Field(\.addressFamilies),
        Field(\.addressPreference),
        Field(\.addressLimit),
        Field(\.sessionLimit),
        Field(\.fallbackRelays),
        Field(\.skips5xxGreeting),
        Field(\.ignoredKeywords),
        Field(\.lineLengthLimit),
        Field(\.convertsToSevenBits),
    ]

    /// A transport's options: what is not said here, as the site has it.
    package func completed(by site: OutgoingClientModel) -> OutgoingClientModel {
        var result = self
        for field in Self.fields where !field.isSet(result) { field.copy(site, &result) }
        result.timeLimits = timeLimits.completed(by: site.timeLimits)
        return result
    }

    /// What is not said here but in `site`, as `other` has it: nothing of the site's is taken over then.
    package func completed(by other: OutgoingClientModel, whereSetIn site: OutgoingClientModel) -> OutgoingClientModel {
        var result = self
        for field in Self.fields where !field.isSet(result) && field.isSet(site) { field.copy(other, &result) }
        for (_, path) in TimeLimitsModel.fields
        where result.timeLimits[keyPath: path] == nil && site.timeLimits[keyPath: path] != nil {
            result.timeLimits[keyPath: path] = other.timeLimits[keyPath: path]
        }
        return result
    }

    package var isEmpty: Bool {
        !Self.fields.contains { $0.isSet(self) }
            && !TimeLimitsModel.fields.contains { timeLimits[keyPath: $0.path] != nil }
    }
}
