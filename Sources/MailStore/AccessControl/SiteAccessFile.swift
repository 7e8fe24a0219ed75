package import MailModel

/// The entries of a site for mailboxes of all accounts in one file, as Dovecot's `acl = vfile:/path/of/a/file` has them:
/// a line is `pattern identifier rights`, the pattern a mailbox's name as clients see it, with `*` and `?`.
package struct SiteAccessFile: Sendable {
    /// A pattern is tried against each mailbox of a LIST.
    package static let maximumLines = 4000

    private struct Line: Sendable {
        var pattern: [UInt8]
        var entry: AccessControlEntry
    }

    private var lines: [Line] = []

    package init(parsing file: [UInt8]) throws(MailboxFailure) {
        for (index, line) in file.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty && line.first != UInt8(ascii: "#") {
            guard let text = String(validating: line, as: UTF8.self), let (pattern, rest) = DovecotACLFile.split(text),
                let entry = DovecotACLFile.entry(String(rest))
            else {
                throw MailboxFailure(.misconfigured, "line \(index + 1) is no \"mailbox identifier rights\"")
            }
            lines.append(Line(pattern: Array(pattern.utf8), entry: entry))
            guard lines.count <= Self.maximumLines else {
                throw MailboxFailure(.limitExceeded, "there are more than \(Self.maximumLines) lines")
            }
        }
    }

    /// What is said of the mailbox of that name: by all lines that fit.
    package func list(of name: [UInt8]) -> AccessControlList {
        AccessControlList(lines.lazy.filter { Self.matches(name, $0.pattern) }.map(\.entry))
    }

    /// `*` stands for anything, `?` for one octet. In time that grows with the product of the lengths at worst.
    static func matches(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, place) = (0, 0)
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == name[at] || pattern[place] == UInt8(ascii: "?") {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (place, at) = (last.pattern + 1, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
