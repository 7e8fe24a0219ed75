import Directory
import SiteConfiguration

/// A file of settings of Courier: `NAME value` with blanks or tabs between (authldaprc, ldapaliasrc), or assignments as a
/// shell has them (imapd, authdaemonrc).
struct CourierFile {
    enum Form {
        case words
        case shell
    }

    struct Setting {
        var name: String
        var value: Located<String>
    }

    let location: SourceLocation
    private(set) var settings: [Setting] = []

    init(_ file: SourceText, _ form: Form, _ draft: inout SiteDraft) {
        location = SourceLocation(file: file.hostPath ?? file.path)
        for line in file.lines.prefix(20_000) {
            let text = String(decoding: line.bytes, as: UTF8.self).trimmingBlanks
            guard let first = text.first, first != "#" else { continue }
            let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            let rest = text.dropFirst(name.count)
            switch form {
            case .words:
                guard !name.isEmpty, rest.isEmpty || rest.first?.isWhitespace == true else {
                    draft.error(
                        at: line.location, "\"\(name)…\" is no setting of Courier",
                        remedy: "NAME, blanks, value")
                    continue
                }
                settings.append(
                    Setting(name: String(name), value: Located(String(rest).trimmingBlanks, at: line.location)))
            case .shell:
                guard !name.isEmpty, rest.first == "=" else {
                    // The files are shell scripts: exports, tests and further lines of a quoted value.
                    continue
                }
                settings.append(
                    Setting(name: String(name), value: Located(Self.unquoted(rest.dropFirst()), at: line.location)))
            }
        }
    }

    /// The last of a name, unless it is empty.
    func value(_ name: String) -> Located<String>? {
        settings.last { $0.name == name }.flatMap { $0.value.value.isEmpty ? nil : $0.value }
    }

    func isSet(_ name: String) -> Bool { settings.contains { $0.name == name } }

    /// 1 and YES, in any case.
    func isOn(_ name: String) -> Located<Bool>? {
        value(name)?.map { ["1", "yes", "y"].contains($0.lowercased()) }
    }

    func number(_ name: String, _ draft: inout SiteDraft) -> Located<Int>? {
        guard let value = value(name) else { return nil }
        guard let number = Int(value.value), (0...1_000_000).contains(number) else {
            draft.error(at: value.location, "\(name): \(value.value) is no number", remedy: "a whole number")
            return nil
        }
        return Located(number, at: value.location)
    }

    /// Tells each setting once.
    ///
    /// - Parameter verdict: nil for a name that nobody knows.
    func tell(_ draft: inout SiteDraft, _ verdict: (Setting) -> (ImportReport.Fate, String)?) {
        for (index, setting) in settings.enumerated() {
            let (name, location) = (setting.name, setting.value.location)
            if let later = settings.dropFirst(index + 1).last(where: { $0.name == name }) {
                draft.tell(name, setting.value.value, at: location, .notNeeded, "set again at \(later.value.location)")
            } else if let (fate, note) = verdict(setting) {
                draft.tell(name, setting.value.value, at: location, fate, note)
            } else {
                draft.tell(name, setting.value.value, at: location, .ignored, "not known; Courier passes over it too")
                if !name.hasPrefix("IMAP"), name.hasPrefix("LDAP_") {
                    draft.warning(at: location, "\(name) is no setting of Courier", remedy: "look for a misspelling")
                }
            }
        }
    }

    private static func unquoted(_ text: Substring) -> String {
        let text = String(text).trimmingBlanks
        for quote: Character in ["\"", "'"] where text.first == quote {
            let inner = text.dropFirst()
            return String(inner.prefix { $0 != quote })
        }
        return String(text.prefix { !$0.isWhitespace })
    }
}
