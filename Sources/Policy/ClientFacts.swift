/// What policy knows of the client of a session.
package struct ClientFacts: Hashable, Sendable {
    /// The peer of the socket, or what a trusted proxy said of it; nil for a Unix socket.
    package var address: IPAddress?
    /// The client's verified host name; nil when it has none or none was looked for.
    package var hostName: String?
    /// The EHLO, HELO or LHLO argument; nil before one.
    package var helo: String?
    /// The login, as the databases rewrote it; nil without AUTH.
    package var login: String?

    // MARK: For policy services

    package var port: Int?
    package var serverAddress: String?
    package var serverPort: Int?
    package var isExtended = false
    package var isLMTP = false
    package var tlsVersion: String?
    package var tlsCipher: String?
    /// One value for all questions about a message.
    package var instance: String?
    /// Commands came ahead of replies that the client had to wait for (reject_unauth_pipelining).
    package var pipelinesImproperly = false

    package init(
        address: IPAddress? = nil, hostName: String? = nil, helo: String? = nil, login: String? = nil
    ) {
        self.address = address
        self.hostName = hostName
        self.helo = helo
        self.login = login
    }

    /// As Postfix writes it: `unknown[192.0.2.1]`.
    var description: String { "\(hostName ?? "unknown")[\(address?.description ?? "unix")]" }
}
