import PostroomServer
import PostroomTesting
import Testing

/// The running Postfix and Postroom read the same table files and ask the same slapd: they give the same answers.
@Suite struct LDAPTableDifferentialTests {
    enum Sample: String, CaseIterable {
        case vennedey
        case pragyan
        case vriesman
        case dmsLDAP = "dms-ldap"
        case dmsForwardOnly = "dms-forward-only"
        case activeDirectory = "ad-openldap"

        var directory: SampleDirectory {
            switch self {
            case .vennedey: .vennedey
            case .pragyan: .pragyan
            case .vriesman: .vriesman
            case .dmsLDAP: .dmsLDAP
            case .dmsForwardOnly: .dmsForwardOnly
            case .activeDirectory: .activeDirectory
            }
        }

        /// vriesman's tables stand in main.cf, where the document has them.
        func isInMainConfiguration(_ table: String) -> Bool { self == .vriesman && !table.hasSuffix("-safe.cf") }
    }

    private static func connection(_ slapd: Slapd, _ servers: [String]? = nil) -> String {
        """
        server_host = \((servers ?? [slapd.url]).joined(separator: ", "))
        version = 3
        bind = yes
        bind_dn = \(slapd.bindDN)
        bind_pw = \(slapd.bindPassword)

        """
    }

    @Test(arguments: Sample.allCases)
    func `given a table of the documents, when both are asked for keys of every kind, then the answers are the same`(
        _ sample: Sample
    ) async throws {
        let vocabulary = try DirectoryVocabulary(sample.directory)
        let expected = ExpectedLookupKeys.keys(sample.rawValue)
        try await Slapd.withServer(sample.directory) { slapd in
            let closed = try LoopbackPort.free()
            var files: [String: String] = [:]
            var settings = ""
            var tables: [(file: String, name: String, text: String)] = []
            for file in Fixture.names("lookups/\(sample.rawValue)") where file.hasSuffix(".cf") {
                var servers = [slapd.url]
                if file == "down.cf" { servers = ["ldap://127.0.0.1:\(closed)"] }
                if file == "failover.cf" { servers.insert("127.0.0.1:\(closed)", at: 0) }
                var text = Self.connection(slapd, servers) + Fixture.text("lookups/\(sample.rawValue)/\(file)")
                if file == "down.cf" { text += Self.unreachable + "\n" }
                if sample.isInMainConfiguration(file) {
                    let name = String(file.dropLast(".cf".count))
                    settings += text.split(separator: "\n").map { "\(name)_\($0)\n" }.joined()
                    tables.append((file, "ldap:\(name)", text))
                } else {
                    files[file] = text
                    tables.append((file, "ldap:%FOLDER%/\(file)", text))
                }
            }
            #expect(!tables.isEmpty)
            let site = try await ComparedSite.open(tables: tables.map(\.name), settings: settings, files: files)
            for (number, table) in tables.enumerated() {
                var nasty = NastyKeys(vocabulary, seed: UInt64(number))
                var keys =
                    (expected[table.file] ?? []) + (vocabulary.values + vocabulary.domains).map { Array($0.utf8) }
                keys = Array(keys.filter { !$0.contains(UInt8(ascii: "\n")) }.prefix(250)) + nasty.keys(150)
                let name = table.name.replacing("%FOLDER%", with: site.postfix.folder.path)
                let compared = try await site.compare(
                    name, keys: Self.unique(keys).filter { !Self.isDesigned($0, table.text) },
                    comment: table.text)
                #expect(compared > 0)
            }
            await site.site.close()
        }
    }

    @Test(arguments: Sample.allCases)
    func `given tables with every parameter at random, when both are asked, then the answers are the same`(
        _ sample: Sample
    ) async throws {
        let vocabulary = try DirectoryVocabulary(sample.directory)
        try await Slapd.withServer(sample.directory) { slapd in
            var generator = TableGenerator(sample.directory, vocabulary, seed: 20_261_121)
            var files: [String: String] = [:]
            for number in 0..<40 { files["table\(number).cf"] = Self.connection(slapd) + generator.table() }
            let names = files.keys.sorted()
            let site = try await ComparedSite.open(tables: names.map { "ldap:%FOLDER%/\($0)" }, files: files)
            for (number, file) in names.enumerated() {
                var nasty = NastyKeys(vocabulary, seed: UInt64(1000 + number))
                let keys =
                    (vocabulary.addresses.prefix(40) + vocabulary.values.prefix(40)).map { Array($0.utf8) }
                    + nasty.keys(80)
                let text = files[file] ?? ""
                let compared = try await site.compare(
                    "ldap:\(site.postfix.folder.path)/\(file)",
                    keys: Self.unique(keys).filter { !Self.isDesigned($0, text) },
                    maximumFailures: 3,
                    comment: text)
                #expect(compared > 0)
            }
            await site.site.close()
        }
    }

    /// Whether the answers for a key differ by design.
    ///
    /// - A CR in a search base goes out bare from Postfix, so that a server may find the name malformed and the lookup fails
    ///   for now; here it is escaped as the value that it is. No SMTP command can hold one.
    /// - Postfix connects before it looks whether a key can be asked for at all. A key that no server could find is absent
    ///   here, whether or not the servers answer.
    private static func isDesigned(_ key: [UInt8], _ table: String) -> Bool {
        if key.contains(UInt8(ascii: "\r")), table.contains(/search_base = [^\n]*%/) { return true }
        return key.isEmpty && (table.contains(unreachable) || table.contains("bind_pw = wrong"))
    }

    private static let unreachable = "# nobody listens there"

    private static func unique(_ keys: [[UInt8]]) -> [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return keys.filter { seen.insert($0).inserted }
    }
}

/// The keys of `expected-lookups.tsv` by table.
enum ExpectedLookupKeys {
    static func keys(_ directory: String) -> [String: [[UInt8]]] {
        var result: [String: [[UInt8]]] = [:]
        for line in Fixture.text("lookups/expected-lookups.tsv").split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 4, fields[0] == directory, fields[1].hasPrefix("postmap:") else { continue }
            let table = String(fields[1].dropFirst("postmap:".count))
            let key = fields[2].replacing("\\t", with: "\t").replacing("\\\\", with: "\\")
            result[table.hasSuffix(".cf") ? table : table + ".cf", default: []].append(Array(key.utf8))
        }
        return result
    }
}
