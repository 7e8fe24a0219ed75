import NIOSSL

/// The cipher suites that a server can be told to offer for TLS 1.2 and below, by the names of IANA and of OpenSSL.
///
/// Keywords of OpenSSL's cipher lists (`HIGH`, `!aNULL`) are not taken: a list that comes to nothing would stop the process
/// inside the library, so every name is checked here first.
package enum CipherSuites {
    static func parse(_ names: [String]) throws(ServerTLSError) -> [NIOTLSCipher] {
        var ciphers: [NIOTLSCipher] = []
        for name in names {
            guard let cipher = byName[name.uppercased()] else {
                throw ServerTLSError(
                    file: nil, reason: "'\(name)' is no cipher suite that this server knows",
                    remedy: "known are \(known.map(\.0).joined(separator: ", "))")
            }
            ciphers.append(cipher)
        }
        guard !ciphers.isEmpty else {
            throw ServerTLSError(
                file: nil, reason: "the list of cipher suites is empty",
                remedy: "name at least one, or leave the list out")
        }
        return ciphers
    }

    /// OpenSSL's names, in order of preference.
    package static var names: [String] { known.map(\.0) }

    private static let byName: [String: NIOTLSCipher] = {
        var byName: [String: NIOTLSCipher] = [:]
        for (openSSLName, standardName, cipher) in known {
            byName[openSSLName] = cipher
            byName[standardName] = cipher
        }
        return byName
    }()

    private static let known: [(String, String, NIOTLSCipher)] = [
        (
            "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        ),
        (
            "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        ),
        (
            "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        ),
        (
            "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        ),
        (
            "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
        ),
        (
            "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        ),
        ("ECDHE-ECDSA-AES128-SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA),
        ("ECDHE-ECDSA-AES256-SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA),
        ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA),
        ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA),
        ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", .TLS_RSA_WITH_AES_128_GCM_SHA256),
        ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384", .TLS_RSA_WITH_AES_256_GCM_SHA384),
        ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", .TLS_RSA_WITH_AES_128_CBC_SHA),
        ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA", .TLS_RSA_WITH_AES_256_CBC_SHA),
    ]
}
