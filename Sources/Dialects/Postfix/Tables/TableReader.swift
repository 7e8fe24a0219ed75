import Directory
import SiteConfiguration

/// `type:name` words of main.cf and master.cf → tables.
struct TableReader {
    let reading: PostfixReading
    /// What goes wrong when a table of this parameter is missing.
    var effect: ImportReport.Effect
    /// alias_maps: `hash:` and its kin have the form of aliases(5).
    var isAliases = false

    /// Tables within tables (unionmap, pipemap), lists within lists.
    private static let maximumDepth = 10
    /// Of one list with the files that it names: words and files, and the files' octets.
    private static let maximumWords = 20_000
    private static let maximumBytes = 4 << 20

    init(_ reading: PostfixReading, effect: ImportReport.Effect = .routing, isAliases: Bool = false) {
        self.reading = reading
        self.effect = effect
        self.isAliases = isAliases
    }

    func tables(_ words: [Located<String>]) -> [TableModel] {
        words.compactMap { table($0, depth: 0) }
    }

    /// Whether a word of a list names a table: `type:name`, but neither `[2001:db8::1]` nor a path.
    static func isTable(_ word: String) -> Bool {
        guard !word.hasPrefix("["), let colon = word.firstIndex(of: ":"), colon > word.startIndex else { return false }
        return word[..<colon].allSatisfy { $0 != "/" && $0 != "[" && $0 != "{" }
    }

    func table(_ word: Located<String>, depth: Int = 0) -> TableModel? {
        guard depth <= Self.maximumDepth else {
            reading.error(at: word.location, "tables in tables, nested too deep", remedy: "nest at most ten")
            return nil
        }
        guard let colon = word.value.firstIndex(of: ":"), colon > word.value.startIndex else {
            reading.error(
                at: word.location, "\"\(WordList.printable(word.value))\" is no table",
                remedy: "write type:name, such as hash:/etc/postfix/virtual")
            return nil
        }
        let type = word.value[..<colon].lowercased()
        let name = String(word.value[word.value.index(after: colon)...])
        let key = "\(isAliases ? "aliases " : "")\(word.value)"
        if let known = reading.knownTable(key) { return known }
        let made = table(type: type, name: name, word, depth: depth)
        if let made { reading.remember(made, as: key) }
        return made
    }

    private func table(type: String, name: String, _ word: Located<String>, depth: Int) -> TableModel? {
        switch type {
        case "proxy":
            return table(Located(name, at: word.location), depth: depth + 1)
        case "ldap":
            return LDAPTableReader(reading, effect: effect).table(name, at: word.location)
        case "hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash", "regexp", "pcre", "cidr":
            return file(type, name, word)
        case "static":
            return .constant(Located(WordList.insideBraces(name) ?? name, at: word.location))
        case "inline": return inline(name, word)
        case "unionmap", "pipemap":
            guard let members = members(name, word) else { return nil }
            let tables = members.compactMap { table($0, depth: depth + 1) }
            return type == "unionmap" ? .union(tables, text: word) : .pipe(tables, text: word)
        case "randmap":
            guard let members = members(name, word), !members.isEmpty else { return nil }
            return .random(Located(members.map(\.value), at: word.location), text: word.value)
        case "tcp": return .tcp(Located(name, at: word.location))
        case "socketmap": return .socketMap(Located(name, at: word.location))
        case "unix": return .system(Located(name, at: word.location))
        case "fail": return .failing(Located(name, at: word.location))
        case "nis" where word.location == .builtIn:
            // Part of a default: hosts without NIS have no such map.
            return nil
        case "mysql", "pgsql", "sqlite", "memcache", "mongodb", "environ", "internal", "nis", "nisplus", "netinfo",
            "proxywrite":
            return surrogate(word, "tables of the type \(type) can't be asked")
        default:
            reading.error(
                at: word.location,
                "\"\(WordList.printable(word.value))\": there is no table type \(WordList.printable(type))",
                remedy: type.contains(where: \.isHexDigit) && word.value.contains("::")
                    ? "write IPv6 addresses in brackets: [2001:db8::]/32"
                    : "write one of ldap, hash, texthash, regexp, pcre, cidr, static, inline …")
            return nil
        }
    }

    /// What Postfix makes of a table that it can't open: one that answers nothing but temporary errors.
    private func surrogate(_ word: Located<String>, _ problem: String) -> TableModel {
        reading.report(
            word.value, at: word.location, .unsupported(effect),
            "\(problem): every lookup in it is a temporary failure, and what depends on it is put off")
        return .failing(word)
    }

    private func members(_ name: String, _ word: Located<String>) -> [Located<String>]? {
        guard let inside = WordList.insideBraces(name), let words = WordList.words(inside), words.count <= 1000 else {
            reading.error(
                at: word.location, "\"\(WordList.printable(word.value))\": the members must stand in braces",
                remedy: "write type:{member, member}")
            return nil
        }
        return words.map { Located(WordList.insideBraces($0) ?? $0, at: word.location) }
    }

    /// `inline:{key=value, {key = text with blanks}}`
    private func inline(_ name: String, _ word: Located<String>) -> TableModel? {
        guard let members = members(name, word) else { return nil }
        var pairs: [String: String] = [:]
        for (index, member) in members.enumerated() {
            guard let equals = member.value.firstIndex(of: "="), equals > member.value.startIndex else {
                // Not shown: the table may be one of logins.
                reading.error(
                    at: word.location, "member \(index + 1) of an inline table is no key=value",
                    remedy: "write inline:{key=value, {key = text with blanks}}")
                continue
            }
            let key = WordList.trimmed(String(member.value[..<equals])).lowercased()
            let value = WordList.trimmed(String(member.value[member.value.index(after: equals)...]))
            if pairs[key] == nil { pairs[key] = value }
        }
        return .inline(Located(pairs, at: word.location), text: word.value)
    }

    private func file(_ typeName: String, _ name: String, _ word: Located<String>) -> TableModel? {
        guard var type = FileTableModel.FileType(rawValue: typeName) else { return nil }
        let hasText = [.texthash, .regexp, .pcre, .cidr].contains(type)
        if isAliases, !hasText { type = .aliases }
        if [.regexp, .pcre, .cidr].contains(type), name.hasPrefix("{") {
            guard let members = members(name, word) else { return nil }
            return .text(TextTableModel(type, name: name, lines: Located(members, at: word.location)))
        }
        let path = reading.absolute(name)
        guard let text = reading.draft.files.text(path) else {
            if word.location == .builtIn { return nil }
            // cdb alone is read from its compiled file.
            if type == .cdb, reading.draft.files.exists("\(path).cdb") {
                return .file(FileTableModel(type, Located(reading.draft.files.hostPath(path), at: word.location)))
            }
            let compiled = ["db", "lmdb", "cdb", "dir"].first { reading.draft.files.exists("\(path).\($0)") }
            return surrogate(
                word,
                compiled.map {
                    "there is only the compiled \(path).\($0), which is not read; put the text it was made from at \(path)"
                } ?? "\(path) can't be read; create it, readable for the service's user")
        }
        if let hostPath = text.hostPath {
            return .file(FileTableModel(type, Located(hostPath, at: word.location)))
        }
        let lines = text.lines.map { Located(String(decoding: $0.bytes, as: UTF8.self), at: $0.location) }
        return .text(TextTableModel(type, name: path, lines: Located(lines, at: word.location)))
    }

    // MARK: Lists

    /// The items of a list of domains or networks: names, `!`, files of further words, tables.
    func items(_ words: [Located<String>]) -> [MatchItemModel] {
        var extent = ListExtent()
        return items(words, isNegated: false, depth: 0, &extent)
    }

    /// What was read of one list so far. A file may be named often, and name others often.
    private struct ListExtent {
        var words = 0
        var bytes = 0
    }

    private func items(
        _ words: [Located<String>], isNegated: Bool, depth: Int, _ extent: inout ListExtent
    ) -> [MatchItemModel] {
        guard depth <= Self.maximumDepth else {
            reading.error(
                at: words.first?.location ?? .builtIn, "lists that include each other, nested too deep",
                remedy: "nest at most ten files")
            return []
        }
        var items: [MatchItemModel] = []
        for word in words {
            extent.words += 1
            guard extent.words <= Self.maximumWords, extent.bytes <= Self.maximumBytes else {
                reading.error(
                    at: word.location,
                    "a list of more than \(Self.maximumWords) words, or \(Self.maximumBytes >> 20) MiB, with its files",
                    remedy: "put it into a table: hash:, cidr: or ldap:")
                return items
            }
            let marks = word.value.prefix { $0 == "!" }.count
            let pattern = Located(String(word.value.dropFirst(marks)), at: word.location)
            let isExcepted = isNegated != (marks % 2 == 1)
            if pattern.value.isEmpty {
                reading.error(at: word.location, "\"!\" stands before nothing", remedy: "write !name without a blank")
            } else if pattern.value.hasPrefix("/") {
                let inside = self.words(in: pattern, &extent)
                items += self.items(inside, isNegated: isExcepted, depth: depth + 1, &extent)
            } else if Self.isTable(pattern.value) {
                guard let table = table(pattern) else { continue }
                items.append(isExcepted ? .exceptTable(table) : .table(table))
            } else {
                items.append(.name(pattern.map { (isExcepted ? "!" : "") + $0 }))
            }
        }
        return items
    }

    private func words(in file: Located<String>, _ extent: inout ListExtent) -> [Located<String>] {
        guard let text = reading.draft.files.text(file.value) else {
            reading.error(
                at: file.location, "\(file.value) can't be read", remedy: "create it, or take it out of the list")
            return []
        }
        extent.bytes += text.lines.reduce(0) { $0 + $1.bytes.count + 1 }
        return text.logicalLines.flatMap { line in
            (WordList.words(String(decoding: line.bytes, as: UTF8.self)) ?? []).map { Located($0, at: line.location) }
        }
    }
}
