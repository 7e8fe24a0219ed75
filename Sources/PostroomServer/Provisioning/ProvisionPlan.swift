import Accounts
import Directory
import LDAP
import MailModel
import SiteConfiguration

/// What the directory says should be on disk: made by one search for each database of users and each rule of shared
/// mailboxes, whatever the number of accounts.
struct ProvisionPlan: Sendable {
    struct Mailbox: Sendable {
        var subject: String
        var location: MailboxLocation
        var owner: Owner
        var folders: [MailboxName] = []
    }

    struct Sharable: Sendable {
        var subject: String
        var entry: SharedEntry
        var linked: SharedEntry.Linked
        var subscribers: [Mailbox] = []
    }

    var mailboxes: [Mailbox] = []
    var sharables: [Sharable] = []
    /// What the directory says and can't be done.
    var refused: [ProvisionReport.Finding] = []
    /// Places of accounts that are not in use: nothing is made there, and they are not without an owner.
    var resting: [[UInt8]] = []
    /// Why the directory could not be asked.
    var failures: [String] = []

    static func make(_ site: Site, progress: @Sendable (String) -> Void) async -> ProvisionPlan {
        var plan = ProvisionPlan()
        let shared = site.sharedMailboxes
        progress("asking the directory for accounts")
        let listed = shared.rules.compactMap { rule -> String? in
            guard rule.link != nil, case .listed(let attribute) = rule.readers else { return nil }
            return attribute.spelling
        }
        let listing = await site.accounts.listed(alsoReading: listed)
        plan.failures += listing.failures.map(\.text)
        progress("asking the directory for shared mailboxes")
        var readers = ReaderIndex()
        var found: [(rule: SharedMailboxRule, entry: SharedEntry, source: LDAPEntry)] = []
        for rule in shared.rules {
            // A delegation shows what is some account's own.
            guard rule.namespace == .shared else { continue }
            switch await rule.allEntries() {
            case .absent: continue
            case .unavailable(let reason): plan.failures.append(reason.text)
            case .found(let entries):
                for entry in entries {
                    do {
                        found.append((rule, try rule.shared(entry, shared.accounts), entry))
                    } catch {
                        plan.refuse(entry.name, "\(error)")
                    }
                }
            }
        }
        // An account that is a shared mailbox is no person's.
        let sharedNames = Set(found.compactMap { EntryNameKey(Array($0.entry.entryName.utf8)) })
        let plain = PlainPaths(site.model)
        for account in listing.accounts {
            let key = EntryNameKey(Array(account.origin.utf8))
            if let key, sharedNames.contains(key) { continue }
            plan.add(account, plain)
            readers.add(account, key)
        }
        plan.add(found, readers)
        let all = await site.accounts.listed(inAnyState: true)
        plan.failures += all.failures.map(\.text).filter { !plan.failures.contains($0) }
        plan.resting = all.accounts.compactMap { account in
            if case .here(let location)? = account.account?.location { location.path } else { nil }
        }
        return plan
    }

    private mutating func refuse(_ subject: String, _ text: String) {
        refused.append(ProvisionReport.Finding(subject: subject, text: text))
    }

    private mutating func add(_ account: ListedAccount, _ plain: PlainPaths) {
        guard let known = account.account else {
            refuse(account.origin, account.fault ?? "is no account")
            return
        }
        guard case .here(let location) = known.location, location.format == .maildir, !plain.isMbox(account) else {
            return
        }
        mailboxes.append(Mailbox(subject: account.origin, location: location, owner: known.owner))
    }

    private mutating func add(
        _ found: [(rule: SharedMailboxRule, entry: SharedEntry, source: LDAPEntry)], _ readers: ReaderIndex
    ) {
        var places: [[UInt8]: Int] = [:]
        var plain: Set<[UInt8]> = []
        for (rule, entry, source) in found {
            guard let linked = entry.linked else {
                guard entry.location.format == .maildir else { continue }
                guard plain.insert(entry.location.path).inserted else { continue }
                mailboxes.append(
                    Mailbox(
                        subject: entry.entryName, location: entry.location, owner: entry.account.owner,
                        folders: entry.folders))
                continue
            }
            let subscribers = readers.accounts(of: rule, entry: source)
            // Several rules may speak of one mailbox, each for other readers.
            if let index = places[linked.link] {
                sharables[index].subscribers += subscribers
            } else {
                places[linked.link] = sharables.count
                sharables.append(
                    Sharable(
                        subject: entry.entryName, entry: entry, linked: linked, subscribers: subscribers))
            }
        }
    }
}

/// Accounts by what names them as readers of a mailbox.
private struct ReaderIndex {
    private var byName: [EntryNameKey: ProvisionPlan.Mailbox] = [:]
    private var byLogin: [String: ProvisionPlan.Mailbox] = [:]
    /// Who lists an entry, by attribute and the entry's name.
    private var listers: [AttributeDescription: [EntryNameKey: [ProvisionPlan.Mailbox]]] = [:]

    mutating func add(_ account: ListedAccount, _ key: EntryNameKey?) {
        guard let known = account.account, case .here(let location) = known.location, location.format == .maildir else {
            return
        }
        let mailbox = ProvisionPlan.Mailbox(subject: account.origin, location: location, owner: known.owner)
        if let key { byName[key] = mailbox }
        byLogin[account.login.lowercased()] = mailbox
        for attribute in account.further {
            for value in attribute.values.prefix(DirectorySharedMailboxes.maximumListed) {
                guard let name = EntryNameKey(value) else { continue }
                listers[attribute.description, default: [:]][name, default: []].append(mailbox)
            }
        }
    }

    func accounts(of rule: SharedMailboxRule, entry: LDAPEntry) -> [ProvisionPlan.Mailbox] {
        switch rule.readers {
        case .listed(let attribute):
            return EntryNameKey(Array(entry.name.utf8)).flatMap { listers[attribute]?[$0] } ?? []
        case .members(let attribute, _):
            return entry[attribute].compactMap { EntryNameKey($0).flatMap { byName[$0] } }
        case .logins(let attribute):
            return entry[attribute].compactMap { byLogin[String(decoding: $0, as: UTF8.self).lowercased()] }
        }
    }
}

/// Where Postfix's tables deliver: a path without a `/` at its end is an mbox to them, whatever logins make of it, and a
/// folder in its place would keep mail out (virtual(8)).
private struct PlainPaths {
    private let attributes: Set<AttributeDescription>
    private let mapped: Set<AttributeDescription>

    init(_ model: SiteModel) {
        guard case .tables(let maps) = model.routing.mailboxes else {
            attributes = []
            mapped = []
            return
        }
        attributes = Set(
            maps.paths.flatMap { table -> [AttributeDescription] in
                guard case .ldap(let table) = table, (table.resultFormat?.value ?? "%s") == "%s" else { return [] }
                return table.resultAttributes.map { AttributeDescription($0.value) }
            })
        mapped = Set(
            model.accounts.users.flatMap { user in
                user.attributes.value.split(separator: ",").compactMap { item -> AttributeDescription? in
                    let parts = item.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
                    guard parts.count == 2, ["mail", "mail=%$", "mail=maildir:%$"].contains(parts[1]) else {
                        return nil
                    }
                    return AttributeDescription(String(parts[0]))
                }
            })
    }

    func isMbox(_ account: ListedAccount) -> Bool {
        guard let mail = account.mail, mail.last != UInt8(ascii: "/") else { return false }
        return !attributes.isDisjoint(with: mapped)
    }
}
