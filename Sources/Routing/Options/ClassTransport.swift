package import MailModel

/// Who delivers the recipients of an address class: `local_transport`, `virtual_transport`.
package enum ClassTransport: Sendable {
    /// A mailbox of this machine: virtual(8), or a site's LMTP server whose store is now ours.
    case mailboxes(any MailboxLookup)
    /// Another host.
    case remote
    /// Postfix's `error:5.1.1 text`: nobody; the recipient is refused with this status and text.
    case error(EnhancedStatusCode, String)
    /// A transport that a site names and this server doesn't have, by its name: its recipients are deferred.
    case unknown(String)
}
