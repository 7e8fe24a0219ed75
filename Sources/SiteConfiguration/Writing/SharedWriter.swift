import MailModel

extension SharedModel {
    var entries: YAMLEntries {
        var entries = YAMLEntries()
        if !rules.isEmpty { entries.add("rules", .list(rules.map { $0.entries.value })) }
        entries.add("cache_time", cacheTime)
        entries.add("outage_time", outageTime)
        entries.add("shared_maildirs", readsSharedMaildirs, unless: false)
        return entries
    }
}

extension SharedRuleModel {
    fileprivate var entries: YAMLEntries {
        var entries = YAMLEntries()
        entries.add("kind", Optional(kind))
        entries.add("directory", directory.value, unless: SiteModel.mainDirectory)
        entries.add("base", base)
        entries.add("scope", scope)
        entries.add("filter", Optional(filter))
        entries.add("listed_in", listedIn)
        entries.add("members", members)
        entries.add("member_logins", memberLogins)
        entries.add("nested", isNested, unless: false)
        entries.add("display", display)
        entries.add("attributes", attributes)
        entries.add("folders", folders)
        if let deliveryFolder {
            var link = YAMLEntries()
            link.add("delivery_folder", Optional(deliveryFolder))
            link.add("path", linkPath)
            link.add("maildir", maildirPath)
            entries.add("link", link)
        }
        entries.add("rights", rights?.map(\.text))
        entries.add("own_seen", hasOwnSeen, unless: false)
        return entries
    }
}

extension YAMLEntries {
    fileprivate mutating func add(_ key: String, _ text: String, unless silent: String) {
        if text != silent { add(key, .scalar(text)) }
    }
}
