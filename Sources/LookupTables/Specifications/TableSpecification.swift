package import Directory

/// A table as a parameter names it: `type:name`, `proxy:type:name`, `unionmap:{type:name, …}` (DATABASE_README). Nothing is
/// opened.
package struct TableSpecification: Hashable, Sendable, CustomStringConvertible {
    /// The type in front of the colon, `proxy:` left out.
    package var type: String
    /// What follows the colon, as it was written.
    package var name: String
    /// `proxy:` stood before it: the same table, asked through another process.
    package var isProxied: Bool
    /// The tables within a `unionmap` or `pipemap`.
    package var members: [TableSpecification]
    package var location: SourceLocation?

    /// Tables within tables.
    static let maximumDepth = 8
    /// In one list, members included.
    static let maximumCount = 1000

    /// Types whose name is a list of tables.
    private static let composed: Set<String> = ["unionmap", "pipemap"]

    /// What `postconf -m` may list, whether or not the table can be opened here.
    private static let knownTypes: Set<String> = [
        "btree", "cdb", "cidr", "dbm", "environ", "fail", "hash", "inline", "internal", "ldap", "lmdb", "memcache",
        "mongodb", "mysql", "netinfo", "nis", "nisplus", "pcre", "pgsql", "pipemap", "randmap", "regexp", "sdbm",
        "socketmap", "sqlite", "static", "tcp", "texthash", "unionmap", "unix",
    ]

    /// Postfix's spelling, for logs and for `postroom lookup`.
    package var description: String { (isProxied ? "proxy:" : "") + "\(type):\(name)" }

    /// One table.
    ///
    /// - Throws: that the text is no `type:name`, or that its braces don't match.
    package init(_ text: some Sequence<UInt8>, at location: SourceLocation? = nil) throws(TableFault) {
        self = try Self.parse(Array(text), at: location, depth: 0)
    }

    /// The tables of a parameter such as virtual_alias_maps, separated by commas and blanks outside braces.
    package static func list(
        _ text: some Sequence<UInt8>, at location: SourceLocation? = nil
    ) throws(TableFaults) -> [TableSpecification] {
        var result: [TableSpecification] = []
        var faults: [TableFault] = []
        for word in ASCIIText.words(Array(text)) {
            guard result.count < maximumCount else {
                faults.append(TableFault("more than \(maximumCount) tables in one list", at: location))
                break
            }
            do throws(TableFault) {
                result.append(try parse(word, at: location, depth: 0))
            } catch {
                faults.append(error)
            }
        }
        guard faults.isEmpty else { throw TableFaults(faults) }
        return result
    }

    private init(_ type: String, _ name: String, _ members: [TableSpecification], at location: SourceLocation?) {
        self.type = type
        self.name = name
        self.members = members
        self.location = location
        isProxied = false
    }

    private static func parse(
        _ text: [UInt8], at location: SourceLocation?, depth: Int
    ) throws(TableFault) -> TableSpecification {
        let shown = ASCIIText.text(text)
        guard depth < maximumDepth else {
            throw TableFault("\(shown): tables nested more than \(maximumDepth) deep", at: location)
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            text[..<colon].allSatisfy({ isTypeCharacter($0) })
        else {
            throw TableFault("\"\(shown)\" is no table: write type:name, for example hash:/etc/aliases", at: location)
        }
        let type = ASCIIText.text(text[..<colon])
        let rest = Array(text[(colon + 1)...])
        guard type != "proxy" else {
            var inner = try parse(rest, at: location, depth: depth + 1)
            inner.isProxied = true
            return inner
        }
        guard !rest.isEmpty else { throw TableFault("\"\(shown)\": nothing stands behind \(type):", at: location) }
        guard knownTypes.contains(type) else {
            throw TableFault("\"\(shown)\": \(type) is no type of table (postconf -m lists Postfix's)", at: location)
        }
        if rest.first == UInt8(ascii: "{"), ASCIIText.insideBraces(ASCIIText.trimmed(rest)) == nil {
            throw TableFault("\(shown): the braces don't match", at: location)
        }
        guard composed.contains(type) else { return TableSpecification(type, ASCIIText.text(rest), [], at: location) }
        guard let inside = ASCIIText.insideBraces(ASCIIText.trimmed(rest)) else {
            throw TableFault("\(shown): write \(type):{type:name, type:name}, with balanced braces", at: location)
        }
        var members: [TableSpecification] = []
        for word in ASCIIText.words(inside) {
            guard members.count < maximumCount else {
                throw TableFault("\(type): more than \(maximumCount) tables", at: location)
            }
            members.append(try parse(word, at: location, depth: depth + 1))
        }
        guard !members.isEmpty else { throw TableFault("\(shown): holds no table", at: location) }
        return TableSpecification(type, ASCIIText.text(rest), members, at: location)
    }

    private static func isTypeCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
