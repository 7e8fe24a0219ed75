/// OpenSSL's notation for cipher suites (openssl-ciphers(1)), `ECDHE+AESGCM:HIGH:!aNULL`, worked out over the suites that
/// Postroom can offer. Suites of TLS 1.3 are not its subject.
enum OpenSSLCipherList {
    private struct Suite {
        var name: String
        var standardName: String
        /// The words that select it.
        var words: Set<String>
        var strength: Int
    }

    /// The standard (IANA) names in order of preference; nil when the list is not understood or leaves nothing.
    static func suites(_ text: String) -> [String]? {
        var chosen: [Int] = []
        var killed: Set<Int> = []
        let elements = text.split { $0 == ":" || $0 == "," || $0 == " " || $0 == ";" }
        guard !elements.isEmpty, elements.count <= 512 else { return nil }
        for element in elements {
            if element.hasPrefix("@") {
                if element == "@STRENGTH" {
                    // Stable: suites of one strength keep their order.
                    chosen = chosen.enumerated().sorted {
                        (-all[$0.element].strength, $0.offset) < (-all[$1.element].strength, $1.offset)
                    }.map(\.element)
                }
                continue
            }
            var element = element
            var sign: Character?
            if let first = element.first, "!-+".contains(first) {
                sign = first
                element.removeFirst()
            }
            guard !element.isEmpty else { continue }
            let words = element.split(separator: "+").map { aliases[String($0)] ?? String($0) }
            let matches = all.indices.filter { index in
                words.allSatisfy {
                    all[index].words.contains($0) || all[index].name == $0 || all[index].standardName == $0
                }
            }
            switch sign {
            case "!":
                killed.formUnion(matches)
                chosen.removeAll { matches.contains($0) }
            case "-": chosen.removeAll { matches.contains($0) }
            case "+":
                let moved = chosen.filter { matches.contains($0) }
                chosen = chosen.filter { !matches.contains($0) } + moved
            default: chosen += matches.filter { !chosen.contains($0) && !killed.contains($0) }
            }
        }
        return chosen.isEmpty ? nil : chosen.map { all[$0].standardName }
    }

    private static let aliases = [
        "EECDH": "ECDHE", "kEECDH": "ECDHE", "kECDHE": "ECDHE", "EDH": "DHE", "kRSA": "RSA-KX", "RSA": "RSA-KX",
        "aECDSA": "ECDSA", "SHA": "SHA1", "DEFAULT": "ALL", "TLSv1.0": "TLSv1",
    ]

    private static let all: [Suite] = [
        suite("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        suite("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        suite("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        suite("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        suite("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        suite("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        suite("ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
        suite("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        suite("ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
        suite("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
        suite("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        suite("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        suite("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
        suite("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ]

    /// The words follow from the parts of the name.
    private static func suite(_ name: String, _ standardName: String) -> Suite {
        var words: Set<String> = ["ALL", "HIGH"]
        let isChaCha = name.contains("CHACHA20")
        let isCounter = name.contains("GCM")
        let strength = name.contains("AES128") ? 128 : 256
        words.formUnion(name.hasPrefix("ECDHE") ? ["ECDHE", "ECDH", "kECDHE"] : ["RSA-KX"])
        words.insert(name.contains("ECDSA") ? "ECDSA" : "aRSA")
        if isChaCha {
            words.formUnion(["CHACHA20", "TLSv1.2"])
        } else {
            words.formUnion(["AES", strength == 128 ? "AES128" : "AES256"])
        }
        if isCounter {
            // SHA256 and SHA384 as words mean the MAC, and these have none.
            words.formUnion(["AESGCM", "TLSv1.2"])
        } else if !isChaCha {
            words.formUnion(["SHA1", name.hasPrefix("ECDHE") ? "TLSv1" : "SSLv3"])
        }
        return Suite(name: name, standardName: standardName, words: words, strength: strength)
    }
}
