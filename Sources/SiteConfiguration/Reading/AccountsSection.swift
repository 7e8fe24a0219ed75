import Directory
import MailModel

/// `accounts:`: password and user databases, and what holds for all accounts.
enum AccountsSection {
    static func read(_ site: SectionReader) -> AccountsModel {
        var model = AccountsModel()
        guard let reader = site.section("accounts") else { return model }
        model.passwords = list("password", reader, DatabaseSection.password)
        model.users = list("user", reader, DatabaseSection.user)
        model.submission = submission(reader)
        model.mailLocation = reader.string("mail_location")
        model.home = reader.string("home")
        model.defaultDomain = reader.string("default_domain")
        model.loginFormat = reader.string("login_format")
        model.loginCharacters = reader.string("login_characters")
        model.loginTranslation = reader.string("login_translation")
        model.mechanisms = reader.strings("mechanisms") ?? []
        model.masterSeparator = reader.string("master_separator")
        model.variables =
            reader.choice("variables", AccountsModel.VariableSyntax.self) ?? Located(.percent, at: .builtIn)
        model.uid = reader.string("uid")
        model.gid = reader.string("gid")
        model.minimumUID = reader.integer("minimum_uid", in: 1...Int(UInt32.max - 1))
        model.minimumGID = reader.integer("minimum_gid", in: 1...Int(UInt32.max - 1))
        model.maximumUID = reader.integer("maximum_uid", in: 0...Int(UInt32.max - 1))
        model.maximumGID = reader.integer("maximum_gid", in: 0...Int(UInt32.max - 1))
        model.quotaRules = reader.strings("quota_rules") ?? []
        if let section = reader.section("quota") { model.quota = quota(section) }
        model.namespaces = (reader.node("namespaces")?.entries ?? []).map {
            NamespaceSection.read($0.key, SectionReader($0.value, reader.context))
        }
        if let section = reader.section("acl") { model.accessControl = accessControl(section) }
        model.cacheTime = reader.duration("cache_time")?.value ?? .zero
        model.outageTime = reader.duration("outage_time")?.value ?? .zero
        reader.finish()
        return model
    }

    private static func quota(_ reader: SectionReader) -> QuotaModel {
        var model = QuotaModel()
        model.sizes = reader.choice("sizes", QuotaTerms.Sizes.self)
        model.countsDeleted = reader.boolean("count_deleted")
        model.grace = reader.string("grace")
        model.messageSize = reader.size("message_size")
        model.fullMailbox = reader.choice("full_mailbox", QuotaModel.FullMailbox.self)
        model.message = reader.string("message")
        model.warnings = reader.strings("warnings") ?? []
        reader.finish()
        return model
    }

    private static func accessControl(_ reader: SectionReader) -> AccessControlModel {
        var model = AccessControlModel()
        model.isEnabled = reader.boolean("enabled")?.value ?? true
        model.hasCommands = reader.boolean("commands")?.value ?? true
        model.siteLists = reader.string("site_lists")
        model.sharedFile = reader.string("shared_file")
        model.defaultsFromInbox = reader.boolean("defaults_from_inbox")?.value ?? false
        reader.finish()
        return model
    }

    private static func submission(_ parent: SectionReader) -> SubmissionLoginModel? {
        guard let reader = parent.section("submission") else { return nil }
        let model = SubmissionLoginModel(
            passwords: list("password", reader, DatabaseSection.password), realm: reader.string("realm"),
            splitsRealm: reader.boolean("split_realm")?.value ?? false, mechanisms: reader.strings("mechanisms") ?? [])
        reader.finish()
        return model
    }

    private static func list<Model>(
        _ key: String, _ reader: SectionReader, _ read: (SectionReader) -> Model?
    ) -> [Model] {
        guard let node = reader.node(key) else { return [] }
        return (node.elements ?? [node]).compactMap { read(SectionReader($0, reader.context)) }
    }
}

/// One namespace of `accounts.namespaces`.
enum NamespaceSection {
    static func read(_ name: String, _ reader: SectionReader) -> NamespaceModel {
        var model = NamespaceModel(
            name: name, kind: reader.choice("kind", NamespaceModel.Kind.self) ?? Located(.personal, at: .builtIn))
        model.prefix = reader.string("prefix")
        model.separator = reader.string("separator")
        model.mailLocation = reader.string("mail_location")
        model.isInbox = reader.boolean("inbox")?.value ?? false
        model.hasOwnSeen = reader.boolean("own_seen")?.value ?? false
        model.isHidden = reader.boolean("hidden")?.value ?? false
        model.list = reader.string("list")
        model.keepsSubscriptions = reader.boolean("subscriptions")?.value ?? true
        model.mailboxes = (reader.node("mailboxes")?.elements ?? []).compactMap { node in
            let mailbox = SectionReader(node, reader.context)
            let name = mailbox.require(mailbox.string("name"), "name", remedy: "for example Sent")
            let creation = mailbox.choice("auto", MailboxModel.Creation.self)?.value ?? .no
            let uses = mailbox.strings("special_use") ?? []
            mailbox.finish()
            return name.map { MailboxModel(name: $0, creation: creation, specialUses: uses) }
        }
        reader.finish()
        return model
    }
}
