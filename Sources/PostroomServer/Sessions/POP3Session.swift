import Accounts
import Logging
import MailModel
import Net
import POP3
import SiteConfiguration

/// One POP3 connection joined to the site: logins to accounts, accounts to their INBOX.
final class POP3Session: POP3Services {
    private let sites: SiteHolder
    private let locks: MaildropLocks
    private let logger: Logger

    init(_ sites: SiteHolder, _ locks: MaildropLocks, _ connection: ConnectionFacts) {
        self.sites = sites
        self.locks = locks
        var logger = Logger(label: "pop3")
        logger[metadataKey: "session"] = "\(connection.sessionID)"
        self.logger = logger
    }

    func logIn(
        login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, _ connection: ConnectionFacts
    ) async -> POP3LoginOutcome {
        var request = Self.request(login, password, connection)
        request.authorizationIdentity = authorizationIdentity
        return await logIn(request)
    }

    func logIn(
        login: [UInt8], timestamp: [UInt8], digest: [UInt8], _ connection: ConnectionFacts
    ) async -> POP3LoginOutcome {
        var request = Self.request(login, Secret(digest), connection)
        request.mechanism = "APOP"
        request.apopTimestamp = timestamp
        return await logIn(request)
    }

    private static func request(
        _ login: [UInt8], _ password: Secret, _ connection: ConnectionFacts
    ) -> LoginRequest {
        LoginRequest(
            login: login, password: password, service: "pop3", remoteAddress: connection.remoteAddress,
            localAddress: connection.localAddress, isSecured: connection.tls != nil, localPort: connection.localPort,
            remotePort: connection.remotePort, session: connection.sessionID)
    }

    private func logIn(_ request: LoginRequest) async -> POP3LoginOutcome {
        let site = sites.current
        let (outcome, _) = await site.accounts.logIn(request)
        LoginLog.write(outcome, request, logger)
        switch outcome {
        case .rejected: return .rejected
        case .unavailable: return .unavailable
        case .accepted(let account): return await open(account, site)
        }
    }

    private func open(_ account: Account, _ site: Site) async -> POP3LoginOutcome {
        guard case .here(let location) = account.location else {
            logger.error("the account's mail is on another machine", metadata: ["user": "\(account.login)"])
            return .failed(MailboxFailure(.unavailable, "another machine serves the account"))
        }
        let options = MaildropOptions(site.model.pop3)
        guard !options.locks || locks.take(location, account.owner) else {
            logger.notice("mailbox is in use", metadata: ["user": "\(account.login)"])
            return .inUse
        }
        let release: @Sendable () -> Void = { [locks] in
            if options.locks { locks.release(location, account.owner) }
        }
        do {
            let store = try site.storage.store(for: location, account.owner, account.quota)
            let stored = StoredAccount(login: account.login, store: store, namespace: site.namespace, logger: logger)
            return .accepted(try await StoredMaildrop.opened(stored, options, release: release))
        } catch {
            release()
            logger.error(
                "the account's mailbox can't be opened",
                metadata: ["user": "\(account.login)", "reason": "\(error.reason)"])
            return .failed(error)
        }
    }
}
