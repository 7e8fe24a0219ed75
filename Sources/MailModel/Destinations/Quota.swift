/// How much an account may hold, and what happens when it holds too much.
package struct Quota: Hashable, Sendable {
    /// Bytes of all messages, as `QuotaTerms.sizes` counts them; nil means no limit.
    package var storage: UInt64?
    /// Nil means no limit.
    package var messages: UInt64?
    /// What is different for some mailboxes; without limits of the account they say nothing.
    package var folderRules: [QuotaFolderRule]
    /// Limits that the mailbox itself names (`maildirsize`) go before these: Dovecot's `?:`.
    package var yieldsToMailbox: Bool
    /// What all accounts of the site have in common.
    package var terms: QuotaTerms

    package init(
        storage: UInt64? = nil, messages: UInt64? = nil, folderRules: [QuotaFolderRule] = [],
        yieldsToMailbox: Bool = false, terms: QuotaTerms = QuotaTerms()
    ) {
        self.storage = storage
        self.messages = messages
        self.folderRules = folderRules
        self.yieldsToMailbox = yieldsToMailbox
        self.terms = terms
    }

    package static let unlimited = Quota()

    package var isLimited: Bool { storage != nil || messages != nil }

    /// The first rule that speaks of the mailbox.
    package func rule(for name: MailboxName) -> QuotaFolderRule? {
        isLimited ? folderRules.first { $0.matches(name) } : nil
    }

    /// Messages in this mailbox do not count.
    package func ignores(_ name: MailboxName) -> Bool {
        rule(for: name)?.isIgnored ?? false
    }

    /// What the whole account may hold for a message to be added to `name`.
    package func limits(for name: MailboxName) -> (storage: UInt64?, messages: UInt64?) {
        guard let rule = rule(for: name) else { return (storage, messages) }
        guard !rule.isIgnored else { return (nil, nil) }
        return (storage.map { rule.storage.added(to: $0) }, messages.map { rule.messages.added(to: $0) })
    }
}

/// What of a quota is different for the mailboxes that a pattern names: Dovecot's `Trash:storage=+10%`, `Spam:ignore`.
package struct QuotaFolderRule: Hashable, Sendable {
    /// More or less than the account's limit.
    package enum Change: Hashable, Sendable {
        case by(Int64)
        case percent(Int64)

        func added(to limit: UInt64) -> UInt64 {
            let change: Int64
            switch self {
            case .by(let amount): change = amount
            case .percent(let percent):
                // In parts, so that no product leaves 64 bits.
                let whole = Int64(clamping: limit / 100).multipliedReportingOverflow(by: percent)
                let rest = Int64(limit % 100).multipliedReportingOverflow(by: percent)
                guard !whole.overflow, !rest.overflow else { return percent < 0 ? 1 : .max }
                let sum = whole.partialValue.addingReportingOverflow(rest.partialValue / 100)
                guard !sum.overflow else { return percent < 0 ? 1 : .max }
                change = sum.partialValue
            }
            // Less than nothing is a limit all the same: nothing fits.
            guard change < 0 else {
                let sum = limit.addingReportingOverflow(UInt64(change))
                return sum.overflow ? .max : sum.partialValue
            }
            return limit > change.magnitude ? limit - change.magnitude : 1
        }
    }

    /// A mailbox's name, with `*` for any run of characters, and `?` for one; `/` and `.` part names alike.
    package var pattern: [UInt8]
    package var isIgnored: Bool
    package var storage: Change
    package var messages: Change

    package init(
        pattern: [UInt8], isIgnored: Bool = false, storage: Change = .by(0), messages: Change = .by(0)
    ) {
        self.pattern = pattern
        self.isIgnored = isIgnored
        self.storage = storage
        self.messages = messages
    }

    package func matches(_ name: MailboxName) -> Bool {
        let text = Array(name.parts.joined(separator: [Self.separator]))
        let pattern = pattern.map { $0 == UInt8(ascii: ".") ? Self.separator : $0 }
        if Self.matches(text[...], pattern[...]) { return true }
        // As clients see a Maildir whose namespace has INBOX's name before all others.
        return !name.isInbox && Self.matches((Array("INBOX/".utf8) + text)[...], pattern[...])
    }

    private static let separator = UInt8(ascii: "/")

    /// Each `*` is tried once for every place: bounded by the product of both lengths.
    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (position, place) = (text.startIndex, pattern.startIndex)
        var star: (position: Int, place: Int)?
        while position < text.endIndex {
            if place < pattern.endIndex, pattern[place] == UInt8(ascii: "*") {
                star = (position, place + 1)
                place += 1
            } else if place < pattern.endIndex,
                pattern[place] == UInt8(ascii: "?") || pattern[place] == text[position]
            {
                position += 1
                place += 1
            } else if let last = star {
                star = (last.position + 1, last.place)
                (position, place) = (last.position + 1, last.place)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// What an account holds.
package struct QuotaUsage: Hashable, Sendable {
    package var storage: UInt64
    package var messages: UInt64

    package init(storage: UInt64 = 0, messages: UInt64 = 0) {
        self.storage = storage
        self.messages = messages
    }
}

/// What an account holds, and what it may hold.
package struct QuotaStatus: Hashable, Sendable {
    package var usage: QuotaUsage
    package var storageLimit: UInt64?
    package var messageLimit: UInt64?

    package init(usage: QuotaUsage, storageLimit: UInt64?, messageLimit: UInt64?) {
        self.usage = usage
        self.storageLimit = storageLimit
        self.messageLimit = messageLimit
    }

    /// More is there than there should be.
    package var isExceeded: Bool {
        storageLimit.map { usage.storage > $0 } ?? false || messageLimit.map { usage.messages > $0 } ?? false
    }
}
