package import LookupTables
package import Net

/// What a site asks of TLS towards other hosts.
package struct OutgoingTLSOptions: Sendable {
    /// smtp_tls_security_level.
    package var level = OutgoingTLSLevel.may
    /// smtp_tls_wrappermode: TLS from the first byte.
    package var isImplicit = false
    /// smtp_tls_policy_maps, asked in this order by next hop.
    package var policies: [any LookupTable] = []
    /// smtp_tls_secure_cert_match, smtp_tls_verify_cert_match.
    package var secureMatch = CertificateMatch.secureDefault
    package var verifyMatch = CertificateMatch.verifyDefault
    /// tls_wildcard_matches_multiple_labels: `yes` in Postfix.
    package var wildcardsSpanLabels = false
    /// smtp_tls_fingerprint_cert_match, smtp_tls_fingerprint_digest.
    package var fingerprints: [[UInt8]] = []
    package var fingerprintAlgorithm = CertificateFingerprints.Algorithm.sha256
    /// smtp_tls_protocols, for `may`: an old version is better than none.
    package var protocols = TLSProtocolRange(minimum: .tls10)
    /// smtp_tls_mandatory_protocols.
    package var mandatoryProtocols = TLSProtocolRange(minimum: .tls12)
    /// smtp_tls_exclude_ciphers, for every level; smtp_tls_mandatory_exclude_ciphers, where TLS is required.
    package var excludedCiphers: [String] = []
    package var mandatoryExcludedCiphers: [String] = []
    /// smtp_tls_servername.
    package var serverName: OutgoingTLSPolicy.ServerName?
    /// smtp_tls_CAfile, smtp_tls_CApath; nil takes the system's where a chain must be checked.
    package var trustAnchors: TrustAnchors?
    /// smtp_tls_cert_file, smtp_tls_key_file.
    package var certificate: ClientCertificate?
    /// smtp_tls_dane_insecure_mx_policy: what holds for a host that has TLSA records, when DNSSEC does not vouch for the MX
    /// answer that named it. `dane`, `encrypt` or `may`.
    package var insecureExchangerLevel = OutgoingTLSLevel.dane

    package init() {}
}
