/// What makes one listener differ from another.
package struct ListenerOptions: Sendable {
    /// For logs and metrics: `smtp`, `submission`, `imaps`.
    package var name: String
    package var session: SessionOptions
    package var limits: ConnectionLimits
    /// What a client over a limit is told in clear before it is closed; on a port with implicit TLS it is just closed.
    package var refusal: @Sendable (ConnectionRefusal) -> String
    package var backlog: Int
    /// How many connections this client may have at a time; nil for `limits.perClient`. Asked on the event loop, at once.
    package var perClient: @Sendable (ConnectionFacts) -> Int? = { _ in nil }
    /// Whether this client may connect now: false is `tooManyFromClient`. Asked on the event loop, at once.
    package var admits: @Sendable (ConnectionFacts) -> Bool = { _ in true }

    package init(
        name: String, session: SessionOptions, limits: ConnectionLimits = ConnectionLimits(),
        refusal: @escaping @Sendable (ConnectionRefusal) -> String = { _ in "" }, backlog: Int = 511
    ) {
        self.name = name
        self.session = session
        self.limits = limits
        self.refusal = refusal
        self.backlog = backlog
    }
}

package struct ConnectionLimits: Hashable, Sendable {
    /// At the same time, on one listener.
    package var total: Int
    /// At the same time, from one IPv4 address or one IPv6 /64; Unix sockets are not counted.
    package var perClient: Int

    package init(total: Int = 10_000, perClient: Int = 50) {
        self.total = total
        self.perClient = perClient
    }
}

package enum ConnectionRefusal: Hashable, Sendable {
    case tooManyConnections
    case tooManyFromClient
}
