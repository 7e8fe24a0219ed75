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

/// Messages without a UID get theirs in the order in which they came: by the seconds that their names begin with.
enum ArrivalOrder {
    static func precedes(_ left: MessageFile, _ right: MessageFile) -> Bool {
        let seconds = (self.seconds(left.name), self.seconds(right.name))
        if seconds.0 != seconds.1 { return seconds.0 < seconds.1 }
        return left.name.lexicographicallyPrecedes(right.name)
    }

    private static func seconds(_ name: [UInt8]) -> UInt64 {
        Digits.parse(name.prefix { $0 >= 0x30 && $0 <= 0x39 }) ?? .max
    }
}
