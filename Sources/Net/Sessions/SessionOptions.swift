package import Logging
package import NIOCore

/// What a `SessionHandler` is told when it is made; the same for all connections of a listener.
package struct SessionOptions: Sendable {
    /// The certificate for implicit TLS or STARTTLS; nil where neither is offered.
    package var tls: ServerTLSContext?
    /// TLS from the first byte (ports 465, 993, 995).
    package var isImplicitTLS: Bool
    package var handshakeTimeout: TimeAmount
    /// How long a client may leave our output unread before it is cut off.
    package var writeTimeout: TimeAmount
    /// How long a farewell may take to leave, and how long a client that still sends is listened to after it.
    package var closeTimeout: TimeAmount
    /// Input that an engine leaves unread. Engines bound their lines and literals far below it; this is the net under
    /// them, and under what the kernel hands over at once when a client closes its side during a wait.
    package var maximumUnreadInput: Int
    package var logger: Logger

    package init(
        tls: ServerTLSContext? = nil, isImplicitTLS: Bool = false, handshakeTimeout: TimeAmount = .seconds(30),
        writeTimeout: TimeAmount = .minutes(5), closeTimeout: TimeAmount = .seconds(10),
        maximumUnreadInput: Int = 8 << 20, logger: Logger
    ) {
        self.tls = tls
        self.isImplicitTLS = isImplicitTLS
        self.handshakeTimeout = handshakeTimeout
        self.writeTimeout = writeTimeout
        self.closeTimeout = closeTimeout
        self.maximumUnreadInput = maximumUnreadInput
        self.logger = logger
    }
}
