import MailModel

/// Dovecot's passwd-file: one user per line, `user:password:uid:gid:gecos:home:shell:extra_fields`. All but the name may
/// be missing.
package struct PasswdFile: Sendable, CustomStringConvertible, CustomReflectable {
    package struct Entry: Sendable {
        /// Nil when the line ends behind the name.
        package var password: [UInt8]?
        package var uid: [UInt8]?
        package var gid: [UInt8]?
        package var home: [UInt8]?
        /// `name=value` and bare names, values with %variables; `userdb_` before what is of the account.
        package var extraFields: [(name: String, value: Template)]
        /// Whether the line goes on up to the group: else it is a password's only, and no user database knows the user.
        package var isAccount: Bool
    }

    /// What is left out, and on which line (from 1).
    package struct Fault: Hashable, Sendable, CustomStringConvertible {
        package let line: Int
        package let reason: String

        package var description: String { "line \(line): \(reason)" }
    }

    /// Users in the order of their lines.
    package private(set) var users: [[UInt8]] = []
    /// A line with a fault is left out; of two lines for one user the first counts.
    package private(set) var faults: [Fault] = []
    private var entries: [[UInt8]: Entry] = [:]

    package static let longestLine = 8192

    package init(contents: [UInt8]) {
        var number = 0
        for line in contents.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let text = line.last == 0x0D ? line.dropLast() : line
            guard let first = text.first, first != UInt8(ascii: ":"), first != UInt8(ascii: "#") else { continue }
            guard text.count <= Self.longestLine else {
                faults.append(Fault(line: number, reason: "longer than \(Self.longestLine) octets"))
                continue
            }
            add(text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Array.init), number)
        }
    }

    package subscript(user: [UInt8]) -> Entry? { entries[user] }

    package var description: String { "passwd-file of \(users.count) users" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private mutating func add(_ fields: [[UInt8]], _ line: Int) {
        let user = fields[0]
        guard entries[user] == nil else {
            faults.append(
                Fault(
                    line: line,
                    reason:
                        "user \(String(decoding: user, as: UTF8.self)) is there more than once: the first line counts"))
            return
        }
        func field(_ index: Int) -> [UInt8]? {
            guard fields.indices.contains(index), !fields[index].isEmpty else { return nil }
            return fields[index]
        }
        var extras = Array(fields.dropFirst(7).joined(separator: [UInt8(ascii: ":")]))
        if fields.count > 8, fields[7].isEmpty {
            // The old form has an empty field here, and the mail location behind it.
            extras = Array("userdb_mail=".utf8) + fields.dropFirst(8).joined(separator: [UInt8(ascii: ":")])
        }
        do {
            entries[user] = Entry(
                password: fields.indices.contains(1) ? Self.password(fields[1]) : nil, uid: field(2), gid: field(3),
                home: field(5), extraFields: try Self.extraFields(extras),
                isAccount: fields.count > 3)
            users.append(user)
        } catch {
            faults.append(Fault(line: line, reason: "\(error)"))
        }
    }

    /// libpam-pwdfile's `password[type]`, with two digits: 34 is MD5 in hexadecimal, all else crypt(3).
    private static func password(_ value: [UInt8]) -> [UInt8] {
        let ending = value.suffix(4)
        guard value.count > 4, ending.first == UInt8(ascii: "["), value.last == UInt8(ascii: "]"),
            value.first != UInt8(ascii: "{"), value.first != UInt8(ascii: "$")
        else { return value }
        return Array((ending.elementsEqual("[34]".utf8) ? "{PLAIN-MD5}" : "{CRYPT}").utf8) + value.dropLast(4)
    }

    private static func extraFields(
        _ text: [UInt8]
    ) throws(TemplateSyntaxError) -> [(name: String, value: Template)] {
        var result: [(name: String, value: Template)] = []
        for part in text.split(separator: 0x20) {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count == 2 ? String(decoding: pair[1], as: UTF8.self) : ""
            result.append((String(decoding: pair[0], as: UTF8.self), try Template(value, for: .fields)))
        }
        return result
    }
}
