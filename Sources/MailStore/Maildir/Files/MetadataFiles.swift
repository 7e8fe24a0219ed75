import Blocking
import MailModel

/// The files in which one login finds a mailbox's annotations: the mailbox's own, with what is shared and what is its owner's,
/// and for anybody else a file of his beside it (RFC 5464 §3.3: what is private is each user's own).
struct MetadataFiles: Sendable {
    /// More than a file's name may have with `.lock` and `.tmp` behind it.
    private static let maximumName = 240

    private let main: [UInt8]
    private let own: [UInt8]?

    /// Of an account as such: nobody but its owner asks for these.
    init(account: Void) {
        (main, own) = (MetadataFile.account, nil)
    }

    /// - Parameter reader: a login that is not the owner's.
    init(mailboxFor reader: String?) throws(MailboxFailure) {
        main = MetadataFile.mailbox
        own = try reader.map { login throws(MailboxFailure) in try Self.file(of: login) }
    }

    /// Letters, digits and what is as harmless stay: an administrator sees whose file it is.
    private static func file(of login: String) throws(MailboxFailure) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var name = MetadataFile.mailbox + Array("-of-".utf8)
        for byte in login.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "@"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "+"):
                name.append(byte)
            default: name += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        guard !login.isEmpty, name.count <= maximumName else {
            throw MailboxFailure(.limitExceeded, "a login of this length has no annotations in others' mailboxes")
        }
        return name
    }

    func read(in directory: DirectoryHandle) throws -> MailboxMetadata {
        let metadata = try MetadataFile.read(main, in: directory)
        guard let own else { return metadata }
        var joined = MailboxMetadata()
        try joined.apply(metadata.values.filter { !$0.key.isPrivate }.map { MetadataChange($0.key, $0.value) })
        let others = try MetadataFile.read(own, in: directory)
        // Each of the two is bounded by itself.
        joined.add(others.values.filter { $0.key.isPrivate })
        return joined
    }

    /// Durable when it returns.
    func change(in directory: DirectoryHandle, lockSeconds: Int64, _ changes: [MetadataChange]) throws {
        guard let own else {
            return try MetadataFile.change(main, in: directory, lockSeconds: lockSeconds, changes)
        }
        let parts = [(main, changes.filter { !$0.name.isPrivate }), (own, changes.filter(\.name.isPrivate))]
            .filter { !$0.1.isEmpty }
        // What one of them can't take is known before the other one is written (RFC 5464 §4.3).
        for (file, changes) in parts {
            var metadata = try MetadataFile.read(file, in: directory)
            try metadata.apply(changes)
        }
        for (file, changes) in parts {
            try MetadataFile.change(file, in: directory, lockSeconds: lockSeconds, changes)
        }
    }
}
