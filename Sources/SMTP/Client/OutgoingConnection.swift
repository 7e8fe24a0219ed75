import MailModel
package import NIOPosix
package import Net

/// A session with the next hop: made ready by `connect`, then one message after the other. One caller at a time; every
/// wait has its limit; a cancelled task ends it.
package actor OutgoingConnection {
    package let address: ListenAddress
    package private(set) var capabilities = ServerCapabilities()
    /// Nil in clear.
    package private(set) var tls: TLSFacts?
    /// Whether TLS told who the server is.
    package private(set) var isVerified = false
    package private(set) var isReusable = false

    private init(address: ListenAddress) {
        self.address = address
    }

    /// - Parameters:
    ///   - address: of one host; who looks up MX and addresses is the caller.
    ///   - serverName: for SNI and the certificate; nil takes the address's own name.
    package static func connect(
        to address: ListenAddress, serverName: String? = nil, options: OutgoingOptions,
        group: MultiThreadedEventLoopGroup = .singleton
    ) async throws(OutgoingFailure) -> OutgoingConnection {
        throw OutgoingFailure(stage: .connect, kind: .unreachable, text: "\(address): no connection")
    }

    package func send(_ transaction: OutgoingTransaction) async -> TransactionResult {
        TransactionResult(
            recipients: transaction.recipients.map { _ in
                .deferred(.mail, .local(EnhancedStatusCode(4, 4, 2), "the connection is closed"))
            }, canGoOn: false)
    }

    /// Takes leave and closes; the reply to QUIT is not waited for.
    package func quit() async {}
}
