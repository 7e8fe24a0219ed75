import Blocking
import MailModel

/// Where an mbox is, and where the journal of its rewritings lies.
struct MboxPlace: Hashable, Sendable {
    var path: [UInt8]
    /// The directory for what belongs to the mbox but not into it; nil for beside it.
    var stateDirectory: [UInt8]?
    /// What its account is known by among the indexes: the folder of its mailboxes, or the one file.
    var accountPath: [UInt8]

    func openJournal(_ roots: MailRoots, making: Bool) throws -> (directory: DirectoryHandle, name: [UInt8])? {
        try open("postroom-rewrite", roots, making: making)
    }

    func openAppendJournal(
        _ roots: MailRoots, making: Bool
    ) throws -> (directory: DirectoryHandle, name: [UInt8])? {
        try open("postroom-append", roots, making: making)
    }

    private func open(
        _ file: String, _ roots: MailRoots, making: Bool
    ) throws -> (directory: DirectoryHandle, name: [UInt8])? {
        guard let stateDirectory else {
            let (directory, name) = try roots.openParent(of: path)
            return (directory, Array(".".utf8) + name.prefix(200) + Array(".\(file)".utf8))
        }
        if making { _ = try roots.makeDirectories(stateDirectory) }
        do throws(PathFailure) {
            return (try roots.open(stateDirectory), Array(file.utf8))
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }
}
