import MailModel
import MailStore
import Spool

/// A copy, and the recipients whose mail it is.
struct PlannedCopy: Sendable {
    enum Target: Sendable {
        case destination(Destination)
        /// Nobody has the address; its sender is to be told.
        case undeliverable(EmailAddress)
        /// The message has been in its mailbox before; the queue finds that again and tells the sender.
        case looping(LocalMailbox)
        /// An address as it was given, of which the directory tells nothing now, in these words.
        case unresolved(EmailAddress, SMTPReply)
    }

    var target: Target
    var recipients: [EmailAddress]
    /// The first that led here.
    var asked: EnvelopeRecipient

    var address: EmailAddress {
        switch target {
        case .destination(let destination): destination.address
        case .looping(let mailbox): mailbox.address
        case .undeliverable(let address), .unresolved(let address, _): address
        }
    }

    var mailbox: LocalMailbox? {
        if case .destination(.mailbox(let mailbox)) = target { mailbox } else { nil }
    }

    var isDiscarded: Bool {
        if case .destination(.discard) = target { true } else { false }
    }

    var isLeaving: Bool { mailbox == nil && !isDiscarded }

    /// What became of a copy that does not wait.
    ///
    /// - Parameter written: its mailbox's word.
    func outcome(_ written: DeliveryOutcome?) -> DeliveryReport.Outcome {
        switch target {
        case .destination(.discard(_, let reason)): .discarded(reason)
        case .destination(.remote), .undeliverable, .looping, .unresolved: .noWayOut
        case .destination(.mailbox):
            switch written {
            case .success(let message): .delivered(path: message.path)
            case .failure(let failure): .failed(failure)
            case nil: .failed(MailboxFailure(.unavailable, "the delivery gave no outcome"))
            }
        }
    }

    /// As the queue keeps it, with the way that routing gave: what else the directory has to say is for `Outbox` to ask.
    func queued(_ origin: MessageOrigin, state: QueuedState = .waiting(QueuedAttempts())) -> QueuedRecipient {
        var recipient = QueuedRecipient(
            recipient: asked, given: recipients.first ?? address, way: .mailbox, state: state)
        recipient.recipient.address = address
        switch target {
        case .destination(.mailbox(let mailbox)), .looping(let mailbox):
            recipient.mailbox = QueuedMailbox(mailbox.location)
        case .destination(.remote(let remote)):
            recipient.way = .remote(remote.transport, nextHop: remote.nextHop, domain: remote.address.domain)
        case .unresolved(_, let reply):
            recipient.way = .unresolved
            recipient.state = .waiting(QueuedAttempts(last: reply))
        case .destination(.discard), .undeliverable: break
        }
        if let filter = origin.filter {
            recipient.way = .remote(filter.transport, nextHop: filter.nextHop, domain: address.domain)
            recipient.isWayFixed = true
            recipient.mailbox = nil
        }
        return recipient
    }
}
