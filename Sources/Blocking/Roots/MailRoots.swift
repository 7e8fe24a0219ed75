import CBlockingShim
import Glibc

/// The directories below which mail may lie, and the only way to open a path that a directory server or a user named.
///
/// Each root is resolved once, links included (Debian's `/var/spool/mail` is one), and held open. Below a root nothing
/// leads out: the kernel refuses (`openat2` with `RESOLVE_BENEATH`), and a symbolic link is followed only if its target,
/// opened afresh, is below a root again.
package final class MailRoots: Sendable {
    package static let maximumPathLength = 4000
    package static let maximumLinks = 8

    struct Root: Sendable {
        /// As configured and as resolved, without a trailing `/`; empty for `/`.
        var spellings: [[UInt8]]
        var resolved: [UInt8]
        var handle: DirectoryHandle
    }

    let roots: [Root]

    /// Opens the roots. Blocks; for start-up and reload.
    ///
    /// - Parameter places: folders of this machine that stand for paths by which the site knows them: a container's
    ///   `/var/mail` that is `/srv/mail` here. Of several that fit, the longest counts.
    package init(_ paths: [[UInt8]], places: [(path: [UInt8], folder: [UInt8])] = []) throws(PathFailure) {
        var roots: [Root] = []
        for path in paths {
            guard path.first == UInt8(ascii: "/") else { throw PathFailure(path, .notAbsolute) }
            guard path.count <= Self.maximumPathLength else { throw PathFailure(path, .tooLong) }
            do throws(SystemCallError) {
                var root = try Self.open(Self.placed(path, places))
                let spelling = PathComponents.join(PathComponents.split(path))
                if !root.spellings.contains(spelling) { root.spellings.append(spelling) }
                roots.append(root)
            } catch {
                throw PathFailure(path, .system(error))
            }
        }
        self.roots = roots
    }

    private static func placed(_ path: [UInt8], _ places: [(path: [UInt8], folder: [UInt8])]) -> [UInt8] {
        let components = PathComponents.split(path)
        var best: (depth: Int, path: [UInt8])?
        for place in places {
            let prefix = PathComponents.split(place.path)
            guard components.starts(with: prefix), best.map({ $0.depth <= prefix.count }) ?? true else { continue }
            let rest = PathComponents.join(Array(components.dropFirst(prefix.count)))
            best = (prefix.count, PathComponents.join(PathComponents.split(place.folder)) + rest)
        }
        guard let best else { return path }
        return best.path.isEmpty ? [UInt8(ascii: "/")] : best.path
    }

    private static func open(_ path: [UInt8]) throws(SystemCallError) -> Root {
        let descriptor = try withPath("open", path) {
            cblocking_open_path(AT_FDCWD, $0, 1)
        }
        let handle = DirectoryHandle(descriptor: descriptor, path: path)
        guard
            let pointer = path.withUnsafeBufferPointer({ _ in
                (path + [0]).withUnsafeBytes { bytes in
                    realpath(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), nil)
                }
            })
        else { throw SystemCallError("realpath", path, errno) }
        defer { free(pointer) }
        let resolved = Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
        let spelling = PathComponents.join(PathComponents.split(path))
        let resolvedSpelling = PathComponents.join(PathComponents.split(resolved))
        return Root(
            spellings: spelling == resolvedSpelling ? [spelling] : [spelling, resolvedSpelling],
            resolved: resolvedSpelling, handle: handle)
    }

    /// The root that `components` lie in, and what is left of them below it; the longest root wins.
    func match(_ components: [[UInt8]]) -> (root: Root, rest: [[UInt8]])? {
        var best: (root: Root, rest: [[UInt8]], depth: Int)?
        for root in roots {
            for spelling in root.spellings {
                let prefix = PathComponents.split(spelling)
                guard components.starts(with: prefix), best.map({ $0.depth < prefix.count }) ?? true else { continue }
                best = (root, Array(components.dropFirst(prefix.count)), prefix.count)
            }
        }
        return best.map { ($0.root, $0.rest) }
    }

    /// Whether the text of a path lies below a root; nothing is opened, so that a link below may still lead out.
    package func contains(_ path: [UInt8]) -> Bool {
        guard let components = try? check(path), let (_, rest) = match(components) else { return false }
        return !rest.isEmpty
    }

    /// The roots themselves, for looking through all that lies below them. Blocks.
    package func openRoots() throws(PathFailure) -> [DirectoryHandle] {
        var handles: [DirectoryHandle] = []
        for root in roots {
            let path = root.spellings.first ?? root.resolved
            switch Self.openSelf(root.handle, path: path) {
            case .opened(let handle): handles.append(handle)
            case .failed(let number): throw PathFailure(path, .system(SystemCallError("open", path, number)))
            }
        }
        return handles
    }

    /// Opens the directory at `path` for reading its names and for syncing them. Blocks.
    package func open(_ path: [UInt8]) throws(PathFailure) -> DirectoryHandle {
        let components = try check(path)
        guard let (root, rest) = match(components) else { throw PathFailure(path, .outsideRoots) }
        guard !rest.isEmpty else { throw PathFailure(path, .isRoot) }
        switch Self.openBelow(root.handle, rest, path: path) {
        case .opened(let handle): return handle
        case .failed(let number) where ![ELOOP, ENOTDIR, ENOSYS, EPERM].contains(number):
            throw PathFailure(path, .system(SystemCallError("open", path, number)))
        case .failed:
            // A link on the way, or a kernel without openat2 (EPERM in sandboxes that do not know it): one component
            // at a time.
            let walk = try RootWalk(self, path: path, root: root, rest: rest).run()
            guard walk.missing.isEmpty else {
                throw PathFailure(path, .system(SystemCallError("open", path, ENOENT)))
            }
            return try reopen(walk.directory, path: path)
        }
    }

    /// Opens the directory that holds a file at `path`, which may be a root itself. One that its user may enter but not read
    /// is opened all the same; then its names can't be listed or synced. Blocks.
    package func openParent(of path: [UInt8]) throws(PathFailure) -> (directory: DirectoryHandle, name: [UInt8]) {
        let components = try check(path)
        guard let (root, rest) = match(components) else { throw PathFailure(path, .outsideRoots) }
        guard let name = rest.last else { throw PathFailure(path, .isRoot) }
        let walk = try RootWalk(self, path: path, root: root, rest: Array(rest.dropLast())).run()
        guard walk.missing.isEmpty else { throw PathFailure(path, .system(SystemCallError("open", path, ENOENT))) }
        let parent = PathComponents.join(components.dropLast())
        if case .opened(let readable) = Self.openSelf(walk.directory, path: parent) { return (readable, name) }
        return (walk.directory, name)
    }

    /// Makes the directories that `path` lacks, each with `mode`; with `owner`, only the first of them, which is given to
    /// it (that needs CAP_CHOWN, and after it no more rights than the owner's are needed for the rest). Returns whether
    /// any was made. Blocks.
    package func makeDirectories(
        _ path: [UInt8], mode: UInt32 = 0o700, owner: (uid: UInt32, gid: UInt32)? = nil
    ) throws(PathFailure) -> Bool {
        let components = try check(path)
        guard let (root, rest) = match(components) else { throw PathFailure(path, .outsideRoots) }
        guard !rest.isEmpty else { throw PathFailure(path, .isRoot) }
        let walk = try RootWalk(self, path: path, root: root, rest: rest).run()
        var directory = walk.directory
        do throws(SystemCallError) {
            for name in owner == nil ? walk.missing[...] : walk.missing.prefix(1) {
                directory = try Self.makeDirectory(name, in: directory, mode: mode, owner: owner)
            }
        } catch {
            throw PathFailure(path, .system(error))
        }
        return !walk.missing.isEmpty
    }

    /// A directory that is to be given away is made under another name first: nobody ever sees it half made.
    private static func makeDirectory(
        _ name: [UInt8], in parent: DirectoryHandle, mode: UInt32, owner: (uid: UInt32, gid: UInt32)?
    ) throws(SystemCallError) -> DirectoryHandle {
        if let owner {
            let temporaryName = Array(".\(getpid())-\(UInt32.random(in: 0...(.max)))".utf8) + name.suffix(200)
            try parent.makeDirectory(temporaryName, mode: mode)
            do throws(SystemCallError) {
                let made = try parent.directory(temporaryName)
                let result = cblocking_fchown(made.descriptor, owner.uid, owner.gid)
                guard result == 0 else { throw SystemCallError("chown", parent.path(of: name), -result) }
                try parent.renameWithoutReplacing(temporaryName, to: parent, name)
            } catch {
                let failure = error
                do throws(SystemCallError) { try parent.removeDirectory(temporaryName) } catch {}
                guard failure.isExisting else { throw failure }
            }
        } else {
            do throws(SystemCallError) {
                try parent.makeDirectory(name, mode: mode)
            } catch  where error.isExisting {
                // Another delivery made it meanwhile.
            }
        }
        syncIfReadable(parent)
        return try openPath(name, in: parent)
    }

    /// The new name's durability. A parent that its user may enter but not read can't be opened for it; the sync of the
    /// new directory itself, which follows, then has to do (and does, on ext4 and xfs).
    private static func syncIfReadable(_ parent: DirectoryHandle) {
        guard case .opened(let readable) = openSelf(parent, path: parent.path) else { return }
        do throws(SystemCallError) { try readable.sync() } catch {}
    }

    /// The path's components, or why it can't be one of ours.
    private func check(_ path: [UInt8]) throws(PathFailure) -> [[UInt8]] {
        guard path.first == UInt8(ascii: "/") else { throw PathFailure(path, .notAbsolute) }
        guard path.count <= Self.maximumPathLength else { throw PathFailure(path, .tooLong) }
        guard !path.contains(0) else { throw PathFailure(path, .holdsNUL) }
        let components = PathComponents.split(path)
        guard !components.contains([0x2E, 0x2E]) else { throw PathFailure(path, .parentComponent) }
        return components
    }

    private func reopen(_ directory: DirectoryHandle, path: [UInt8]) throws(PathFailure) -> DirectoryHandle {
        switch Self.openSelf(directory, path: path) {
        case .opened(let handle): return handle
        case .failed(let number): throw PathFailure(path, .system(SystemCallError("open", path, number)))
        }
    }
}

/// Paths as lists of names.
enum PathComponents {
    /// Without empty components and `.`.
    static func split(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).filter { $0 != [0x2E] }.map(Array.init)
    }

    static func join(_ components: [[UInt8]]) -> [UInt8] {
        components.reduce(into: []) { $0 += [UInt8(ascii: "/")] + $1 }
    }
}
