package import NIOCore

/// A protocol session free of I/O: it is fed bytes, writes its replies into a buffer and says why it stopped.
///
/// The channel handler owns the engine and calls it on the event loop, synchronously. Only a `wait` starts the handler's
/// one bridge task; reading is paused until its answer is back on the loop (design.md, rule 3).
package protocol SessionEngine {
    /// A question to the outside that takes time: the directory, the disk.
    associatedtype Wait: Sendable
    associatedtype Answer: Sendable
    /// News that reaches a session unasked: a mailbox changed.
    associatedtype Event: Sendable

    /// The connection stands (on a TLS port: the handshake is done). Writes the greeting.
    mutating func start(_ output: inout ByteBuffer) -> SessionStep<Wait>

    /// Consumes what it can of `input` and leaves the rest; called again with more behind it. The engine bounds what it
    /// leaves unread: a line or literal that is too long gets its reply and is dropped, never gathered.
    mutating func receive(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> SessionStep<Wait>

    /// The answer to the last `wait`. The handler calls `receive` afterwards by itself when this returns `needInput`.
    mutating func resume(with answer: Answer, _ output: inout ByteBuffer) -> SessionStep<Wait>

    /// The handshake that `startTLS` asked for is done. All that was learnt before it is forgotten.
    mutating func tlsEstablished(_ facts: TLSFacts, _ output: inout ByteBuffer) -> SessionStep<Wait>

    /// Bytes came behind a STARTTLS command in clear (CVE-2011-0411): writes the refusal, if any; the handler closes.
    mutating func injectedBeforeTLS(_ output: inout ByteBuffer)

    /// Never called while a `wait` is open: the handler keeps the newest events and hands them over afterwards.
    mutating func notify(_ event: Event, _ output: inout ByteBuffer) -> SessionStep<Wait>

    /// The time that `inputTimeout` gave passed without input. Writes the farewell; the handler closes.
    mutating func timedOut(_ output: inout ByteBuffer)

    /// The server is stopping: writes the farewell (`421`, `* BYE`); the handler closes. Never called while a `wait`
    /// is open.
    mutating func shuttingDown(_ output: inout ByteBuffer)

    /// How long the session may stay silent in its present state: without a whole line, not without a byte, so that a
    /// client which drips its command is cut off too.
    var inputTimeout: TimeAmount { get }

    /// Bytes per second that the client owes in its present state (the body of a message); nil where it may take its time.
    var minimumInputRate: Int? { get }

    /// From the first step on after which it is true, the connection is compressed in both directions, behind what the
    /// output holds by then (RFC 4978 §3). That step must be a `wait`: what follows in the input is compressed.
    var isCompressing: Bool { get }

    /// The octets of a message come in, which may be far smaller compressed; its size is bounded by the engine itself.
    var isTakingMessage: Bool { get }

    /// How long a wait may take before the client is told that it is being worked on; nil where the protocol can't.
    var progressInterval: TimeAmount? { get }

    /// Tells a client that its command is still being worked on. Called while a `wait` is open.
    mutating func stillWaiting(_ output: inout ByteBuffer)
}

extension SessionEngine {
    package var minimumInputRate: Int? { nil }
    package var isCompressing: Bool { false }
    package var isTakingMessage: Bool { false }
    package var progressInterval: TimeAmount? { nil }
    package mutating func stillWaiting(_ output: inout ByteBuffer) {}
}

package enum SessionStep<Wait: Sendable>: Sendable {
    /// Everything usable of the input is used.
    case needInput
    /// The handler performs the question when the channel can take more output, then calls `resume`.
    case wait(Wait)
    /// The reply that permits the handshake is in the output: write it, then install TLS.
    case startTLS
    /// Write the output, then close.
    case close
}

extension SessionStep: Equatable where Wait: Equatable {}

/// What performs an engine's waits: one value per connection, made when it is accepted.
package protocol SessionPerformer<Engine>: Sendable {
    associatedtype Engine: SessionEngine

    /// Whether it works on the connection's event loop, between its waits: for what never computes for long.
    static var worksOnEventLoop: Bool { get }

    /// Cancelled when the connection is lost.
    func perform(_ wait: Engine.Wait) async -> Engine.Answer

    /// The connection is gone, in whatever way: release what the session holds (an open transaction, a mailbox).
    func finished() async
}

extension SessionPerformer {
    package static var worksOnEventLoop: Bool { false }
}

/// What a handler offers to whoever has news for its session.
package struct SessionNotifier<Event: Sendable>: Sendable {
    private let deliver: @Sendable (Event) -> Void

    package init(_ deliver: @escaping @Sendable (Event) -> Void) {
        self.deliver = deliver
    }

    /// From any thread; ignored once the connection is gone.
    package func notify(_ event: Event) {
        deliver(event)
    }
}

/// What is known of an established TLS session.
package struct TLSFacts: Hashable, Sendable {
    /// `TLSv1.3`
    package var version: String
    package var cipher: String?
    package var serverName: String?
    /// Who the server is found to be, on a connection that we opened.
    package var peer: PeerVerification?

    package init(
        version: String, cipher: String? = nil, serverName: String? = nil, peer: PeerVerification? = nil
    ) {
        self.version = version
        self.cipher = cipher
        self.serverName = serverName
        self.peer = peer
    }
}

/// What is known of a connection when it is accepted.
package struct ConnectionFacts: Hashable, Sendable {
    /// One id through the log for the whole session: short, unique in the process, printable.
    package var sessionID: String
    /// IP address without port; nil for a Unix socket.
    package var remoteAddress: String?
    package var remotePort: Int?
    package var localAddress: String?
    package var localPort: Int?
    package var tls: TLSFacts?
    /// Whose process connected to a Unix socket, as the kernel says it (SO_PEERCRED, unix(7)); nil over a network.
    package var peerUID: UInt32?

    package init(
        sessionID: String, remoteAddress: String? = nil, remotePort: Int? = nil, localAddress: String? = nil,
        localPort: Int? = nil, tls: TLSFacts? = nil, peerUID: UInt32? = nil
    ) {
        self.sessionID = sessionID
        self.remoteAddress = remoteAddress
        self.remotePort = remotePort
        self.localAddress = localAddress
        self.localPort = localPort
        self.tls = tls
        self.peerUID = peerUID
    }
}
