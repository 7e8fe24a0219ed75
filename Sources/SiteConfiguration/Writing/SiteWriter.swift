import MailModel

/// `SiteModel` → `postroom.yaml`: the whole configuration in force, presets and defaults written out.
extension SiteModel {
    package var yaml: String { document.text }

    private var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("hostname", hostname.value)
        entries.add("postmaster", postmaster.map { String(decoding: $0.value.unquoted, as: UTF8.self) })
        if let main = directory(Self.mainDirectory) { entries.add("directory", main.document) }
        let others = directories.filter { $0.name != Self.mainDirectory }
        if !others.isEmpty { entries.add("directories", .mapping(others.map { ($0.name, $0.document) })) }
        entries.add("domains", routing.domains)
        if !routing.aliases.isEmpty { entries.add("aliases", .list(routing.aliases.map(\.document))) }
        if let mailboxes = routing.mailboxes.document { entries.add("mailboxes", mailboxes) }
        if !routing.recipientDelimiter.value.isEmpty {
            entries.add("recipient_delimiter", routing.recipientDelimiter.value)
        }
        entries.add("expansion_limit", String(routing.expansionLimit))
        entries.add("expansion_depth_limit", String(routing.depthLimit))
        entries.add("accounts", accounts.document)
        entries.add("senders", senders.document)
        entries.add("store", store.document)
        entries.add("listeners", .list(listeners.map(\.document)))
        entries.add("tls", tls.document)
        entries.add("limits", limits.document)
        entries.add(
            "log", .mapping([("level", .scalar(log.level.rawValue)), ("format", .scalar(log.format.rawValue))]))
        entries.add("service", .mapping([("user", .scalar(serviceUser.value))]))
        return entries.value
    }
}

/// Entries of a mapping, those without a value left out.
struct YAMLEntries {
    private var entries: [(key: String, value: YAMLValue)] = []

    var value: YAMLValue { .mapping(entries) }

    mutating func add(_ key: String, _ value: YAMLValue) {
        entries.append((key, value))
    }

    mutating func add(_ key: String, _ text: String?) {
        if let text { entries.append((key, .scalar(text))) }
    }

    mutating func add(_ key: String, _ text: Located<String>?) {
        add(key, text?.value)
    }

    mutating func add(_ key: String, _ number: Located<Int>?) {
        add(key, number.map { String($0.value) })
    }

    mutating func add(_ key: String, _ list: [Located<String>]) {
        if !list.isEmpty { entries.append((key, .list(list.map { .scalar($0.value) }))) }
    }

    mutating func add(_ key: String, _ duration: Duration) {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        add(key, milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms")
    }
}
