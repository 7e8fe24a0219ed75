package import Spool

/// What an administrator does with mail that waits: with the queue of a server that runs, or with the files of one that
/// does not.
package protocol QueueAdministration: Sendable {
    var spool: MessageSpool { get }

    /// What is being done with messages now; nothing for those that only lie there.
    func status(of ids: [QueueID]) async -> [QueueID: ScheduledMessageStatus]

    /// Nothing of it is tried until it is released. Durable when it returns, as are all of these.
    func hold(_ id: QueueID) async throws(QueueAdministrationFault)
    /// What was held is tried at once.
    func release(_ id: QueueID) async throws(QueueAdministrationFault)
    /// Nobody is told. A copy that is being handed over now may yet arrive; no other is tried.
    func delete(_ id: QueueID) async throws(QueueAdministrationFault)
    /// Makes a new message of what waits, resolved from the addresses as they were given, aliases and all, and tried from
    /// the start (`postsuper -r`). Held or not, it goes out. The lifetime still counts from the first arrival.
    ///
    /// - Returns: the name it has now.
    func requeue(_ id: QueueID) async throws(QueueAdministrationFault) -> QueueID
    /// Tries waiting mail now, whatever its time. Held mail stays held.
    func flush(_ selection: ScheduleSelection) async throws(QueueAdministrationFault)
}

package struct QueueAdministrationFault: Error, Hashable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        case noSuchMessage = "no-such-message"
        /// A copy is being handed over now: try again.
        case inFlight = "in-flight"
        /// Needs a server that runs.
        case offline
        case failed
    }

    package var kind: Kind
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    init(_ failure: SpoolFailure) {
        self.init(failure.kind == .noSuchMessage ? .noSuchMessage : .failed, failure.description)
    }
}
