import MailModel

/// What a server offers in its reply to EHLO or LHLO (RFC 5321 §4.1.1.1). Forgotten when TLS begins (RFC 3207 §4.2).
package struct ServerCapabilities: Hashable, Sendable {
    /// Keywords in upper case; at most 100.
    package private(set) var keywords: Set<String> = []
    /// SIZE; nil where not offered, 0 where offered without a limit (RFC 1870 §4).
    package private(set) var sizeLimit: UInt64?
    /// The mechanisms of AUTH, in upper case and in the server's order; at most 32.
    package private(set) var mechanisms: [String] = []

    package init() {}

    init(_ reply: SMTPReply, ignoring ignored: Set<String> = []) {
        // The first line is a name and a greeting.
        for line in reply.lines.dropFirst().prefix(100) {
            var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { $0.uppercased() }
            guard let first = words.first else { continue }
            words.removeFirst()
            // Old servers write AUTH=LOGIN.
            if first.hasPrefix("AUTH=") {
                words.insert(String(first.dropFirst(5)), at: 0)
                add("AUTH", words, ignoring: ignored)
            } else {
                add(first, words, ignoring: ignored)
            }
        }
    }

    private mutating func add(_ keyword: String, _ parameters: [String], ignoring ignored: Set<String>) {
        guard !ignored.contains(keyword) else { return }
        keywords.insert(keyword)
        switch keyword {
        case "SIZE": sizeLimit = parameters.first.flatMap { UInt64($0) } ?? 0
        case "AUTH":
            for name in parameters where !mechanisms.contains(name) && mechanisms.count < 32 {
                mechanisms.append(name)
            }
        default: break
        }
    }

    package func offers(_ keyword: String) -> Bool { keywords.contains(keyword) }

    package var hasPipelining: Bool { offers("PIPELINING") }
    package var hasEightBitMIME: Bool { offers("8BITMIME") }
    /// RFC 3030 §3: BINARYMIME goes over BDAT only.
    package var hasBinaryMIME: Bool { offers("BINARYMIME") && offers("CHUNKING") }
    package var hasChunking: Bool { offers("CHUNKING") }
    package var hasSMTPUTF8: Bool { offers("SMTPUTF8") }
    package var hasDSN: Bool { offers("DSN") }
    package var hasStartTLS: Bool { offers("STARTTLS") }
}
