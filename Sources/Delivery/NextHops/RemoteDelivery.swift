import DNS
import Directory
import Logging
package import MailModel
package import NIOPosix
import Net
package import SMTP

/// Hands one message to one next hop: its hosts in their order, until every recipient has an answer that stays.
package struct RemoteDelivery: Sendable {
    package struct Options: Sendable {
        /// What does not depend on the host. `tls` and `credentials` are filled in for each.
        package var client: OutgoingOptions
        /// `smtp_mx_session_limit`: sessions in which mail was tried; 0 for no limit.
        package var sessionLimit = 2
        /// `smtp_fallback_relay`: next hops for what none of the others takes for now.
        package var fallbackRelays: [String] = []

        package init(client: OutgoingOptions) {
            self.client = client
        }
    }

    private let finder: HostFinder
    private let security: OutgoingTLS
    private let logins: NextHopLogins
    private let connections: ConnectionCache
    private let options: Options
    private let group: MultiThreadedEventLoopGroup
    private static let logger = Logger(label: "mta-sts")

    package init(
        finder: HostFinder, security: OutgoingTLS, logins: NextHopLogins, connections: ConnectionCache,
        options: Options, group: MultiThreadedEventLoopGroup
    ) {
        self.finder = finder
        self.security = security
        self.logins = logins
        self.connections = connections
        self.options = options
        self.group = group
    }

    /// What became of one recipient.
    package struct Result: Sendable {
        package enum Fate: Hashable, Sendable {
            case delivered
            case failed
            case deferred
        }

        package var fate: Fate
        /// The other side's words, or ours in the form of a reply.
        package var reply: SMTPReply
        /// Who said them, `mx.example.org[192.0.2.1]:25`; nil for ourselves.
        package var host: String?
        /// Whether a next hop that tells of success itself took it over.
        package var isDSNHandedOver = false
    }

    package struct Outcome: Sendable {
        /// In the order of the transaction's recipients.
        package var results: [Result]
        /// Whether a session came about.
        package var isReached: Bool
        /// Whether nothing was asked, since the cause lies here.
        package var isOurs = false
    }

    // MARK: -

    struct Progress {
        var results: [Result?]
        /// Why a recipient waits, as long as no host takes it.
        var reasons: [Result?]
        var isReached = false
        /// Nobody was asked, for a reason of our own.
        var isOurs = false

        init(count: Int) {
            results = Array(repeating: nil, count: count)
            reasons = results
        }

        var open: [Int] { results.indices.filter { results[$0] == nil } }

        mutating func end(_ result: Result) {
            for place in open { results[place] = result }
        }

        mutating func wait(_ status: EnhancedStatusCode, _ text: String, host: String? = nil) {
            let reply = SMTPReply(450, status, text)
            for place in open { reasons[place] = Result(fate: .deferred, reply: reply, host: host) }
        }
    }

    package func deliver(
        _ transaction: OutgoingTransaction, _ transport: RemoteDestination.Transport, nextHop: String?, domain: Domain
    ) async -> Outcome {
        var progress = Progress(count: transaction.recipients.count)
        let hops: [NextHop]
        do throws(NextHop.Malformed) {
            hops = try NextHop.list(nextHop, transport, domain: domain)
        } catch {
            return local(transaction, EnhancedStatusCode(4, 3, 5), "bad next hop: \(error)", isPermanent: false)
        }
        let fallbacks = fallbacks(transport, domain)
        for (hop, text) in hops.map({ ($0, nextHop) }) + fallbacks where !progress.open.isEmpty {
            switch await finder.hosts(of: hop) {
            case .nowhere(let status, let text):
                // Of several next hops one may be a mistake; of one alone the sender must know.
                if hops.count + fallbacks.count == 1 { return local(transaction, status, text, isPermanent: true) }
                progress.wait(EnhancedStatusCode(4, status.subject, status.detail), text)
            case .unknown(let status, let text):
                progress.wait(status, text)
            case .hosts(let hosts):
                let tried = HopTried(
                    hop: hop, text: text ?? domain.description, transport: transport,
                    recipientDomain: text == nil ? DNSName(domain.bytes) : nil)
                await deliver(transaction, hosts, tried, &progress)
            }
        }
        let reasons = progress.reasons
        let nothing = Result(
            fate: .deferred, reply: SMTPReply(450, EnhancedStatusCode(4, 4, 1), "no host could be tried"), host: nil)
        return Outcome(
            results: zip(progress.results, reasons).map { $0 ?? $1 ?? nothing }, isReached: progress.isReached,
            isOurs: progress.isOurs)
    }

    /// What is no next hop is told when the site is read.
    private func fallbacks(
        _ transport: RemoteDestination.Transport, _ domain: Domain
    ) -> [(hop: NextHop, text: String?)] {
        options.fallbackRelays.flatMap { text in
            ((try? NextHop.list(text, transport, domain: domain)) ?? []).map { ($0, text) }
        }
    }

    private struct HopTried {
        var hop: NextHop
        var text: String
        var transport: RemoteDestination.Transport
        /// Where its own mail exchangers are asked.
        var recipientDomain: DNSName?
    }

    private func local(
        _ transaction: OutgoingTransaction, _ status: EnhancedStatusCode, _ text: String, isPermanent: Bool
    ) -> Outcome {
        let reply = SMTPReply(isPermanent ? 550 : 450, status, text)
        let result = Result(fate: isPermanent ? .failed : .deferred, reply: reply, host: nil)
        return Outcome(
            results: transaction.recipients.map { _ in result }, isReached: false, isOurs: true)
    }

    // MARK: Hosts

    private func deliver(
        _ transaction: OutgoingTransaction, _ hosts: [CandidateHost], _ tried: HopTried, _ progress: inout Progress
    ) async {
        let terms: OutgoingTLS.Terms
        do throws(OutgoingTLSRefusal) {
            terms = try await security.terms(
                for: tried.hop, recipientDomain: tried.recipientDomain,
                defaultPort: tried.transport.kind == .lmtp ? 24 : 25)
        } catch {
            progress.wait(error.status, error.reason)
            return
        }
        var sessions = 0
        for host in hosts where !progress.open.isEmpty {
            guard !Task.isCancelled else {
                progress.isOurs = true
                return progress.wait(EnhancedStatusCode(4, 3, 2), "the server is stopping")
            }
            if options.sessionLimit > 0, sessions >= options.sessionLimit { return }
            guard let (tls, explanation) = await tls(for: host, terms, &progress) else { continue }
            let credentials: SMTPCredentials?
            let answer = await logins.credentials(
                sender: transaction.sender.path.address?.unquoted, hop: tried.text, host: host.name?.description)
            switch answer.outcome {
            case .found(let found): credentials = found
            case .absent: credentials = nil
            case .unavailable(let reason):
                progress.isOurs = true
                progress.wait(EnhancedStatusCode(4, 3, 0), "the login for \(tried.text) can't be had: \(reason.text)")
                return
            }
            // Where the certificate is checked, a session serves the next hop alone that it was checked for.
            let key = ConnectionCache.Key(
                transport: tried.transport, host: host,
                security: tls.isChecked ? "\(explanation) for \(tried.hop)" : explanation, login: credentials?.login)
            if await deliver(transaction, key, tls, credentials, &progress) { sessions += 1 }
        }
    }

    /// Nil where the host must not be tried; `progress` says why.
    private func tls(
        for host: CandidateHost, _ terms: OutgoingTLS.Terms, _ progress: inout Progress
    ) async -> (OutgoingTLSUse, explanation: String)? {
        guard case .address = host.endpoint else { return (.none, "") }
        let decision = await security.decision(for: host, under: terms)
        let explanation = decision.explanation.joined(separator: "; ")
        if let notice = decision.notice {
            Self.logger.notice("MTA-STS: \(notice)", metadata: ["next_hop": "\(terms.nextHop)"])
        }
        switch decision.action {
        case .use(let use): return (use, explanation)
        case .skip(let refusal):
            progress.wait(refusal.status, refusal.reason, host: host.description)
            return nil
        }
    }

    // MARK: One host

    /// - Returns: whether mail was tried.
    private func deliver(
        _ transaction: OutgoingTransaction, _ key: ConnectionCache.Key, _ tls: OutgoingTLSUse,
        _ credentials: SMTPCredentials?, _ progress: inout Progress
    ) async -> Bool {
        let places = progress.open
        var part = transaction
        part.recipients = places.map { transaction.recipients[$0] }
        if let (connection, uses) = await connections.take(key) {
            let result = await connection.send(part)
            if !result.wasClosedMeanwhile {
                await connections.give(connection, for: key, uses: uses + 1)
                progress.note(result, at: places, key.host)
                return true
            }
            await connection.quit()
        }
        let connection: OutgoingConnection
        do throws(OutgoingFailure) {
            connection = try await connect(key, tls, credentials)
        } catch {
            progress.note(error, key.host)
            return false
        }
        progress.isReached = true
        let result = await connection.send(part)
        progress.note(result, at: places, key.host)
        await connections.give(connection, for: key, uses: 1)
        return true
    }

    private func connect(
        _ key: ConnectionCache.Key, _ tls: OutgoingTLSUse, _ credentials: SMTPCredentials?
    ) async throws(OutgoingFailure) -> OutgoingConnection {
        var client = options.client
        client.transport = key.transport.kind == .lmtp ? .lmtp : .smtp
        client.tls = tls
        client.credentials = credentials
        do throws(OutgoingFailure) {
            return try await OutgoingConnection.connect(
                to: key.host.listenAddress, serverName: key.host.name?.description, options: client, group: group)
        } catch  where error.kind == .tls {
            // RFC 7435: where TLS is not required, mail that can't go encrypted goes in clear.
            guard case .may = tls, credentials == nil else { throw error }
            client.tls = .none
            return try await OutgoingConnection.connect(
                to: key.host.listenAddress, serverName: key.host.name?.description, options: client, group: group)
        }
    }
}

extension RemoteDelivery.Progress {
    mutating func note(_ failure: OutgoingFailure, _ host: CandidateHost) {
        let status = failure.reason.status
        let isRemote = if case .refused = failure.kind { true } else { false }
        if failure.isPermanent {
            end(
                RemoteDelivery.Result(
                    fate: .failed, reply: failure.reason.reply(permanent: true), host: isRemote ? host.description : nil
                ))
        } else {
            // Another host may say otherwise, and if none does, this is tried again.
            let reply = failure.reason.reply(permanent: false)
            wait(
                EnhancedStatusCode(4, status.subject, status.detail), reply.lines.joined(separator: " "),
                host: isRemote ? host.description : nil)
        }
    }

    mutating func note(_ result: TransactionResult, at places: [Int], _ host: CandidateHost) {
        isReached = true
        for (place, outcome) in zip(places, result.recipients) {
            let name = host.description
            switch outcome {
            case .delivered(let reply):
                results[place] = RemoteDelivery.Result(
                    fate: .delivered, reply: reply, host: name, isDSNHandedOver: result.isDSNHandedOver)
            case .refused(_, let reply):
                results[place] = RemoteDelivery.Result(fate: .failed, reply: reply, host: name)
            case .unsupported(let reason):
                results[place] = RemoteDelivery.Result(fate: .failed, reply: reason.reply(permanent: true))
            case .lostAfterContent(let reason):
                // Another host would give the recipient a second copy for sure.
                results[place] = RemoteDelivery.Result(
                    fate: .deferred, reply: reason.reply(permanent: false), host: reason.isRemote ? name : nil)
            case .deferred(_, let reason):
                reasons[place] = RemoteDelivery.Result(
                    fate: .deferred, reply: reason.reply(permanent: false), host: reason.isRemote ? name : nil)
            }
        }
    }
}

extension OutgoingReason {
    /// Whether these are the other side's words.
    fileprivate var isRemote: Bool {
        if case .reply = self { true } else { false }
    }

    fileprivate func reply(permanent: Bool) -> SMTPReply {
        switch self {
        case .reply(let reply): reply
        case .local(let status, let text): SMTPReply(permanent ? 554 : 450, status, text)
        }
    }
}

extension TransactionResult {
    /// A session that had been idle was gone, or the server took its leave (421): nothing was said about the message.
    fileprivate var wasClosedMeanwhile: Bool {
        !canGoOn
            && recipients.allSatisfy { outcome in
                guard case .deferred(let stage, let reason) = outcome, stage == .reset || stage == .mail else {
                    return false
                }
                guard case .reply(let reply) = reason else { return true }
                return reply.code == 421
            }
    }
}

extension OutgoingTLSUse {
    fileprivate var isChecked: Bool {
        guard let options else { return false }
        if case .none = options.verification { return false }
        return true
    }
}

extension CandidateHost {
    fileprivate var listenAddress: ListenAddress {
        switch endpoint {
        case .address(let address, let port): .tcp(host: address.description, port: Int(port))
        case .unix(let path): .unix(path: path)
        }
    }
}
