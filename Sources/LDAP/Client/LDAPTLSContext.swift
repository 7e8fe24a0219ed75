import NIOCore
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// TLS options with their files read, ready for any number of connections.
public struct LDAPTLSContext: Sendable {
    private let context: NIOSSLContext

    /// Reads the files that the options name: to be called when a configuration is loaded, not for each connection.
    public init(_ options: LDAPTLSOptions = LDAPTLSOptions()) throws(LDAPError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion =
            switch options.minimumVersion {
            case .tls10: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        if let names = options.cipherSuites {
            configuration.cipherSuiteValues = try LDAPCipherSuites.named(names)
        }
        switch options.verification {
        case .demand: configuration.certificateVerification = .fullVerification
        case .ignoreName: configuration.certificateVerification = .noHostnameVerification
        case .never: configuration.certificateVerification = .none
        }
        let authorities = [options.authorityFile, options.authorityDirectory].compactMap(\.self)
        if let first = authorities.first { configuration.trustRoots = .file(first) }
        configuration.additionalTrustRoots = authorities.dropFirst().map { .file($0) }
        for path in authorities { try Self.requireReadable(path) }
        switch (options.certificateFile, options.keyFile) {
        case (nil, nil): break
        case (let certificate?, let key?):
            try Self.requireReadable(certificate)
            try Self.requireReadable(key)
            do {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            } catch {
                throw LDAPError(
                    .misconfigured, server: "",
                    text: "TLS client certificate \(certificate) or its key \(key) is no PEM: \(error)")
            }
        default:
            throw LDAPError(
                .misconfigured, server: "", text: "a TLS client certificate and its key must be given together")
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw LDAPError(
                .misconfigured, server: "",
                text: "the TLS options can't be used (authorities \(authorities), certificate "
                    + "\(options.certificateFile ?? "none")): \(error)")
        }
    }

    private static func requireReadable(_ path: String) throws(LDAPError) {
        guard access(path, R_OK) != 0 else { return }
        throw LDAPError(
            .misconfigured, server: "", text: "the TLS file \(path) can't be read: \(String(cString: strerror(errno)))")
    }

    /// Addresses have no place in SNI; without a name NIOSSL checks the certificate against the peer's address.
    func makeHandler(for server: LDAPURL) throws -> NIOSSLClientHandler {
        let host = server.effectiveHost
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    static func failure(_ error: any Error, server: LDAPURL) -> LDAPError {
        let host = server.effectiveHost
        let text: String
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            text =
                "the server's certificate is not for '\(host)': use the name that the certificate bears, "
                + "or have a certificate made for '\(host)'"
        case NIOSSLError.unableToValidateCertificate:
            text = "the server's certificate for '\(host)' could not be checked"
        case NIOSSLError.handshakeFailed(let reason) where "\(reason)".contains("CERTIFICATE_VERIFY_FAILED"):
            text =
                "the certificate of '\(host)' is not signed by a known authority or has expired: name the "
                + "authority that signed it as CA file"
        case NIOSSLError.handshakeFailed(let reason):
            text = "the TLS handshake with '\(host)' failed: \(reason)"
        default:
            text = "TLS with '\(host)' failed: \(error)"
        }
        return LDAPError(.tlsFailed, server: server.server, text: text)
    }
}
