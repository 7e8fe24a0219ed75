package import MailModel

/// What POP3 can know a message by; nil where a store has no such thing.
package struct MessageIdentity: Hashable, Sendable {
    package var uid: UInt32
    /// The file's name up to the `:`.
    package var fileName: [UInt8]?
    /// The message's own identity, as Dovecot has it: a Maildir's is the file's name, unless another was given to it.
    package var guid: [UInt8]?
    /// What Dovecot knows a message of an mbox by: a sum of some of its header fields.
    package var headerSum: [UInt8]?
    /// The unique id that the message had under another program, or that was saved: it goes before any format.
    package var savedUniqueID: [UInt8]?
    /// Where another program listed the message; those without come last.
    package var order: UInt32?
    /// As Courier's POP3 server numbers it.
    package var courier: CourierUniqueID?

    package init(uid: UInt32) {
        self.uid = uid
    }
}

/// `courierpop3dsizelist` names a message by a number and the number's validity.
package struct CourierUniqueID: Hashable, Sendable {
    /// 0 where the file's name is the id.
    package var number: UInt32
    package var validity: UInt32

    package init(number: UInt32, validity: UInt32) {
        self.number = number
        self.validity = validity
    }
}

/// Where a mailbox's identities come from.
package enum IdentitySource: Hashable, Sendable {
    case store
    /// Courier's list, kept as Courier would keep it: messages that it does not have get the next numbers, those that are gone
    /// leave it. The sizes are with CRLF line ends, by UID; a message without one is left out.
    case courierList(sizes: [UInt32: UInt64])
}

extension OpenMailbox {
    /// The identities of the messages with these UIDs (ascending), as far as they are still there.
    package func identities(
        of uids: [UInt32], from source: IdentitySource
    ) async throws(MailboxFailure) -> [MessageIdentity] {
        guard let mailbox = self as? any IdentifyingMailbox else { return uids.map(MessageIdentity.init) }
        return try await mailbox.storedIdentities(of: uids, from: source)
    }

    /// Keeps unique ids with the messages (Dovecot's `pop3_save_uidl`), where the store can.
    package func save(uniqueIDs: [UInt32: [UInt8]]) async throws(MailboxFailure) {
        guard let mailbox = self as? any IdentifyingMailbox, !uniqueIDs.isEmpty else { return }
        try await mailbox.store(uniqueIDs: uniqueIDs)
    }
}

/// A mailbox whose messages have more identities than their UID.
protocol IdentifyingMailbox: OpenMailbox {
    func storedIdentities(
        of uids: [UInt32], from source: IdentitySource
    ) async throws(MailboxFailure) -> [MessageIdentity]

    func store(uniqueIDs: [UInt32: [UInt8]]) async throws(MailboxFailure)
}
