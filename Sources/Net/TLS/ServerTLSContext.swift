import NIOCore
import NIOSSL
import Synchronization

/// The certificates a server offers, and how; exchanged as a whole by `reload`, which new connections see at once.
/// Established sessions go on with what they have.
package final class ServerTLSContext: Sendable {
    private struct Current: Sendable {
        var options: ServerTLSOptions
        var context: NIOSSLContext
        var expiry: Int
    }

    private let current: Mutex<Current>

    /// Reads the files; not for an event loop.
    package init(_ options: ServerTLSOptions) throws(ServerTLSError) {
        current = Mutex(try Self.load(options))
    }

    /// Reads the files again. When it throws, what was in force stays in force.
    package func reload() throws(ServerTLSError) {
        try reload(current.withLock { $0.options })
    }

    package func reload(_ options: ServerTLSOptions) throws(ServerTLSError) {
        let loaded = try Self.load(options)
        current.withLock { $0 = loaded }
    }

    package var isSelfSigned: Bool { current.withLock { $0.options.isSelfSigned } }

    /// When the first of the certificates runs out, in seconds since 1970.
    package var expiry: Int { current.withLock { $0.expiry } }

    func makeHandler() -> NIOSSLServerHandler {
        var configuration = NIOSSLHandler.Configuration()
        // The default keeps the largest buffer a session ever needed for as long as it lives.
        configuration.maximumPreservedOutboundBufferCapacity = 4096
        return NIOSSLServerHandler(context: current.withLock { $0.context }, configuration: configuration)
    }

    private static func load(_ options: ServerTLSOptions) throws(ServerTLSError) -> Current {
        let names = options.byServerName
        guard names.count <= ServerTLSOptions.maximumServerNames else {
            throw ServerTLSError(
                file: nil, reason: "\(names.count) server names have certificates of their own",
                remedy: "at most \(ServerTLSOptions.maximumServerNames) may; use wildcard certificates")
        }
        let main = try ServerCertificate(options.certificate)
        var byName: [String: NIOSSLContextConfigurationOverride] = [:]
        var expiry = main.chain.map { Int($0.notValidAfter) }.min() ?? 0
        for (name, source) in names {
            let certificate = try ServerCertificate(source)
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = certificate.sources
            override.privateKey = .privateKey(certificate.key)
            byName[name.lowercased()] = override
            expiry = min(expiry, certificate.chain.map { Int($0.notValidAfter) }.min() ?? expiry)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: main.sources, privateKey: .privateKey(main.key))
        configuration.minimumTLSVersion = options.minimumVersion.nio
        if let names = options.cipherSuites { configuration.cipherSuiteValues = try CipherSuites.parse(names) }
        if !byName.isEmpty {
            configuration.sslContextCallback = { [byName] values, promise in
                promise.succeed(values.serverHostname.flatMap { override(for: $0, in: byName) } ?? .noChanges)
            }
        }
        do {
            return Current(options: options, context: try NIOSSLContext(configuration: configuration), expiry: expiry)
        } catch {
            throw ServerTLSError(
                file: nil, reason: "TLS can't be set up with these options (\(error))",
                remedy: "check the certificates and the minimum version")
        }
    }

    private static func override(
        for name: String, in names: [String: NIOSSLContextConfigurationOverride]
    ) -> NIOSSLContextConfigurationOverride? {
        let name = name.lowercased()
        if let exact = names[name] { return exact }
        guard let dot = name.firstIndex(of: ".") else { return nil }
        return names["*" + name[dot...]]
    }
}
