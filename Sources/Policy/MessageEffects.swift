package import MailModel

/// What access tables and policy services do to a message besides letting it in or not (access(5)).
package struct MessageEffects: Hashable, Sendable {
    /// `PREPEND`: whole header fields, to stand above our own `Received:`, in the order in which they were met.
    package var prepended: [ComposedHeaderField] = []
    /// `REDIRECT`: who gets the message in place of its recipients; the last word counts.
    package var redirect: EmailAddress?
    /// `BCC`: further recipients.
    package var blindCopies: [EmailAddress] = []
    /// `DISCARD`: the message is taken and thrown away, for all its recipients.
    package var isDiscarded = false
    /// `HOLD`: the message goes nowhere before the administrator releases it.
    package var isHeld = false
    /// `FILTER`: all of the message goes there, whatever routing says; the last word counts.
    package var filter: Filter?
    /// `WARN`, `INFO`, `DISCARD` and what was passed over: for the log.
    package var notes: [String] = []

    package struct Filter: Hashable, Sendable {
        package var transport: RemoteDestination.Transport
        /// Nil for the recipients' own domains.
        package var nextHop: String?

        package init(transport: RemoteDestination.Transport, nextHop: String?) {
            self.transport = transport
            self.nextHop = nextHop
        }
    }

    package init() {}

    /// Restrictions run for each recipient; a field that several runs prepend stands once.
    package mutating func merge(_ other: MessageEffects) {
        for field in other.prepended where !prepended.contains(field) { prepended.append(field) }
        for address in other.blindCopies where !blindCopies.contains(address) { blindCopies.append(address) }
        redirect = other.redirect ?? redirect
        isDiscarded = isDiscarded || other.isDiscarded
        isHeld = isHeld || other.isHeld
        filter = other.filter ?? filter
    }
}
