import Directory
import SiteConfiguration

/// How the system starts saslauthd: `/etc/default/saslauthd` (Debian) or `/etc/sysconfig/saslauthd` (Red Hat).
struct SaslauthdStart {
    /// `-a`: ldap, rimap, pam, …
    var mechanism: Located<String>?
    /// `-O`: ldap's file, rimap's host.
    var mechanismOptions: Located<String>?
    /// `-r`: user and realm are joined by `@`.
    var joinsRealm: Located<Bool>?
    /// `-m`: the folder of its socket.
    var socketFolder: Located<String>?

    init() {}

    init(_ file: SourceText, _ draft: inout SiteDraft) {
        for line in file.lines {
            let text = String(decoding: line.bytes, as: UTF8.self).trimmingBlanks
            guard let first = text.first, first != "#" else { continue }
            guard let equals = text.firstIndex(of: "=") else {
                draft.error(
                    at: line.location, "\"\(text.settingName)…\" is no assignment",
                    remedy: "NAME=VALUE, as a shell has it")
                continue
            }
            let name = String(text[..<equals])
            let value = Located(Self.unquoted(text[text.index(after: equals)...]), at: line.location)
            switch name {
            case "MECHANISMS", "MECH": setMechanism(value, name, &draft)
            case "MECH_OPTIONS":
                if !value.value.isEmpty { mechanismOptions = value }
                draft.tell(name, value.value, at: line.location, .used, "what the mechanism is given (-O)")
            case "OPTIONS", "FLAGS": readOptions(value, name, &draft)
            case "SOCKETDIR":
                socketFolder = value
                draft.tell(name, value.value, at: line.location, .used, "the folder of its socket (-m)")
            case "START", "DESC", "NAME", "THREADS", "PARAMS", "PIDFILE", "PWDIR", "DAEMONOPTS":
                draft.tell(name, value.value, at: line.location, .notNeeded, "concerns how the program is started")
            default:
                draft.tell(name, value.value, at: line.location, .ignored, "no setting of saslauthd's start")
            }
        }
    }

    private mutating func setMechanism(_ value: Located<String>, _ name: String, _ draft: inout SiteDraft) {
        let words = value.value.split(separator: " ").map(String.init)
        mechanism = words.first.map { Located($0, at: value.location) }
        if words.count > 1 {
            draft.warning(
                at: value.location, "\(name) names several mechanisms; saslauthd runs with one",
                remedy: "only \(words[0]) is read")
        }
        draft.tell(name, value.value, at: value.location, .used, "how passwords are checked (-a)")
    }

    /// saslauthd(8): `-a`, `-O` and `-m` take what follows, joined or apart.
    private mutating func readOptions(_ value: Located<String>, _ name: String, _ draft: inout SiteDraft) {
        var words = value.value.split(separator: " ").map(String.init)[...]
        while let word = words.popFirst() {
            guard word.hasPrefix("-"), word.count >= 2 else {
                draft.warning(at: value.location, "\(name): \"\(word)\" is no option of saslauthd", remedy: "remove it")
                continue
            }
            var letters = Substring(word).dropFirst()
            while let letter = letters.popFirst() {
                if "aOmnst".contains(letter) {
                    let argument = letters.isEmpty ? words.popFirst() ?? "" : String(letters)
                    letters = ""
                    let located = Located(Self.unquoted(Substring(argument)), at: value.location)
                    switch letter {
                    case "a": mechanism = located
                    case "O": mechanismOptions = located
                    case "m": socketFolder = located
                    default: break
                    }
                } else if letter == "r" {
                    joinsRealm = Located(true, at: value.location)
                }
            }
        }
        draft.tell(
            name, value.value, at: value.location, .used,
            "-a, -O, -m and -r are followed; threads, caches and the rest are Postroom's own")
    }

    private static func unquoted(_ text: Substring) -> String {
        let text = String(text).trimmingBlanks
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }
}

extension String {
    /// What of a damaged line can be shown: the name that it begins with, and nothing that could be a secret's value.
    var settingName: String {
        String(prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "/" || $0 == "-") }.prefix(64))
    }

    /// Without white space at either end.
    var trimmingBlanks: String {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
