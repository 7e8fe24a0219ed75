package import MailModel

/// Courier's `courierimapacl`: a line per identifier, `user=jane lr`, with `-` in front where rights are taken. What several
/// entries give is added up, and what any takes is taken from all.
package enum CourierACLFile {
    package static let name = Array("courierimapacl".utf8)

    package static func parse(_ file: [UInt8]) throws(MailboxFailure) -> AccessControlList {
        var list = AccessControlList()
        for (index, line) in file.split(separator: 0x0A).enumerated() {
            guard let entry = entry(line) else {
                throw MailboxFailure(
                    .misconfigured,
                    "line \(index + 1) of \(String(decoding: name, as: UTF8.self)) is no entry of an ACL")
            }
            guard let entry else { continue }
            list.add(entry)
            guard list.entries.count <= DovecotACLFile.maximumEntries else {
                throw MailboxFailure(.limitExceeded, "an ACL has more than \(DovecotACLFile.maximumEntries) entries")
            }
        }
        return list
    }

    /// Nil for no entry; nil inside for one that speaks of nobody here (`administrators`).
    private static func entry(_ line: ArraySlice<UInt8>) -> AccessControlEntry?? {
        guard let space = line.lastIndex(of: 0x20),
            let text = String(validating: line[..<space], as: UTF8.self),
            let rights = MailboxRights(letters: line[(space + 1)...])
        else { return nil }
        let isNegative = text.hasPrefix("-")
        let name = isNegative ? text.dropFirst() : text[...]
        guard name != "administrators" else { return .some(nil) }
        guard let identifier = DovecotACLFile.identifier(name) else { return nil }
        return isNegative
            ? AccessControlEntry(identifier, negativeRights: rights) : AccessControlEntry(identifier, rights: rights)
    }

    package static func bytes(_ list: AccessControlList) -> [UInt8] {
        var output = ""
        for entry in list.entries {
            let identifier = DovecotACLFile.text(entry.identifier)
            if let rights = entry.rights { output += "\(identifier) \(sorted(rights))\n" }
            if let rights = entry.negativeRights { output += "-\(identifier) \(sorted(rights))\n" }
        }
        return Array(output.utf8)
    }

    private static func sorted(_ rights: MailboxRights) -> String {
        String(decoding: rights.text.utf8.sorted(), as: UTF8.self)
    }
}

extension AccessControlList {
    /// What a login may do as Courier reckons it.
    package func courierRights(of accessor: Accessor, standard: MailboxRights) -> MailboxRights {
        let matching = entries.filter { accessor.matches($0.identifier) }
        // Nobody but the owner has what no entry gives.
        guard !matching.isEmpty else { return accessor.isOwner && isEmpty ? .all : standard }
        let given = matching.reduce(into: MailboxRights()) { $0.formUnion($1.rights ?? []) }
        return matching.reduce(into: given) { $0.subtract($1.negativeRights ?? []) }
    }
}
