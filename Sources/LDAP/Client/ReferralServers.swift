import Logging
import NIOCore
import Synchronization

/// Clients for the servers that referrals lead to, made when first needed. Every one of them has the identity and the TLS
/// options of the client whose referrals these are, and is at least as well secured.
final class ReferralServers: Sendable {
    private struct State {
        var clients: [String: LDAPClient] = [:]
        var isShutDown = false
    }

    private let configuration: LDAPClientConfiguration
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    init(_ configuration: LDAPClientConfiguration, group: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
    }

    /// - Throws: `LDAPError` with the code `misconfigured` when the host is not allowed or the client is shut down.
    func client(for url: LDAPURL) throws(LDAPError) -> LDAPClient {
        guard configuration.referrals.allows(url) else {
            throw LDAPError(
                .misconfigured, server: url.server,
                text: "a referral leads to this server: name it among the hosts to which referrals may be followed")
        }
        var own = configuration
        own.servers = [LDAPURL(scheme: url.scheme, host: url.host, port: url.port)]
        own.referrals = .off
        own.connections = 1
        // Who speaks under TLS here does not go on in the clear.
        own.startTLS = configuration.startTLS || configuration.servers.contains { $0.scheme == .ldaps }
        let result = state.withLock { state -> Result<LDAPClient, LDAPError> in
            guard !state.isShutDown else {
                return .failure(
                    LDAPError(.connectionLost, server: url.server, text: "the LDAP client has been shut down"))
            }
            if let client = state.clients[url.server] { return .success(client) }
            do throws(LDAPError) {
                let client = try LDAPClient(own, eventLoopGroup: group, logger: logger)
                // Bounded by the hosts that are named.
                state.clients[url.server] = client
                return .success(client)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    func shutDown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        for client in clients { await client.shutDown() }
    }
}
