import Accounts
import Directory
import SiteConfiguration

extension DovecotSite {
    /// The file that `args` names, read once however many databases use it.
    private mutating func ldapFile(_ section: DovecotSection) -> String? {
        guard let arguments = take("args", in: section, "the file that says how the directory is asked") else {
            draft.error(
                at: section.location, "\(section.title): args names no file",
                remedy: "args = /etc/dovecot/dovecot-ldap.conf.ext")
            return nil
        }
        let path = arguments.value
        if ldapFiles[path] != nil { return path }
        guard let file = draft.files.text(path) else {
            draft.error(
                at: arguments.location, "\(draft.files.hostPath(path)) can't be read",
                remedy: "name the file with uris, base and filters of the directory")
            return nil
        }
        ldapFiles[path] = DovecotLDAPFile(file, &draft)
        return path
    }

    mutating func ldapPasswords(_ section: DovecotSection) -> PasswordDatabaseModel? {
        guard let path = ldapFile(section) else { return nil }
        ldapFiles[path]?.servesPasswords = true
        guard let file = ldapFiles[path], let directory = file.directory else { return nil }
        let binds = file.isOn("auth_bind", &draft)
        let place = file.value("auth_bind")?.location ?? file.location
        if binds, let name = file.value("auth_bind_userdn") {
            do {
                try templates.checkBindName(name.value)
            } catch {
                draft.error(
                    at: name.location, "auth_bind_userdn: \(error)",
                    remedy: "for example uid=%u,ou=people,dc=example,dc=org")
                return nil
            }
            // Dovecot refuses to start without a base, searched or not.
            guard base(file) != nil else { return nil }
            return PasswordDatabaseModel(check: Located(.bind, at: name.location), directory: directory, dn: name)
        }
        let filter = filter(file, "pass_filter")
        guard let base = base(file), check(filter, "pass_filter"),
            let attributes = attributes(file, "pass_attrs", default: "uid=user,userPassword=password")
        else { return nil }
        var database = PasswordDatabaseModel(
            check: Located(binds ? .searchThenBind : .hash, at: binds ? place : attributes.location),
            directory: directory, base: base, scope: scope(file), filter: filter, attributes: attributes,
            defaultScheme: file.value("default_pass_scheme") ?? Located("CRYPT", at: .builtIn))
        database.dereference = dereference(file)
        return database
    }

    mutating func ldapUsers(_ section: DovecotSection) -> UserDatabaseModel? {
        guard let path = ldapFile(section) else { return nil }
        ldapFiles[path]?.servesUsers = true
        guard let file = ldapFiles[path], let directory = file.directory else { return nil }
        let filter = filter(file, "user_filter")
        let standard = "homeDirectory=home,uidNumber=uid,gidNumber=gid"
        guard let base = base(file), check(filter, "user_filter"),
            let attributes = attributes(file, "user_attrs", default: standard)
        else { return nil }
        var database = UserDatabaseModel(
            directory: directory, base: base, scope: scope(file), filter: filter, attributes: attributes)
        database.dereference = dereference(file)
        database.iterateFilter = file.value("iterate_filter") ?? Located("(objectClass=posixAccount)", at: .builtIn)
        database.iterateAttributes = file.value("iterate_attrs") ?? Located("uid=user", at: .builtIn)
        if let filter = file.value("iterate_filter") { _ = check(filter, "iterate_filter") }
        addRoots(ofAttributes: attributes)
        return database
    }

    // MARK: Parts

    /// Set to nothing it is nothing; not set it is Dovecot's own.
    private func filter(_ file: DovecotLDAPFile, _ key: String) -> Located<String> {
        file.settings.last { $0.key == key }?.located
            ?? Located("(&(objectClass=posixAccount)(uid=%u))", at: .builtIn)
    }

    private mutating func base(_ file: DovecotLDAPFile) -> Located<String>? {
        guard let base = file.value("base") else {
            draft.error(at: file.location, "base is missing", remedy: "base = dc=example,dc=org")
            return nil
        }
        return check(base: base, "base") ? base : nil
    }

    mutating func check(base: Located<String>, _ key: String) -> Bool {
        do {
            try templates.checkName(base.value)
            return true
        } catch {
            draft.error(
                at: base.location, "\(key): \(error)", remedy: "a distinguished name: ou=people,dc=example,dc=org")
            return false
        }
    }

    mutating func check(_ filter: Located<String>, _ key: String) -> Bool {
        guard !filter.value.isEmpty else {
            draft.error(
                at: filter.location, "\(key) is empty: every lookup would fail",
                remedy: "for example (&(objectClass=posixAccount)(uid=%u))")
            return false
        }
        do {
            try templates.checkFilter(filter.value)
            return true
        } catch {
            draft.error(
                at: filter.location, "\(key): \(error)", remedy: "a filter as RFC 4515 has it: (&(mail=%u)(uid=*))")
            return false
        }
    }

    private mutating func attributes(
        _ file: DovecotLDAPFile, _ key: String, default standard: String
    ) -> Located<String>? {
        let text = file.value(key) ?? Located(file.isSet(key) ? "" : standard, at: .builtIn)
        do {
            _ = try AttributeMapping(text.value)
            return text
        } catch {
            draft.error(at: text.location, "\(key): \(error)", remedy: "attribute=field, parted by commas")
            return nil
        }
    }

    private mutating func scope(_ file: DovecotLDAPFile) -> Located<String>? {
        file.value("scope").flatMap { scope($0, "scope") }
    }

    mutating func scope(_ value: Located<String>, _ key: String) -> Located<String>? {
        let words = ["base": "base", "onelevel": "one", "subtree": "sub"]
        guard let word = words[value.value.lowercased()] else {
            draft.error(at: value.location, "\(key): \(value.value) is not known", remedy: "base, onelevel or subtree")
            return nil
        }
        return Located(word, at: value.location)
    }

    private mutating func dereference(_ file: DovecotLDAPFile) -> Located<String>? {
        file.value("deref").flatMap { dereference($0, "deref") }
    }

    mutating func dereference(_ value: Located<String>, _ key: String) -> Located<String>? {
        let word = value.value.lowercased()
        guard ["never", "searching", "finding", "always"].contains(word) else {
            draft.error(
                at: value.location, "\(key): \(value.value) is not known", remedy: "never, searching, finding or always"
            )
            return nil
        }
        return word == "never" ? nil : Located(word, at: value.location)
    }
}
