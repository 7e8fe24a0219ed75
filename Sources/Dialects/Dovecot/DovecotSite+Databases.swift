import Accounts
import Directory
import SiteConfiguration

extension DovecotSite {
    /// passdb and userdb, in their order.
    mutating func readDatabases() {
        for section in [root] + root.descendants {
            for database in section.sections where ["passdb", "userdb"].contains(database.type) {
                guard section === root else {
                    refuseDatabase(database, "a \(database.type) for \(section.title) alone is not followed")
                    continue
                }
                if database.type == "passdb" { readPasswords(database) } else { readUsers(database) }
            }
        }
        for path in ldapFiles.keys.sorted() { ldapFiles[path]?.tell(&draft) }
        tellDifferences()
        if root.sections("userdb").isEmpty, !root.sections("passdb").isEmpty {
            draft.error(
                at: location, "there is no userdb: nobody's mail could be found", remedy: "userdb { driver = ldap … }")
        }
        if draft.model.accounts.passwords.isEmpty, root.sections("passdb").isEmpty {
            draft.error(at: location, "there is no passdb: nobody could log in", remedy: "passdb { driver = ldap … }")
        }
    }

    /// Where the original is known to fail its author, and we do not.
    private mutating func tellDifferences() {
        let accounts = draft.model.accounts
        for database in accounts.passwords where [.hash, .searchThenBind].contains(database.check.value) {
            guard let mapping = database.attributes.flatMap({ try? AttributeMapping($0.value) }) else { continue }
            let location = database.attributes.flatMap { $0.location == .builtIn ? nil : $0.location } ?? location
            let givesPassword =
                mapping.items.contains { $0.names("password") } || database.fields.contains { $0.name == "password" }
            if database.check.value == .hash, !givesPassword {
                tellDifference(
                    .unreadablePasswords, at: location,
                    "no attribute gives the password, as with Active Directory: it is checked by a bind")
            }
            // The login becomes the user field; the user database is asked for that.
            for name in mapping.items.flatMap({ $0.attributes(of: "user") }) {
                let users = accounts.users.filter { $0.driver == .ldap }
                let known = users.contains { $0.filter?.value.lowercased().contains("(\(name.lowercased())=") ?? false }
                guard !users.isEmpty, !known else { continue }
                tellDifference(
                    .renamedLogins, at: location,
                    "a login becomes its \(name), which the user database does not search: it is searched as it was typed too"
                )
            }
        }
    }

    private mutating func tellDifference(_ difference: Difference, at location: SourceLocation, _ note: String) {
        let isKept = draft.model.keepsOriginal(difference)
        draft.tell(
            difference.rawValue, at: location, isKept ? .used : .difference(difference),
            isKept ? "kept as the original does it" : note)
    }

    /// One entry for the whole database, and the rest of its settings go with it.
    private mutating func refuseDatabase(_ section: DovecotSection, _ note: String) {
        draft.tell(section.type, section.name, at: section.location, .unsupported(.login), note)
        for inner in [section] + section.descendants {
            for setting in inner.settings {
                tell(setting.key, in: inner, .notNeeded, "its \(section.type) is not followed")
            }
        }
    }

    /// The driver; with 2.4 a section's name is one, unless it says otherwise.
    private mutating func driver(_ section: DovecotSection) -> Located<String>? {
        let keys = ["driver", "\(section.type)_driver"]
        if let driver = take(keys, in: section, "where the answers come from") { return driver }
        if let driver = section.driver { return Located(driver, at: section.location) }
        if isVersion24, !section.name.isEmpty { return Located(section.name, at: section.location) }
        draft.error(at: section.location, "\(section.title) has no driver", remedy: "driver = ldap")
        return nil
    }

    private mutating func readPasswords(_ section: DovecotSection) {
        guard let driver = driver(section) else { return }
        var database: PasswordDatabaseModel?
        switch driver.value {
        case "ldap": database = isVersion24 ? ldapPasswords24(section) : ldapPasswords(section)
        case "passwd-file": database = filePasswords(section)
        case "static": database = fixedPasswords(section, at: driver.location)
        default:
            refuseDatabase(section, Self.refusal(driver.value))
            return
        }
        guard var database else {
            // Its other settings are known all the same.
            _ = chain(section)
            return
        }
        database.chain = chain(section)
        draft.model.accounts.passwords.append(database)
    }

    private mutating func readUsers(_ section: DovecotSection) {
        guard let driver = driver(section) else { return }
        var database: UserDatabaseModel?
        switch driver.value {
        case "ldap": database = isVersion24 ? ldapUsers24(section) : ldapUsers(section)
        case "passwd-file": database = fileUsers(section)
        case "static": database = fixedUsers(section, at: driver.location)
        case "prefetch":
            database = UserDatabaseModel(driver: .prefetch, filter: nil, attributes: Located("", at: driver.location))
        default:
            refuseDatabase(section, Self.refusal(driver.value))
            return
        }
        guard var database else {
            // Its other settings are known all the same.
            _ = chain(section)
            return
        }
        database.chain = chain(section)
        draft.model.accounts.users.append(database)
    }

    private static func refusal(_ driver: String) -> String {
        switch driver {
        case "sql": "accounts in SQL are not read: export them into the directory or a passwd-file"
        case "pam", "shadow", "passwd", "nss", "bsdauth": "accounts of the system (\(driver)) are not served"
        case "lua", "checkpassword": "programs (\(driver)) are not run for a login"
        case "oauth2": "tokens of OAuth 2 are not checked"
        case "imap": "another IMAP server is not asked: name it as a service of the password databases instead"
        default: "the driver \(driver) is not there"
        }
    }

    // MARK: Chains

    private mutating func chain(_ section: DovecotSection) -> DatabaseChainModel {
        var chain = DatabaseChainModel()
        let results = [
            "return-ok", "return-fail", "return", "continue-ok", "continue-fail", "continue",
        ]
        chain.success = word("result_success", section, results)
        chain.failure = word("result_failure", section, results)
        chain.internalFailure = word("result_internalfail", section, results)
        let skips =
            section.type == "passdb"
            ? ["never", "authenticated", "unauthenticated"] : ["never", "found", "notfound"]
        chain.skip = word("skip", section, skips)
        chain.denies = takeSwitch("deny", in: section, "who is found here may not log in")?.value ?? false
        chain.isMaster = takeSwitch("master", in: section, "who is found here may log in as others")?.value ?? false
        chain.passes = takeSwitch("pass", in: section, "a master's login goes on to the next")?.value ?? false
        chain.mechanisms = words(["mechanisms", "mechanisms_filter"], section, "the mechanisms this is asked for")
            .map { $0.map { $0.uppercased() } }
        chain.usernameFilter = words(["username_filter"], section, "the logins this is asked for")
        chain.defaultFields = take("default_fields", in: section, "fields before the lookup")
        chain.overrideFields = take("override_fields", in: section, "fields after the lookup")
        for key in ["default_fields", "override_fields"] {
            let fields = key == "default_fields" ? chain.defaultFields : chain.overrideFields
            guard let fields else { continue }
            for (name, value) in Self.pairs(fields.value) {
                if ["home", "mail"].contains(name) { addRoot(of: Located(value, at: fields.location)) }
                guard let problem = templates.problem(value, for: .fields) else { continue }
                draft.error(at: fields.location, "\(key): \(name): \(problem)", remedy: "name=value, parted by blanks")
            }
        }
        tell("auth_verbose", in: section, .notNeeded, "what is logged is Postroom's own")
        tell("name", in: section, .notNeeded, "a name")
        return chain
    }

    private mutating func word(_ key: String, _ section: DovecotSection, _ known: [String]) -> Located<String>? {
        guard let value = take(key, in: section, "how this database leads to the next") else { return nil }
        let text = value.value.lowercased()
        guard known.contains(text) else {
            draft.error(
                at: value.location, "\(key): \(value.value) is not known", remedy: known.joined(separator: ", "))
            return nil
        }
        return Located(text, at: value.location)
    }

    private mutating func words(_ keys: [String], _ section: DovecotSection, _ note: String) -> [Located<String>] {
        guard let list = take(keys, in: section, note) else { return [] }
        return list.value.split { $0 == " " || $0 == "," }.map { Located(String($0), at: list.location) }
    }

    /// `name=value name=value`; a name alone is set to nothing.
    static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: " ").map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (pair[0], pair.count == 2 ? pair[1] : "")
        }
    }

    // MARK: static

    private mutating func fixedPasswords(_ section: DovecotSection, at place: SourceLocation) -> PasswordDatabaseModel {
        let arguments = fixedFields(section, at: place)
        var database = PasswordDatabaseModel(check: Located(.fixed, at: place))
        database.attributes = arguments.attributes
        database.fields = arguments.fields
        let names = arguments.names
        if !names.contains("password"), names.contains("nopassword") {
            draft.tell(
                "passdb static", at: arguments.attributes.location, .weak,
                "nopassword: anybody may log in with any password, unless a proxy's host checks it")
        }
        return database
    }

    private mutating func fixedUsers(_ section: DovecotSection, at place: SourceLocation) -> UserDatabaseModel {
        let arguments = fixedFields(section, at: place)
        var database = UserDatabaseModel(driver: .fixed, filter: nil, attributes: arguments.attributes)
        database.fields = arguments.fields
        database.allowsAllUsers =
            arguments.allowsAllUsers
            || takeSwitch("static_allow_all_users", in: section, "no user is unknown")?.value ?? false
            || takeSwitch("userdb_static_allow_all_users", in: section, "no user is unknown")?.value ?? false
        return database
    }

    private mutating func fixedFields(
        _ section: DovecotSection, at place: SourceLocation
    ) -> (attributes: Located<String>, fields: [FieldModel], names: [String], allowsAllUsers: Bool) {
        var fields: [FieldModel] = []
        var allowsAll = false
        if isVersion24 {
            fields = fields24(section)
            if let password = take(
                ["password", "static_password", "passdb_static_password"], in: section, "everybody's")
            {
                fields.append(FieldModel(name: "password", template: password))
            }
        }
        let arguments = take("args", in: section, "the same fields for everybody")
        for (name, value) in Self.pairs(arguments?.value ?? "") {
            if name == "allow_all_users" {
                allowsAll = ["yes", "y", "1"].contains(value)
                continue
            }
            fields.append(FieldModel(name: name, template: Located(value, at: arguments?.location ?? place)))
        }
        for field in fields {
            if let problem = templates.problem(field.template.value, for: .fields) {
                draft.error(
                    at: field.template.location, "\(field.name): \(problem)", remedy: "see the variables of Dovecot")
            }
            if ["home", "mail"].contains(field.name) { addRoot(of: field.template) }
        }
        let names = fields.map(\.name)
        let split = notation(fields, at: arguments?.location ?? place)
        return (split.attributes, split.fields, names, allowsAll)
    }

    /// Fields in the notation of pass_attrs as far as it goes: its items are parted by commas, and it has the variables
    /// of 2.3.
    func notation(
        _ fields: [FieldModel], at place: SourceLocation
    ) -> (attributes: Located<String>, fields: [FieldModel]) {
        guard !isVersion24 else { return (Located("", at: place), fields) }
        let plain = fields.prefix {
            !$0.template.value.contains(",") && !$0.name.contains(where: { ",=%".contains($0) })
        }
        let text = plain.map { "=\($0.name)=\($0.template.value)" }.joined(separator: ",")
        return (Located(text, at: plain.first?.template.location ?? place), Array(fields.dropFirst(plain.count)))
    }

    // MARK: passwd-file

    private mutating func filePasswords(_ section: DovecotSection) -> PasswordDatabaseModel? {
        guard let file = userFile(section) else { return nil }
        var database = PasswordDatabaseModel(check: Located(.passwdFile, at: file.model.path.location))
        database.file = file.model
        database.defaultScheme = file.scheme
        let keys = ["default_password_scheme", "passdb_default_password_scheme"]
        database.defaultScheme = take(keys, in: section, "the scheme of values without {SCHEME}") ?? file.scheme
        return database
    }

    private mutating func fileUsers(_ section: DovecotSection) -> UserDatabaseModel? {
        guard let file = userFile(section) else { return nil }
        var database = UserDatabaseModel(
            driver: .passwdFile, filter: nil, attributes: Located("", at: file.model.path.location))
        database.file = file.model
        return database
    }

    /// args = *( "scheme=" name / "username_format=" template ) path
    private mutating func userFile(_ section: DovecotSection) -> (model: UserFileModel, scheme: Located<String>?)? {
        var scheme: Located<String>?
        var format = take(
            ["passwd_file_username_format", "auth_username_format"], in: section, "how a line's name is made")
        var path = take(["passwd_file_path", "\(section.type)_passwd_file_path"], in: section, "the file of users")
        if let arguments = take("args", in: section, "the file of users") {
            var rest = Substring(arguments.value)
            while let equals = rest.firstIndex(of: "="), !rest.hasPrefix("/") {
                let key = rest[..<equals]
                guard ["scheme", "username_format"].contains(key) else { break }
                let value = rest[rest.index(after: equals)...].prefix { $0 != " " }
                rest = rest[value.endIndex...].drop { $0 == " " }
                if key == "scheme" {
                    scheme = Located(value.uppercased(), at: arguments.location)
                } else {
                    format = Located(String(value), at: arguments.location)
                }
            }
            path = Located(String(rest), at: arguments.location)
        }
        guard let path, !path.value.isEmpty else {
            draft.error(at: section.location, "\(section.title): no file is named", remedy: "args = /etc/dovecot/users")
            return nil
        }
        if let format, let problem = templates.problem(format.value, for: .beforeLookup) {
            draft.error(at: format.location, "username_format: \(problem)", remedy: "for example %u or %n")
            return nil
        }
        guard !path.value.contains("%") else {
            if let problem = templates.problem(path.value, for: .beforeLookup) {
                draft.error(at: path.location, problem, remedy: "for example /etc/auth/%d/passwd")
            }
            return (UserFileModel(path: path, usernameFormat: format), scheme)
        }
        let text = draft.files.text(path.value)
        if text == nil {
            draft.error(
                at: path.location, "\(draft.files.hostPath(path.value)) can't be read",
                remedy: "name the file of users, or remove the \(section.type)")
        }
        // Lines that a start-up script would have written are no file here.
        let lines =
            text?.hostPath == nil
            ? text?.lines.map { Located(String(decoding: $0.bytes, as: UTF8.self), at: $0.location) } : nil
        let model = UserFileModel(
            path: path.map { draft.files.hostPath($0) }, lines: lines, usernameFormat: format)
        return (model, scheme)
    }
}

extension AttributeMapping.Item {
    /// Whether it sets this field.
    fileprivate func names(_ field: String) -> Bool {
        switch self {
        case .copy(_, let name), .map(_, let name, _), .set(let name, _): name.description == field
        case .fetch, .reference: false
        }
    }

    /// The attributes that this field is made of.
    fileprivate func attributes(of field: String) -> [String] {
        guard names(field) else { return [] }
        return switch self {
        case .copy(let attribute, _), .map(let attribute, _, _): [attribute]
        case .set(_, let template): template.attributes
        case .fetch, .reference: []
        }
    }
}
