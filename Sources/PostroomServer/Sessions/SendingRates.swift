import MailModel
import Net
import Policy
import SMTP
import SiteConfiguration
import Synchronization

/// How much logins have sent in the last hour, and what clients did in the last minute (anvil(8) of Postfix). One value for
/// a server: a reload hands it on.
final class SendingRates: Sendable {
    private struct State {
        var messages = RateCounter<String>()
        var recipients = RateCounter<String>()
        var clientConnections = RateCounter<ClientKey>()
        var clientMessages = RateCounter<ClientKey>()
        var clientRecipients = RateCounter<ClientKey>()
    }

    struct ClientKey: Hashable, Sendable {
        var listener: ListenerKey
        /// An IPv4 address, or the /64 of an IPv6 one.
        var network: [UInt8]

        init(_ listener: ListenerKey, _ address: Policy.IPAddress) {
            self.listener = listener
            network = address.isIPv4 ? address.octets : Array(address.octets.prefix(8))
        }
    }

    enum Login { case messages, recipients }
    enum Client { case connections, messages, recipients }

    private let state = Mutex(State())

    /// - Parameter isCounted: false asks whether one more would do.
    func admit(_ what: Login, _ login: String, _ perHour: Int, isCounted: Bool) -> RateCounter<String>.Admission {
        let limit = RateLimit(perHour, per: .seconds(3600))
        let now = ContinuousClock.now
        let key = login.lowercased()
        return state.withLock { state in
            switch (what, isCounted) {
            case (.messages, true): state.messages.admit(key, limit, at: now)
            case (.messages, false): state.messages.wouldAdmit(key, limit, at: now)
            case (.recipients, true): state.recipients.admit(key, limit, at: now)
            case (.recipients, false): state.recipients.wouldAdmit(key, limit, at: now)
            }
        }
    }

    /// Counts one more; false when it is too many.
    func admit(_ what: Client, _ client: ClientKey, _ limits: ClientLimitsModel) -> Bool {
        let count =
            switch what {
            case .connections: limits.connectionRate
            case .messages: limits.messageRate
            case .recipients: limits.recipientRate
            }
        guard let count, count.value > 0 else { return true }
        let limit = RateLimit(count.value, per: limits.interval?.value ?? .seconds(60))
        let now = ContinuousClock.now
        let admission = state.withLock { state in
            switch what {
            case .connections: state.clientConnections.admit(client, limit, at: now)
            case .messages: state.clientMessages.admit(client, limit, at: now)
            case .recipients: state.clientRecipients.admit(client, limit, at: now)
            }
        }
        return admission == .admitted
    }

    /// Makes a listener hold to the limits of the site in force.
    static func bound(_ options: inout ListenerOptions, _ key: ListenerKey, _ sites: SiteHolder) {
        options.perClient = { facts in
            guard let address = facts.remoteAddress.flatMap({ Policy.IPAddress($0) }),
                let count = sites.current.clientLimitsAtOnce(at: key, of: address)?.connections, count.value > 0
            else { return nil }
            return count.value
        }
        options.admits = { facts in
            let site = sites.current
            guard let address = facts.remoteAddress.flatMap({ Policy.IPAddress($0) }),
                let limits = site.clientLimitsAtOnce(at: key, of: address)
            else { return true }
            return site.rates.admit(.connections, ClientKey(key, address), limits)
        }
    }
}

extension SMTPSession {
    /// MAIL: the client's rate, and whether the login may send one more message in this hour.
    func tooManyMessages(_ site: Site, _ session: SMTPSessionFacts) async -> SMTPReply? {
        if await !admits(.messages, site, session) {
            return Self.tooMuch("Error: too much mail from \(session.connection.remoteAddress ?? "unix")")
        }
        return overLimit(.messages, site, session, isCounted: false)
    }

    /// RCPT, before anybody asks for the recipient: the client's rate.
    func tooManyRecipients(_ site: Site, _ session: SMTPSessionFacts) async -> SMTPReply? {
        guard await !admits(.recipients, site, session) else { return nil }
        return Self.tooMuch("Error: too many recipients from \(session.connection.remoteAddress ?? "unix")")
    }

    /// A recipient that is taken counts for the login.
    func countRecipient(_ site: Site, _ session: SMTPSessionFacts) -> SMTPReply? {
        overLimit(.recipients, site, session, isCounted: true)
    }

    /// So does a message, from DATA on.
    func countMessage(_ site: Site, _ session: SMTPSessionFacts) -> SMTPReply? {
        overLimit(.messages, site, session, isCounted: true)
    }

    private func admits(_ what: SendingRates.Client, _ site: Site, _ session: SMTPSessionFacts) async -> Bool {
        guard let address = clientAddress(session.connection),
            let limits = await site.clientLimits(at: listener, of: address)
        else { return true }
        return site.rates.admit(what, SendingRates.ClientKey(listener, address), limits)
    }

    private func overLimit(
        _ what: SendingRates.Login, _ site: Site, _ session: SMTPSessionFacts, isCounted: Bool
    ) -> SMTPReply? {
        let senders = site.model.senders
        let limit = what == .messages ? senders.messagesPerHour : senders.recipientsPerHour
        guard let login = session.login, let limit else { return nil }
        guard case .refused(let wait) = site.rates.admit(what, login, limit.value, isCounted: isCounted) else {
            return nil
        }
        let minutes = (wait.components.seconds + 59) / 60
        let name = what == .messages ? "messages" : "recipients"
        return Self.tooMuch(
            "Error: \(login) has sent to the limit of \(limit.value) \(name) an hour; try again in \(minutes) "
                + (minutes == 1 ? "minute" : "minutes"))
    }

    private static func tooMuch(_ text: String) -> SMTPReply {
        SMTPReply(450, EnhancedStatusCode(4, 7, 1), text)
    }
}
