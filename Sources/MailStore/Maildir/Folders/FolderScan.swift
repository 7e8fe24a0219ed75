import Blocking
import Glibc
import MailModel

/// The message files that are in `cur/` and `new/`, by what identifies a message.
struct FolderScan {
    private var byBase: [Base: MessageFile] = [:]

    /// Compared and hashed as a whole: octet by octet takes five times as long.
    private struct Base: Hashable {
        var bytes: ArraySlice<UInt8>

        static func == (left: Base, right: Base) -> Bool {
            left.bytes.count == right.bytes.count
                && left.bytes.withUnsafeBytes { left in
                    right.bytes.withUnsafeBytes { right in
                        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                        return memcmp(first, second, left.count) == 0
                    }
                }
        }

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    var files: some Collection<MessageFile> { byBase.values }
    var count: Int { byBase.count }

    func file(_ base: ArraySlice<UInt8>) -> MessageFile? { byBase[Base(bytes: base)] }

    init(reserving count: Int = 0) {
        byBase.reserveCapacity(count)
    }

    /// Names of which the file system does not tell what they are.
    private var unknown: [[UInt8]] = []

    /// Reads a directory. A name found twice (a rename went on meanwhile) counts as the one found last.
    mutating func read(_ directory: DirectoryHandle, isNew: Bool) throws(SystemCallError) {
        for entry in try directory.entries() { add(entry.name, entry.kind, isNew: isNew) }
        try lookAtUnknownKinds(directory, isNew: isNew)
    }

    mutating func add(_ name: [UInt8], _ kind: FileStatus.Kind?, isNew: Bool) {
        guard MessageFileName.isMessage(name) else { return }
        switch kind {
        case .regular: add(MessageFile(name: name, isNew: isNew))
        case nil: unknown.append(name)
        default: break
        }
    }

    mutating func lookAtUnknownKinds(_ directory: DirectoryHandle, isNew: Bool) throws(SystemCallError) {
        for name in unknown {
            do throws(SystemCallError) {
                guard try directory.status(name).kind == .regular else { continue }
                add(MessageFile(name: name, isNew: isNew))
            } catch  where error.isMissing {
                continue
            }
        }
        unknown = []
    }

    mutating func add(_ file: MessageFile) {
        // In cur/ and in new/ at once: on its way to cur/.
        let base = Base(bytes: file.base)
        if file.isNew, let known = byBase[base], !known.isNew { return }
        byBase[base] = file
    }

    mutating func remove(_ base: ArraySlice<UInt8>) {
        byBase[Base(bytes: base)] = nil
    }

    static func all(_ directories: MaildirDirectories) throws(SystemCallError) -> FolderScan {
        var scan = FolderScan()
        // new/ first: what is moved to cur/ between the two is then seen twice rather than not at all.
        try scan.read(directories.new, isNew: true)
        try scan.read(directories.cur, isNew: false)
        return scan
    }
}

/// Messages without a UID get theirs in the order in which they came, as far as their names tell it: by the seconds that
/// they begin with, then the `M` microseconds and the `Q` count of `1795224813.M637916P24075Q7.host`.
enum ArrivalOrder {
    static func sorted(_ files: some Sequence<MessageFile>) -> [MessageFile] {
        files.map { (key: key($0.name), file: $0) }
            .sorted { left, right in
                left.key == right.key
                    ? left.file.name.lexicographicallyPrecedes(right.file.name) : left.key < right.key
            }
            .map(\.file)
    }

    private static func key(_ name: [UInt8]) -> (UInt64, UInt64, UInt64) {
        let parts = name.split(separator: UInt8(ascii: "."), maxSplits: 2)
        let seconds = parts.first.flatMap { Digits.parse($0) } ?? .max
        guard parts.count > 1 else { return (seconds, 0, 0) }
        return (seconds, number(UInt8(ascii: "M"), in: parts[1]), number(UInt8(ascii: "Q"), in: parts[1]))
    }

    private static func number(_ letter: UInt8, in part: ArraySlice<UInt8>) -> UInt64 {
        guard let start = part.firstIndex(of: letter) else { return 0 }
        return Digits.parse(part[(start + 1)...].prefix { $0 >= 0x30 && $0 <= 0x39 }) ?? 0
    }
}
