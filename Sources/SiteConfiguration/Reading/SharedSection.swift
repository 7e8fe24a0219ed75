import Directory
import MailModel

/// `shared:`.
enum SharedSection {
    static func read(_ site: SectionReader) -> SharedModel {
        var model = SharedModel()
        guard let reader = site.section("shared") else { return model }
        if let node = reader.node("rules") {
            model.rules = (node.elements ?? [node]).compactMap { rule(SectionReader($0, reader.context)) }
        }
        model.cacheTime = reader.duration("cache_time")
        model.outageTime = reader.duration("outage_time")
        model.readsSharedMaildirs = reader.boolean("shared_maildirs")?.value ?? false
        reader.finish()
        return model
    }

    private static func rule(_ reader: SectionReader) -> SharedRuleModel? {
        let kind = reader.require(
            reader.choice("kind", SharedRuleModel.Kind.self), "kind",
            remedy: SharedRuleModel.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        let filter = reader.require(reader.string("filter"), "filter", remedy: "for example (accountStatus=shared)")
        var model = SharedRuleModel(
            kind: kind ?? Located(.account, at: .builtIn),
            directory: reader.string("directory", default: SiteModel.mainDirectory),
            filter: filter ?? Located("(objectClass=*)", at: .builtIn))
        model.base = reader.string("base")
        model.scope = reader.string("scope")
        model.listedIn = attribute("listed_in", reader)
        model.members = attribute("members", reader)
        model.memberLogins = attribute("member_logins", reader)
        model.isNested = reader.boolean("nested")?.value ?? false
        model.display = reader.string("display")
        model.attributes = reader.string("attributes")
        model.folders = attribute("folders", reader)
        if let link = reader.section("link") {
            model.deliveryFolder = link.require(
                attribute("delivery_folder", link), "delivery_folder", remedy: "for example uid")
            model.linkPath = path("path", link)
            model.maildirPath = path("maildir", link)
            link.finish()
        }
        if let text = reader.string("rights") {
            if let rights = MailboxRights(text.value), !rights.isEmpty {
                model.rights = Located(rights, at: text.location)
            } else {
                reader.context.faults.error(
                    at: text.location, "\(reader.qualified("rights")): \(text.value) are no rights",
                    remedy: "letters of RFC 4314, for example lrs to read and lrswitek to work with it")
            }
        }
        model.hasOwnSeen = reader.boolean("own_seen")?.value ?? false
        reader.finish()
        check(model, reader)
        return kind == nil || filter == nil ? nil : model
    }

    private static func check(_ model: SharedRuleModel, _ reader: SectionReader) {
        let ways = [model.listedIn, model.members, model.memberLogins].compactMap(\.self)
        if ways.count != 1 {
            reader.context.faults.error(
                at: ways.last?.location ?? reader.location,
                "\(reader.path): one attribute says who sees the mailbox, and \(ways.count) are named",
                remedy: "one of listed_in, members and member_logins; a rule for each, where there are several")
        }
        if model.isNested, model.members == nil {
            reader.context.faults.error(
                at: reader.location, "\(reader.path).nested is about members, and none are named",
                remedy: "name their attribute: members: member")
        }
    }

    /// The name of an attribute: it becomes part of a filter.
    private static func attribute(_ key: String, _ reader: SectionReader) -> Located<String>? {
        guard let text = reader.string(key) else { return nil }
        let isName =
            !text.value.isEmpty
            && text.value.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-.;_".utf8.contains(byte)
                }
            }
        guard isName else {
            reader.context.faults.error(
                at: text.location, "\(reader.qualified(key)): \(text.value) is no name of an attribute",
                remedy: "one name, as the schema has it")
            return nil
        }
        return text
    }

    /// A part of a path between slashes.
    private static func path(_ key: String, _ reader: SectionReader) -> Located<String>? {
        guard let text = reader.require(reader.string(key), key, remedy: "for example /shared/") else { return nil }
        let parts = text.value.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, parts.first == "", parts.last == "",
            parts.dropFirst().dropLast().allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else {
            reader.context.faults.error(
                at: text.location, "\(reader.qualified(key)): \(text.value) is no part of a path between slashes",
                remedy: "for example /shared/")
            return nil
        }
        return text
    }
}
