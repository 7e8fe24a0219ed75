import Blocking
import MailModel

/// The `subscriptions` file. Version 2 (`V<TAB>2`, an empty line, then one name per line, its parts separated by tabs) is
/// written; the older form, one name with its separators per line, is read too.
struct Subscriptions: Hashable, Sendable {
    static let fileName = Array("subscriptions".utf8)
    /// Beside mboxes, where any other name would be a mailbox.
    static let mboxFileName = Array(".subscriptions".utf8)
    private static let magic = Array("V\t2".utf8)

    /// In the order of the file, each once. Lines that are no name of ours are kept as they are.
    private(set) var names: [MailboxName] = []
    private var encoding = FolderNames()
    private var strangers: [[UInt8]] = []

    init() {}

    /// - Parameter encoding: how names are on disk.
    init(parsing file: [UInt8], _ encoding: FolderNames = FolderNames()) {
        self.encoding = encoding
        var lines = file.split(separator: 0x0A, omittingEmptySubsequences: true)[...]
        let isVersion2 = lines.first.map { Array($0) == Self.magic } ?? false
        if isVersion2 { lines = lines.dropFirst() }
        for line in lines {
            let parts =
                isVersion2
                ? line.split(separator: 0x09, omittingEmptySubsequences: false).map(EscapedField.unescape)
                : line.split(whereSeparator: { $0 == FolderNames.separator || $0 == UInt8(ascii: "/") }).map(Array.init)
            let decoded = parts.compactMap { encoding.decode($0) }
            if decoded.count == parts.count, let name = MailboxName(parts: decoded) {
                if !names.contains(name) { names.append(name) }
            } else if isVersion2 {
                strangers.append(Array(line))
            }
        }
    }

    var bytes: [UInt8] {
        var output = Self.magic + [0x0A, 0x0A]
        for name in names {
            output += name.parts.map { EscapedField.escape(encoding.encode($0) ?? $0) }.joined(separator: [0x09])
            output.append(0x0A)
        }
        for line in strangers { output += line + [0x0A] }
        return output
    }

    /// What another program's file says instead.
    mutating func replace(_ names: [MailboxName]) {
        self.names = names
    }

    mutating func add(_ name: MailboxName) {
        if !names.contains(name) { names.append(name) }
    }

    mutating func remove(_ name: MailboxName) {
        names.removeAll { $0 == name }
    }

    static func read(
        in directory: DirectoryHandle, fileName: [UInt8] = Subscriptions.fileName,
        _ encoding: FolderNames = FolderNames()
    ) throws(SystemCallError) -> Subscriptions {
        do throws(SystemCallError) {
            return Subscriptions(parsing: try directory.file(fileName).readAll(limit: 4 << 20), encoding)
        } catch  where error.isMissing {
            return Subscriptions(parsing: [], encoding)
        }
    }

    static func change(
        in directory: DirectoryHandle, fileName: [UInt8] = Subscriptions.fileName, lockSeconds: Int64,
        _ body: (inout Subscriptions) -> Void
    ) throws {
        let lockName = String(decoding: fileName, as: UTF8.self) + ".lock"
        try DotLock.holding(lockName, in: directory, seconds: lockSeconds) {
            try rewrite(in: directory, fileName: fileName, FolderNames(), body)
        }
    }

    /// Under the file's lock.
    static func rewrite(
        in directory: DirectoryHandle, fileName: [UInt8] = Subscriptions.fileName,
        _ encoding: FolderNames = FolderNames(), _ body: (inout Subscriptions) throws -> Void
    ) throws {
        let old = try read(in: directory, fileName: fileName, encoding)
        var new = old
        try body(&new)
        guard new != old else { return }
        try DurableFile.replace(
            fileName, in: directory, temporaryName: fileName + Array(".tmp".utf8), contents: new.bytes)
    }
}
