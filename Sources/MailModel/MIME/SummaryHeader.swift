/// The part of a header that clients ask for again and again: all fields but those that tell a message's way and sign
/// it, which are most of its octets. Small enough to be kept for every message.
package enum SummaryHeader {
    /// Whether a summary has the field if the message does. `name` in any case.
    package static func holds(_ name: some Collection<UInt8>) -> Bool {
        let name = String(decoding: name.map(ASCII.lowercased), as: UTF8.self)
        if name.hasPrefix("x-") { return keptExtensions.contains(name) }
        return !name.hasPrefix("arc-") && !omitted.contains(name)
    }

    private static let omitted: Set<String> = [
        "received", "dkim-signature", "domainkey-signature", "authentication-results", "received-spf", "autocrypt",
        "face", "openpgp", "feedback-id", "dkim-filter", "domainkey-status",
    ]
    /// What mail programs ask for beyond the standard.
    private static let keptExtensions: Set<String> = [
        "x-priority", "x-msmail-priority", "x-mailer", "x-spam-flag", "x-spam-status", "x-spam-level", "x-spam-score",
        "x-label", "x-keywords", "x-uniform-type-identifier", "x-universally-unique-identifier", "x-draft-info",
        "x-mozilla-draft-info", "x-account-key", "x-identity-key", "x-original-to", "x-mailing-list", "x-beenthere",
    ]

    /// The fields as they stand, and an empty line.
    package static func make(_ bytes: Span<UInt8>, header: Range<Int>, limits: MIMELimits = .standard) -> [UInt8] {
        var result: [UInt8] = []
        var scanner = HeaderFieldScanner(header, limits: limits)
        while let field = scanner.next(bytes) {
            guard holds(field.name(in: bytes)) else { continue }
            result += ByteScan.copy(field.whole, of: bytes)
        }
        // A header that ends without a line end has no empty line either.
        return result.isEmpty || result.last == 0x0A ? result + [0x0D, 0x0A] : result
    }
}
