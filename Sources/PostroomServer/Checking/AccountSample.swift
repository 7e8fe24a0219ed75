import Accounts
import Directory
import LDAP
import MailModel
import SiteConfiguration

/// An account as a login would find it, and the addresses that its entry has.
struct SampledAccount: Sendable {
    var login: String
    var entry: String
    var search: ExaminedSearch
    var outcome: LoginOutcome
    var addresses: [EmailAddress]

    var account: Account? {
        if case .accepted(let account) = outcome { account } else { nil }
    }
}

/// Looks at the first accounts of a site as their own logins would, without a password.
enum AccountSample {
    static func gather(_ examination: Examination) async -> [SampledAccount] {
        var accounts: [SampledAccount] = []
        var seen: Set<String> = []
        let addressAttributes = examination.searches(.userByAddress, .mailboxes).flatMap(\.keyAttributes)
        for search in examination.searches(.passwordByBind, .passwordByHash, .user) where !search.isKeyless {
            guard !search.keyAttributes.isEmpty else { continue }
            let sample = await examination.entries(of: search, search.keyAttributes + addressAttributes)
            for entry in sample.entries {
                guard accounts.count < examination.options.sample, !examination.isOver else { return accounts }
                guard let login = search.keyAttributes.lazy.compactMap({ entry[$0].first }).first,
                    seen.insert(FindingText.value(login).lowercased()).inserted, seen.insert("\"" + entry.name).inserted
                else { continue }
                accounts.append(
                    SampledAccount(
                        login: FindingText.value(login), entry: entry.name, search: search,
                        outcome: await outcome(of: login, examination.site),
                        addresses: addresses(of: entry, addressAttributes)))
            }
        }
        return accounts
    }

    private static func outcome(of login: [UInt8], _ site: Site) async -> LoginOutcome {
        guard site.accounts.options.passwordDatabases.isEmpty else {
            let request = LoginRequest(login: login, password: Secret(""), service: "imap", isSecured: true)
            return await site.accounts.foresee(request).outcome
        }
        switch await site.accounts.account(for: login, service: "imap").outcome {
        case .found(let account): return .accepted(account)
        case .absent: return .rejected(.unknownUser)
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    private static func addresses(of entry: LDAPEntry, _ attributes: [AttributeDescription]) -> [EmailAddress] {
        var seen: Set<EmailAddress> = []
        return attributes.flatMap { entry[$0] }.compactMap { EmailAddress(FindingText.value($0)) }
            .filter { seen.insert($0).inserted }
    }
}
