import MailModel

/// Maildir++: folder `Archive/2024` of a mailbox is the directory `.Archive.2024` in it, in modified UTF-7.
enum MaildirFolderName {
    /// Nil for INBOX, which is the Maildir itself, and for what a directory can't be called: a part with a dot (the
    /// separator) or a slash, or a name over 255 octets.
    static func directory(of name: MailboxName) -> [UInt8]? {
        guard !name.isInbox else { return nil }
        var result: [UInt8] = []
        for part in name.parts {
            guard !part.contains(UInt8(ascii: ".")), !part.contains(UInt8(ascii: "/")) else { return nil }
            result.append(UInt8(ascii: "."))
            result += ModifiedUTF7.encode(part)
        }
        return result.count <= 255 ? result : nil
    }

    /// Nil for what is no folder of ours: `.`, `..`, a name with an empty part. Names that are not modified UTF-7 are taken
    /// as they are.
    static func name(of directory: [UInt8]) -> MailboxName? {
        guard directory.first == UInt8(ascii: "."), directory.count > 1 else { return nil }
        let parts = directory.dropFirst().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let name = MailboxName(parts: parts.map { ModifiedUTF7.decode(Array($0)) ?? Array($0) })
        return name?.isInbox == true ? nil : name
    }
}
