import Accounts
import Directory
import MailModel
import SiteConfiguration

/// The syntax of Dovecot 2.4: LDAP stands in dovecot.conf, fields are sections, templates are `%{user | lower}`.
extension DovecotSite {
    mutating func ldapPasswords24(_ section: DovecotSection) -> PasswordDatabaseModel? {
        guard let directory = directory24(section) else { return nil }
        let binds = switch24(
            section, ["bind", "ldap_bind", "passdb_ldap_bind"], "whether the password is checked by a bind")
        let name = setting24(
            section, ["bind_userdn", "ldap_bind_userdn", "passdb_ldap_bind_userdn"], "whom to bind as, without a search"
        )
        if binds?.value == true, let name {
            do {
                try templates.checkBindName(name.value)
            } catch {
                draft.error(
                    at: name.location, "bind_userdn: \(error)",
                    remedy: "for example uid=%{user},ou=people,dc=example,dc=org")
                return nil
            }
            return PasswordDatabaseModel(check: Located(.bind, at: name.location), directory: directory, dn: name)
        }
        guard let search = search24(section) else { return nil }
        let scheme = setting24(
            section, ["default_password_scheme", "passdb_default_password_scheme"],
            "the scheme of values without {SCHEME}")
        tell("use_worker", in: section, .notNeeded, "searches share a few connections")
        let split = notation(checkedFields24(section), at: section.location)
        var database = PasswordDatabaseModel(
            check: Located(binds?.value == true ? .searchThenBind : .hash, at: binds?.location ?? section.location),
            directory: directory, base: search.base, scope: search.scope, filter: search.filter,
            attributes: split.attributes, defaultScheme: scheme ?? Located("PLAIN", at: .builtIn))
        database.fields = split.fields
        database.dereference = search.dereference
        return database
    }

    mutating func ldapUsers24(_ section: DovecotSection) -> UserDatabaseModel? {
        guard let directory = directory24(section), let search = search24(section) else { return nil }
        tell("use_worker", in: section, .notNeeded, "searches share a few connections")
        let fields = checkedFields24(section)
        let split = notation(fields, at: section.location)
        var database = UserDatabaseModel(
            directory: directory, base: search.base, scope: search.scope, filter: search.filter,
            attributes: split.attributes)
        database.fields = split.fields
        database.dereference = search.dereference
        database.iterateFilter = setting24(
            section, ["iterate_filter", "ldap_iterate_filter", "userdb_ldap_iterate_filter"], "how all users are listed"
        )
        let iterated = section.sections.filter { ["iterate_fields", "userdb_ldap_iterate_fields"].contains($0.type) }
        let items = iterated.flatMap(\.settings).map { FieldModel(name: $0.key, template: $0.located) }
        for inner in iterated {
            for setting in inner.settings { tell(setting.key, in: inner, .used, "how all users are listed") }
        }
        if !items.isEmpty {
            let text = items.map { "=\($0.name)=\($0.template.value)" }.joined(separator: ",")
            database.iterateAttributes = Located(text, at: items[0].template.location)
        }
        if let filter = database.iterateFilter { _ = check(filter, "iterate_filter") }
        for field in fields where ["home", "mail", "mail_path"].contains(field.name) { addRoot(of: field.template) }
        return database
    }

    // MARK: Fields

    func fields24(_ section: DovecotSection) -> [FieldModel] {
        fieldSections24(section).flatMap(\.settings).map { FieldModel(name: $0.key, template: $0.located) }
    }

    private func fieldSections24(_ section: DovecotSection) -> [DovecotSection] {
        section.sections.filter { ["fields", "\(section.type)_fields"].contains($0.type) }
    }

    private mutating func checkedFields24(_ section: DovecotSection) -> [FieldModel] {
        for inner in fieldSections24(section) {
            for setting in inner.settings { tell(setting.key, in: inner, .used, "a field of the answer") }
        }
        let fields = fields24(section)
        for field in fields {
            if let problem = templates.problem(field.template.value, for: .entry) {
                draft.error(at: field.template.location, "\(field.name): \(problem)", remedy: "for example %{ldap:uid}")
            }
        }
        return fields
    }

    // MARK: Settings that may stand in the section or outside

    private mutating func setting24(_ section: DovecotSection, _ keys: [String], _ note: String) -> Located<String>? {
        take(keys, in: section, note) ?? take(keys.filter { $0.contains("_") }, note)
    }

    private mutating func switch24(_ section: DovecotSection, _ keys: [String], _ note: String) -> Located<Bool>? {
        for key in keys {
            if let value = takeSwitch(key, in: section, note) { return value }
        }
        for key in keys {
            if let value = takeSwitch(key, note) { return value }
        }
        return nil
    }

    private struct Search {
        var base: Located<String>
        var filter: Located<String>
        var scope: Located<String>?
        var dereference: Located<String>?
    }

    private mutating func search24(_ section: DovecotSection) -> Search? {
        guard let base = setting24(section, ["base", "ldap_base"], "where entries are searched") else {
            draft.error(at: section.location, "ldap_base is missing", remedy: "ldap_base = dc=example,dc=org")
            return nil
        }
        let keys = ["filter", "ldap_filter", "\(section.type)_ldap_filter"]
        guard let filter = setting24(section, keys, "how an entry is found") else {
            draft.error(
                at: section.location, "\(section.title): filter is missing",
                remedy: "filter = (&(objectClass=posixAccount)(uid=%{user}))")
            return nil
        }
        guard check(base: base, "ldap_base"), check(filter, "filter") else { return nil }
        var search = Search(base: base, filter: filter)
        if let scope = setting24(section, ["scope", "ldap_scope"], "how deep a search goes") {
            search.scope = self.scope(scope, "ldap_scope")
        }
        if let alias = setting24(section, ["deref", "ldap_deref"], "how alias entries are treated") {
            search.dereference = dereference(alias, "ldap_deref")
        }
        return search
    }

    private mutating func directory24(_ section: DovecotSection) -> Located<String>? {
        var connection = LDAPConnectionSettings()
        guard let servers = setting24(section, ["uris", "ldap_uris"], "the directory's servers") else {
            draft.error(at: section.location, "ldap_uris is missing", remedy: "ldap_uris = ldap://ldap.example.org")
            return nil
        }
        do {
            connection.urls = try LDAPServerList(urls: servers.value).urls.map { Located($0, at: servers.location) }
        } catch {
            draft.error(
                at: servers.location, "\(error.server): \(error.reason)", remedy: "ldap_uris = ldap://HOST ldaps://HOST"
            )
            return nil
        }
        connection.bindName = setting24(section, ["auth_dn", "ldap_auth_dn"], "whom searches bind as")
        connection.bindPassword = setting24(
            section, ["auth_dn_password", "ldap_auth_dn_password"], "the password for that")?
            .map { Secret($0) }
        connection.startTLS = switch24(section, ["starttls", "ldap_starttls"], "StartTLS towards the directory")
        let authority = "whose certificates are believed"
        connection.caFile = setting24(section, ["ssl_client_ca_file"], authority)
        connection.caDirectory = setting24(section, ["ssl_client_ca_dir"], authority)
        connection.certificate = setting24(section, ["ssl_client_cert_file"], "our own certificate")
        connection.key = setting24(section, ["ssl_client_key_file"], "its key")
        let verifies = switch24(section, ["ssl_client_require_valid_cert"], "whether the certificate is verified")
        connection.certificateCheck = verifies.map { setting in setting.map { $0 ? .demand : .never } }
        _ = setting24(section, ["version", "ldap_version"], "version 3 is spoken")
        return Located(connection.directory(&draft, program: "Dovecot", at: section.location), at: servers.location)
    }

    // MARK: Mail

    /// mail_driver and mail_path with their siblings, as one location in the older notation.
    mutating func readMailSettings24() {
        let driver = take("mail_driver", "the format of mailboxes")
        let path = root.last("mail_path")?.located
        let options = [
            ("mail_inbox_path", "INBOX"), ("mail_index_path", "INDEX"), ("mail_control_path", "CONTROL"),
            ("mailbox_list_layout", "LAYOUT"), ("mailbox_root_directory_name", "DIRNAME"),
        ]
        var text = ""
        for (key, name) in options {
            guard let value = take(key, "where mail lies on disk") else { continue }
            text += ":\(name)=" + Self.escaped24(value.value)
        }
        if takeSwitch("mailbox_list_utf8", "how folders are called on disk")?.value == true { text += ":UTF-8" }
        guard let path else {
            if let driver, path == nil {
                draft.warning(
                    at: driver.location, "mail_path is not set", remedy: "mail_path = ~/Maildir, or wherever mail lies")
            }
            return
        }
        let format = driver?.value ?? "maildir"
        setMailLocation(Located("\(format):\(Self.escaped24(path.value))\(text)", at: path.location), "mail_path")
    }

    /// A colon parts the elements of a location; a doubled one stands for itself. The home is `~` there.
    private static func escaped24(_ path: String) -> String {
        var path = path
        for home in ["%{home}", "%{home }", "%{ home }"] where path.hasPrefix(home) {
            path = "~" + path.dropFirst(home.count)
        }
        return path.replacing(":", with: "::")
    }

    // MARK: Quota

    /// quota_storage_size and quota_message_count, as rules in the older notation.
    mutating func readQuota24(isLoaded: Bool) {
        for section in [root] + root.sections("quota") {
            for key in ["quota_storage_size", "storage_size", "quota_message_count", "message_count"] {
                tell(key, in: section, isLoaded ? .used : .notNeeded, DovecotSettingTable.countedQuota)
            }
            let size = take(["quota_storage_size", "storage_size"], in: section, "for users without their own")
            let count = take(["quota_message_count", "message_count"], in: section, "for users without their own")
            guard isLoaded else { continue }
            for (value, name) in [(size, "bytes"), (count, "messages")] {
                guard let value, value.value != "unlimited" else { continue }
                let rule = "*:\(name)=\(value.value.replacing(" ", with: ""))"
                if (try? Quota(rule: Array(rule.utf8))) != nil {
                    draft.model.accounts.quotaRules.append(Located(rule, at: value.location))
                } else {
                    draft.error(at: value.location, "quota: \(value.value) is no limit", remedy: "for example 1G")
                }
            }
        }
    }
}
