import NIOCore

/// What a connection knows of its operations, free of I/O: message ids, who waits for what until when, and what may be
/// started now. `Ticket` is whatever the owner wants back with an answer.
struct LDAPConnectionState<Ticket> {
    enum Kind: Hashable {
        case bind
        case search
        case modify
        case add
        case delete
        case modifyDN
        case compare
        case extended
        case startTLS
    }

    struct Outstanding {
        var kind: Kind
        var started: NIODeadline
        var deadline: NIODeadline
        var ticket: Ticket
    }

    enum Refusal: Error, Hashable {
        /// Bind and StartTLS have the connection for themselves (RFC 4511 §4.2.1, §4.14.1).
        case exclusiveOperationInProgress
        case operationsOutstanding
        case closing
    }

    enum Reaction {
        case deliver(Outstanding, isFinal: Bool)
        /// The TLS handshake is to begin; `finishTLS` gives the ticket back when it has ended.
        case startTLS
        /// The answer of an operation that was given up.
        case ignore
        case disconnect(LDAPError.Code, String)
    }

    private enum Phase {
        case open
        /// Nothing else until this one is answered.
        case exclusive(Int)
        /// StartTLS was answered; the handshake runs.
        case securing(Int)
        /// Answers only.
        case draining
        case closed
    }

    private var phase = Phase.open
    private(set) var outstanding: [Int: Outstanding] = [:]
    private var lastID = 0
    private var hasWrapped = false
    /// Not later than the earliest deadline.
    private(set) var nextDeadline: NIODeadline?

    var isIdle: Bool { outstanding.isEmpty }

    mutating func start(
        _ kind: Kind, at now: NIODeadline, deadline: NIODeadline, ticket: Ticket
    ) throws(Refusal) -> Int {
        switch phase {
        case .open: break
        case .exclusive, .securing: throw .exclusiveOperationInProgress
        case .draining, .closed: throw .closing
        }
        let isExclusive = kind == .bind || kind == .startTLS
        guard !isExclusive || outstanding.isEmpty else { throw .operationsOutstanding }
        let id = nextID()
        outstanding[id] = Outstanding(kind: kind, started: now, deadline: deadline, ticket: ticket)
        if isExclusive { phase = .exclusive(id) }
        nextDeadline = min(nextDeadline ?? deadline, deadline)
        return id
    }

    /// For a request that has no response: abandon and unbind.
    mutating func nextUnansweredID() -> Int { nextID() }

    private mutating func nextID() -> Int {
        repeat {
            if lastID >= Int(Int32.max) {
                lastID = 0
                hasWrapped = true
            }
            lastID += 1
        } while outstanding[lastID] != nil
        return lastID
    }

    mutating func receive(_ message: LDAPMessage) -> Reaction {
        if case .securing = phase {
            return .disconnect(.protocolViolation, "the server sent a message before the TLS handshake had ended")
        }
        guard message.id != 0 else { return receiveUnsolicited(message.operation) }
        guard let entry = outstanding[message.id] else {
            guard hasWrapped || message.id <= lastID else {
                return .disconnect(
                    .protocolViolation, "the server answered message \(message.id), which was never sent")
            }
            return .ignore
        }
        guard let isFinal = Self.isFinal(message.operation, for: entry.kind) else {
            return .disconnect(.protocolViolation, "the server's answer is not of the kind that was asked for")
        }
        guard isFinal else { return .deliver(entry, isFinal: false) }
        if entry.kind == .startTLS, case .extendedResponse(let response) = message.operation,
            response.result.code == .success
        {
            phase = .securing(message.id)
            return .startTLS
        }
        remove(message.id)
        return .deliver(entry, isFinal: true)
    }

    private func receiveUnsolicited(_ operation: LDAPOperation) -> Reaction {
        guard case .extendedResponse(let response) = operation, response.name == LDAPExtension.noticeOfDisconnection
        else { return .ignore }
        let reason = response.result.diagnosticMessage
        return .disconnect(
            .connectionLost,
            "the server closes the connection: \(response.result.code)" + (reason.isEmpty ? "" : ", \(reason)"))
    }

    /// Whether the response ends an operation of that kind; nil if it can't be one of its responses at all.
    private static func isFinal(_ operation: LDAPOperation, for kind: Kind) -> Bool? {
        switch (operation, kind) {
        case (.searchResultEntry, .search), (.searchResultReference, .search), (.intermediateResponse, _): false
        case (.searchResultDone, .search), (.bindResponse, .bind), (.modifyResponse, .modify), (.addResponse, .add),
            (.deleteResponse, .delete), (.modifyDNResponse, .modifyDN), (.compareResponse, .compare),
            (.extendedResponse, .extended), (.extendedResponse, .startTLS):
            true
        default: nil
        }
    }

    /// Ends the handshake that `receive` asked for.
    mutating func finishTLS() -> Outstanding? {
        guard case .securing(let id) = phase else { return nil }
        return remove(id)
    }

    /// Takes an operation out, because nobody wants its answer any more.
    @discardableResult
    mutating func remove(_ id: Int) -> Outstanding? {
        switch phase {
        case .exclusive(id), .securing(id): phase = .open
        default: break
        }
        return outstanding.removeValue(forKey: id)
    }

    /// A search that goes on gets more time.
    mutating func extend(_ id: Int, to deadline: NIODeadline) {
        outstanding[id]?.deadline = deadline
    }

    /// Takes out all operations whose time is over.
    mutating func expire(at now: NIODeadline) -> [(id: Int, operation: Outstanding)] {
        let expired = outstanding.filter { $0.value.deadline <= now }
        for id in expired.keys { remove(id) }
        nextDeadline = outstanding.values.map(\.deadline).min()
        return expired.map { ($0.key, $0.value) }
    }

    /// From now on nothing is started; what is outstanding may end.
    mutating func drain() {
        if case .closed = phase { return }
        phase = .draining
    }

    /// Takes out everything.
    mutating func close() -> [Outstanding] {
        phase = .closed
        defer { outstanding.removeAll() }
        return Array(outstanding.values)
    }
}
