import Blocking
import MailModel

/// The message files that are in `cur/` and `new/`, by what identifies a message.
struct FolderScan {
    private(set) var files: [ArraySlice<UInt8>: MessageFile] = [:]

    init(reserving count: Int = 0) {
        files.reserveCapacity(count)
    }

    /// Reads a directory. A name found twice (a rename went on meanwhile) counts as the one found last.
    mutating func read(_ directory: DirectoryHandle, isNew: Bool) throws(SystemCallError) {
        for entry in try directory.entries() where MessageFileName.isMessage(entry.name) {
            var kind = entry.kind
            if kind == nil {
                do throws(SystemCallError) {
                    kind = try directory.status(entry.name).kind
                } catch  where error.isMissing {
                    continue
                }
            }
            guard kind == .regular else { continue }
            add(MessageFile(name: entry.name, isNew: isNew))
        }
    }

    mutating func add(_ file: MessageFile) {
        // In cur/ and in new/ at once: on its way to cur/.
        if let known = files[file.base], !known.isNew, file.isNew { return }
        files[file.base] = file
    }

    mutating func remove(_ base: ArraySlice<UInt8>) {
        files[base] = nil
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
