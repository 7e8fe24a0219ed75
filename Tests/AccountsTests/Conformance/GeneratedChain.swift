import Accounts
import Directory
import LDAP
import Passwords
import PostroomTesting

/// A chain of passwd-files with rules thrown at random, for Dovecot and for us. The local part of a login says how each
/// database answers it: its first octet to the first one, and so on. Chains of one site are told apart by the login's
/// domain.
struct GeneratedChain: Sendable, CustomStringConvertible {
    /// `name`: what the file of that name says of every user; nil is a file that can't be read.
    static let files: [(name: Character, line: String?)] = [
        ("o", "x:{PLAIN}pw"), ("w", "x:{PLAIN}other"), ("u", ""), ("i", nil), ("n", "x:::::::nopassword=y"),
        ("a", "x:{PLAIN}pw::::::allow_nets=10.0.0.0/8"), ("r", "x:{PLAIN}pw::::::user=%nR@%d"),
        ("s", "x:{PLAIN}other::::::user=%nS@%d"), ("e", "x:"), ("l", "x:{PLAIN}pw::::::allow_nets=127.0.0.0/8,local"),
    ]

    struct Database: Sendable {
        var place: Int
        var success: DatabaseRule?
        var failure: DatabaseRule
        var internalFailure: DatabaseRule
        var skip: PasswordDatabaseRules.Passing
        var isDeny = false
        var isMaster = false
        var passes = false
        var mechanisms: [String]
        var usernameFilter: [String]
        var defaultFields: String
        var overrideFields: String
    }

    var databases: [Database] = []
    /// Octets of the local part before those that speak to this chain.
    var offset = 0

    /// Every rule of each kind comes, as `number` goes on, beside rules thrown at random.
    init(
        number: Int, domain: String, masterDomain: String, isForLogins: Bool = true,
        using generator: inout SeededGenerator
    ) {
        let rules = DatabaseRule.allCases
        func one<Value>(_ values: [Value], _ generator: inout SeededGenerator) -> Value {
            values[Int.random(in: 0..<values.count, using: &generator)]
        }
        for isMaster in [false, true] {
            let domain = isMaster ? masterDomain : domain
            for place in 0..<Int.random(in: isMaster ? 0...2 : 1...3, using: &generator) {
                var database = Database(
                    place: place, success: one(rules, &generator),
                    failure: one([.continue, .continue] + rules, &generator),
                    internalFailure: one([.continue, .continue] + rules, &generator),
                    skip: one([.never, .never, .authenticated, .unauthenticated], &generator), isMaster: isMaster,
                    mechanisms: one([[], [], [], [], ["plain", "login"], ["login"]], &generator),
                    usernameFilter: one(
                        [
                            ["*@\(domain)"], ["*@\(domain)"], ["!w*", "*@\(domain)"], ["*@\(domain)", "!w*"],
                            ["o*@\(domain)", "?w@\(domain)"], ["!*@*", "*@\(domain)"],
                        ], &generator),
                    defaultFields: one(["", "", "", "", "user=%nD@%d", isForLogins ? "nopassword=y" : ""], &generator),
                    overrideFields: one(
                        ["", "", "", "", "user=%nO@%d", isForLogins ? "allow_nets=10.0.0.0/8" : ""], &generator))
                switch (place, number % 4) {
                case (0, 0): database.success = rules[number / 4 % rules.count]
                case (0, 1): database.failure = rules[number / 4 % rules.count]
                case (0, 2): database.internalFailure = rules[number / 4 % rules.count]
                case (0, _): database.isDeny = !isMaster
                default: break
                }
                if isMaster, one([true, false], &generator) {
                    // Dovecot takes no other rule with it.
                    database.passes = true
                    database.success = nil
                }
                databases.append(database)
            }
        }
    }

    static func write(to folder: TemporaryFolder) throws {
        for (name, line) in files {
            let path = try folder.write((line ?? "") + "\n", to: String(name))
            if line == nil { try folder.makeUnreadable(path) }
        }
    }

    var description: String { settings(of: "") }

    func dovecotSettings(in folder: TemporaryFolder) -> String { settings(of: folder.path) }

    private func settings(of folder: String) -> String {
        databases.map { database in
            let fields = [
                ("result_success", database.success?.rawValue ?? ""), ("result_failure", database.failure.rawValue),
                ("result_internalfail", database.internalFailure.rawValue), ("skip", database.skip.rawValue),
                ("deny", database.isDeny ? "yes" : ""), ("master", database.isMaster ? "yes" : ""),
                ("pass", database.passes ? "yes" : ""),
                ("mechanisms", database.mechanisms.joined(separator: " ")),
                ("username_filter", database.usernameFilter.joined(separator: " ")),
                ("default_fields", database.defaultFields), ("override_fields", database.overrideFields),
            ]
            return """
                passdb {
                  driver = passwd-file
                  args = username_format=x \(folder)/%\(database.place + offset).1n
                \(fields.filter { !$0.1.isEmpty }.map { "  \($0.0) = \($0.1)" }.joined(separator: "\n"))
                }
                """
        }.joined(separator: "\n")
    }

    func passwordDatabases() throws -> [PasswordDatabase] {
        let files = Dictionary(
            uniqueKeysWithValues: Self.files.map {
                (Array("/\($0.name)".utf8), $0.line.map { PasswdFile(contents: Array($0.utf8)) })
            })
        return try databases.map { database in
            PasswordDatabase(
                name: "passwd-file \(database.place)",
                method: .passwdFile(
                    PasswdFileLookup(
                        path: try Template("/%\(database.place + offset).1n", for: .beforeLookup),
                        usernameFormat: try Template("x", for: .beforeLookup), checker: Site.checker(),
                        read: { path in
                            guard let file = files[path] else { return .absent }
                            return file.map { .found($0) }
                                ?? .unavailable(UnavailableReason(.unreachable, "the file can't be read"))
                        })),
                rules: PasswordDatabaseRules(
                    success: database.success, failure: database.failure, internalFailure: database.internalFailure,
                    skip: database.skip, isDeny: database.isDeny, isMaster: database.isMaster,
                    passes: database.passes, mechanisms: database.mechanisms, usernameFilter: database.usernameFilter,
                    defaultFields: try AttributeMapping(assignments: database.defaultFields),
                    overrideFields: try AttributeMapping(assignments: database.overrideFields)))
        }
    }

    /// A local part that says something to each of three databases.
    static func localPart(using generator: inout SeededGenerator) -> String {
        String((0..<3).map { _ in files[Int.random(in: 0..<files.count, using: &generator)].name })
    }
}
