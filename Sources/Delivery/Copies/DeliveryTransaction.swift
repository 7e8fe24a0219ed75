package import MailModel
package import MailStore
package import NIOCore
package import Routing

/// One message on its way to all its recipients: `start → recipient → body → commit or abort`.
///
/// As long as there is no spool, a message with some copies delivered and some not is answered with 4xx, and the sender's
/// next attempt gives the former a second copy: a duplicate, never a loss.
package struct DeliveryTransaction: Sendable {
    package let sender: EnvelopeSender
    private let maildirs: MaildirDelivery
    private let options: DeliveryOptions
    private var copies: [PlannedCopy] = []
    private var places: [Place: Int] = [:]

    package init(sender: EnvelopeSender, maildirs: MaildirDelivery, options: DeliveryOptions = DeliveryOptions()) {
        self.sender = sender
        self.maildirs = maildirs
        self.options = options
    }

    /// How many copies the message will have.
    package var count: Int { copies.count }

    /// Adds where a recipient's mail goes. A mailbox that several ways lead to gets one copy. Verdicts other than
    /// `deliver` were answered at RCPT and add nothing.
    package mutating func add(_ resolution: Resolution) {
        guard case .deliver(let destinations) = resolution.verdict else { return }
        for destination in destinations {
            let key = Place(destination)
            if let place = places[key] {
                copies[place].recipients.append(resolution.recipient)
            } else {
                places[key] = copies.count
                copies.append(PlannedCopy(destination: destination, recipients: [resolution.recipient]))
            }
        }
    }

    /// What two destinations have in common that must get one copy: a mailbox is the same under whichever address.
    private enum Place: Hashable {
        case mailbox(MailboxLocation, Owner)
        case remote(RemoteDestination)
        case discard(EmailAddress)

        init(_ destination: Destination) {
            switch destination {
            case .mailbox(let mailbox): self = .mailbox(mailbox.location, mailbox.owner)
            case .remote(let remote): self = .remote(remote)
            case .discard(let address, _): self = .discard(address)
            }
        }
    }

    /// Delivers a message that is in memory. `traceHeaders` are the `Received` lines; `Return-Path` is added here.
    package func deliver(body: ByteBuffer, traceHeaders: [UInt8]) async -> DeliveryReport {
        let plan = plan(traceHeaders)
        let outcomes = await maildirs.deliver(body, header: plan.commonHeader, to: plan.recipients)
        return report(outcomes)
    }

    /// Starts a message that comes in pieces.
    package func begin(traceHeaders: [UInt8]) async -> StreamedDelivery {
        let plan = plan(traceHeaders)
        let stream = await maildirs.begin(header: plan.commonHeader, to: plan.recipients)
        return StreamedDelivery(self, stream)
    }

    private func plan(_ traceHeaders: [UInt8]) -> (commonHeader: [UInt8], recipients: [MaildirRecipient]) {
        let returnPath = TraceHeader.returnPath(sender.path)
        let namesRecipients = options.recipientHeaders == .always || copies.count == 1
        let recipients = copies.compactMap { copy -> MaildirRecipient? in
            guard case .mailbox(let mailbox) = copy.destination else { return nil }
            guard namesRecipients else { return MaildirRecipient(mailbox: mailbox) }
            let original = copy.recipients.first ?? mailbox.address
            return MaildirRecipient(
                mailbox: mailbox,
                header: returnPath + TraceHeader.originalRecipient(original) + TraceHeader.deliveredTo(mailbox.address))
        }
        return (namesRecipients ? traceHeaders : returnPath + traceHeaders, recipients)
    }

    /// Joins the mailboxes' outcomes, which come in the order of the mailbox copies, to all copies.
    func report(_ outcomes: [DeliveryOutcome]) -> DeliveryReport {
        var rest = outcomes[...]
        return DeliveryReport(
            copies: copies.map { copy in
                let outcome: DeliveryReport.Outcome =
                    switch copy.destination {
                    case .remote: .noWayOut
                    case .discard(_, let reason): .discarded(reason)
                    case .mailbox:
                        switch rest.popFirst() {
                        case .success(let message): .delivered(path: message.path)
                        case .failure(let failure): .failed(failure)
                        case nil: .failed(MailboxFailure(.unavailable, "the delivery gave no outcome"))
                        }
                    }
                return DeliveryReport.Copy(
                    destination: copy.destination, recipients: copy.recipients, outcome: outcome)
            })
    }
}

/// A destination, and the recipients whose mail goes there.
struct PlannedCopy: Sendable {
    var destination: Destination
    var recipients: [EmailAddress]
}

/// A transaction whose message comes in pieces.
package struct StreamedDelivery: Sendable {
    private let transaction: DeliveryTransaction
    private let stream: StreamedMaildirDelivery

    init(_ transaction: DeliveryTransaction, _ stream: StreamedMaildirDelivery) {
        self.transaction = transaction
        self.stream = stream
    }

    /// Adds a piece with the line ends of the wire.
    /// - Returns: why no copy can be delivered any more; the rest of the message need not be given.
    package func append(_ chunk: ByteBuffer) async -> MailboxFailure? {
        await stream.append(chunk)
        return await stream.firstFailure
    }

    package func commit() async -> DeliveryReport {
        transaction.report(await stream.commit())
    }

    package func abort() async {
        await stream.abort()
    }
}
