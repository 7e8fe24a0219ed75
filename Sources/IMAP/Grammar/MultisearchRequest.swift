/// ESEARCH, the search of several mailboxes (RFC 7377).
package struct MultisearchRequest: Hashable, Sendable {
    /// filter-mailboxes (RFC 5465 §8, RFC 7377 §4), names as on the wire.
    package enum Source: Hashable, Sendable {
        case selected
        case inboxes
        case personal
        case subscribed
        /// With all that is below them.
        case subtree([[UInt8]])
        /// With what is one level below them.
        case subtreeOne([[UInt8]])
        case mailboxes([[UInt8]])
    }

    package var sources: [Source]
    /// Its `byUID` is true: the results are UIDs (RFC 7377 §2.1).
    package var search: SearchRequest

    package var isOfSelectionAlone: Bool { sources.allSatisfy { $0 == .selected } }
}

extension GrammarReader {
    /// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
    package mutating func multisearchRequest() throws(IMAPSyntaxError) -> MultisearchRequest {
        let start = position
        var sources: [MultisearchRequest.Source] = [.selected]
        if let first = try? word(), first == "IN" {
            try space()
            sources = try sourceMailboxes()
            try space()
        } else {
            rewind(to: start)
        }
        var search = try searchRequest(byUID: true)
        if search.returns == nil { search.returns = SearchReturn() }
        let request = MultisearchRequest(sources: sources, search: search)
        guard !request.isOfSelectionAlone else { return request }
        // RFC 7377 §2.2.
        if search.returns?.options.contains(.save) ?? false {
            throw IMAPSyntaxError("SAVE is for the selected mailbox alone")
        }
        if search.returns?.options.contains(.update) ?? false {
            throw IMAPSyntaxError("UPDATE is for the selected mailbox alone")
        }
        if search.key.needsSelection {
            throw IMAPSyntaxError("Sequence numbers are of the selected mailbox alone")
        }
        return request
    }

    /// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")" ; no scope option is known
    private mutating func sourceMailboxes() throws(IMAPSyntaxError) -> [MultisearchRequest.Source] {
        try expect("(")
        var sources: [MultisearchRequest.Source] = []
        repeat {
            guard sources.count < 64 else { throw IMAPSyntaxError("Too many mailboxes", kind: .limit) }
            switch try word() {
            case "SELECTED": sources.append(.selected)
            case "INBOXES": sources.append(.inboxes)
            case "PERSONAL": sources.append(.personal)
            case "SUBSCRIBED": sources.append(.subscribed)
            case "SUBTREE": sources.append(.subtree(try oneOrMoreMailboxes()))
            case "SUBTREE-ONE": sources.append(.subtreeOne(try oneOrMoreMailboxes()))
            case "MAILBOXES": sources.append(.mailboxes(try oneOrMoreMailboxes()))
            default: throw IMAPSyntaxError("Unknown mailbox specifier")
            }
        } while skipSpace()
        try expect(")")
        return sources
    }

    /// one-or-more-mailbox = mailbox / many-mailboxes ; many-mailboxes = "(" mailbox *(SP mailbox) ")"
    private mutating func oneOrMoreMailboxes() throws(IMAPSyntaxError) -> [[UInt8]] {
        try space()
        guard skip("(") else { return [try astring()] }
        var names: [[UInt8]] = []
        repeat {
            guard names.count < 1024 else { throw IMAPSyntaxError("Too many mailboxes", kind: .limit) }
            names.append(try astring())
        } while skipSpace()
        try expect(")")
        return names
    }

    /// cancel-update = "CANCELUPDATE" 1*(SP quoted) ; RFC 5267 §4.3.5
    package mutating func cancelledTags() throws(IMAPSyntaxError) -> [[UInt8]] {
        var tags: [[UInt8]] = []
        repeat {
            guard tags.count < 64 else { throw IMAPSyntaxError("Too many tags", kind: .limit) }
            guard let tag = try string() else { throw IMAPSyntaxError("Expected a quoted tag") }
            tags.append(tag)
        } while skipSpace() && !isAtEnd
        return tags
    }
}
