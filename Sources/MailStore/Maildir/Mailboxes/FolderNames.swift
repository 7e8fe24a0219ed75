import MailModel

/// Maildir++: the folder `Archive/2024` is the directory `.Archive.2024` beside INBOX's `cur`, `new` and `tmp`.
enum FolderNames {
    static let separator = UInt8(ascii: ".")

    /// The directory's name; INBOX has none.
    static func directory(_ name: MailboxName) throws(MailboxFailure) -> [UInt8] {
        guard !name.isInbox else { throw MailboxFailure(.notPermitted, "INBOX is the Maildir itself") }
        guard name.namespace == nil else {
            throw MailboxFailure(.notPermitted, "\(name) is a mailbox of another account")
        }
        var output: [UInt8] = []
        for part in name.parts {
            guard let encoded = ModifiedUTF7.encode(part) else {
                throw MailboxFailure(.notPermitted, "mailbox name \(name) is not UTF-8")
            }
            guard !encoded.contains(separator), !encoded.contains(UInt8(ascii: "/")) else {
                throw MailboxFailure(.notPermitted, "a part of mailbox name \(name) holds a . or a /")
            }
            output.append(separator)
            output += encoded
        }
        // What comes in a directory's name beside this: nothing.
        guard output.count <= 255 else { throw MailboxFailure(.notPermitted, "mailbox name \(name) is too long") }
        return output
    }

    /// Nil for a directory that is no folder of ours.
    static func mailbox(_ directory: [UInt8]) -> MailboxName? {
        guard directory.first == separator, directory.count > 1 else { return nil }
        let parts = directory.dropFirst().split(separator: separator, omittingEmptySubsequences: false)
        var decoded: [[UInt8]] = []
        for part in parts {
            guard let text = ModifiedUTF7.decode(Array(part)) else { return nil }
            decoded.append(text)
        }
        guard let name = MailboxName(parts: decoded), !name.isInbox else { return nil }
        // `.inbox.x` and `.INBOX.x` are one name to us: only the one that is made from the name can be opened.
        return name.parts == decoded ? name : nil
    }
}
