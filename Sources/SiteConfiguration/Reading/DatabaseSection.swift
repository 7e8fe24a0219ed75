import Directory

/// One database of `accounts.password` or `accounts.user`.
enum DatabaseSection {
    static func password(_ reader: SectionReader) -> PasswordDatabaseModel? {
        guard
            let check = reader.require(
                reader.choice("check", PasswordDatabaseModel.Check.self), "check",
                remedy: PasswordDatabaseModel.Check.allCases.map(\.rawValue).joined(separator: ", "))
        else {
            return nil
        }
        var model = PasswordDatabaseModel(
            check: check, directory: reader.string("directory", default: SiteModel.mainDirectory),
            dn: reader.string("dn"), base: reader.string("base"), scope: reader.string("scope"),
            filter: reader.string("filter"), attributes: reader.string("attributes"),
            defaultScheme: reader.string("default_scheme"), active: active(reader))
        model.file = file(reader)
        model.saslauthd = saslauthd(reader)
        model.service = reader.string("service")
        model.fields = fields(reader)
        model.dereference = reader.string("dereference")
        model.severalEntriesAreNobody = reader.boolean("several_entries_are_nobody")?.value ?? false
        model.chain = chain(reader)
        reader.finish()
        switch check.value {
        case .bind: _ = reader.require(model.dn, "dn", remedy: "for example uid=%u,ou=people,dc=example,dc=org")
        case .searchThenBind, .hash: _ = reader.require(model.filter, "filter", remedy: "for example (uid=%u)")
        case .passwdFile: _ = reader.require(model.file, "file", remedy: "for example {path: /etc/postroom/users}")
        case .fixed: _ = reader.require(model.attributes, "attributes", remedy: "for example password=secret")
        case .saslauthd: _ = reader.require(model.saslauthd, "saslauthd", remedy: "for example {filter: (uid=%u)}")
        case .service:
            _ = reader.require(model.service, "service", remedy: "for example saslauthd:/run/saslauthd/mux")
        }
        return model
    }

    static func user(_ reader: SectionReader) -> UserDatabaseModel? {
        let driver = reader.choice("driver", UserDatabaseModel.Driver.self)?.value ?? .ldap
        var model = UserDatabaseModel(
            driver: driver, directory: reader.string("directory", default: SiteModel.mainDirectory),
            base: reader.string("base"), scope: reader.string("scope"), filter: reader.string("filter"),
            addressFilter: reader.string("address_filter"),
            attributes: reader.string(
                "attributes",
                default: driver == .ldap ? "homeDirectory=home, uidNumber=uid, gidNumber=gid" : ""),
            active: active(reader))
        model.file = file(reader)
        model.fields = fields(reader)
        model.dereference = reader.string("dereference")
        model.severalEntriesAreNobody = reader.boolean("several_entries_are_nobody")?.value ?? false
        model.allowsAllUsers = reader.boolean("allow_all_users")?.value ?? false
        model.iterateFilter = reader.string("iterate_filter")
        model.iterateAttributes = reader.string("iterate_attributes")
        model.chain = chain(reader)
        reader.finish()
        switch driver {
        case .ldap:
            guard reader.require(model.filter, "filter", remedy: "for example (uid=%u)") != nil else { return nil }
        case .passwdFile: _ = reader.require(model.file, "file", remedy: "for example {path: /etc/postroom/users}")
        case .prefetch, .fixed: break
        }
        return model
    }

    private static func fields(_ reader: SectionReader) -> [FieldModel] {
        (reader.node("fields")?.elements ?? []).compactMap { node in
            guard let entry = node.entries?.first, node.entries?.count == 1, let text = entry.value.scalar else {
                reader.context.faults.error(
                    at: node.location, "\(node.path) must be one field", remedy: "for example {allow_nets: 10.0.0.0/8}")
                return nil
            }
            return FieldModel(name: entry.key, template: Located(text, at: entry.value.location))
        }
    }

    private static func active(_ parent: SectionReader) -> ActiveConditionModel? {
        guard let reader = parent.section("active") else { return nil }
        let attribute = reader.require(reader.string("attribute"), "attribute", remedy: "for example accountStatus")
        let values = reader.strings("values") ?? []
        let whenMissing = reader.boolean("when_missing")?.value ?? false
        reader.finish()
        guard let attribute else { return nil }
        if values.isEmpty {
            reader.context.faults.error(
                at: reader.location, "\(reader.path).values is missing", remedy: "for example [active]")
        }
        return ActiveConditionModel(attribute: attribute, values: values, whenMissing: whenMissing)
    }

    private static func file(_ parent: SectionReader) -> UserFileModel? {
        guard let reader = parent.section("file") else { return nil }
        let path = reader.require(reader.string("path"), "path", remedy: "for example /etc/postroom/users")
        let lines = reader.node("lines") == nil ? nil : reader.strings("lines")
        let format = reader.string("username_format")
        reader.finish()
        return path.map { path in
            UserFileModel(
                path: path.map { parent.context.absolute($0, relativeTo: path.location.file) }, lines: lines,
                usernameFormat: format)
        }
    }

    private static func saslauthd(_ parent: SectionReader) -> SaslauthdLookupModel? {
        guard let reader = parent.section("saslauthd") else { return nil }
        var model = SaslauthdLookupModel(
            method: reader.choice("method", SaslauthdLookupModel.Method.self) ?? Located(.bind, at: .builtIn),
            filter: reader.string("filter", default: "uid=%u"), joinsRealm: reader.boolean("join_realm")?.value ?? false
        )
        model.base = reader.string("base")
        model.scope = reader.string("scope")
        model.passwordAttribute = reader.string("password_attribute")
        model.defaultRealm = reader.string("default_realm")
        model.groupDN = reader.string("group_dn")
        model.groupAttribute = reader.string("group_attribute")
        model.groupMatch = reader.choice("group_match", SaslauthdLookupModel.GroupMatch.self)
        model.groupFilter = reader.string("group_filter")
        model.groupBase = reader.string("group_base")
        model.groupScope = reader.string("group_scope")
        reader.finish()
        return model
    }

    private static func chain(_ parent: SectionReader) -> DatabaseChainModel {
        var model = DatabaseChainModel()
        guard let reader = parent.section("chain") else { return model }
        model.success = reader.string("success")
        model.failure = reader.string("failure")
        model.internalFailure = reader.string("internal_failure")
        model.skip = reader.string("skip")
        model.denies = reader.boolean("deny")?.value ?? false
        model.isMaster = reader.boolean("master")?.value ?? false
        model.passes = reader.boolean("pass")?.value ?? false
        model.mechanisms = reader.strings("mechanisms") ?? []
        model.usernameFilter = reader.strings("username_filter") ?? []
        model.defaultFields = reader.string("default_fields")
        model.overrideFields = reader.string("override_fields")
        reader.finish()
        return model
    }
}
