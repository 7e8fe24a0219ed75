import MailModel
import NIOCore

/// An account's mailboxes as LIST and LSUB show them.
struct MailboxTree: Sendable {
    /// One LIST response.
    struct Line: Sendable {
        var name: MailboxName
        var wire: [UInt8]
        var attributes: [String]
        var isSelectable: Bool
        var hasSubscribedDescendants = false
    }

    private struct Entry: Sendable {
        var listing: MailboxListing
        var wire: [UInt8]
        var exists: Bool
    }

    private let entries: [Entry]
    private let separator: UInt8

    init(_ listings: [MailboxListing], separator: UInt8) {
        self.separator = separator
        let coding = MailboxNameCoding(separator: separator)
        var byName: [MailboxName: MailboxListing] = [:]
        for listing in listings { byName[listing.name] = listing }
        // Names that only hold others exist by that alone.
        for listing in listings where listing.isSelectable || listing.hasChildren {
            var parent = listing.name.parent
            while let name = parent {
                byName[name, default: MailboxListing(name: name, isSelectable: false)].hasChildren = true
                parent = name.parent
            }
        }
        entries = byName.values
            .map { Entry(listing: $0, wire: coding.encode($0.name), exists: $0.isSelectable || $0.hasChildren) }
            .sorted { left, right in
                if left.listing.name.isInbox != right.listing.name.isInbox { return left.listing.name.isInbox }
                return left.wire.lexicographicallyPrecedes(right.wire)
            }
    }

    func list(_ request: ListRequest) -> [Line] {
        let patterns = request.patterns.map { ListPattern(request.reference + $0, separator: separator) }
        let subscribed = request.matchesRecursively ? subscribedAncestors() : []
        return entries.compactMap { entry in
            guard patterns.contains(where: { $0.matches(entry.wire) }) else { return nil }
            let listing = entry.listing
            let isAncestor = subscribed.contains(listing.name)
            if request.selectsSubscribed {
                guard listing.isSubscribed || isAncestor else { return nil }
            } else if !entry.exists {
                return nil
            }
            if request.selectsSpecialUse, listing.specialUse == nil { return nil }
            var line = self.line(entry)
            if listing.isSubscribed, request.selectsSubscribed || request.returnsSubscribed {
                line.attributes.append("\\Subscribed")
            }
            line.hasSubscribedDescendants = isAncestor
            return line
        }
    }

    private func subscribedAncestors() -> Set<MailboxName> {
        var names: Set<MailboxName> = []
        for entry in entries where entry.listing.isSubscribed {
            var parent = entry.listing.name.parent
            while let name = parent {
                names.insert(name)
                parent = name.parent
            }
        }
        return names
    }

    /// LSUB (RFC 3501 §6.3.9): a parent that is not subscribed stands for its subscribed children behind a `%`.
    func listSubscribed(_ text: [UInt8]) -> [Line] {
        let pattern = ListPattern(text, separator: separator)
        let coding = MailboxNameCoding(separator: separator)
        var lines: [Line] = []
        var parents: Set<MailboxName> = []
        for entry in entries where entry.listing.isSubscribed {
            if pattern.matches(entry.wire) {
                lines.append(line(entry))
                continue
            }
            var parent = entry.listing.name.parent
            while let name = parent {
                if pattern.matches(coding.encode(name)) { parents.insert(name) }
                parent = name.parent
            }
        }
        let subscribed = Set(lines.map(\.name))
        for name in parents.subtracting(subscribed) {
            lines.append(
                Line(name: name, wire: coding.encode(name), attributes: ["\\Noselect"], isSelectable: false))
        }
        return lines.sorted { $0.wire.lexicographicallyPrecedes($1.wire) }
    }

    private func line(_ entry: Entry) -> Line {
        var attributes: [String] = []
        let listing = entry.listing
        if !entry.exists { attributes.append("\\NonExistent") }
        if entry.exists, !listing.isSelectable { attributes.append("\\Noselect") }
        attributes.append(listing.hasChildren ? "\\HasChildren" : "\\HasNoChildren")
        if let use = listing.specialUse { attributes.append("\\\(use.rawValue)") }
        return Line(
            name: listing.name, wire: entry.wire, attributes: attributes, isSelectable: listing.isSelectable)
    }

    /// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
    static func write(_ line: Line, _ response: String, separator: UInt8, _ output: inout ByteBuffer) {
        output.writeString("* \(response) (\(line.attributes.joined(separator: " "))) ")
        ResponseText.appendQuoted([separator], to: &output)
        output.writeStaticString(" ")
        ResponseText.appendAstring(line.wire, to: &output)
        if line.hasSubscribedDescendants { output.writeStaticString(" (\"CHILDINFO\" (\"SUBSCRIBED\"))") }
        output.writeStaticString("\r\n")
    }
}
