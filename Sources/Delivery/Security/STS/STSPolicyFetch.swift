package import DNS
package import NIOCore
import NIOHTTP1
package import NIOPosix
package import Net

/// Where policies come from.
package protocol STSPolicySource: Sendable {
    /// The octets at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`.
    func fetch(_ domain: DNSName) async throws(STSFetchFailure) -> [UInt8]
}

package struct STSFetchFailure: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Fetches policies by HTTPS (RFC 8461 §3.3): a trusted certificate for the name, no redirection, 64 KiB of text/plain at most,
/// and one limit for all of it.
package struct STSPolicyFetch: STSPolicySource {
    package struct Options: Sendable {
        /// RFC 8461 §3.3 proposes a minute.
        package var timeLimit = TimeAmount.seconds(60)
        package var trustAnchors: TrustAnchors?
        package var port: UInt16 = 443
        package var addressLimit = 4

        package init() {}
    }

    private let resolver: any DNSResolver
    private let options: Options
    private let group: MultiThreadedEventLoopGroup

    package init(
        resolver: any DNSResolver, options: Options = Options(), group: MultiThreadedEventLoopGroup = .singleton
    ) {
        self.resolver = resolver
        self.options = options
        self.group = group
    }

    package func fetch(_ domain: DNSName) async throws(STSFetchFailure) -> [UInt8] {
        guard let host = domain.prefixed(by: "mta-sts") else { throw STSFetchFailure("\(domain) is too long") }
        async let v6 = resolver.addresses(of: host, .v6)
        async let v4 = resolver.addresses(of: host, .v4)
        let (six, four) = (await v6, await v4)
        let addresses = six.records.prefix(options.addressLimit / 2) + four.records
        var failure: STSFetchFailure?
        if case .unavailable(let reason) = four { failure = STSFetchFailure("\(host): \(reason)") }
        // One limit for all addresses together.
        let deadline = NIODeadline.now() + options.timeLimit
        for address in addresses.prefix(options.addressLimit) where NIODeadline.now() < deadline {
            do throws(STSFetchFailure) {
                return try await fetch(host, address, deadline)
            } catch {
                failure = error
            }
        }
        throw failure ?? STSFetchFailure("\(host) has no address")
    }

    private func fetch(
        _ host: DNSName, _ address: DNSAddress, _ deadline: NIODeadline
    ) async throws(STSFetchFailure) -> [UInt8] {
        var tls = ClientTLSOptions(verification: .names(CertificateNames([host.description])))
        tls.serverName = host.description
        tls.trustAnchors = options.trustAnchors
        let place = "https://\(host) at \(address)"
        let prepared: PreparedClientTLS
        let channel: any Channel
        let answer = group.next().makePromise(of: [UInt8].self)
        do {
            prepared = try await tls.prepare(host: host.description)
            channel = try await ClientBootstrap(group: answer.futureResult.eventLoop)
                .connectTimeout(min(.seconds(30), deadline - .now()))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(try prepared.makeHandler())
                        try pipeline.addHandler(ReceivedOctetsLimit(2 * STSPolicy.maximumLength))
                        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        try pipeline.addHandler(STSResponseHandler(host: host.description, answer: answer))
                    }
                }
                .connect(host: address.description, port: Int(options.port)).get()
        } catch {
            answer.fail(error)
            throw STSFetchFailure("\(place): no connection (\(error))")
        }
        let late = channel.eventLoop.scheduleTask(deadline: deadline) {
            answer.fail(STSFetchFailure("no answer in time"))
        }
        let result = await withTaskCancellationHandler {
            try? await answer.futureResult.map { Result<[UInt8], STSFetchFailure>.success($0) }
                .flatMapErrorThrowing { .failure(($0 as? STSFetchFailure) ?? STSFetchFailure("\($0)")) }
                .get()
        } onCancel: {
            answer.fail(STSFetchFailure("cancelled"))
        }
        late.cancel()
        try? await channel.close().get()
        switch result {
        case .success(let octets): return octets
        case .failure(let failure):
            throw STSFetchFailure("\(place): \(prepared.rejection?.explanation ?? failure.description)")
        case nil: throw STSFetchFailure("\(place): no answer")
        }
    }
}
