import Accounts
import Directory
import LDAP
import PostroomTesting

/// A chain of user databases with rules thrown at random, for Dovecot and for us; the local part of a login says how each
/// of its passwd-files answers.
struct GeneratedUserChain: Sendable, CustomStringConvertible {
    static let files: [(name: Character, line: String?)] = [
        ("o", "x::501:502::/o::userdb_a=o%u userdb_mail=maildir:~/%d"), ("u", ""), ("i", nil),
        ("r", "x::503:504::/r::userdb_user=%nR@%d userdb_b=%u"), ("p", "x:{PLAIN}pw:505:506::/p::b=%n userdb_c"),
    ]

    struct Database: Sendable {
        /// Which octet of the local part speaks to it; nil for a static one.
        var place: Int?
        var allowsAllUsers = false
        var success: DatabaseRule
        var failure: DatabaseRule
        var internalFailure: DatabaseRule
        var skip: UserDatabaseRules.Passing
        var defaultFields: String
        var overrideFields: String
    }

    var databases: [Database] = []
    /// Asked by a static database whether there is such a user. Without the networks that its users log in from: Dovecot
    /// takes a delivery for a login from nowhere, and bounces it. And without users who have no password, whom Dovecot
    /// can't look up.
    var passwords: GeneratedChain

    init(number: Int, using generator: inout SeededGenerator) {
        let rules = DatabaseRule.allCases
        func one<Value>(_ values: [Value], _ generator: inout SeededGenerator) -> Value {
            values[Int.random(in: 0..<values.count, using: &generator)]
        }
        passwords = GeneratedChain(
            number: number, domain: "c", masterDomain: "m", isForLogins: false, using: &generator)
        passwords.offset = 3
        for place in 0..<3 {
            let isFixed = (number + place) % 3 == 0
            databases.append(
                Database(
                    place: isFixed ? nil : place, allowsAllUsers: one([true, false, false], &generator),
                    success: one([.returnOK] + rules, &generator),
                    failure: one([.continue, .continue] + rules, &generator),
                    internalFailure: one([.continue, .continue] + rules, &generator),
                    skip: one([.never, .never, .found, .notFound], &generator),
                    defaultFields: one(["", "", "a=default d=%u", "user=%nD@%d f=%u"], &generator),
                    overrideFields: one(["", "", "a=over%n e=%u", "user=%nO@%d g=%n"], &generator)))
        }
        // A password database that refuses takes them away in Dovecot when a static one asks it for the user.
        for index in databases.indices where databases[index].place == nil && !databases[index].allowsAllUsers {
            databases[index].defaultFields = ""
        }
        switch number % 3 {
        case 0: databases[0].success = rules[number / 3 % rules.count]
        case 1: databases[0].failure = rules[number / 3 % rules.count]
        default: databases[0].internalFailure = rules[number / 3 % rules.count]
        }
    }

    /// Every answer of three databases, and one of the password databases.
    static func logins(using generator: inout SeededGenerator) -> [String] {
        (0..<200).map { _ in
            String((0..<3).map { _ in files[Int.random(in: 0..<files.count, using: &generator)].name })
                + GeneratedChain.localPart(using: &generator).replacing("a", with: "o").replacing("n", with: "o")
                .replacing("e", with: "w") + "@c"
        }
    }

    static func write(to folder: TemporaryFolder) throws {
        try folder.makeFolder("users")
        for (name, line) in files {
            let path = try folder.write((line ?? "") + "\n", to: "users/\(name)")
            if line == nil { try folder.makeUnreadable(path) }
        }
    }

    private static let fixedFields = "uid=601 gid=602 home=/fixed/%u a=f%d"

    var description: String { settings(of: "", passwords.description) }

    func dovecotSettings(in folder: TemporaryFolder) -> String {
        settings(of: folder.path, passwords.dovecotSettings(in: folder))
    }

    private func settings(of folder: String, _ passwords: String) -> String {
        let users = databases.map { database in
            let fields = [
                ("result_success", database.success.rawValue), ("result_failure", database.failure.rawValue),
                ("result_internalfail", database.internalFailure.rawValue), ("skip", database.skip.rawValue),
                ("default_fields", database.defaultFields), ("override_fields", database.overrideFields),
            ]
            let source =
                if let place = database.place {
                    "  driver = passwd-file\n  args = username_format=x \(folder)/users/%\(place).1n"
                } else {
                    "  driver = static\n  args = \(database.allowsAllUsers ? "allow_all_users=yes " : "")\(Self.fixedFields)"
                }
            return """
                userdb {
                \(source)
                \(fields.filter { !$0.1.isEmpty }.map { "  \($0.0) = \($0.1)" }.joined(separator: "\n"))
                }
                """
        }
        return (users + [passwords]).joined(separator: "\n")
    }

    func userDatabases() throws -> [UserDatabase] {
        let files = Dictionary(
            uniqueKeysWithValues: Self.files.map {
                (Array("/\($0.name)".utf8), $0.line.map { PasswdFile(contents: Array($0.utf8)) })
            })
        return try databases.map { database in
            let method: UserDatabase.Method =
                if let place = database.place {
                    .passwdFile(
                        PasswdFileLookup(
                            path: try Template("/%\(place).1n", for: .beforeLookup),
                            usernameFormat: try Template("x", for: .beforeLookup), checker: Site.checker(),
                            read: { path in
                                guard let file = files[path] else { return .absent }
                                return file.map { .found($0) }
                                    ?? .unavailable(UnavailableReason(.unreachable, "the file can't be read"))
                            }))
                } else {
                    .fixed(
                        try AttributeMapping(assignments: Self.fixedFields), allowsAllUsers: database.allowsAllUsers)
                }
            return UserDatabase(
                method: method,
                rules: UserDatabaseRules(
                    success: database.success, failure: database.failure, internalFailure: database.internalFailure,
                    skip: database.skip, defaultFields: try AttributeMapping(assignments: database.defaultFields),
                    overrideFields: try AttributeMapping(assignments: database.overrideFields)))
        }
    }
}
