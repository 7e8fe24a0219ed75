import Blocking
import MailModel

/// The open directories of one Maildir folder; opened afresh for each blocking transaction, so that nothing is held for
/// idle sessions and a folder that was renamed or deleted meanwhile is noticed.
struct MaildirDirectories: Sendable {
    static let cur = Array("cur".utf8)
    static let new = Array("new".utf8)
    static let tmp = Array("tmp".utf8)

    let root: DirectoryHandle
    let cur: DirectoryHandle
    let new: DirectoryHandle
    let tmp: DirectoryHandle

    init(_ roots: MailRoots, _ path: [UInt8]) throws {
        self.root = try roots.open(path)
        self.cur = try root.directory(Self.cur)
        self.new = try root.directory(Self.new)
        self.tmp = try root.directory(Self.tmp)
    }

    /// Opens the folder, and makes it and its three directories first where they are missing.
    init(making path: [UInt8], _ roots: MailRoots) throws {
        do {
            try self.init(roots, path)
        } catch  where Self.isMissing(error) {
            _ = try roots.makeDirectories(path)
            let root = try roots.open(path)
            try Self.fill(root)
            try self.init(roots, path)
        }
    }

    /// `new` and `cur` last: who sees them may deliver.
    static func fill(_ root: DirectoryHandle) throws(SystemCallError) {
        for name in [tmp, new, cur] {
            do throws(SystemCallError) {
                try root.makeDirectory(name)
            } catch  where error.isExisting {
                // Another process is making the same folder.
            }
        }
        try root.sync()
    }

    static func isMissing(_ error: any Error) -> Bool {
        switch error {
        case let failure as PathFailure: failure.isMissing
        case let failure as SystemCallError: failure.isMissing
        default: false
        }
    }

    static func isDenied(_ error: any Error) -> Bool {
        switch error {
        case let failure as PathFailure: failure.isDenied
        case let failure as SystemCallError: failure.isDenied
        default: false
        }
    }
}
