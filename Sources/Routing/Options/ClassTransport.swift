package import MailModel

/// Who delivers the recipients of an address class, or of an entry of `transport_maps`.
package enum ClassTransport: Sendable {
    /// A mailbox of this machine: virtual(8), or a site's LMTP server whose store is now ours.
    case mailboxes(any MailboxLookup)
    /// Another host: the next hop as transport(5) writes it, nil for the recipient's own domain.
    case remote(RemoteDestination.Transport = .smtp, nextHop: String? = nil)
    /// Postfix's `error:5.1.1 text`: nobody; the recipient is refused with this status and text.
    case error(EnhancedStatusCode, String)
    /// Postfix's `retry:4.3.0 text`: nobody for now; the recipient is put off with this status and text.
    case retry(EnhancedStatusCode, String)
    /// Postfix's `discard:text`: taken, and thrown away.
    case discard(String)
    /// A transport that a site names and this server doesn't have, by its name: its recipients are deferred.
    case unknown(String)

    /// Whoever the recipient is: nobody need ask whether there is one.
    var refusesAll: Bool {
        switch self {
        case .error, .retry: true
        case .mailboxes, .remote, .discard, .unknown: false
        }
    }

    /// `error:5.1.1 text` and `retry:4.3.0 text`: the status in front of the text, where there is one.
    package static func status(in text: String, default status: EnhancedStatusCode) -> (EnhancedStatusCode, String) {
        let word = text.prefix { $0 != " " && $0 != "\t" }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let statusClass = UInt8(parts[0]), statusClass == status.statusClass,
            let subject = UInt16(parts[1]), let detail = UInt16(parts[2]), subject < 1000, detail < 1000
        else { return (status, text) }
        let rest = text[word.endIndex...].drop { $0 == " " || $0 == "\t" }
        return (EnhancedStatusCode(statusClass, subject, detail), String(rest))
    }
}
