import Blocking
import Glibc

/// A folder's directories beside what was known of them. Most names are as they were: these cost a look into a table, and no
/// array of their own.
struct FolderComparison {
    /// What was known, under the names that it has now.
    private(set) var files: [MessageFile]
    /// What was not known.
    private(set) var arrived: [MessageFile] = []

    private var others = FolderScan()
    private var isSeen: [Bool]
    /// Places in `files`, and one more, by a hash of their names; 0 where there is none. Twice as long as needed.
    private var table: [UInt32]
    private let readsNew: Bool
    private let readsCur: Bool

    /// Different in every process, so that nobody can choose names that fall together.
    private static let seed = UInt64.random(in: .min ... .max)

    /// - Parameters:
    ///   - readsNew: whether `new/` will be read; else what is known of it holds.
    ///   - readsCur: the same of `cur/`.
    init(_ files: [MessageFile], readsNew: Bool, readsCur: Bool) {
        self.files = files
        self.readsNew = readsNew
        self.readsCur = readsCur
        isSeen = files.map { !($0.isNew ? readsNew : readsCur) }
        var size = 16
        while size < files.count * 2 { size *= 2 }
        table = [UInt32](repeating: 0, count: size)
        for (index, file) in files.enumerated() where !isSeen[index] {
            var slot = file.name.withUnsafeBytes { Self.hash($0) } & (size - 1)
            while table[slot] != 0 { slot = (slot + 1) & (size - 1) }
            table[slot] = UInt32(clamping: index + 1)
        }
    }

    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash = seed
        var position = 0
        while position + 8 <= name.count {
            hash = mixed(hash ^ name.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        while position < name.count {
            hash = mixed(hash ^ UInt64(name[position]))
            position += 1
        }
        return Int(truncatingIfNeeded: hash >> 1)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    /// Takes the names in a directory: of `new/` first, so that what is moved to `cur/` meanwhile is seen twice rather than
    /// not at all.
    mutating func read(_ directories: MaildirDirectories) throws(SystemCallError) {
        if readsNew { try read(directories.new, isNew: true) }
        if readsCur { try read(directories.cur, isNew: false) }
    }

    private mutating func read(_ directory: DirectoryHandle, isNew: Bool) throws(SystemCallError) {
        try directory.forEachEntry { name, kind in
            if see(name, isNew: isNew) { return }
            others.add(Array(name), kind, isNew: isNew)
        }
        try others.lookAtUnknownKinds(directory, isNew: isNew)
    }

    /// Whether it is the name of a file that is known to be there.
    private mutating func see(_ name: UnsafeRawBufferPointer, isNew: Bool) -> Bool {
        let mask = table.count - 1
        var slot = Self.hash(name) & mask
        while table[slot] != 0 {
            let index = Int(table[slot]) - 1
            let file = files[index]
            let isSame =
                file.isNew == isNew && file.name.count == name.count
                && file.name.withUnsafeBytes { known in
                    guard let left = known.baseAddress, let right = name.baseAddress else { return false }
                    return memcmp(left, right, name.count) == 0
                }
            if isSame {
                isSeen[index] = true
                return true
            }
            slot = (slot + 1) & mask
        }
        return false
    }

    /// Finds what was known under other names. False when something is nowhere.
    mutating func settle() -> Bool {
        var unseen: [ArraySlice<UInt8>: Int] = [:]
        for index in files.indices where !isSeen[index] { unseen[files[index].base] = index }
        for file in others.files {
            if let index = unseen.removeValue(forKey: file.base) {
                files[index] = file
            } else {
                arrived.append(file)
            }
        }
        return unseen.isEmpty
    }
}
