/// Postfix's smtp_tls_exclude_ciphers and the `exclude` attribute of its policies, for a client whose ciphers are those of
/// `CipherSuites`.
extension CipherSuites {
    /// What of the library's own list is left for TLS 1.2 and below.
    package struct Exclusion: Hashable, Sendable {
        /// Nil where nothing that is offered was excluded.
        package var remaining: [String]?
        /// Words that name no cipher and no property known here.
        package var unknown: [String]
    }

    /// - Parameter words: names of cipher suites or properties of OpenSSL's (`aNULL`, `RC4`, `kRSA`), any case.
    package static func excluding(_ words: [String]) -> Exclusion {
        var remaining = names
        var unknown: [String] = []
        for word in words {
            // `kRSA+AES` stands for those that are both.
            let properties = word.uppercased().split(separator: "+").map(String.init)
            guard !properties.isEmpty, properties.allSatisfy(isKnown) else {
                unknown.append(word)
                continue
            }
            remaining.removeAll { name in properties.allSatisfy { has($0, name) } }
        }
        return Exclusion(remaining: remaining.count == names.count ? nil : remaining, unknown: unknown)
    }

    /// Nothing of these kinds is ever offered, so there is nothing to exclude.
    private static let neverOffered: Set<String> = [
        "ANULL", "ENULL", "NULL", "ADH", "AECDH", "EXP", "EXPORT", "EXPORT40", "EXPORT56", "LOW", "MEDIUM", "DES",
        "3DES",
        "RC2", "RC4", "MD5", "IDEA", "SEED", "CAMELLIA", "CAMELLIA128", "CAMELLIA256", "ARIA", "ARIA128", "ARIA256",
        "PSK",
        "KPSK", "APSK", "SRP", "KSRP", "DSS", "ADSS", "DH", "DHE", "EDH", "KDHE", "KEDH", "KDH", "KECDH", "AECDH",
        "ECDHR",
        "KDHR", "KDHD", "GOST", "SSLV2", "SSLV3", "AESCCM", "AESCCM8", "KRB5", "KFZA", "KGOST",
    ]

    private static let properties: Set<String> = [
        "KRSA", "RSA", "ARSA", "AECDSA", "ECDSA", "ECDHE", "KECDHE", "EECDH", "KEECDH", "AES", "AES128", "AES256",
        "AESGCM",
        "CHACHA20", "SHA", "SHA1", "HIGH", "TLSV1.2",
    ]

    private static func isKnown(_ word: String) -> Bool {
        neverOffered.contains(word) || properties.contains(word) || names.contains(word)
    }

    private static func has(_ property: String, _ name: String) -> Bool {
        switch property {
        case "KRSA", "RSA": !name.hasPrefix("ECDHE-")
        case "ARSA": !name.contains("ECDSA")
        case "AECDSA", "ECDSA": name.contains("ECDSA")
        case "ECDHE", "KECDHE", "EECDH", "KEECDH": name.hasPrefix("ECDHE-")
        case "AES": name.contains("AES")
        case "AES128", "AES256", "CHACHA20": name.contains(property)
        case "AESGCM": name.contains("GCM")
        case "SHA", "SHA1": name.hasSuffix("-SHA")
        case "HIGH": true
        case "TLSV1.2": !name.hasSuffix("-SHA")
        default: name == property
        }
    }
}
