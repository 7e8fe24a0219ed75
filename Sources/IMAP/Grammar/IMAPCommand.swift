package import MailModel

/// A client's command, parsed. Mailbox names are as on the wire (modified UTF-7); the account knows the separator.
package enum IMAPCommand: Sendable {
    // Any state
    case capability
    case noop
    case logout
    case id([IDParameter])

    // Not authenticated
    case startTLS
    case authenticate(mechanism: [UInt8], initialResponse: [UInt8]?)
    case logIn(login: [UInt8], password: Secret)

    // Authenticated
    case enable([String])
    case select([UInt8], readOnly: Bool, SelectParameters)
    case create([UInt8], MailboxListing.SpecialUse?)
    case delete([UInt8])
    case rename([UInt8], to: [UInt8])
    case subscribe([UInt8])
    case unsubscribe([UInt8])
    case list(ListRequest)
    case lsub(reference: [UInt8], pattern: [UInt8])
    case namespace
    case status([UInt8], [StatusItem])
    case getQuota(root: [UInt8])
    case getQuotaRoot([UInt8])
    case setQuota(root: [UInt8])
    case accessControl(AccessControlCommand)
    case getMetadata(MetadataRequest)
    case setMetadata([UInt8], [MetadataChange])
    /// Nil for NONE.
    case notify(NotifyRequest?)
    case idle
    case multisearch(MultisearchRequest)
    case unauthenticate
    case compress(String)

    // Selected
    case check
    case close
    case unselect
    case expunge(SequenceSet?)
    case search(SearchRequest)
    case cancelUpdate([[UInt8]])
    case fetch(SequenceSet, [FetchItem], byUID: Bool, FetchModifiers)
    case store(SequenceSet, FlagChange, isSilent: Bool, byUID: Bool, unchangedSince: UInt64?)
    case copy(SequenceSet, to: [UInt8], byUID: Bool)
    case move(SequenceSet, to: [UInt8], byUID: Bool)
}

/// RFC 2971.
package struct IDParameter: Hashable, Sendable {
    package var field: [UInt8]
    package var value: [UInt8]?
}

/// LIST in its basic form and with what RFC 5258, 5819, 6154, 8440 and 9590 add.
package struct ListRequest: Hashable, Sendable {
    package var reference: [UInt8] = []
    package var patterns: [[UInt8]] = []
    /// The name was one pattern, not a parenthesised list: an empty one asks for the separator.
    package var isBasic = true
    package var selectsSubscribed = false
    package var selectsSpecialUse = false
    package var matchesRecursively = false
    package var returnsSubscribed = false
    package var returnsStatus: [StatusItem] = []
    /// RFC 8440
    package var returnsRights = false
    /// RFC 9590
    package var returnsMetadata: [MetadataEntryName] = []
}

package enum StatusItem: String, Hashable, Sendable, CaseIterable {
    case messages = "MESSAGES"
    case recent = "RECENT"
    case uidNext = "UIDNEXT"
    case uidValidity = "UIDVALIDITY"
    case unseen = "UNSEEN"
    /// RFC 7889 §2
    case appendLimit = "APPENDLIMIT"
    /// RFC 7162
    case highestModSeq = "HIGHESTMODSEQ"
    /// RFC 8438
    case size = "SIZE"
    /// RFC 9051, RFC 9208 §4.1.4
    case deleted = "DELETED"
    case deletedStorage = "DELETED-STORAGE"
    /// RFC 8474
    case mailboxID = "MAILBOXID"
}
