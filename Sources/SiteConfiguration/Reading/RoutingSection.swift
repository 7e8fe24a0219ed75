import Directory

/// `domains:`, `aliases:`, `mailboxes:`, `recipient_delimiter:`.
enum RoutingSection {
    static func read(_ site: SectionReader) -> RoutingModel {
        let domains = site.section("domains")
        let mailboxDomains = domains.map { matchList("mailbox", $0) } ?? []
        let aliasDomains = domains.map { matchList("alias", $0) } ?? []
        let membershipTime = domains?.duration("remember")?.value ?? .seconds(60)
        domains?.finish()
        if mailboxDomains.isEmpty, aliasDomains.isEmpty {
            site.context.faults.error(
                at: domains?.location ?? site.location, "no domain is ours",
                remedy: "domains: {mailbox: [example.org]}, or a table that knows them")
        }
        return RoutingModel(
            mailboxDomains: mailboxDomains, aliasDomains: aliasDomains, membershipTime: membershipTime,
            aliases: TableSection.tables("aliases", site),
            mailboxes: mailboxes(site),
            recipientDelimiter: site.string("recipient_delimiter", default: ""),
            expansionLimit: site.integer("expansion_limit", in: 1...100_000)?.value ?? 1000,
            depthLimit: site.integer("expansion_depth_limit", in: 1...1000)?.value ?? 20)
    }

    private static func matchList(_ key: String, _ reader: SectionReader) -> [MatchItemModel] {
        guard let node = reader.node(key) else { return [] }
        return (node.elements ?? [node]).compactMap { element in
            if let text = element.scalar, !TableSection.isTable(text) {
                return .name(Located(text, at: element.location))
            }
            return TableSection.table(element, reader.context).map { .table($0) }
        }
    }

    private static func mailboxes(_ site: SectionReader) -> MailboxLookupModel {
        guard let reader = site.section("mailboxes") else { return .accounts }
        let paths = TableSection.tables("paths", reader)
        let uids = TableSection.tables("uids", reader)
        let gids = TableSection.tables("gids", reader)
        let base = reader.string("base")
        reader.finish()
        if paths.isEmpty {
            reader.context.faults.error(
                at: reader.location, "mailboxes.paths is missing",
                remedy: "name the tables that give a mailbox's path, or leave mailboxes out to use the accounts")
        }
        return .tables(MailboxTablesModel(paths: paths, uids: uids, gids: gids, base: base))
    }
}
