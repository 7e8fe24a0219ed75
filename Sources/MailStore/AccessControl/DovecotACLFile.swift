package import MailModel

/// Dovecot's `dovecot-acl`: a line per identifier, `user=jane lrwstipekxa`, with `-` in front where rights are taken.
package enum DovecotACLFile {
    package static let name = Array("dovecot-acl".utf8)
    /// Dovecot's list of mailboxes that somebody else sees: made anew when it is missing.
    static let listName = Array("dovecot-acl-list".utf8)
    static let maximumSize = 256 << 10
    static let maximumEntries = 2000

    /// Rights' names, which may stand behind a `:`.
    private static let names: [(String, MailboxRights)] = [
        ("lookup", .lookup), ("read", .read), ("write", .write), ("write-seen", .seen),
        ("write-deleted", .deleteMessages), ("insert", .insert), ("post", .post), ("expunge", .expunge),
        ("create", .create), ("delete", .deleteMailbox), ("admin", .administer),
    ]

    /// A file with a line that can't be read is no ACL: nobody may be given what it would have taken.
    package static func parse(_ file: [UInt8]) throws(MailboxFailure) -> AccessControlList {
        var list = AccessControlList()
        for (index, line) in file.split(separator: 0x0A).enumerated() where line.first != UInt8(ascii: "#") {
            guard let entry = entry(line) else {
                throw MailboxFailure(
                    .misconfigured,
                    "line \(index + 1) of \(String(decoding: name, as: UTF8.self)) is no entry of an ACL")
            }
            list.add(entry)
            guard list.entries.count <= maximumEntries else {
                throw MailboxFailure(.limitExceeded, "an ACL has more than \(maximumEntries) entries")
            }
        }
        return list
    }

    /// `[-]identifier rights`
    static func entry(_ line: ArraySlice<UInt8>) -> AccessControlEntry? {
        String(validating: line, as: UTF8.self).flatMap { entry($0) }
    }

    static func entry(_ text: String) -> AccessControlEntry? {
        guard let (identifier, rest) = split(text) else { return nil }
        guard let rights = rights(rest) else { return nil }
        let isNegative = identifier.hasPrefix("-")
        guard let who = self.identifier(isNegative ? identifier.dropFirst() : identifier[...]) else { return nil }
        return isNegative
            ? AccessControlEntry(who, negativeRights: rights) : AccessControlEntry(who, rights: rights)
    }

    /// An identifier with a space in it stands in quotes.
    static func split(_ text: String) -> (identifier: String, rest: Substring)? {
        guard text.first == "\"" else {
            let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, !first.isEmpty else { return nil }
            return (String(first), parts.count > 1 ? parts[1] : "")
        }
        var identifier = ""
        var isEscaped = false
        for index in text.indices.dropFirst() {
            let character = text[index]
            if isEscaped {
                identifier.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                let rest = text[text.index(after: index)...]
                return (identifier, rest.first == " " ? rest.dropFirst() : rest)
            } else {
                identifier.append(character)
            }
        }
        return nil
    }

    private static func rights(_ text: Substring) -> MailboxRights? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let words = (parts.first ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count < 2 else { return nil }
        let letters = words.first ?? ""
        // Only the letters of RFC 4314: `c` and `d` are none in files.
        guard !letters.contains("c"), !letters.contains("d"), var rights = MailboxRights(letters: letters.utf8) else {
            return nil
        }
        guard parts.count > 1 else { return rights }
        // Rights of other programs mean nothing here.
        for name in parts[1].split(whereSeparator: { " ,\t".contains($0) }) {
            if let right = names.first(where: { $0.0 == name.lowercased() }) { rights.formUnion(right.1) }
        }
        return rights
    }

    static func identifier(_ text: Substring) -> AccessIdentifier? {
        switch text {
        case "anyone", "anonymous": return .anyone
        case "authenticated": return .authenticated
        case "owner": return .owner
        default: break
        }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        switch parts[0] {
        case "user": return .user(parts[1])
        case "group": return .group(parts[1])
        case "group-override": return .groupOverride(parts[1])
        default: return nil
        }
    }

    package static func text(_ identifier: AccessIdentifier) -> String {
        switch identifier {
        case .anyone: "anyone"
        case .authenticated: "authenticated"
        case .owner: "owner"
        case .user(let name): "user=\(name)"
        case .group(let name): "group=\(name)"
        case .groupOverride(let name): "group-override=\(name)"
        }
    }

    package static func bytes(_ list: AccessControlList) -> [UInt8] {
        var output = ""
        for entry in list.entries {
            let identifier = text(entry.identifier)
            if let rights = entry.rights { output += "\(quoted(identifier)) \(rights)\n" }
            if let rights = entry.negativeRights { output += "\(quoted("-" + identifier)) \(rights)\n" }
        }
        return Array(output.utf8)
    }

    private static func quoted(_ identifier: String) -> String {
        guard identifier.contains(where: { " \t\"\\#".contains($0) }) else { return identifier }
        return "\"" + identifier.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
}
