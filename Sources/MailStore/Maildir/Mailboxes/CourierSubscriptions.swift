import Blocking
import MailModel

/// `courierimapsubscribed`: a name per line as Courier's clients see it, `INBOX.Archive.2024`.
struct CourierSubscriptions: Hashable, Sendable {
    static let fileName = Array("courierimapsubscribed".utf8)
    private static let prefix = Array("INBOX.".utf8)
    private static let maximumSize = 4 << 20

    private(set) var names: [MailboxName] = []
    /// Lines that are no name of the account's own, `shared.NAME`, stay as they are.
    private var strangers: [[UInt8]] = []
    /// Courier 5 and later write UTF-8, those before it modified UTF-7.
    private var isModifiedUTF7 = false

    init() {}

    init(parsing file: [UInt8]) {
        let lines = file.split(separator: 0x0A).map(Array.init)
        isModifiedUTF7 =
            !lines.contains { $0.contains { $0 > 0x7F } }
            && lines.contains { $0.contains(UInt8(ascii: "&")) && ModifiedUTF7.decode($0) != nil }
        for line in lines {
            if let name = name(line) {
                if !names.contains(name) { names.append(name) }
            } else {
                strangers.append(line)
            }
        }
    }

    private func name(_ line: [UInt8]) -> MailboxName? {
        if line.elementsEqual("INBOX".utf8) { return .inbox }
        guard line.starts(with: Self.prefix) else { return nil }
        let parts = line.dropFirst(Self.prefix.count)
            .split(separator: FolderNames.separator, omittingEmptySubsequences: false).map(Array.init)
        return MailboxName(parts: isModifiedUTF7 ? parts.map { ModifiedUTF7.decode($0) ?? $0 } : parts)
    }

    var bytes: [UInt8] {
        let own = names.map { name -> [UInt8] in
            guard !name.isInbox else { return Array("INBOX".utf8) }
            let parts = isModifiedUTF7 ? name.parts.map { ModifiedUTF7.encode($0) ?? $0 } : name.parts
            return Self.prefix + Array(parts.joined(separator: [FolderNames.separator]))
        }
        return (own + strangers).flatMap { $0 + [0x0A] }
    }

    mutating func replace(_ names: [MailboxName]) {
        self.names = names
    }

    static func read(in directory: DirectoryHandle) throws(SystemCallError) -> CourierSubscriptions? {
        do throws(SystemCallError) {
            return CourierSubscriptions(parsing: try directory.file(fileName).readAll(limit: maximumSize))
        } catch  where error.isMissing {
            return nil
        }
    }

    func replace(in directory: DirectoryHandle) throws(SystemCallError) {
        try DurableFile.replace(
            Self.fileName, in: directory, temporaryName: Self.fileName + Array(".tmp".utf8), contents: bytes)
    }
}
