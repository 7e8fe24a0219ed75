import Accounts
import Directory
import LDAP
import MailModel
import SiteConfiguration

/// authldaprc: who may log in and where their mail lies.
enum CourierAccounts {
    static func read(_ file: CourierFile, _ draft: inout SiteDraft) {
        tell(file, &draft)
        guard let directory = CourierConnection.directory(file, &draft) else { return }
        guard let base = file.value("LDAP_BASEDN") else {
            draft.error(at: file.location, "LDAP_BASEDN is missing", remedy: "LDAP_BASEDN ou=people,dc=example,dc=org")
            return
        }
        guard (try? DistinguishedName(parsing: base.value)) != nil else {
            draft.error(
                at: base.location, "LDAP_BASEDN: \"\(base.value)\" is no distinguished name",
                remedy: "for example ou=people,dc=example,dc=org")
            return
        }
        // A percent sign is nothing special to Courier.
        let searchBase = base.map { $0.replacing("%", with: "%%") }
        guard let filter = filter(file, &draft) else { return }
        readLogins(file, &draft)
        let dereference = CourierConnection.dereference(file, &draft)

        let binds = file.isOn("LDAP_AUTHBIND")
        var passwords = PasswordDatabaseModel(
            check: Located(binds?.value == true ? .searchThenBind : .hash, at: binds?.location ?? filter.location),
            directory: directory, base: searchBase, filter: filter, attributes: passwordAttributes(file, &draft),
            defaultScheme: Located("CRYPT", at: .builtIn))
        passwords.dereference = dereference
        passwords.severalEntriesAreNobody = true
        draft.model.accounts.passwords.append(passwords)

        var users = UserDatabaseModel(
            directory: directory, base: searchBase, filter: filter, attributes: userAttributes(file, &draft))
        users.dereference = dereference
        users.severalEntriesAreNobody = true
        if let all = file.value("LDAP_ENUMERATE_FILTER") {
            users.iterateFilter = all.map { $0.replacing("%", with: "%%") }
            users.iterateAttributes = Located(
                "\(attribute("LDAP_MAIL", "mail", file, &draft).value)=user", at: all.location)
        }
        draft.model.accounts.users.append(users)
        addShared(file, directory, base, &draft)
    }

    /// qmail's schema as the howto of Courier and qmail-ldap uses it, whose script makes sharable Maildirs of the accounts whose
    /// status is `shared`. No setting of Courier's says so; an account's status does.
    private static func addShared(
        _ file: CourierFile, _ directory: Located<String>, _ base: Located<String>, _ draft: inout SiteDraft
    ) {
        guard let filter = file.value("LDAP_FILTER"), filter.value.lowercased().contains("accountstatus="),
            file.value("LDAP_MAILDIR")?.value.lowercased() == "mailmessagestore"
        else { return }
        var rule = SharedRuleModel(
            kind: Located(.account, at: filter.location), directory: directory,
            filter: Located("(accountStatus=shared)", at: filter.location))
        rule.base = base
        rule.listedIn = Located("seeAlso", at: filter.location)
        rule.folders = Located("postOfficeBox", at: filter.location)
        rule.deliveryFolder = Located("uid", at: filter.location)
        rule.linkPath = Located("/shared/", at: filter.location)
        rule.maildirPath = Located("/shared.maildirs/", at: filter.location)
        let rights: MailboxRights = [.lookup, .read, .seen, .write, .insert, .deleteMessages, .expunge]
        rule.rights = Located(rights, at: filter.location)
        rule.hasOwnSeen = true
        draft.model.shared.rules.append(rule)
        draft.model.shared.readsSharedMaildirs = true
        draft.tell(
            "shared accounts", at: filter.location, .used,
            "accounts whose accountStatus is shared are folders of those who name them in seeAlso; make them with postroom provision"
        )
    }

    // MARK: Logins

    /// `(&FILTER(MAIL=login))`; and by the uid as well, unless the site keeps to the original.
    private static func filter(_ file: CourierFile, _ draft: inout SiteDraft) -> Located<String>? {
        let mail = attribute("LDAP_MAIL", "mail", file, &draft)
        var match = "(\(mail.value)=%u)"
        let hasDomain = file.value("LDAP_DOMAIN") != nil
        if mail.value.lowercased() != "uid", !hasDomain, !draft.model.keepsOriginal(.loginByUID) {
            match = "(|(\(mail.value)=%u)(uid=%u))"
            if !file.isSet("LDAP_MAIL") {
                draft.tell("LDAP_MAIL", mail.value, at: file.location, .difference(.loginByUID), bothNote)
            }
        }
        let own = file.value("LDAP_FILTER")
        let text = own.map { "(&\($0.value.replacing("%", with: "%%"))\(match))" } ?? match
        do {
            _ = try FilterTemplate(text)
            return Located(text, at: own?.location ?? mail.location)
        } catch {
            draft.error(
                at: own?.location ?? mail.location, "LDAP_FILTER: \(error)",
                remedy: "a filter in parentheses: (accountStatus=active)")
            return nil
        }
    }

    private static func readLogins(_ file: CourierFile, _ draft: inout SiteDraft) {
        if let domain = file.value("LDAP_DOMAIN") { draft.model.accounts.defaultDomain = domain }
        // Courier asks for what was typed.
        if draft.model.accounts.loginFormat == nil { draft.model.accounts.loginFormat = Located("%u", at: .builtIn) }
        if let uid = file.value("LDAP_GLOB_UID") { draft.model.accounts.uid = uid }
        if let gid = file.value("LDAP_GLOB_GID") { draft.model.accounts.gid = gid }
        if draft.model.accounts.mailLocation == nil {
            draft.model.accounts.mailLocation = Located("maildir:~/Maildir", at: .builtIn)
        }
    }

    /// The clear password goes before the hash, where an entry has both.
    private static func passwordAttributes(_ file: CourierFile, _ draft: inout SiteDraft) -> Located<String> {
        var items: [String] = []
        if !file.isSet("LDAP_CLEARPW") || file.value("LDAP_CLEARPW") != nil {
            items.append("\(attribute("LDAP_CLEARPW", "clearPassword", file, &draft).value)=password={PLAIN}%$")
        }
        let hash = attribute("LDAP_CRYPTPW", "userPassword", file, &draft)
        if !file.isSet("LDAP_CRYPTPW") || file.value("LDAP_CRYPTPW") != nil { items.append("\(hash.value)=password") }
        return Located(items.joined(separator: ","), at: hash.location == .builtIn ? file.location : hash.location)
    }

    // MARK: Mail

    private static func userAttributes(_ file: CourierFile, _ draft: inout SiteDraft) -> Located<String> {
        let home = attribute("LDAP_HOMEDIR", "homeDirectory", file, &draft)
        let maildir = attribute("LDAP_MAILDIR", "mailbox", file, &draft)
        var items: [String] = []
        if let root = file.value("LDAP_MAILROOT") {
            let prefix = root.value.trimmingSlash.replacing("%", with: "%%")
            items.append("\(home.value)=home=\(absolute(home.value, else: prefix))")
        } else {
            items.append("\(home.value)=home")
        }
        if maildir.value.lowercased() == home.value.lowercased() {
            // The same path for both: it can only be absolute.
            items.append("\(maildir.value)=mail=maildir:%$")
        } else {
            items.append("\(maildir.value)=mail=maildir:\(absolute(maildir.value, else: "~"))")
        }
        if let uid = file.value("LDAP_UID") { items.append("\(checked(uid, "LDAP_UID", &draft))=uid") }
        if let gid = file.value("LDAP_GID") { items.append("\(checked(gid, "LDAP_GID", &draft))=gid") }
        if let quota = file.value("LDAP_MAILDIRQUOTA") {
            items.append("\(checked(quota, "LDAP_MAILDIRQUOTA", &draft))=quota")
            // README.maildirquota: what is in Trash does not count.
            for rule in ["Trash:ignore", "Trash.*:ignore"] {
                draft.model.accounts.quotaRules.append(Located(rule, at: quota.location))
            }
        }
        if let root = file.value("LDAP_MAILROOT") {
            for path in DovecotSite.constantFolders(root.value) {
                draft.model.store.roots.append(Located(path, at: root.location))
            }
        }
        return Located(items.joined(separator: ","), at: home.location == .builtIn ? file.location : home.location)
    }

    /// An absolute value as it is, another below `prefix`.
    private static func absolute(_ attribute: String, else prefix: String) -> String {
        let value = "%{ldap:\(attribute)}"
        return "%{if;\(value);*;/*;\(value);\(prefix)/\(value)}"
    }

    private static func attribute(
        _ name: String, _ standard: String, _ file: CourierFile, _ draft: inout SiteDraft
    ) -> Located<String> {
        guard let value = file.value(name) else { return Located(standard, at: .builtIn) }
        return Located(checked(value, name, &draft), at: value.location)
    }

    /// The name of an attribute: it becomes part of a filter.
    private static func checked(_ value: Located<String>, _ name: String, _ draft: inout SiteDraft) -> String {
        let isName = value.value.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-.;_".utf8.contains(byte)
            }
        }
        guard isName else {
            draft.error(
                at: value.location, "\(name): \"\(value.value)\" is no name of an attribute",
                remedy: "one name, as the schema has it")
            return "invalid"
        }
        return value.value
    }

    // MARK: Report

    private static func tell(_ file: CourierFile, _ draft: inout SiteDraft) {
        let isExact = draft.model.keepsOriginal(.loginByUID) || file.value("LDAP_DOMAIN") != nil
        file.tell(&draft) { setting in
            if setting.name == "LDAP_MAIL", !isExact, setting.value.value.lowercased() != "uid" {
                return (.difference(.loginByUID), bothNote)
            }
            if setting.name == "LDAP_AUXOPTIONS" { return auxiliary(setting.value.value) }
            return notes[setting.name] ?? CourierConnection.notes[setting.name]
        }
    }

    private static let bothNote = "a login may be the uid as well"

    private static func auxiliary(_ text: String) -> (ImportReport.Fate, String) {
        let options = text.split(separator: ",").compactMap {
            $0.split(separator: "=").last.map { String($0).trimmingBlanks }
        }
        return options.contains { ["disableimap", "disableshared", "disableinsecureimap"].contains($0.lowercased()) }
            ? (.unsupported(.login), "switches of an entry against IMAP are not followed: say it in LDAP_FILTER")
            : (.ignored, "options of an entry that nothing here has")
    }

    private static let notes: [String: (ImportReport.Fate, String)] = [
        "LDAP_MAIL": (.used, "the attribute that a login is compared with"),
        "LDAP_FILTER": (.used, "which entries are accounts"),
        "LDAP_DOMAIN": (.used, "completed to logins without a domain"),
        "LDAP_AUTHBIND": (.used, "whether the password is checked by a bind"),
        "LDAP_GLOB_UID": (.used, "owner of the mail of users without their own uid"),
        "LDAP_GLOB_GID": (.used, "group of the mail of users without their own gid"),
        "LDAP_UID": (.used, "the attribute with the owner"), "LDAP_GID": (.used, "the attribute with the group"),
        "LDAP_HOMEDIR": (.used, "the attribute with the home directory"),
        "LDAP_MAILROOT": (.used, "what relative homes lie below"),
        "LDAP_MAILDIR": (.used, "the attribute with the Maildir"),
        "LDAP_MAILDIRQUOTA": (.used, "the attribute with the quota; \(DovecotSettingTable.countedQuota)"),
        "LDAP_CLEARPW": (.used, "the attribute with the clear password"),
        "LDAP_CRYPTPW": (.used, "the attribute with the hash"),
        "LDAP_ENUMERATE_FILTER": (.used, "how all users are listed"),
        "LDAP_FULLNAME": (.notNeeded, "nobody asks for the full name"),
        "LDAP_DEFAULTDELIVERY": (.ignored, "instructions for Courier's own delivery; mail is delivered to the Maildir"),
        "LDAP_EMAILMAP": (.unsupported(.login), "a second lookup for the login is not made"),
        "LDAP_EMAILMAP_BASEDN": (.ignored, "only with LDAP_EMAILMAP"),
        "LDAP_EMAILMAP_ATTRIBUTE": (.ignored, "only with LDAP_EMAILMAP"),
        "LDAP_EMAILMAP_MAIL": (.ignored, "only with LDAP_EMAILMAP"),
    ]
}
