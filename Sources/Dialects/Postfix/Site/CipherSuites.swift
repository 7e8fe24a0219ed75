/// OpenSSL's names, grades and keywords → IANA's names of the suites that Postroom's TLS has. TLS 1.3's own suites are
/// not subject to these settings, neither in OpenSSL nor here.
package enum CipherSuites {
    /// One suite by both of its names, with the keywords that stand for it.
    private struct Suite {
        let name: String
        let openSSL: String
        let keywords: Set<String>
    }

    private static let suites: [Suite] = [
        (
            "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE ECDSA AESGCM AES128 AES SHA256"
        ),
        ("ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE RSA AESGCM AES128 AES SHA256"),
        (
            "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE ECDSA AESGCM AES256 AES SHA384"
        ),
        ("ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE RSA AESGCM AES256 AES SHA384"),
        ("ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE ECDSA CHACHA20 SHA256"),
        ("ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE RSA CHACHA20 SHA256"),
        ("ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE ECDSA AES128 AES SHA SHA1 CBC"),
        ("ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", "ECDHE RSA AES128 AES SHA SHA1 CBC"),
        ("ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE ECDSA AES256 AES SHA SHA1 CBC"),
        ("ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", "ECDHE RSA AES256 AES SHA SHA1 CBC"),
        ("RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", "KRSA RSA AESGCM AES128 AES SHA256"),
        ("RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", "KRSA RSA AESGCM AES256 AES SHA384"),
        ("RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", "KRSA RSA AES128 AES SHA SHA1 CBC"),
        ("RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", "KRSA RSA AES256 AES SHA SHA1 CBC"),
    ].map {
        Suite(
            name: "TLS_\($0.0)", openSSL: $0.1,
            keywords: Set(
                $0.2.split(separator: " ").map(String.init) + ["ALL", "DEFAULT", "HIGH", "COMPLEMENTOFDEFAULT"]))
    }

    /// A grade of `smtpd_tls_ciphers`. OpenSSL's medium, low and export suites (RC4, 3DES, SEED …) are nowhere offered any
    /// more, so that each of these grades is `high`; `null` has no suite at all.
    package static func grade(_ grade: String, excluding excluded: [String]) -> [String] {
        guard grade != "null" else { return [] }
        return suites.filter { suite in !excluded.contains { matches(suite, $0) } }.map(\.name)
    }

    /// A cipher list in OpenSSL's notation: `HIGH:!aNULL:!RC4:ECDHE-RSA-AES128-GCM-SHA256`.
    package static func named(by list: String) -> [String] {
        var chosen: [String] = []
        for part in list.split(whereSeparator: { ":, ".contains($0) }) {
            let isRemoved = part.hasPrefix("!") || part.hasPrefix("-")
            let pattern = part.drop { "!-+".contains($0) }
            if part.hasPrefix("+") || pattern.hasPrefix("@") { continue }
            let fitting = suites.filter { matches($0, String(pattern)) }.map(\.name)
            if isRemoved {
                chosen.removeAll { fitting.contains($0) }
            } else {
                chosen += fitting.filter { !chosen.contains($0) }
            }
        }
        return chosen
    }

    /// `ECDHE+AESGCM` names the suites that have both.
    private static func matches(_ suite: Suite, _ pattern: String) -> Bool {
        let upper = pattern.uppercased()
        if upper == suite.openSSL || upper == suite.name { return true }
        let aliases = ["EECDH": "ECDHE", "KEECDH": "ECDHE", "KECDHE": "ECDHE", "ARSA": "RSA", "AECDSA": "ECDSA"]
        let words = upper.split(separator: "+").map(String.init)
        return !words.isEmpty && words.allSatisfy { suite.keywords.contains(aliases[$0] ?? $0) }
    }
}
