package import MailModel
package import NIOCore
package import Net

/// What an IMAP session waits for.
package enum IMAPWait: Sendable {
    case logIn(login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, ConnectionFacts)
    case account(any IMAPAccount, AccountQuestion)
    /// Opens a mailbox, after closing the one that was open.
    case open(any IMAPAccount, MailboxName, readOnly: Bool, closing: (any IMAPMailbox)?)
    case mailbox(any IMAPMailbox, MailboxQuestion)
    case fetch(any IMAPMailbox, ArraySlice<UInt32>, FetchRenderer)
    case search(any IMAPMailbox, SearchRun)
    /// Opens another mailbox than the selected one, searches it and closes it.
    case searchElsewhere(any IMAPAccount, MailboxName, MailboxSearch)
    case append(AppendQuestion)
    /// From now on changes of these are to be told; nil ends it.
    case watch(WatchList?)
    /// What has changed of what is watched, since it was last asked.
    case watched(any IMAPAccount)
    /// Nothing but that the channel takes more output.
    case drain
}

package enum AccountQuestion: Sendable {
    case list
    case create(MailboxName, MailboxListing.SpecialUse?)
    case delete(MailboxName)
    case rename(MailboxName, to: MailboxName)
    case subscribe(MailboxName)
    case unsubscribe(MailboxName)
    /// With `sized`, their sizes too. One of many may be missing.
    case status([MailboxName], sized: Bool = false, isOneOfMany: Bool = false)
    case quota
    case accessControl(AccessControlCommand, MailboxName)
    case rights([MailboxName])
    /// The account's own annotations for nil.
    case metadata([MailboxName?])
    case setMetadata([MetadataChange], of: MailboxName?)
}

package enum MailboxQuestion: Sendable {
    /// Looks at the disk; takes what is new as recent when asked to.
    case refresh(claimsRecent: Bool)
    case claimRecent
    case store([UInt32], FlagChange)
    case storeUnchanged([UInt32], FlagChange, since: UInt64)
    case expunge([UInt32]?)
    case copy([UInt32], to: MailboxName)
    case move([UInt32], to: MailboxName)
    case close(expunges: Bool)
}

package enum AppendQuestion: Sendable {
    case start(any IMAPAccount, MailboxName, size: UInt64)
    case write(any IMAPAppend, ByteBuffer)
    /// Ends a message and begins another one.
    case next(any IMAPAppend, FlagList, internalDate: Int64?, size: UInt64)
    /// Adds what is in the account already, if it is no more than `room` octets.
    case catenate(any IMAPAppend, any IMAPAccount, MessagePiece, room: UInt64)
    /// As `commit`; then takes a message of the open mailbox away.
    case replace(any IMAPAppend, FlagList, internalDate: Int64?, uid: UInt32, in: any IMAPMailbox)
    case commit(any IMAPAppend, FlagList, internalDate: Int64?)
    case abort(any IMAPAppend)
}

package enum IMAPAnswer: Sendable {
    case done
    case failed(MailboxFailure)
    case loggedIn(IMAPLoginOutcome)
    case listings([MailboxListing])
    /// In the order asked; nil for a mailbox that is not there.
    case statuses([MailboxStatus?])
    /// In the order asked; nil for a mailbox that is not there.
    case metadata([MailboxMetadata?])
    case watched(WatchedChanges)
    /// Nil where there is none.
    case quota(QuotaStatus?)
    case accessControl(AccessControlAnswer)
    /// In the order asked; nil for a mailbox of which none may be told.
    case rights([MailboxRights?])
    case opened(any IMAPMailbox, MailboxView, firstRecentUID: UInt32)
    case view(MailboxView, firstRecentUID: UInt32?)
    case changed(ConditionalChange)
    case copied(CopiedMessages)
    case rendered([RenderedMessage])
    /// The search as far as it came; unfinished when it is time to tell the client that it goes on.
    case searched(SearchRun)
    /// Nil for a mailbox that is not there or can't be searched.
    case searchedElsewhere(MailboxSearchResult?)
    case appending(any IMAPAppend)
    /// Octets added by CATENATE.
    case catenated(UInt64)
    case noSuchPiece
    case noRoom
}

/// The items of a FETCH response that needed the message's file.
package struct RenderedMessage: Sendable {
    package var uid: UInt32
    package var items: ByteBuffer
    /// A part of it has an encoding that is not known: there are no items (RFC 3516 §4.3).
    package var isUndecodable = false
}

package enum IMAPEvent: Hashable, Sendable {
    /// The selected mailbox's view is no longer the one last seen.
    case mailboxChanged
    /// `IMAPWait.watched` has something to tell.
    case watchedChanged
}
