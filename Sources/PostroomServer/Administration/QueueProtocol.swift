package import Delivery
package import FoundationEssentials
import MailModel
import Spool

/// What `postroom queue` asks a server: one line of JSON (RFC 8259).
package struct QueueRequest: Hashable, Sendable, Codable {
    package enum Command: String, Hashable, Sendable, Codable {
        case list, summary, show, hold, release, delete, requeue, flush
    }

    package var command: Command
    /// Nil for all that the filter fits.
    package var ids: [String]?
    package var filter: QueueFilter?
    /// With `flush`: everything for one domain or next hop.
    package var domain: String?

    package init(_ command: Command, ids: [String]? = nil, filter: QueueFilter? = nil, domain: String? = nil) {
        self.command = command
        self.ids = ids
        self.filter = filter
        self.domain = domain
    }
}

/// A line of the answer: one of these; the last has `end` or `error`.
package struct QueueLine: Hashable, Sendable, Codable {
    package var message: ListedMessage?
    /// The next octets of the message that is shown, in base 64.
    package var content: Data?
    /// A message with which it was done.
    package var done: Done?
    /// One with which it was not.
    package var fault: Fault?
    package var summary: QueueSummary?
    package var end: End?
    package var error: String?

    package init() {}

    package struct Done: Hashable, Sendable, Codable {
        package var id: String
        /// With `requeue`: the name it has now.
        package var newID: String?
    }

    package struct Fault: Hashable, Sendable, Codable {
        package var id: String?
        package var kind: String
        package var text: String
    }

    package struct End: Hashable, Sendable, Codable {
        /// Messages listed, or with which it was done.
        package var count: Int
    }
}

package struct ListedMessage: Hashable, Sendable, Codable {
    /// Recipients that one line names at most.
    static let recipientLimit = 1000

    package enum State: String, Hashable, Sendable, Codable {
        /// A copy is being handed over.
        case active
        case waiting
        case held
    }

    package var id: String
    package var state: State
    /// In octets.
    package var size: UInt64
    /// Seconds since 1970.
    package var arrival: Int64
    /// Empty for `<>`.
    package var sender: String
    package var submitter: String?
    package var client: String?
    package var recipients: [ListedRecipient]
    /// Where there are more than are named.
    package var recipientCount: Int

    init(_ message: QueuedMessage, _ status: ScheduledMessageStatus?) {
        id = message.id.description
        state = message.isHeld ? .held : status?.inFlight ?? 0 > 0 ? .active : .waiting
        size = message.size
        arrival = message.envelope.arrival / 1_000_000
        sender = message.envelope.sender.path.description
        submitter = message.envelope.submitter
        client = message.envelope.client
        let waiting = message.recipients.filter { !$0.state.isFinal }
        recipientCount = waiting.count
        recipients = waiting.prefix(Self.recipientLimit).map(ListedRecipient.init)
    }
}

package struct ListedRecipient: Hashable, Sendable, Codable {
    package var address: String
    /// As it was given, where that is another.
    package var original: String?
    /// `smtp:example.org`, `smtp:[relay]:587`, `virtual`.
    package var destination: String
    package var attempts: UInt32
    /// Seconds since 1970; nil for as soon as can be.
    package var next: Int64?
    /// Why the last attempt came to nothing, and who said so.
    package var reason: String?
    package var host: String?

    init(_ recipient: QueuedRecipient) {
        address = recipient.recipient.address.description
        original = recipient.given == recipient.recipient.address ? nil : recipient.given.description
        destination = recipient.way.text
        attempts = 0
        guard case .waiting(let tried) = recipient.state else { return }
        attempts = tried.count
        next = tried.next > 0 ? tried.next / 1_000_000 : nil
        reason = tried.last?.description
        host = tried.lastHost
    }
}

/// Counts, for an overview.
package struct QueueSummary: Hashable, Sendable, Codable {
    /// Destinations that are told one by one; the rest together.
    static let destinationLimit = 1000

    package struct Destination: Hashable, Sendable, Codable {
        package var name: String
        package var messages = 0
        package var recipients = 0
        /// That were tried.
        package var deferred = 0
        /// Seconds since 1970.
        package var oldest: Int64
        /// Of the recipient that was looked at last.
        package var reason: String?
    }

    package var messages = 0
    package var recipients = 0
    package var active = 0
    package var held = 0
    /// Messages, neither held nor active, of which something was tried.
    package var deferred = 0
    /// In octets.
    package var size: UInt64 = 0
    /// Seconds since 1970; nil for an empty queue.
    package var oldest: Int64?
    package var destinations: [Destination] = []

    package init() {}

    mutating func add(_ message: ListedMessage, _ places: inout [String: Int]) {
        messages += 1
        recipients += message.recipientCount
        size &+= message.size
        oldest = min(oldest ?? message.arrival, message.arrival)
        switch message.state {
        case .active: active += 1
        case .held: held += 1
        case .waiting: if message.recipients.contains(where: { $0.attempts > 0 }) { deferred += 1 }
        }
        var counted: Set<String> = []
        for recipient in message.recipients {
            var name = recipient.destination
            if places[name] == nil, places.count >= Self.destinationLimit { name = "others" }
            let place = places[name] ?? destinations.count
            if place == destinations.count {
                places[name] = place
                destinations.append(Destination(name: name, oldest: message.arrival))
            }
            destinations[place].recipients += 1
            if counted.insert(name).inserted { destinations[place].messages += 1 }
            if recipient.attempts > 0 { destinations[place].deferred += 1 }
            destinations[place].oldest = min(destinations[place].oldest, message.arrival)
            if let reason = recipient.reason { destinations[place].reason = reason }
        }
    }
}
