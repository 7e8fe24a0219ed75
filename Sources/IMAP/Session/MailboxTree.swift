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
        /// False where it stands for subscribed ones below it alone (RFC 5258 §4).
        var matchesSelection = true
        /// Under which the client knows it.
        var oldName: [UInt8]?
    }

    private struct Entry: Sendable {
        var listing: MailboxListing
        /// The whole name, below the namespace's prefix.
        var shown: MailboxName
        var wire: [UInt8]
        var exists: Bool
    }

    private let entries: [Entry]
    private let naming: MailboxNameCoding
    private var separator: UInt8 { naming.separator }

    init(_ listings: [MailboxListing], _ naming: MailboxNameCoding) {
        self.naming = naming
        var byName: [MailboxName: MailboxListing] = [:]
        for listing in listings {
            if let shown = naming.shown(listing.name) { byName[shown] = listing }
        }
        // Names that only hold others exist by that alone.
        for (shown, listing) in byName where listing.isSelectable || listing.hasChildren {
            var parent = shown.parent
            while let name = parent {
                byName[name, default: MailboxListing(name: name, isSelectable: false)].hasChildren = true
                parent = name.parent
            }
        }
        // So that RECURSIVEMATCH can name what lies above a subscribed name that is gone (RFC 5258 §4).
        for (shown, listing) in byName where listing.isSubscribed {
            var parent = shown.parent
            while let name = parent {
                if byName[name] == nil { byName[name] = MailboxListing(name: name, isSelectable: false) }
                parent = name.parent
            }
        }
        entries =
            byName
            .map { shown, listing in
                Entry(
                    listing: listing, shown: shown, wire: naming.join(shown.parts),
                    exists: listing.isSelectable || listing.hasChildren)
            }
            .sorted { left, right in
                if left.shown.isInbox != right.shown.isInbox { return left.shown.isInbox }
                return left.wire.lexicographicallyPrecedes(right.wire)
            }
    }

    func list(_ request: ListRequest) -> [Line] {
        let patterns = request.patterns.map { ListPattern(request.reference + $0, separator: separator) }
        func isMatching(_ entry: Entry) -> Bool { patterns.contains { $0.matches(entry.wire) } }
        let subscribed = request.matchesRecursively ? ancestors { $0.listing.isSubscribed } : []
        // RFC 5258 §3.5: a mailbox stands for subscribed ones below it only where not all of those are shown themselves.
        let standing =
            request.matchesRecursively ? ancestors { $0.listing.isSubscribed && !isMatching($0) } : []
        return entries.compactMap { entry in
            guard isMatching(entry) else { return nil }
            let listing = entry.listing
            let isAncestor = subscribed.contains(entry.shown)
            if request.selectsSubscribed {
                guard listing.isSubscribed || standing.contains(entry.shown) else { return nil }
            } else if !entry.exists {
                return nil
            }
            if request.selectsSpecialUse, listing.specialUse == nil { return nil }
            var line = self.line(entry)
            if listing.isSubscribed, request.selectsSubscribed || request.returnsSubscribed {
                line.attributes.append("\\Subscribed")
            }
            line.hasSubscribedDescendants = isAncestor
            line.matchesSelection = !request.selectsSubscribed || listing.isSubscribed
            return line
        }
    }

    /// As LIST shows it; nil for a name that it doesn't know.
    func line(of name: MailboxName) -> Line? {
        entries.first { $0.listing.name == name }.map(line)
    }

    private func ancestors(of isWanted: (Entry) -> Bool) -> Set<MailboxName> {
        var names: Set<MailboxName> = []
        for entry in entries where isWanted(entry) {
            var parent = entry.shown.parent
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
        var lines: [Line] = []
        var shown: Set<MailboxName> = []
        var parents: Set<MailboxName> = []
        for entry in entries where entry.listing.isSubscribed {
            if pattern.matches(entry.wire) {
                lines.append(
                    Line(name: entry.listing.name, wire: entry.wire, attributes: [], isSelectable: entry.exists))
                shown.insert(entry.shown)
                continue
            }
            var parent = entry.shown.parent
            while let name = parent {
                if pattern.matches(naming.join(name.parts)) { parents.insert(name) }
                parent = name.parent
            }
        }
        for name in parents.subtracting(shown) {
            lines.append(
                Line(name: name, wire: naming.join(name.parts), attributes: ["\\Noselect"], isSelectable: false))
        }
        return lines.sorted { $0.wire.lexicographicallyPrecedes($1.wire) }
    }

    private func line(_ entry: Entry) -> Line {
        var attributes: [String] = []
        let listing = entry.listing
        if !entry.exists { attributes.append("\\NonExistent") }
        if entry.exists, !listing.isSelectable { attributes.append("\\Noselect") }
        if entry.shown.isInbox, let first = naming.prefix.first, first != Array("INBOX".utf8) {
            // What lies below another prefix can't lie below INBOX.
            attributes.append("\\NoInferiors")
        } else {
            attributes.append(listing.hasChildren ? "\\HasChildren" : "\\HasNoChildren")
        }
        if let use = listing.specialUse { attributes.append("\\\(use.rawValue)") }
        return Line(
            name: listing.name, wire: entry.wire, attributes: attributes, isSelectable: listing.isSelectable)
    }

    /// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
    static func write(_ line: Line, _ response: String, separator: UInt8, _ output: inout ByteBuffer) {
        output.writeString("* \(response) (\(line.attributes.joined(separator: " "))) ")
        ResponseText.appendQuoted([separator], to: &output)
        output.writeStaticString(" ")
        ResponseText.appendMailbox(line.wire, to: &output)
        if line.hasSubscribedDescendants { output.writeStaticString(" (\"CHILDINFO\" (\"SUBSCRIBED\"))") }
        if let oldName = line.oldName {
            output.writeStaticString(" (\"OLDNAME\" (")
            ResponseText.appendMailbox(oldName, to: &output)
            output.writeStaticString("))")
        }
        output.writeStaticString("\r\n")
    }
}
