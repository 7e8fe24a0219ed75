/// The name of an annotation: `/private/comment`, `/shared/vendor/…`. Knows no case; kept in lower case (RFC 5464 §3.2).
package struct MetadataEntryName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package static let maximumLength = 256
    /// RFC 6154 §4
    package static let specialUse = MetadataEntryName(unchecked: "/private/specialuse")

    package let description: String

    private init(unchecked text: String) {
        description = text
    }

    /// Nil for what RFC 5464 §3.2.1 forbids: anything outside `/private/` and `/shared/`, an empty part, `*`, `%`, controls, eight
    /// bits; and for more than 256 octets.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count <= Self.maximumLength else { return nil }
        let lower = text.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
        for byte in lower where byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "%") {
            return nil
        }
        let parts = lower.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].isEmpty, !parts.dropFirst().contains(where: \.isEmpty),
            parts[1].elementsEqual("private".utf8) || parts[1].elementsEqual("shared".utf8)
        else { return nil }
        description = String(decoding: lower, as: UTF8.self)
    }

    /// The user's own; else what everybody sees who may see the mailbox.
    package var isPrivate: Bool { description.hasPrefix("/private/") }

    /// How many parts `self` lies below `ancestor`; nil where it doesn't. 0 for the entry itself.
    package func depth(below ancestor: MetadataEntryName) -> Int? {
        if self == ancestor { return 0 }
        guard description.hasPrefix(ancestor.description + "/") else { return nil }
        return description.utf8.dropFirst(ancestor.description.utf8.count).count { $0 == UInt8(ascii: "/") }
    }

    package static func < (left: MetadataEntryName, right: MetadataEntryName) -> Bool {
        left.description < right.description
    }
}

/// One annotation's new value; nil takes it away.
package struct MetadataChange: Hashable, Sendable {
    package var name: MetadataEntryName
    package var value: [UInt8]?

    package init(_ name: MetadataEntryName, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

/// The annotations of one mailbox, or of an account as such.
package struct MailboxMetadata: Hashable, Sendable {
    /// Octets of one value.
    package static let maximumValue = 64 << 10
    package static let maximumEntries = 128
    /// Octets of all values.
    package static let maximumSize = 1 << 20

    package private(set) var values: [MetadataEntryName: [UInt8]] = [:]

    package init() {}

    /// All or, when the result would be too big, none.
    package mutating func apply(_ changes: [MetadataChange]) throws(MailboxFailure) {
        var new = values
        for change in changes { new[change.name] = change.value }
        guard new.count <= Self.maximumEntries, new.values.allSatisfy({ $0.count <= Self.maximumValue }),
            new.values.reduce(0, { $0 + $1.count }) <= Self.maximumSize
        else {
            throw MailboxFailure(
                .limitExceeded,
                "more than \(Self.maximumEntries) annotations, or \(Self.maximumSize) octets of them")
        }
        values = new
    }

    /// Beside those that are there, of which none has these names.
    package mutating func add(_ others: [MetadataEntryName: [UInt8]]) {
        values.merge(others) { mine, _ in mine }
    }

    /// RFC 6154 §4: attributes with spaces between them, of which the first that is known counts.
    package var specialUse: MailboxListing.SpecialUse? {
        values[.specialUse].flatMap { MailboxListing.SpecialUse(attributes: $0) }
    }
}

extension MailboxListing.SpecialUse {
    /// The one use that `\Sent` names, in any case; nil for none or several.
    package init?(attributes: some Collection<UInt8>) {
        let names = attributes.split(separator: 0x20)
        guard names.count == 1, let name = names.first, name.first == UInt8(ascii: "\\"),
            let use = Self.allCases.first(where: { ASCII.equalIgnoringCase($0.rawValue.utf8, name.dropFirst()) })
        else { return nil }
        self = use
    }
}

/// What happened to an account beside its messages.
package enum AccountChange: Hashable, Sendable {
    /// Mailboxes came, went or got another name; or subscriptions changed.
    case mailboxes
    /// Annotations of a mailbox, or of the account where there is none.
    case metadata(MailboxName?, [MetadataEntryName])
}

/// Ends when it is released.
package protocol AccountWatch: AnyObject, Sendable {}
