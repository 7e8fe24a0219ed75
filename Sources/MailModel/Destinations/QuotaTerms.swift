/// What the quotas of all accounts of a site have in common.
package struct QuotaTerms: Hashable, Sendable {
    /// Which of a message's two sizes counts.
    package enum Sizes: String, Hashable, Sendable, CaseIterable {
        /// Of the file, with LF line ends: `S=` of its name, as Courier counts and Dovecot without `quota_vsizes`.
        case file
        /// As clients see it, with CRLF line ends: `W=`, Dovecot's `quota_vsizes`.
        case wire
    }

    /// By how much the last message that comes in may go over the limit.
    package enum Grace: Hashable, Sendable {
        case bytes(UInt64)
        case percent(UInt64)

        package static let none = Grace.bytes(0)

        /// Above a limit of so many bytes.
        package func bytes(of limit: UInt64) -> UInt64 {
            switch self {
            case .bytes(let bytes): return bytes
            case .percent(let percent):
                let (product, overflow) = (limit / 100).multipliedReportingOverflow(by: percent)
                return overflow ? limit : product
            }
        }
    }

    package var sizes: Sizes
    /// Whether messages that are marked as deleted count until they are removed; Courier leaves them out.
    package var countsDeleted = true
    package var grace: Grace
    /// What GETQUOTAROOT calls the account's one quota root.
    package var rootName: String
    package var warnings: [QuotaWarning]
    /// Whom warnings are from; without it none are sent.
    package var warningSender: String?

    package init(
        sizes: Sizes = .file, grace: Grace = .none, rootName: String = "User quota",
        warnings: [QuotaWarning] = [], warningSender: String? = nil
    ) {
        self.sizes = sizes
        self.grace = grace
        self.rootName = rootName
        self.warnings = warnings
        self.warningSender = warningSender
    }
}

/// A threshold, and that its crossing is told to the account by mail.
package struct QuotaWarning: Hashable, Sendable {
    package enum Resource: String, Hashable, Sendable {
        case storage
        case messages
    }

    /// Where the threshold lies: percent of the limit, or a number of its own.
    package enum Threshold: Hashable, Sendable {
        case percent(UInt64)
        case amount(UInt64)
    }

    package var resource: Resource
    package var threshold: Threshold
    /// Told when the account comes to hold less again, not when it comes to hold more.
    package var isBelow: Bool

    package init(_ resource: Resource, _ threshold: Threshold, isBelow: Bool = false) {
        self.resource = resource
        self.threshold = threshold
        self.isBelow = isBelow
    }

    /// Whether going from the one usage to the other crosses the threshold, in its direction.
    package func isCrossed(from before: QuotaUsage, to after: QuotaUsage, _ status: QuotaStatus) -> Bool {
        let (old, new, limit) =
            switch resource {
            case .storage: (before.storage, after.storage, status.storageLimit)
            case .messages: (before.messages, after.messages, status.messageLimit)
            }
        let border: UInt64
        switch threshold {
        case .amount(let amount): border = amount
        case .percent(let percent):
            guard let limit else { return false }
            let whole = (limit / 100).multipliedReportingOverflow(by: percent)
            guard !whole.overflow else { return false }
            border = whole.partialValue &+ (limit % 100) &* percent / 100
        }
        return isBelow ? old >= border && new < border : old < border && new >= border
    }
}
