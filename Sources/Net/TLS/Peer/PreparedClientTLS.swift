package import NIOSSL

/// TLS for one connection that we open, and afterwards what was found out about the server.
package struct PreparedClientTLS: Sendable {
    let context: NIOSSLContext
    let verifier: PeerVerifier?
    let verification: ClientTLSOptions.Verification
    let serverName: String?

    /// To be called once.
    package func makeHandler() throws -> NIOSSLClientHandler {
        guard let verifier else { return try NIOSSLClientHandler(context: context, serverHostname: serverName) }
        return try NIOSSLClientHandler(
            context: context, serverHostname: serverName, customVerificationCallbackWithMetadata: verifier.callback)
    }

    /// Of a handshake that succeeded.
    package var peer: PeerVerification {
        if let result = verifier?.result { return result }
        return verification == .full
            ? PeerVerification(.verified, "chain and name") : PeerVerification(.untrusted, "not checked")
    }

    /// What is wrong with the certificate, where a handshake failed for it; the library's own checks don't say.
    package var rejection: PeerVerification? {
        guard verification != .none, let result = verifier?.result, result.status != .verified else { return nil }
        return result
    }
}
