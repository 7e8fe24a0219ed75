import Directory
import Routing

/// `domains:`, `aliases:`, `mailboxes:`, `transports:` and what else decides where mail goes.
enum RoutingSection {
    static func read(_ site: SectionReader) -> RoutingModel {
        var model = RoutingModel(
            meaning: site.choice("meaning", RoutingModel.Meaning.self)?.value ?? .native,
            aliases: TableSection.tables("aliases", site), mailboxes: mailboxes(site),
            recipientDelimiter: site.string("recipient_delimiter", default: ""),
            expansionLimit: site.integer("expansion_limit", in: 1...100_000)?.value,
            depthLimit: site.integer("expansion_depth_limit", in: 1...1000)?.value ?? 20)
        domains(site, into: &model)
        model.origin = site.string("origin")
        model.completedDomain = site.string("completed_domain")
        model.localAliases = TableSection.tables("local_aliases", site)
        model.localRecipients =
            site.node("local_recipients") == nil ? nil : TableSection.tables("local_recipients", site)
        model.relayRecipients =
            site.node("relay_recipients") == nil ? nil : TableSection.tables("relay_recipients", site)
        model.propagatesExtensions = site.boolean("propagate_extensions")
        model.showsTableNames = site.boolean("show_table_names")
        canonical(site, into: &model.canonical)
        headers(site, into: &model.headers)
        blindCopies(site, into: &model.blindCopies)
        TransportSection.read(site, into: &model)
        return model
    }

    private static func domains(_ site: SectionReader, into model: inout RoutingModel) {
        let reader = site.section("domains")
        if let reader {
            model.localDomains = TableSection.matchList("local", reader)
            model.mailboxDomains = TableSection.matchList("mailbox", reader)
            model.aliasDomains = TableSection.matchList("alias", reader)
            model.relayDomains = TableSection.matchList("relay", reader)
            model.addressLiterals = reader.strings("address_literals") ?? []
            model.membershipTime = reader.duration("remember")?.value ?? .seconds(60)
            reader.finish()
        }
        if model.mailboxDomains.isEmpty, model.aliasDomains.isEmpty, model.localDomains.isEmpty,
            model.relayDomains.isEmpty
        {
            site.context.faults.error(
                at: reader?.location ?? site.location, "no domain is ours",
                remedy: "domains: {mailbox: [example.org]}, or a table that knows them")
        }
    }

    private static func mailboxes(_ site: SectionReader) -> MailboxLookupModel {
        guard let reader = site.section("mailboxes") else { return .accounts }
        let paths = TableSection.tables("paths", reader)
        let model = MailboxTablesModel(
            paths: paths, uids: TableSection.tables("uids", reader), gids: TableSection.tables("gids", reader),
            base: reader.string("base"), minimumUID: reader.integer("minimum_uid", in: 1...Int(UInt32.max - 1)),
            sizeLimit: reader.size("size_limit"))
        reader.finish()
        if paths.isEmpty {
            reader.context.faults.error(
                at: reader.location, "mailboxes.paths is missing",
                remedy: "name the tables that give a mailbox's path, or leave mailboxes out to use the accounts")
        }
        return .tables(model)
    }

    private static func canonical(_ site: SectionReader, into model: inout CanonicalModel) {
        guard let reader = site.section("canonical") else { return }
        model.both = TableSection.tables("both", reader)
        model.senders = TableSection.tables("senders", reader)
        model.recipients = TableSection.tables("recipients", reader)
        model.classes = classes("classes", reader)
        model.senderClasses = classes("sender_classes", reader)
        model.recipientClasses = classes("recipient_classes", reader)
        if let masquerade = reader.section("masquerade") {
            model.masquerade.domains = masquerade.strings("domains") ?? []
            model.masquerade.classes = classes("classes", masquerade)
            model.masquerade.exceptions = TableSection.matchList("exceptions", masquerade)
            masquerade.finish()
        }
        reader.finish()
    }

    private static func classes(_ key: String, _ reader: SectionReader) -> [Located<String>] {
        let words = reader.strings(key) ?? []
        for word in words where CanonicalOptions.AddressClass(rawValue: word.value.lowercased()) == nil {
            reader.context.faults.error(
                at: word.location, "\(reader.qualified(key)): there is no class \(word.value)",
                remedy: "one of " + CanonicalOptions.AddressClass.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return words
    }

    private static func headers(_ site: SectionReader, into model: inout HeaderModel) {
        guard let reader = site.section("headers") else { return }
        model.dropped = reader.strings("drop")
        model.alwaysAddsMissing = reader.boolean("always_add_missing")?.value ?? false
        model.appendsOrigin = reader.boolean("append_origin")?.value ?? true
        reader.finish()
    }

    private static func blindCopies(_ site: SectionReader, into model: inout BlindCopyModel) {
        guard let reader = site.section("blind_copies") else { return }
        model.always = reader.string("always")
        model.senders = TableSection.tables("senders", reader)
        model.recipients = TableSection.tables("recipients", reader)
        reader.finish()
    }
}
