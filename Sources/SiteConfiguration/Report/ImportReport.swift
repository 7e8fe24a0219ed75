package import Directory

/// What became of each setting of another program's configuration.
package struct ImportReport: Sendable {
    package struct Entry: Sendable {
        /// The program's own word for it: `smtpd_milters`, `SASLAUTHD_LDAP_FILTER`, `user-patches.sh`.
        package var setting: String
        /// Shortened; secrets are never shown.
        package var value: String
        package var location: SourceLocation
        package var fate: Fate
        /// What was made of it, why it is not needed, or what is missing and what to do.
        package var note: String

        package init(_ setting: String, value: String = "", at location: SourceLocation, _ fate: Fate, _ note: String) {
            self.setting = setting
            self.value = value
            self.location = location
            self.fate = fate
            self.note = note
        }
    }

    package enum Fate: Hashable, Sendable {
        case used
        case notNeeded
        /// Postroom does what its author meant, where the original does not.
        case difference(Difference)
        /// In force as it was, and weak.
        case weak
        /// A filter or scanner that is not there: the site starts without it, and says so loudly.
        case missingFilter
        /// Not supported, and changing nothing that matters.
        case ignored
        /// Not supported, and it would change something that matters: stops the start until it is accepted.
        case unsupported(Effect)
    }

    /// What a setting that is not supported would have changed.
    package enum Effect: String, CaseIterable, Sendable {
        case routing = "where mail goes"
        case login = "who may log in"
        case relaying = "who may relay or send"
        case encryption = "what is encrypted"
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package mutating func add(
        _ setting: String, value: String = "", at location: SourceLocation, _ fate: Fate, _ note: String
    ) {
        entries.append(Entry(setting, value: value, at: location, fate, note))
    }

    package mutating func add(_ entry: Entry) {
        entries.append(entry)
    }

    /// What keeps the site from starting: each entry that matters and whose setting (or `file:line`) is not accepted.
    ///
    /// - Parameter accepted: the words of `--accept`.
    package func refusals(accepting accepted: [String]) -> [ConfigurationFault] {
        entries.compactMap { entry in
            guard case .unsupported(let effect) = entry.fate, !entry.isAccepted(by: accepted) else { return nil }
            return ConfigurationFault(
                .error, at: entry.location,
                "\(entry.setting) is not supported, and decides \(effect.rawValue): \(entry.note)",
                remedy: "change it, or start in spite of it with --accept \(entry.setting)")
        }
    }
}

extension ImportReport.Entry {
    package func isAccepted(by words: [String]) -> Bool {
        words.contains { $0.lowercased() == setting.lowercased() || $0 == "\(location)" }
    }
}
