import Blocking
package import MailModel
import Synchronization

/// Makes mailboxes on disk, each as its owner, and remembers which there are.
package final class MaildirProvisioning: Sendable {
    private let stores: MaildirStores
    private let making: MaildirMaking
    private let known = Mutex<Set<FileStatus.Identity>>([])

    package var isDry: Bool { making.isDry }

    init(_ stores: MaildirStores, isDry: Bool) {
        self.stores = stores
        making = MaildirMaking(roots: stores.roots, isDry: isDry)
    }

    package func maildir(
        _ path: [UInt8], owner: Owner, _ access: MaildirMaking.Access
    ) async throws -> MaildirMaking.Finding {
        let (finding, identity) = try await run(owner, making: path, mode: access == .sharable ? 0o755 : 0o700) {
            [making] in
            try making.maildir(path, owner: owner, access)
        }
        if let identity { _ = known.withLock { $0.insert(identity) } }
        return finding
    }

    package func folder(
        _ name: MailboxName, of path: [UInt8], owner: Owner, isShared: Bool
    ) async throws -> MaildirMaking.Finding {
        try await run(owner) { [making] in
            try making.folder(name, of: path, isShared: isShared)
        }
    }

    /// The directory above a link.
    package func parent(of link: [UInt8], owner: Owner) async throws -> MaildirMaking.Finding {
        let parent = Array(link.prefix(link.lastIndex(of: UInt8(ascii: "/")) ?? 0))
        return try await run(owner, making: parent, mode: 0o755) { [making] in try making.parent(of: link) }
    }

    package func link(
        _ path: [UInt8], toFolder folder: MailboxName, of maildir: [UInt8], owner: Owner
    ) async throws -> MaildirMaking.Finding {
        let target = maildir + [UInt8(ascii: "/")] + (try FolderNames().path(folder))
        return try await run(owner) { [making] in
            try making.link(path, to: target)
        }
    }

    /// Courier's line in the Maildir at `path`.
    package func line(
        _ group: [UInt8], _ sharable: [UInt8], in path: [UInt8], owner: Owner
    ) async throws -> MaildirMaking.Finding {
        try await run(owner) { [making] in
            try making.sharedMaildirsLine(group, sharable, in: path)
        }
    }

    /// Maildirs below the roots that this has not come by, and that do not lie at one of `others`. As the service.
    package func search(besides others: [[UInt8]]) async throws -> MailboxSearch.Result {
        let found = known.withLock { $0 }
        let roots = stores.roots
        return try await stores.pool.run {
            try MailboxSearch(roots: roots).maildirs(besides: found.union(Self.identities(of: others, roots)))
        }
    }

    private static func identities(of paths: [[UInt8]], _ roots: MailRoots) -> Set<FileStatus.Identity> {
        var result: Set<FileStatus.Identity> = []
        for path in paths {
            guard let directory = try? roots.open(path), let status = try? directory.status() else { continue }
            result.insert(status.identity)
        }
        return result
    }

    /// As the owner. With `path`, the first directory of it that is missing in a place of the service's own is made as the
    /// service. A dry run makes nothing.
    private func run<T: Sendable>(
        _ owner: Owner, making path: [UInt8]? = nil, mode: UInt32 = 0o700, _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        guard let path, !isDry else { return try await stores.pool.runWithIdentity(owner, body) }
        return try await stores.run(as: owner, making: path, mode: mode, body)
    }
}

extension MailboxStores {
    package func provisioning(isDry: Bool) -> MaildirProvisioning {
        MaildirProvisioning(maildirs, isDry: isDry)
    }
}
