import Directory
import Foundation
import LookupTables
import PostroomTesting

/// One row of what Postfix answered (`Fixtures/lookups/expected-lookups.tsv`).
struct ExpectedLookup: Sendable, CustomStringConvertible {
    enum Answer: Equatable, Sendable {
        case found(String)
        case notFound
        case temporaryFailure
    }

    var directory: String
    var table: String
    var key: String
    var answer: Answer

    var description: String { "\(directory) \(table) \"\(key)\"" }

    /// The rows that ask a table.
    static let all: [ExpectedLookup] = Fixture.text("lookups/expected-lookups.tsv").split(separator: "\n").compactMap {
        line in
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(unescaped)
        guard fields.count == 4, fields[1].hasPrefix("postmap:") else { return nil }
        let answer: Answer =
            switch fields[3] {
            case "<NOTFOUND>": .notFound
            case "<TEMPFAIL>": .temporaryFailure
            case let value: .found(value)
            }
        return ExpectedLookup(
            directory: fields[0], table: String(fields[1].dropFirst("postmap:".count)), key: fields[2], answer: answer)
    }

    private static func unescaped(_ field: Substring) -> String {
        var result = ""
        var rest = field[...]
        while let character = rest.popFirst() {
            guard character == "\\", let next = rest.popFirst() else {
                result.append(character)
                continue
            }
            result.append(next == "t" ? "\t" : next == "n" ? "\n" : next)
        }
        return result
    }

    var sample: SampleDirectory {
        switch directory {
        case "vennedey": .vennedey
        case "dms-ldap": .dmsLDAP
        case "dms-forward-only": .dmsForwardOnly
        case "pragyan": .pragyan
        case "vriesman": .vriesman
        default: .activeDirectory
        }
    }

    /// The parameters of the row's table.
    func parameters() throws -> TableParameters {
        let file = table.hasSuffix(".cf") ? table : table + ".cf"
        let path = "lookups/\(directory)/\(file)"
        return try TableParameters(contents: Array(Fixture.text(path).utf8), path: path)
    }

    /// What the table answers, folded as `postmap -q` does it.
    func ask(_ source: any DirectorySource) async throws -> Answer {
        var options = try LDAPTableOptions(parameters())
        options.selfContainingGroups = .failAsPostfix
        let table = try LDAPTable(name: "ldap:\(table)", options: options, source: source)
        switch await table.lookup(LookupKey.folded(Array(key.utf8))).outcome {
        case .found(let value): return .found(String(decoding: value, as: UTF8.self))
        case .absent: return .notFound
        case .unavailable: return .temporaryFailure
        }
    }
}

struct NoPasswords: PasswordVerifier {
    func verify(_ password: [UInt8], against stored: [UInt8]) async -> Bool? { nil }
}
