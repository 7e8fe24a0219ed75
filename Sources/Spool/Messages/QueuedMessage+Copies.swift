import MailModel

extension QueuedMessage {
    /// Adds copies behind the recipients that there are, but none for a mailbox, or for an address elsewhere, that has one
    /// already, whatever became of it: nobody gets a message twice because two ways lead there.
    package mutating func add(_ copies: [QueuedRecipient]) {
        var known = Set(recipients.compactMap(CopyKey.init))
        for copy in copies {
            guard let key = CopyKey(copy) else {
                recipients.append(copy)
                continue
            }
            // One that is for whichever mailbox of its address has none will find this one, too.
            let isCovered = copy.mailbox != nil && known.contains(.address(CopyKey.folded(copy)))
            if !isCovered, known.insert(key).inserted { recipients.append(copy) }
        }
    }

    /// The mailboxes that other copies of the message are for, or have reached.
    package func mailboxes(besidesRecipient place: Int) -> Set<QueuedMailbox> {
        var mailboxes: Set<QueuedMailbox> = []
        for other in recipients.indices where other != place {
            if let mailbox = recipients[other].mailbox, CopyKey(recipients[other]) != nil { mailboxes.insert(mailbox) }
        }
        return mailboxes
    }
}

/// What two copies have in common of which one is too many.
private enum CopyKey: Hashable {
    case mailbox(QueuedMailbox)
    /// A mailbox that is not named.
    case address([UInt8])
    case elsewhere([UInt8])

    /// Nil for a recipient that is no copy itself.
    init?(_ recipient: QueuedRecipient) {
        switch recipient.state {
        case .expanded: return nil
        case .untold(let success) where success.kind == .expanded: return nil
        case .waiting, .delivered, .failed, .deleted, .untold: break
        }
        switch recipient.way {
        case .mailbox: self = recipient.mailbox.map { .mailbox($0) } ?? .address(Self.folded(recipient))
        case .remote: self = .elsewhere(Self.folded(recipient))
        case .unresolved: return nil
        }
    }

    static func folded(_ recipient: QueuedRecipient) -> [UInt8] {
        ASCII.lowercased(recipient.recipient.address.unquoted)
    }
}
