import Accounts
import IMAP
import Logging
import MailModel
import Net

/// One IMAP connection joined to the site: logins to accounts, accounts to their mailboxes.
final class IMAPSession: IMAPServices {
    private let sites: SiteHolder
    private let logger: Logger

    init(_ sites: SiteHolder, _ connection: ConnectionFacts) {
        self.sites = sites
        var logger = Logger(label: "imap")
        logger[metadataKey: "session"] = "\(connection.sessionID)"
        self.logger = logger
    }

    func logIn(
        login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, _ connection: ConnectionFacts
    ) async -> IMAPLoginOutcome {
        let site = sites.current
        let request = LoginRequest(
            login: login, authorizationIdentity: authorizationIdentity, password: password, service: "imap",
            remoteAddress: connection.remoteAddress, localAddress: connection.localAddress,
            isSecured: connection.tls != nil)
        let (outcome, _) = await site.accounts.logIn(request)
        LoginLog.write(outcome, request, logger)
        switch outcome {
        case .rejected: return .rejected
        case .unavailable: return .unavailable
        case .accepted(let account):
            guard case .here(let location) = account.location else {
                logger.error("the account's mail is on another machine", metadata: ["user": "\(account.login)"])
                return .unavailable
            }
            do {
                let store = try site.storage.store(
                    for: location, account.owner, account.quota, account: account.login)
                let namespace = site.namespace.serving(location)
                var stored = StoredAccount(login: account.login, store: store, namespace: namespace, logger: logger)
                stored.news = sites.news.channel(of: account.login, location)
                stored.sharing = site.sharing.account(
                    account.login, namespace, storage: site.storage,
                    reader: AccountSharing.Reader(location: location, owner: account.owner), logger: logger)
                return .accepted(stored)
            } catch {
                logger.error(
                    "the account's mailbox can't be opened",
                    metadata: ["user": "\(account.login)", "reason": "\(error.reason)"])
                return .unavailable
            }
        }
    }
}
