import MailModel

/// Which directory is which folder. In Maildir++, `Archive/2024` is `.Archive.2024` beside INBOX's `cur`, `new` and `tmp`; in Dovecot's
/// `LAYOUT=fs` it is `Archive/2024`, where a name may hold dots.
struct FolderNames: Hashable, Sendable {
    static let separator = UInt8(ascii: ".")
    private static let slash = UInt8(ascii: "/")

    var layout = MailboxLocation.Layout.maildirPlusPlus
    /// Names are UTF-8, as Dovecot's `UTF-8` and Courier 5 have them; otherwise modified UTF-7.
    var isUTF8 = false

    /// The folder's path below the account's root; INBOX has none.
    func path(_ name: MailboxName) throws(MailboxFailure) -> [UInt8] {
        guard !name.isInbox else { throw MailboxFailure(.notPermitted, "INBOX is the Maildir itself") }
        guard name.namespace == nil else {
            throw MailboxFailure(.notPermitted, "\(name) is a mailbox of another account")
        }
        var output: [UInt8] = []
        for (place, part) in name.parts.enumerated() {
            guard let encoded = encode(part) else {
                throw MailboxFailure(.notPermitted, "mailbox name \(name) is not UTF-8")
            }
            switch layout {
            case .maildirPlusPlus:
                guard !encoded.contains(Self.separator), !encoded.contains(Self.slash) else {
                    throw MailboxFailure(.notPermitted, "a part of mailbox name \(name) holds a . or a /")
                }
                output.append(Self.separator)
            case .fileSystem:
                guard Self.isFolderName(encoded), !encoded.contains(Self.slash) else {
                    throw MailboxFailure(.notPermitted, "a part of mailbox name \(name) can't be a directory's name")
                }
                if place > 0 { output.append(Self.slash) }
            }
            output += encoded
        }
        // What comes in a directory's name beside this: nothing.
        guard layout == .fileSystem || output.count <= 255 else {
            throw MailboxFailure(.notPermitted, "mailbox name \(name) is too long")
        }
        return output
    }

    /// Nil for a path below the root that is no folder of ours.
    func mailbox(_ path: [UInt8]) -> MailboxName? {
        let parts: [ArraySlice<UInt8>]
        switch layout {
        case .maildirPlusPlus:
            guard path.first == Self.separator, path.count > 1 else { return nil }
            parts = path.dropFirst().split(separator: Self.separator, omittingEmptySubsequences: false)
        case .fileSystem:
            parts = path.split(separator: Self.slash, omittingEmptySubsequences: false)
            guard parts.allSatisfy({ Self.isFolderName(Array($0)) }) else { return nil }
        }
        var decoded: [[UInt8]] = []
        for part in parts {
            guard let text = decode(Array(part)) else { return nil }
            decoded.append(text)
        }
        guard let name = MailboxName(parts: decoded), !name.isInbox else { return nil }
        // `.inbox.x` and `.INBOX.x` are one name to us: only the one that is made from the name can be opened.
        return name.parts == decoded ? name : nil
    }

    /// A part of a name on disk; nil where it can have none.
    func encode(_ part: [UInt8]) -> [UInt8]? {
        guard isUTF8 else { return ModifiedUTF7.encode(part) }
        return String(validating: part, as: UTF8.self) == nil ? nil : part
    }

    func decode(_ part: [UInt8]) -> [UInt8]? {
        guard isUTF8 else { return ModifiedUTF7.decode(part) }
        return String(validating: part, as: UTF8.self) == nil ? nil : part
    }

    /// Below `CONTROL=`.
    var inboxControl: [UInt8] {
        Array((layout == .fileSystem ? "/INBOX" : "/.INBOX").utf8)
    }

    /// With `LAYOUT=fs`, folders lie among the directories and files of a Maildir.
    static func isFolderName(_ part: [UInt8]) -> Bool {
        let reserved = [
            "", ".", "..", "cur", "new", "tmp", "subscriptions", "subscriptions.lock", "subscriptions.tmp",
            "maildirsize",
            "maildirfolder", "courierimapkeywords", "courierimaphieracl", "shared-folders",
        ]
        return part.count <= 255 && !reserved.contains { part.elementsEqual($0.utf8) }
            && !part.starts(with: "dovecot-".utf8) && !part.starts(with: "dovecot.".utf8)
            && !part.starts(with: "postroom-".utf8)
    }
}
