package import MailModel
package import NIOCore

/// What an IMAP session waits for.
package enum IMAPWait: Sendable {
    case logIn(login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret)
    case account(any IMAPAccount, AccountQuestion)
    /// Opens a mailbox, after closing the one that was open.
    case open(any IMAPAccount, MailboxName, readOnly: Bool, closing: (any IMAPMailbox)?)
    case mailbox(any IMAPMailbox, MailboxQuestion)
    case fetch(any IMAPMailbox, ArraySlice<UInt32>, FetchRenderer)
    case search(any IMAPMailbox, SearchEvaluator, candidates: [Int])
    case append(AppendQuestion)
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
    case status([MailboxName])
    case quota
}

package enum MailboxQuestion: Sendable {
    /// Looks at the disk; takes what is new as recent when asked to.
    case refresh(claimsRecent: Bool)
    case claimRecent
    case store([UInt32], FlagChange)
    case expunge([UInt32]?)
    case copy([UInt32], to: MailboxName)
    case move([UInt32], to: MailboxName)
    case close(expunges: Bool)
}

package enum AppendQuestion: Sendable {
    case start(any IMAPAccount, MailboxName, size: UInt64)
    case write(any IMAPAppend, ByteBuffer)
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
    /// Nil where there is none.
    case quota(QuotaStatus?)
    case opened(any IMAPMailbox, MailboxView, firstRecentUID: UInt32)
    case view(MailboxView, firstRecentUID: UInt32?)
    case copied(CopiedMessages)
    case rendered([RenderedMessage])
    /// Indexes into the view that the search was made on.
    case found([Int])
    case appending(any IMAPAppend)
}

/// The items of a FETCH response that needed the message's file.
package struct RenderedMessage: Sendable {
    package var uid: UInt32
    package var items: ByteBuffer
}

package enum IMAPEvent: Hashable, Sendable {
    /// The selected mailbox's view is no longer the one last seen.
    case mailboxChanged
}
