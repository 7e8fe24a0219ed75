/// One mailbox as LIST shows it.
package struct MailboxListing: Hashable, Sendable {
    /// RFC 6154 and RFC 8457.
    package enum SpecialUse: String, Hashable, Sendable, CaseIterable {
        case all = "All"
        case archive = "Archive"
        case drafts = "Drafts"
        case flagged = "Flagged"
        case important = "Important"
        case junk = "Junk"
        case sent = "Sent"
        case trash = "Trash"
    }

    package var name: MailboxName
    /// False for a name that only holds children (`\Noselect`).
    package var isSelectable: Bool
    package var hasChildren: Bool
    package var isSubscribed: Bool
    package var specialUse: SpecialUse?

    package init(
        name: MailboxName, isSelectable: Bool = true, hasChildren: Bool = false, isSubscribed: Bool = false,
        specialUse: SpecialUse? = nil
    ) {
        self.name = name
        self.isSelectable = isSelectable
        self.hasChildren = hasChildren
        self.isSubscribed = isSubscribed
        self.specialUse = specialUse
    }
}
