import Net

/// What is asked of one next hop: a level, and what an entry of smtp_tls_policy_maps says besides.
package struct OutgoingTLSPolicy: Hashable, Sendable {
    package var level: OutgoingTLSLevel
    /// For `verify` and `secure`; nil takes the site's.
    package var match: [CertificateMatch]?
    /// For `fingerprint`, as digests; nil takes the site's.
    package var fingerprints: [[UInt8]]?
    package var protocols: TLSProtocolRange?
    /// A grade of Postfix's (`high`, `medium`): every cipher offered here is of the highest. Kept for what prints it.
    package var cipherGrade: String?
    /// Ciphers and properties that are not offered.
    package var excludedCiphers: [String]?
    /// The name to ask for (SNI); `hostname` and `nexthop` stand for those.
    package var serverName: ServerName?
    /// A file of certificates that alone are trusted (`tafile`). Several are all trusted.
    package var trustAnchorFiles: [String]

    package enum ServerName: Hashable, Sendable {
        case hostname, nexthop
        case name(String)
    }

    package init(level: OutgoingTLSLevel) {
        self.level = level
        trustAnchorFiles = []
    }

    /// Octets of an entry, and of the attributes in it.
    package static let maximumLength = 16 * 1024
    package static let maximumAttributes = 64

    /// Reads an entry: `secure match=.example.org:example.org protocols=>=TLSv1.2`. Words are separated by blanks or commas,
    /// lists inside values by colons, and fingerprints by `|` (postconf(5), smtp_tls_policy_maps). What Postfix refuses is
    /// refused: mail is then deferred, never sent with less than was meant.
    package init(parsing entry: some Collection<UInt8>) throws(OutgoingTLSPolicyFault) {
        guard entry.count <= Self.maximumLength, let text = String(validating: entry, as: UTF8.self) else {
            throw OutgoingTLSPolicyFault("too long, or not in UTF-8")
        }
        let words = text.split(whereSeparator: { $0 == "," || $0.isWhitespace })
        guard let first = words.first else { throw OutgoingTLSPolicyFault("empty; write a security level") }
        guard let level = OutgoingTLSLevel(first) else {
            throw OutgoingTLSPolicyFault(
                "'\(first.prefix(64))' is no security level; known are "
                    + OutgoingTLSLevel.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.init(level: level)
        // Postfix warns of attributes at this level, and goes on.
        guard level != .none else { return }
        guard words.count <= Self.maximumAttributes else {
            throw OutgoingTLSPolicyFault("more than \(Self.maximumAttributes) attributes")
        }
        for word in words.dropFirst() { try add(word) }
    }

    private mutating func add(_ word: Substring) throws(OutgoingTLSPolicyFault) {
        guard let equals = word.firstIndex(of: "=") else {
            throw OutgoingTLSPolicyFault("'\(word.prefix(64))' is no attribute; write name=value")
        }
        let name = word[..<equals].lowercased()
        let value = word[word.index(after: equals)...]
        guard !value.isEmpty else { throw OutgoingTLSPolicyFault("the attribute '\(name)' has no value") }
        switch name {
        case "protocols": protocols = try TLSProtocolRange(parsing: value)
        case "ciphers":
            guard ["export", "low", "medium", "high", "null"].contains(value.lowercased()) else {
                throw OutgoingTLSPolicyFault("'\(value.prefix(64))' is no grade of ciphers; write high or medium")
            }
            cipherGrade = value.lowercased()
        case "exclude": excludedCiphers = value.split(separator: ":").map(String.init)
        case "match": try addMatch(value)
        case "servername":
            serverName =
                switch value.lowercased() {
                case "hostname": .hostname
                case "nexthop": .nexthop
                default: .name(String(value))
                }
        case "tafile":
            guard level == .verify || level == .secure else {
                throw OutgoingTLSPolicyFault("'tafile' has no meaning at the level \(level.rawValue)")
            }
            trustAnchorFiles.append(String(value))
        // Connections are not kept open for the next message, whatever it says.
        case "connection_reuse":
            guard ["yes", "no"].contains(value.lowercased()) else {
                throw OutgoingTLSPolicyFault("'connection_reuse' is yes or no")
            }
        default: throw OutgoingTLSPolicyFault("'\(name.prefix(64))' is no attribute of a TLS policy")
        }
    }

    private mutating func addMatch(_ value: Substring) throws(OutgoingTLSPolicyFault) {
        switch level {
        case .fingerprint:
            var digests = fingerprints ?? []
            for text in value.split(separator: "|") {
                guard let digest = CertificateFingerprints.octets(text) else {
                    throw OutgoingTLSPolicyFault("'\(text.prefix(200))' is no fingerprint; write it in hexadecimal")
                }
                digests.append(digest)
            }
            guard !digests.isEmpty else { throw OutgoingTLSPolicyFault("the attribute 'match' has no value") }
            fingerprints = digests
        case .verify, .secure:
            let patterns = CertificateMatch.parse(value)
            guard !patterns.isEmpty else { throw OutgoingTLSPolicyFault("the attribute 'match' has no value") }
            match = (match ?? []) + patterns
        case .none, .may, .encrypt, .dane, .daneOnly:
            throw OutgoingTLSPolicyFault("'match' has no meaning at the level \(level.rawValue)")
        }
    }
}
