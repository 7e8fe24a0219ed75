/// Where one copy of a message goes.
package enum Destination: Hashable, Sendable {
    /// A mailbox on this machine.
    case mailbox(LocalMailbox)
    /// An address that another host serves.
    case remote(EmailAddress)

    /// The final address: what `Delivered-To` and the log name.
    package var address: EmailAddress {
        switch self {
        case .mailbox(let mailbox): mailbox.address
        case .remote(let address): address
        }
    }
}

/// A mailbox of this machine as routing found it.
package struct LocalMailbox: Hashable, Sendable {
    /// The final address, after aliases.
    package var address: EmailAddress
    package var location: MailboxLocation
    package var owner: Owner
    package var quota: Quota

    package init(address: EmailAddress, location: MailboxLocation, owner: Owner, quota: Quota = .unlimited) {
        self.address = address
        self.location = location
        self.owner = owner
        self.quota = quota
    }
}
