import Directory
import SiteConfiguration

/// `saslauthd.conf`: lines `key: value`; the keys are case-insensitive, the last of one key counts.
struct SaslauthdConfigurationFile {
    struct Setting {
        var key: String
        var value: Located<String>
    }

    private(set) var settings: [Setting] = []
    let location: SourceLocation

    /// saslauthd refuses a file with a line that is no setting; so it is told as a fault.
    init(_ file: SourceText, _ draft: inout SiteDraft) {
        location = SourceLocation(file: file.hostPath ?? file.path)
        for line in file.lines {
            let text = String(decoding: line.bytes, as: UTF8.self).drop(while: \.isWhitespace)
            guard let first = text.first, first != "#" else { continue }
            let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            let rest = text.dropFirst(name.count)
            guard !name.isEmpty, rest.first == ":" else {
                draft.error(
                    at: line.location, "\"\(name)…\" is no setting of saslauthd.conf",
                    remedy: "key: value, with a colon")
                continue
            }
            var value = rest.dropFirst().drop(while: \.isWhitespace)
            while value.last?.isWhitespace == true { value.removeLast() }
            guard !value.isEmpty else {
                draft.error(
                    at: line.location, "\(name) has no value: saslauthd refuses the file",
                    remedy: "give one, or leave the line out")
                continue
            }
            settings.append(Setting(key: name.lowercased(), value: Located(String(value), at: line.location)))
        }
    }

    /// The last of a key and of its other names.
    func value(_ keys: String...) -> Located<String>? {
        settings.last { keys.contains($0.key) }?.value
    }

    /// Cyrus' idea of a switch.
    func isOn(_ key: String) -> Located<Bool>? {
        value(key)?.map { text in
            let text = text.lowercased()
            return ["1", "y", "t"].contains { text.hasPrefix($0) } || text.hasPrefix("on")
        }
    }
}
