import Accounts
import Directory
import IMAP
import Logging
import MailModel
import MailStore
import Routing
import SMTP
import SiteConfiguration

/// What a login would be, without its password: the way through the databases, the account, and the words that clients
/// would read.
struct LoginExplanation: Sendable {
    let login: String
    let service: LoginService
    let foresight: LoginForesight
    let words: Words
    let rights: SenderRights?
    let namespaces: [NamespaceModel]
    let messageSize: UInt64
    /// What the account holds; nil where nothing is counted or it can't be told.
    let usage: QuotaStatus?

    struct Words: Sendable {
        var imap: String
        var smtp: String
    }

    init(_ login: String, service: LoginService, at site: Site) async {
        self.login = login
        self.service = service
        let request = LoginRequest(
            login: Array(login.utf8), password: Secret(""), service: service.rawValue, isSecured: true)
        foresight = await site.accounts(for: request.service).foresee(request)
        words = Self.words(foresight.outcome, at: site)
        namespaces = site.model.accounts.namespaces
        messageSize = site.model.limits.messageSize.value
        if case .accepted(let account) = foresight.outcome {
            rights = await SenderRights(of: account.login, at: site)
            usage = await Self.usage(of: account, at: site)
        } else {
            rights = nil
            usage = nil
        }
    }

    private static func usage(of account: Account, at site: Site) async -> QuotaStatus? {
        guard case .here(let location) = account.location else { return nil }
        do {
            return try await site.storage.store(for: location, account.owner, account.quota).quotaStatus()
        } catch {
            return nil
        }
    }

    var outcome: Explanation.Result {
        switch foresight.outcome {
        case .accepted: .delivered
        case .rejected: .refused
        case .unavailable: .deferred
        }
    }

    /// As the sessions make an answer of what accounts say.
    private static func words(_ outcome: LoginOutcome, at site: Site) -> Words {
        let hostname = site.model.hostname.value
        switch outcome {
        case .accepted(let account):
            return Words(
                imap: AuthenticationWords.imap(imapOutcome(account, at: site)),
                smtp: AuthenticationWords.smtp(.accepted(login: account.login), hostname: hostname))
        case .rejected:
            return Words(
                imap: AuthenticationWords.imap(.rejected),
                smtp: AuthenticationWords.smtp(.rejected, hostname: hostname))
        case .unavailable:
            return Words(
                imap: AuthenticationWords.imap(.unavailable),
                smtp: AuthenticationWords.smtp(.unavailable, hostname: hostname))
        }
    }

    private static func imapOutcome(_ account: Account, at site: Site) -> IMAPLoginOutcome {
        guard case .here(let location) = account.location,
            let store = try? site.storage.store(for: location, account.owner, account.quota)
        else { return .unavailable }
        return .accepted(
            StoredAccount(
                login: account.login, store: store, namespace: site.namespace.serving(location),
                logger: Logger(label: "explain")))
    }

    static func refused(hostname: String) -> Words {
        Words(
            imap: AuthenticationWords.imap(.rejected),
            smtp: AuthenticationWords.smtp(.rejected, hostname: hostname))
    }
}

/// As what a client logs in: `%s` of templates.
package enum LoginService: String, CaseIterable, Sendable {
    case imap
    case submission
}

extension Site {
    /// What a login would be, and why; no password is tried.
    package func explain(login: String, service: LoginService) async -> Explanation {
        let explanation = await LoginExplanation(login, service: service, at: self)
        let refusal = LoginExplanation.refused(hostname: model.hostname.value)
        return Explanation(outcome: explanation.outcome, json: explanation.document(refusal).serialized()) {
            explanation.text(refusal, isColoured: $0)
        }
    }
}
