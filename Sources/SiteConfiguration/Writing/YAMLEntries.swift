import Directory

/// Entries of a mapping, those without a value left out; a value's comment tells where it was set.
struct YAMLEntries {
    private var entries: [(key: String, value: YAMLValue)] = []

    var value: YAMLValue { .mapping(entries) }
    var isEmpty: Bool { entries.isEmpty }

    mutating func add(_ key: String, _ value: YAMLValue?) {
        if let value { entries.append((key, value)) }
    }

    mutating func add(_ key: String, _ text: String?) {
        if let text { entries.append((key, .scalar(text))) }
    }

    mutating func add(_ key: String, _ text: Located<String>?) {
        add(key, text?.document)
    }

    mutating func add(_ key: String, _ number: Located<Int>?) {
        add(key, number.map { $0.map(String.init).document })
    }

    mutating func add(_ key: String, _ number: Located<UInt64>?) {
        add(key, number.map { $0.map(String.init).document })
    }

    mutating func add(_ key: String, _ isOn: Located<Bool>?) {
        add(key, isOn.map { $0.map { $0 ? "yes" : "no" }.document })
    }

    mutating func add<Word: RawRepresentable & Sendable>(_ key: String, _ word: Located<Word>?)
    where Word.RawValue == String {
        add(key, word.map { $0.map(\.rawValue).document })
    }

    /// Left out when it is what silence means.
    mutating func add(_ key: String, _ isOn: Bool, unless silent: Bool) {
        if isOn != silent { add(key, isOn ? "yes" : "no") }
    }

    mutating func add(_ key: String, _ list: [Located<String>]) {
        if !list.isEmpty { entries.append((key, .list(list.map(\.document)))) }
    }

    mutating func add(_ key: String, _ tables: [TableModel]) {
        if !tables.isEmpty { entries.append((key, .list(tables.map(\.document)))) }
    }

    /// An empty list is written out: it means something else than none.
    mutating func add(_ key: String, _ tables: [TableModel]?) {
        if let tables { entries.append((key, .list(tables.map(\.document)))) }
    }

    mutating func add(_ key: String, _ items: [MatchItemModel]) {
        if !items.isEmpty { entries.append((key, .list(items.map(\.document)))) }
    }

    /// An empty list is written out: it means something else than none.
    mutating func add(_ key: String, _ items: [MatchItemModel]?) {
        if let items { entries.append((key, .list(items.map(\.document)))) }
    }

    mutating func add(_ key: String, _ duration: Duration) {
        entries.append((key, .scalar(Self.text(duration))))
    }

    mutating func add(_ key: String, _ duration: Located<Duration>?) {
        add(key, duration.map { $0.map(Self.text).document })
    }

    mutating func add(_ key: String, _ inner: YAMLEntries) {
        if !inner.isEmpty { entries.append((key, inner.value)) }
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

extension Located<String> {
    var document: YAMLValue {
        .scalar(value, comment: location == .builtIn ? nil : location.description)
    }
}
