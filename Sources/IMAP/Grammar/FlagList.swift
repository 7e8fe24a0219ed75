package import MailModel

/// Flags as a client writes them.
package struct FlagList: Hashable, Sendable {
    package var flags: MessageFlags = []
    package var keywords: [String] = []

    package init() {}
}

extension GrammarReader {
    /// flag-list = "(" [flag *(SP flag)] ")"
    package mutating func flagList() throws(IMAPSyntaxError) -> FlagList {
        try expect("(")
        var list = FlagList()
        if skip(")") { return list }
        repeat { try flag(into: &list) } while skipSpace()
        try expect(")")
        return list
    }

    /// store-att-flags = … (flag-list / (flag *(SP flag)))
    package mutating func bareFlags() throws(IMAPSyntaxError) -> FlagList {
        var list = FlagList()
        repeat { try flag(into: &list) } while skipSpace()
        return list
    }

    /// flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword
    private mutating func flag(into list: inout FlagList) throws(IMAPSyntaxError) {
        guard skip("\\") else {
            let keyword = String(decoding: try atom(), as: UTF8.self)
            guard keyword.utf8.count <= 128 else { throw IMAPSyntaxError("Keyword too long") }
            guard list.keywords.count < MessageFlags.maximumKeywords else {
                throw IMAPSyntaxError("Too many keywords", kind: .limit)
            }
            if !list.keywords.contains(where: { ASCII.equalIgnoringCase($0.utf8, keyword.utf8) }) {
                list.keywords.append(keyword)
            }
            return
        }
        switch try word() {
        case "ANSWERED": list.flags.insert(.answered)
        case "FLAGGED": list.flags.insert(.flagged)
        case "DELETED": list.flags.insert(.deleted)
        case "SEEN": list.flags.insert(.seen)
        case "DRAFT": list.flags.insert(.draft)
        // The server's own; asked for by some clients all the same, and without effect.
        case "RECENT": break
        default: throw IMAPSyntaxError("Invalid system flag")
        }
    }
}
