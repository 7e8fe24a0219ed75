import MailModel

/// NOTIFY SET (RFC 5465).
package struct NotifyRequest: Hashable, Sendable {
    /// STATUS of what is watched is wanted at once.
    package var showsStatus = false
    package var selected: SelectedNotification?
    package var groups: [NotifyGroup] = []
    /// Events are asked for that can't be told.
    package var hasUnsupportedEvents = false
}

/// SELECTED or SELECTED-DELAYED.
package struct SelectedNotification: Hashable, Sendable {
    /// EXPUNGE waits for a command that permits it.
    package var isDelayed = false
    package var events: NotifyEvents = []
    /// What is to be fetched of new messages.
    package var items: [FetchItem] = []
}

/// Mailboxes, and what is to be told of them.
package struct NotifyGroup: Hashable, Sendable {
    package enum Filter: Hashable, Sendable {
        case inboxes
        case personal
        case subscribed
        case subtree([[UInt8]])
        case mailboxes([[UInt8]])
    }

    package var filter: Filter
    package var events: NotifyEvents
}

/// RFC 5465 §5.
package struct NotifyEvents: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let messageNew = NotifyEvents(rawValue: 1)
    package static let messageExpunge = NotifyEvents(rawValue: 2)
    package static let flagChange = NotifyEvents(rawValue: 4)
    package static let mailboxName = NotifyEvents(rawValue: 8)
    package static let subscriptionChange = NotifyEvents(rawValue: 16)
    package static let mailboxMetadataChange = NotifyEvents(rawValue: 32)
    package static let serverMetadataChange = NotifyEvents(rawValue: 64)

    package static let ofMessages: NotifyEvents = [.messageNew, .messageExpunge, .flagChange]

    static let names: [(name: String, event: NotifyEvents)] = [
        ("MessageNew", .messageNew), ("MessageExpunge", .messageExpunge), ("FlagChange", .flagChange),
        ("MailboxName", .mailboxName), ("SubscriptionChange", .subscriptionChange),
        ("MailboxMetadataChange", .mailboxMetadataChange), ("ServerMetadataChange", .serverMetadataChange),
    ]
}

extension GrammarReader {
    private static var maximumGroups: Int { 32 }
    private static var maximumNames: Int { 256 }

    /// notify = "NOTIFY" SP ("NONE" / "SET" [SP "STATUS"] 1*(SP event-group)); nil for NONE
    mutating func notifyRequest() throws(IMAPSyntaxError) -> NotifyRequest? {
        let verb = try word()
        if verb == "NONE" { return nil }
        guard verb == "SET" else { throw IMAPSyntaxError("Expected SET or NONE") }
        try space()
        var request = NotifyRequest()
        if current != UInt8(ascii: "(") {
            guard try word() == "STATUS" else { throw IMAPSyntaxError("Expected STATUS or an event group") }
            request.showsStatus = true
            try space()
        }
        repeat {
            guard request.groups.count < Self.maximumGroups else {
                throw IMAPSyntaxError("Too many event groups", kind: .limit)
            }
            try eventGroup(&request)
        } while skipSpace() && !isAtEnd
        return request
    }

    /// event-group = "(" filter-mailboxes SP events ")"
    private mutating func eventGroup(_ request: inout NotifyRequest) throws(IMAPSyntaxError) {
        try expect("(")
        let name = try word()
        try space()
        let filter: NotifyGroup.Filter
        switch name {
        case "SELECTED", "SELECTED-DELAYED":
            guard request.selected == nil else { throw IMAPSyntaxError("The selected mailbox is named twice") }
            var items: [FetchItem] = []
            let events = try notifyEvents(&request, items: &items)
            guard events.isSubset(of: .ofMessages) else {
                throw IMAPSyntaxError("Only message events go with the selected mailbox")
            }
            request.selected = SelectedNotification(
                isDelayed: name == "SELECTED-DELAYED", events: events, items: items)
            return try expect(")")
        case "INBOXES": filter = .inboxes
        case "PERSONAL": filter = .personal
        case "SUBSCRIBED": filter = .subscribed
        case "SUBTREE": filter = .subtree(try notifiedMailboxes())
        case "MAILBOXES": filter = .mailboxes(try notifiedMailboxes())
        default: throw IMAPSyntaxError("Unknown mailbox filter")
        }
        var items: [FetchItem] = []
        let events = try notifyEvents(&request, items: &items)
        guard items.isEmpty else { throw IMAPSyntaxError("Only of the selected mailbox can be fetched") }
        request.groups.append(NotifyGroup(filter: filter, events: events))
        try expect(")")
    }

    /// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"; and the space behind it
    private mutating func notifiedMailboxes() throws(IMAPSyntaxError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        if skip("(") {
            repeat {
                guard names.count < Self.maximumNames else { throw IMAPSyntaxError("Too many mailboxes", kind: .limit) }
                names.append(try astring())
            } while skipSpace()
            try expect(")")
        } else {
            names.append(try astring())
        }
        try space()
        return names
    }

    /// events = "(" event *(SP event) ")" / "NONE" ; MessageNew [SP "(" fetch-att *(SP fetch-att) ")"]
    private mutating func notifyEvents(
        _ request: inout NotifyRequest, items: inout [FetchItem]
    ) throws(IMAPSyntaxError) -> NotifyEvents {
        guard skip("(") else {
            guard try word() == "NONE" else { throw IMAPSyntaxError("Expected events or NONE") }
            return []
        }
        var events: NotifyEvents = []
        var needsMessages = false
        while true {
            let name = try word()
            if let known = NotifyEvents.names.first(where: { $0.name.uppercased() == name }) {
                events.insert(known.event)
            } else {
                // §3.1: what is not known is refused, but it is no error of the client's.
                if name == "ANNOTATIONCHANGE" { needsMessages = true }
                request.hasUnsupportedEvents = true
            }
            guard skipSpace() else { break }
            if name == "MESSAGENEW", current == UInt8(ascii: "(") {
                items = try fetchItems()
                guard skipSpace() else { break }
            }
        }
        try expect(")")
        // RFC 5465 §5: one without the other would leave the client with wrong numbers.
        guard events.contains(.messageNew) == events.contains(.messageExpunge),
            events.contains(.messageNew) || !(events.contains(.flagChange) || needsMessages)
        else { throw IMAPSyntaxError("MessageNew and MessageExpunge go together, and with any other message event") }
        return events
    }
}
