/// What somebody may do with a mailbox (RFC 4314 §2.1), as letters.
package struct MailboxRights: OptionSet, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// `l`: the mailbox shows in LIST, and may be subscribed.
    package static let lookup = MailboxRights(rawValue: 1 << 0)
    /// `r`: it can be opened, its messages read.
    package static let read = MailboxRights(rawValue: 1 << 1)
    /// `w`: flags and keywords other than `\Seen` and `\Deleted` can be changed.
    package static let write = MailboxRights(rawValue: 1 << 2)
    /// `s`: `\Seen` can be changed, and is kept between sessions.
    package static let seen = MailboxRights(rawValue: 1 << 3)
    /// `t`: `\Deleted` can be changed.
    package static let deleteMessages = MailboxRights(rawValue: 1 << 4)
    /// `i`: APPEND and COPY into it.
    package static let insert = MailboxRights(rawValue: 1 << 5)
    /// `p`: mail may be sent to its address.
    package static let post = MailboxRights(rawValue: 1 << 6)
    /// `e`: EXPUNGE, and the same at CLOSE.
    package static let expunge = MailboxRights(rawValue: 1 << 7)
    /// `k`: mailboxes may be made below it, or moved there.
    package static let create = MailboxRights(rawValue: 1 << 8)
    /// `x`: the mailbox may be deleted, or moved away.
    package static let deleteMailbox = MailboxRights(rawValue: 1 << 9)
    /// `a`: its ACL may be seen and changed.
    package static let administer = MailboxRights(rawValue: 1 << 10)

    package static let all = MailboxRights(rawValue: (1 << 11) - 1)
    /// What reads and changes nothing but `\Seen`: `lrs`.
    package static let reading: MailboxRights = [.lookup, .read, .seen]

    /// Each of which makes SELECT answer READ-WRITE (RFC 4314 §5.2).
    package static let changing: MailboxRights = [.insert, .expunge, .seen, .deleteMessages, .write]

    /// The one that changing any of these flags needs at least (RFC 4314 §4).
    package static func needed(toChange flag: MessageFlags) -> MailboxRights {
        flag == .seen ? .seen : flag == .deleted ? .deleteMessages : .write
    }

    /// In the order in which Dovecot writes them into its files.
    private static let letters: [(UInt8, MailboxRights)] = [
        (UInt8(ascii: "l"), .lookup), (UInt8(ascii: "r"), .read), (UInt8(ascii: "w"), .write),
        (UInt8(ascii: "s"), .seen), (UInt8(ascii: "t"), .deleteMessages), (UInt8(ascii: "i"), .insert),
        (UInt8(ascii: "p"), .post), (UInt8(ascii: "e"), .expunge), (UInt8(ascii: "k"), .create),
        (UInt8(ascii: "x"), .deleteMailbox), (UInt8(ascii: "a"), .administer),
    ]

    /// The rights that one letter stands for: RFC 2086's `c` for `k` and `x`, its `d` for `e` and `t` (RFC 4314 §2.1.1).
    package init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "c"): self = [.create, .deleteMailbox]
        case UInt8(ascii: "d"): self = [.expunge, .deleteMessages]
        default:
            guard let right = Self.letters.first(where: { $0.0 == letter }) else { return nil }
            self = right.1
        }
    }

    /// Nil with a letter that is no right. Order and repetition mean nothing.
    package init?(letters: some Collection<UInt8>) {
        var rights: MailboxRights = []
        for letter in letters {
            guard let right = MailboxRights(letter: letter) else { return nil }
            rights.formUnion(right)
        }
        self = rights
    }

    package init?(_ text: String) {
        self.init(letters: text.utf8)
    }

    /// `lrwstipekxa`, those that are there.
    package var text: String {
        String(decoding: Self.letters.filter { contains($0.1) }.map(\.0), as: UTF8.self)
    }

    /// As clients are told them: with `c` and `d` for those that know no others, each where one right that it stands for is
    /// there (RFC 4314 §2.1.1).
    package var textWithObsolete: String {
        var text = text
        if !isDisjoint(with: [.create, .deleteMailbox]) { text += "c" }
        if !isDisjoint(with: [.expunge, .deleteMessages]) { text += "d" }
        return text
    }

    /// One by one, in the order of `text`.
    package var each: [MailboxRights] {
        Self.letters.map(\.1).filter { contains($0) }
    }

    package var description: String { text }
}
