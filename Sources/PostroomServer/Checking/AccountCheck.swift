import Accounts
import Blocking
import Directory
import MailModel
import MailStore
import SiteConfiguration

/// Accounts that a right password would not open: no uid, a path that can't be served, nobody in the user database.
struct AccountCheck: ExaminationPart {
    let title = "accounts"

    /// Accounts with one kind of fault.
    private struct Group {
        var reason: String
        var search: ExaminedSearch
        var entries: [String] = []
    }

    func findings(_ examination: Examination) async -> [CheckFinding] {
        let roots = await Self.roots(examination.model)
        var groups: [String: Group] = [:]
        for account in examination.accounts {
            guard let reason = await fault(of: account, examination, roots) else { continue }
            // One finding for each kind of fault: what differs from account to account is left out.
            let kind = Self.kind(of: reason, account)
            groups[kind, default: Group(reason: reason, search: account.search)].entries.append(
                "\"\(account.entry)\"")
        }
        let total = examination.accounts.count
        return groups.values.sorted { $0.entries.count > $1.entries.count }.map { group in
            CheckFinding(
                .error, at: group.search.location,
                "\(group.entries.count) of \(total) accounts can't be used: \(FindingText.list(group.entries)): \(FindingText.list([group.reason]))",
                remedy: "mend the entries, or the attributes and the filter of accounts.user")
        }
    }

    private func fault(of account: SampledAccount, _ examination: Examination, _ roots: MailRoots?) async -> String? {
        switch account.outcome {
        case .rejected(.wrongPassword): return "no password can be read to compare with"
        // Not in use, or not a login by this name: as it is meant.
        case .rejected: return nil
        // Told as a duplicate.
        case .unavailable(let reason) where reason.text.contains("it must find one"): return nil
        case .unavailable(let reason) where reason.text.contains("no user database knows the user"):
            return "the password database knows it and no user database does"
        case .unavailable(let reason): return reason.text
        case .accepted(let accepted):
            guard case .here(let location) = accepted.location else { return nil }
            if let roots, !roots.contains(location.path) {
                return "its mail would be in \(location), outside of store.roots"
            }
            for (name, path) in [("INBOX", location.inbox), ("CONTROL", location.control)] {
                guard let roots, let path, !roots.contains(path) else { continue }
                return "its \(name)= would be \(String(decoding: path, as: UTF8.self)), outside of store.roots"
            }
            do {
                _ = try examination.site.storage.store(for: location, accepted.owner, accepted.quota)
                return nil
            } catch {
                return error.reason
            }
        }
    }

    private static func roots(_ model: SiteModel) async -> MailRoots? {
        let paths = model.store.roots.map { Array($0.value.utf8) }
        let places = model.store.places.map { (path: Array($0.path.utf8), folder: Array($0.folder.value.utf8)) }
        return await Hashing.blocking { try? MailRoots(paths, places: places) } ?? nil
    }

    private static func kind(of reason: String, _ account: SampledAccount) -> String {
        let text = reason.replacing(account.entry, with: "").replacing(account.login, with: "")
        var isQuoted = false
        return String(
            text.lowercased().filter { character in
                if character == "\"" { isQuoted.toggle() }
                return !isQuoted && !character.isNumber
            }.prefix { $0 != "/" })
    }
}
