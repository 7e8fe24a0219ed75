import Accounts
import Directory
import LDAP
import MailModel
import SiteConfiguration

/// `SharedModel` → the rules that logins and `provision` ask by.
extension AccountsBuilder {
    func shared(_ accounts: AccountsOptions) -> DirectorySharedMailboxes {
        let model = model.shared
        let rules = model.rules.enumerated().compactMap { index, rule in
            self.rule(rule, name: model.rules.count > 1 ? "shared.rules[\(index + 1)]" : "shared.rules")
        }
        return DirectorySharedMailboxes(
            rules: rules, accounts: accounts.rules, readers: readers(accounts),
            timeToLive: model.cacheTime?.value ?? .seconds(30), outageTime: model.outageTime?.value ?? .seconds(3600))
    }

    /// Where a login's own entry is found: by the databases of users, else by those of passwords.
    private func readers(_ accounts: AccountsOptions) -> [EntryLookup] {
        let users = accounts.userDatabases.compactMap { database -> EntryLookup? in
            if case .search(let lookup) = database.method { lookup } else { nil }
        }
        guard users.isEmpty else { return users }
        return accounts.passwordDatabases.compactMap { database -> EntryLookup? in
            switch database.method {
            case .searchThenBind(let lookup), .compare(let lookup, _, _): lookup
            default: nil
            }
        }
    }

    private func rule(_ model: SharedRuleModel, name: String) -> SharedMailboxRule? {
        let users = self.model.accounts.users.first
        guard let source = directories.live(model.directory, faults),
            let base = model.base ?? directories.base(model.directory, for: model.filter, faults),
            let baseName = templates.attempt(at: base.location, { try DistinguishedName(parsing: base.value) }),
            let filter = templates.attempt(at: model.filter.location, { try LDAPFilter(parsing: model.filter.value) }),
            let readers = self.readers(model),
            let display = templates.text(model.display ?? Located("%{ldap:cn}", at: .builtIn), for: .entry)
        else { return nil }
        let mapping =
            model.attributes.map { templates.mapping($0, []) }
            ?? templates.mapping(users?.attributes, users?.fields ?? [])
        var link: SharedMailboxRule.Link?
        if let folder = model.deliveryFolder, let path = model.linkPath, let maildir = model.maildirPath {
            link = .init(
                deliveryFolder: AttributeDescription(folder.value), path: Array(path.value.utf8),
                maildir: Array(maildir.value.utf8))
        }
        return SharedMailboxRule(
            name: name, source: source, base: baseName, scope: DirectorySet.scope(model.scope, faults), filter: filter,
            readers: readers, namespace: model.kind.value == .delegation ? .otherUsers : .shared,
            isGroup: model.kind.value == .group, display: display, mapping: mapping,
            folders: model.folders.map { AttributeDescription($0.value) }, link: link, rights: model.rights?.value,
            flags: model.hasOwnSeen ? .perUser : .shared, location: model.filter.location)
    }

    private func readers(_ model: SharedRuleModel) -> SharedMailboxRule.Readers? {
        if let listed = model.listedIn { return .listed(AttributeDescription(listed.value)) }
        if let members = model.members {
            return .members(AttributeDescription(members.value), isNested: model.isNested)
        }
        return model.memberLogins.map { .logins(AttributeDescription($0.value)) }
    }
}
