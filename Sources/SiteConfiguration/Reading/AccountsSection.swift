import Directory

/// `accounts:`: password and user databases.
enum AccountsSection {
    static func read(_ site: SectionReader) -> AccountsModel {
        let reader = site.section("accounts")
        let model = AccountsModel(
            passwords: reader.map { list("password", $0, password) } ?? [],
            users: reader.map { list("user", $0, user) } ?? [],
            mailLocation: reader?.string("mail_location"), defaultDomain: reader?.string("default_domain"),
            cacheTime: reader?.duration("cache_time")?.value ?? .zero)
        reader?.finish()
        return model
    }

    private static func list<Model>(
        _ key: String, _ reader: SectionReader, _ read: (SectionReader) -> Model?
    ) -> [Model] {
        guard let node = reader.node(key) else { return [] }
        return (node.elements ?? [node]).compactMap { read(SectionReader($0, reader.context)) }
    }

    private static func password(_ reader: SectionReader) -> PasswordDatabaseModel? {
        let check = reader.require(
            reader.choice("check", PasswordDatabaseModel.Check.self), "check", remedy: "bind, search-then-bind or hash")
        let model = check.map { check in
            PasswordDatabaseModel(
                check: check, directory: reader.string("directory", default: SiteModel.mainDirectory),
                dn: reader.string("dn"), base: reader.string("base"), scope: reader.string("scope"),
                filter: reader.string("filter"), attributes: reader.string("attributes"),
                defaultScheme: reader.string("default_scheme"), active: active(reader))
        }
        reader.finish()
        guard let model else { return nil }
        switch model.check.value {
        case .bind:
            _ = reader.require(model.dn, "dn", remedy: "for example uid=%u,ou=people,dc=example,dc=org")
        case .searchThenBind, .hash:
            _ = reader.require(model.filter, "filter", remedy: "for example (uid=%u)")
        case .passwdFile, .fixed, .saslauthd, .service: break
        }
        return model
    }

    private static func user(_ reader: SectionReader) -> UserDatabaseModel? {
        let filter = reader.require(reader.string("filter"), "filter", remedy: "for example (uid=%u)")
        let attributes = reader.string("attributes", default: "homeDirectory=home, uidNumber=uid, gidNumber=gid")
        let model = filter.map { filter in
            UserDatabaseModel(
                directory: reader.string("directory", default: SiteModel.mainDirectory), base: reader.string("base"),
                scope: reader.string("scope"), filter: filter, addressFilter: reader.string("address_filter"),
                attributes: attributes, active: active(reader))
        }
        reader.finish()
        return model
    }

    private static func active(_ parent: SectionReader) -> ActiveConditionModel? {
        guard let reader = parent.section("active") else { return nil }
        let attribute = reader.require(reader.string("attribute"), "attribute", remedy: "for example accountStatus")
        let values = reader.strings("values") ?? []
        reader.finish()
        guard let attribute else { return nil }
        if values.isEmpty {
            reader.context.faults.error(
                at: reader.location, "\(reader.path).values is missing", remedy: "for example [active]")
        }
        return ActiveConditionModel(attribute: attribute, values: values)
    }
}
