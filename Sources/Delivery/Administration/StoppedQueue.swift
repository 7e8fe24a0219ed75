import MailModel
package import Spool

/// The queue of a server that does not run: its files, which this value alone has while it lives.
package struct StoppedQueue: QueueAdministration {
    package let spool: MessageSpool

    package init(spool: MessageSpool) {
        self.spool = spool
    }

    package func status(of ids: [QueueID]) -> [QueueID: ScheduledMessageStatus] { [:] }

    package func hold(_ id: QueueID) async throws(QueueAdministrationFault) {
        try await change { () throws(SpoolFailure) in try await spool.setHeld(id, true) }
    }

    package func release(_ id: QueueID) async throws(QueueAdministrationFault) {
        try await change { () throws(SpoolFailure) in
            try await spool.setHeld(id, false)
            try await makeDue(id)
        }
    }

    package func delete(_ id: QueueID) async throws(QueueAdministrationFault) {
        try await change { () throws(SpoolFailure) in try await spool.remove(id) }
    }

    package func requeue(_ id: QueueID) async throws(QueueAdministrationFault) -> QueueID {
        throw QueueAdministrationFault(
            .offline, "requeue needs a server that runs: it asks the directory where the mail goes")
    }

    /// Whatever is selected is tried when the server starts.
    package func flush(_ selection: ScheduleSelection) async throws(QueueAdministrationFault) {
        try await change { () throws(SpoolFailure) in
            if case .message(let id) = selection { return try await makeDue(id) }
            var rest = try await spool.ids()[...]
            while !rest.isEmpty {
                for message in try await spool.messages(Array(rest.prefix(256))) where message.isSelected(selection) {
                    try await makeDue(message.id)
                }
                rest = rest.dropFirst(256)
            }
        }
    }

    private func makeDue(_ id: QueueID) async throws(SpoolFailure) {
        let message = try await spool.message(id)
        let changes = message.recipients.indices.compactMap { place -> QueueChange? in
            guard case .waiting(var attempts) = message.recipients[place].state, attempts.next != 0 else { return nil }
            attempts.next = 0
            return .state([place], .waiting(attempts))
        }
        if !changes.isEmpty { try await spool.update(id, changes) }
    }

    private func change(
        _ body: () async throws(SpoolFailure) -> Void
    ) async throws(QueueAdministrationFault) {
        do throws(SpoolFailure) {
            try await body()
        } catch {
            throw QueueAdministrationFault(error)
        }
    }
}

extension QueuedMessage {
    /// Whether a recipient that waits is meant, whichever way its mail goes.
    func isSelected(_ selection: ScheduleSelection) -> Bool {
        switch selection {
        case .all: true
        case .message(let id): id == self.id
        case .way(let way): recipients.contains { !$0.state.isFinal && $0.way == way }
        case .domain(let domain):
            recipients.contains { !$0.state.isFinal && ($0.recipient.address.domain == domain || $0.way.isTo(domain)) }
        }
    }
}

extension QueuedWay {
    fileprivate func isTo(_ domain: Domain) -> Bool {
        guard case .remote(_, let hop, let own) = self else { return false }
        return hop.map { Domain($0) == domain } ?? (own == domain)
    }
}
