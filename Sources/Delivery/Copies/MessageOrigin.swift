package import MailModel
package import Spool

/// Where a message came from: what stays with it in the queue.
package struct MessageOrigin: Sendable {
    package var id: QueueID
    /// After canonical(5).
    package var sender: EnvelopeSender
    /// The login that submitted it, or `uid=1000`; nil for mail from elsewhere.
    package var submitter: String?
    /// The client's address as text.
    package var client: String?
    /// Microseconds since 1970.
    package var arrival: Int64
    /// access(5) HOLD: nothing goes anywhere before it is released.
    package var isHeld = false
    /// access(5) FILTER: all copies go there, whatever routing says.
    package var filter: Filter?
    /// What the directory does not tell now is found out later: nobody else keeps the message for as long as that takes.
    package var waitsForDirectory = false

    package struct Filter: Hashable, Sendable {
        package var transport: RemoteDestination.Transport
        /// Nil for the recipients' own domains.
        package var nextHop: String?

        package init(transport: RemoteDestination.Transport, nextHop: String?) {
            self.transport = transport
            self.nextHop = nextHop
        }
    }

    package init(
        id: QueueID = .make(), sender: EnvelopeSender, submitter: String? = nil, client: String? = nil,
        arrival: Int64? = nil
    ) {
        self.id = id
        self.sender = sender
        self.submitter = submitter
        self.client = client
        self.arrival = arrival ?? MailQueue.now.wall
    }

    func envelope(_ needs: ContentNeeds) -> QueuedEnvelope {
        var needs = needs
        if sender.body == .binaryMIME { needs.insert(.binaryMIME) }
        return QueuedEnvelope(sender: sender, arrival: arrival, submitter: submitter, client: client, needs: needs)
    }
}
