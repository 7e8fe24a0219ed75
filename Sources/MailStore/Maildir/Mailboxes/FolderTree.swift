import Blocking
import MailModel

/// Finds the folders that lie below an account's root.
struct FolderTree {
    /// As deep as names go.
    private static let maximumDepth = 32
    private static let maximumCount = 100_000

    private let names: FolderNames
    private let roots: MailRoots

    init(_ names: FolderNames, _ roots: MailRoots) {
        self.names = names
        self.roots = roots
    }

    func folders(in root: DirectoryHandle) throws -> [MailboxName] {
        var found: [MailboxName] = []
        try visit(root, below: []) { path, isLink in
            if let name = names.mailbox(path) { found.append(name) }
        }
        return found
    }

    /// Paths below the root of all directories of the account's own that can hold mail, whatever their names.
    func directories(in root: DirectoryHandle) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        try visit(root, below: []) { path, isLink in
            // A link leads to somebody else's mail.
            if !isLink { found.append(path) }
        }
        return found
    }

    private func visit(
        _ directory: DirectoryHandle, below prefix: [UInt8], depth: Int = 0,
        _ body: (_ path: [UInt8], _ isLink: Bool) throws -> Void
    ) throws {
        var count = 0
        for entry in try directory.entries() where mayBeFolder(entry.name) {
            guard let isLink = isLink(entry, in: directory) else { continue }
            count += 1
            guard count <= Self.maximumCount else {
                throw MailboxFailure(.limitExceeded, "\(pathText(directory.path)) holds too many folders")
            }
            if try isFolder(entry.name, isLink: isLink, in: directory) { try body(prefix + entry.name, isLink) }
            // Nothing is looked for behind a link: it may lead back here.
            guard names.layout == .fileSystem, !isLink, depth + 1 < Self.maximumDepth else { continue }
            let inner: DirectoryHandle
            do throws(SystemCallError) {
                inner = try directory.directory(entry.name)
            } catch {
                // Gone meanwhile, or nothing that the owner may enter.
                continue
            }
            try visit(inner, below: prefix + entry.name + [UInt8(ascii: "/")], depth: depth + 1, body)
        }
    }

    private func mayBeFolder(_ name: [UInt8]) -> Bool {
        switch names.layout {
        case .maildirPlusPlus: name.first == FolderNames.separator && name.count > 1 && name != Array("..".utf8)
        case .fileSystem: FolderNames.isFolderName(name)
        }
    }

    /// Nil for what is no directory and no link.
    private func isLink(_ entry: DirectoryHandle.Entry, in directory: DirectoryHandle) -> Bool? {
        var kind = entry.kind
        if kind == nil {
            do throws(SystemCallError) {
                kind = try directory.status(entry.name).kind
            } catch {
                // Gone meanwhile.
            }
        }
        switch kind {
        case .directory: return false
        case .symbolicLink: return true
        case .regular, .other, nil: return nil
        }
    }

    /// A home directory that is a Maildir has other directories with a dot in front; a folder has a `cur`.
    private func isFolder(_ name: [UInt8], isLink: Bool, in directory: DirectoryHandle) throws -> Bool {
        do {
            // A shared folder: only where the link may lead there.
            let folder =
                isLink
                ? try roots.open(directory.path + [UInt8(ascii: "/")] + name) : try directory.directory(name)
            return try folder.exists(MaildirDirectories.cur)
        } catch is PathFailure {
            return false
        } catch is SystemCallError {
            return false
        }
    }
}
