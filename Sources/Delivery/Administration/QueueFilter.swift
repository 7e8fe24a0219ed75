import MailModel
package import Spool

/// Which messages of the queue are meant; all conditions together, and those of recipients of one and the same that waits.
package struct QueueFilter: Hashable, Sendable, Codable {
    /// An address, `@domain`, or empty for `<>`; letters of either case.
    package var sender: String?
    /// The final address, or as it was given.
    package var recipient: String?
    /// A domain, a next hop, or the way whole as it is listed: `smtp:[mail.example.org]:587`, `virtual`.
    package var destination: String?
    /// Part of what the last attempt failed with.
    package var reason: String?
    /// Seconds since arrival, at least.
    package var older: Int64?
    /// Seconds since arrival, at most.
    package var younger: Int64?
    package var isHeld: Bool?

    package init() {}

    package var isEmpty: Bool { self == QueueFilter() }

    /// - Parameter now: microseconds since 1970.
    package func fits(_ message: QueuedMessage, now: Int64) -> Bool {
        let age = max(0, now &- message.envelope.arrival) / 1_000_000
        if let older, age < older { return false }
        if let younger, age > younger { return false }
        if let isHeld, message.isHeld != isHeld { return false }
        if let sender, !Self.fits(sender, message.envelope.sender.path.address) { return false }
        guard recipient != nil || destination != nil || reason != nil else { return true }
        return message.recipients.contains { !$0.state.isFinal && fits($0) }
    }

    private func fits(_ candidate: QueuedRecipient) -> Bool {
        if let recipient {
            guard Self.fits(recipient, candidate.recipient.address) || Self.fits(recipient, candidate.given) else {
                return false
            }
        }
        if let destination, !Self.names(destination, candidate) { return false }
        guard let reason else { return true }
        guard case .waiting(let attempts) = candidate.state, let last = attempts.last else { return false }
        let text = "\(attempts.lastHost ?? "") \(last)".lowercased()
        return text.contains(reason.lowercased())
    }

    private static func fits(_ pattern: String, _ address: EmailAddress?) -> Bool {
        let pattern = pattern.lowercased()
        guard let address else { return pattern.isEmpty || pattern == "<>" }
        let text = String(decoding: address.unquoted, as: UTF8.self).lowercased()
        return pattern.hasPrefix("@") ? text.hasSuffix(pattern) : text == pattern
    }

    private static func names(_ name: String, _ candidate: QueuedRecipient) -> Bool {
        let name = name.lowercased()
        if candidate.way.text.lowercased() == name { return true }
        switch candidate.way {
        case .mailbox, .unresolved: return candidate.recipient.address.domain.description.lowercased() == name
        case .remote(_, let hop, let domain):
            return hop?.lowercased() == name || domain.description.lowercased() == name
        }
    }
}
