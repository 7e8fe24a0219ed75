import Directory
import Routing

extension ImportReport {
    /// For people: what stops the start first, what is simply used last.
    ///
    /// - Parameter accepted: the words of `--accept`.
    package func text(accepting accepted: [String] = [], isComplete: Bool = true) -> String {
        var sections: [(title: String, entries: [Entry])] = []
        func add(_ title: String, _ fits: (Entry) -> Bool) {
            let found = entries.filter(fits)
            if !found.isEmpty { sections.append((title, found)) }
        }
        add("Not supported, and stops the start until it is accepted") {
            $0.fate.isUnsupported && !$0.isAccepted(by: accepted)
        }
        add("Not supported, and accepted") { $0.fate.isUnsupported && $0.isAccepted(by: accepted) }
        add("Filters and scanners that are not there: mail is NOT checked by them") { $0.fate == .missingFilter }
        add("Weak, and kept as it was") { $0.fate == .weak }
        add("Different from the original, as its author meant it") { $0.fate.isDifference }
        add("Not supported, and changing nothing that matters") { $0.fate == .ignored }
        if isComplete {
            add("Not needed here") { $0.fate == .notNeeded }
            add("Used") { $0.fate == .used }
        }
        return sections.map { section in
            "\(section.title):\n" + section.entries.map { "  " + $0.description + "\n" }.joined()
        }.joined(separator: "\n")
    }

    /// How many entries came to what, in one line.
    package var summary: String {
        func count(_ fits: (Entry) -> Bool) -> Int { entries.filter(fits).count }
        return "\(entries.count) settings: \(count { $0.fate == .used }) used, "
            + "\(count { $0.fate == .notNeeded }) not needed, \(count { $0.fate.isDifference }) with a difference, "
            + "\(count { $0.fate == .weak }) weak, \(count { $0.fate == .missingFilter }) missing filters, "
            + "\(count { $0.fate == .ignored || $0.fate.isUnsupported }) not supported"
    }

    /// The filters that the site expects and doesn't get.
    package var missingFilters: [Entry] { entries.filter { $0.fate == .missingFilter } }
}

extension ImportReport.Fate {
    package var isUnsupported: Bool {
        if case .unsupported = self { true } else { false }
    }

    package var isDifference: Bool {
        if case .difference = self { true } else { false }
    }

    /// One word, for programs.
    package var word: String {
        switch self {
        case .used: "used"
        case .notNeeded: "not-needed"
        case .difference(let difference): "difference:\(difference.rawValue)"
        case .weak: "weak"
        case .missingFilter: "missing-filter"
        case .ignored: "ignored"
        case .unsupported(let effect): "unsupported:\(effect.rawValue.replacing(" ", with: "-"))"
        }
    }
}

extension ImportReport.Entry: CustomStringConvertible {
    /// `/etc/postfix/main.cf:12: relayhost = [relay]:25 — …`
    package var description: String {
        let setting = value.isEmpty ? setting : "\(setting) = \(value)"
        return VisibleText.escaped(Array("\(location): \(setting)".utf8)) + (note.isEmpty ? "" : " — \(note)")
    }
}
