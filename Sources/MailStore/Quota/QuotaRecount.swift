import Blocking
import MailModel

/// What an account holds, counted from what its mailboxes are kept in: the same for every kind of mailbox.
protocol QuotaRecount: Sendable {
    /// Runs on a thread of the pool, as the owner.
    func count(_ quota: Quota) throws -> QuotaUsage
    /// Another value says that messages came or went while they were counted.
    func stamp() throws -> [FileStatus.Time]
}

/// All folders of a Maildir. Sizes come from the files' names, where these tell them.
struct MaildirRecount: QuotaRecount {
    let roots: MailRoots
    let location: MaildirLocation

    func count(_ quota: Quota) throws -> QuotaUsage {
        var usage = QuotaUsage()
        for (name, path) in try folders() where name.map({ !quota.ignores($0) }) ?? true {
            for part in [MaildirDirectories.new, MaildirDirectories.cur] {
                guard let directory = try existing(path, part) else { continue }
                try add(directory, quota.terms, to: &usage)
            }
        }
        return usage
    }

    func stamp() throws -> [FileStatus.Time] {
        var times: [FileStatus.Time] = []
        for (_, path) in try folders() {
            for part in [MaildirDirectories.new, MaildirDirectories.cur] {
                if let directory = try existing(path, part) { times.append(try directory.status().modified) }
            }
        }
        return times
    }

    /// Nil for the name of a folder that is none to us; its messages count all the same.
    private func folders() throws -> [(name: MailboxName?, path: [UInt8])] {
        var folders: [(MailboxName?, [UInt8])] = [(.inbox, location.inbox)]
        do {
            let root = try roots.open(location.path)
            for path in try FolderTree(location.names, roots).directories(in: root) {
                folders.append((location.names.mailbox(path), location.path + [UInt8(ascii: "/")] + path))
            }
        } catch  where MaildirDirectories.isMissing(error) && location.inbox != location.path {
            // There is INBOX alone.
        }
        return folders.sorted { $0.1.lexicographicallyPrecedes($1.1) }
    }

    private func existing(_ path: [UInt8], _ part: [UInt8]) throws -> DirectoryHandle? {
        do {
            return try roots.open(path).directory(part)
        } catch  where MaildirDirectories.isMissing(error) {
            return nil
        }
    }

    private func add(_ directory: DirectoryHandle, _ terms: QuotaTerms, to usage: inout QuotaUsage) throws {
        for entry in try directory.entries() where MessageFileName.isMessage(entry.name) {
            guard entry.kind == nil || entry.kind == .regular, terms.counts(entry.name) else { continue }
            do {
                usage.storage &+= try MessageSize.of(entry.name, in: directory, terms.sizes)
                usage.messages &+= 1
            } catch  where MaildirDirectories.isMissing(error) {
                continue
            }
        }
    }
}

/// The size of a message that counts.
enum MessageSize {
    static func of(
        _ name: [UInt8], in directory: DirectoryHandle, _ sizes: QuotaTerms.Sizes
    ) throws -> UInt64 {
        switch sizes {
        case .file: try MessageFileName.field(UInt8(ascii: "S"), of: name) ?? directory.status(name).size
        case .wire:
            try MessageFileName.field(UInt8(ascii: "W"), of: name)
                ?? MessageReader.virtualSize(of: directory.file(name))
        }
    }
}
