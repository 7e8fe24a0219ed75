package import Blocking

/// Looks through all that lies below the roots for Maildirs. Blocks; follows no link.
package struct MailboxSearch: Sendable {
    package static let maximumDepth = 12
    package static let maximumDirectories = 2_000_000

    package struct Result: Sendable {
        /// Maildirs that are none of `known`, by path.
        package var unknown: [[UInt8]] = []
        /// What could not be looked into, or was left out.
        package var failures: [String] = []
    }

    package let roots: MailRoots

    package init(roots: MailRoots) {
        self.roots = roots
    }

    /// A directory that waits to be looked at. It is opened then: there may be more than a process can hold open.
    private struct Pending {
        var parent: DirectoryHandle
        /// Nil for the parent itself.
        var name: [UInt8]?
        var depth: Int
    }

    /// Folders of a Maildir are its own, and are not looked at.
    package func maildirs(besides known: Set<FileStatus.Identity>) throws -> Result {
        var result = Result()
        var pending: [Pending] = []
        for root in try roots.openRoots() { pending.append(Pending(parent: root, name: nil, depth: 0)) }
        var count = 0
        // Roots may lie within each other.
        var seen: Set<FileStatus.Identity> = []
        while let next = pending.popLast() {
            count += 1
            guard count <= Self.maximumDirectories else {
                result.failures.append("more than \(Self.maximumDirectories) directories: the rest was not looked at")
                break
            }
            do {
                pending += try look(next, known, &seen, &result)
            } catch {
                if !error.isMissing, result.failures.count < 100 { result.failures.append("\(error)") }
            }
        }
        result.unknown.sort { $0.lexicographicallyPrecedes($1) }
        return result
    }

    /// What is to be looked at next.
    private func look(
        _ next: Pending, _ known: Set<FileStatus.Identity>, _ seen: inout Set<FileStatus.Identity>,
        _ result: inout Result
    ) throws(SystemCallError) -> [Pending] {
        let directory: DirectoryHandle
        if let name = next.name {
            directory = try next.parent.directory(name)
        } else {
            directory = next.parent
        }
        let identity = try directory.status().identity
        guard seen.insert(identity).inserted else { return [] }
        let entries = try directory.entries()
        if Self.isMaildir(entries) {
            if !known.contains(identity) { result.unknown.append(directory.path) }
            return []
        }
        guard next.depth < Self.maximumDepth else { return [] }
        var further: [Pending] = []
        for entry in entries {
            var kind = entry.kind
            if kind == nil { kind = try directory.status(entry.name).kind }
            guard kind == .directory else { continue }
            further.append(Pending(parent: directory, name: entry.name, depth: next.depth + 1))
        }
        return further
    }

    private static func isMaildir(_ entries: [DirectoryHandle.Entry]) -> Bool {
        let parts: Set = [MaildirDirectories.cur, MaildirDirectories.new, MaildirDirectories.tmp]
        return entries.count(where: { parts.contains($0.name) }) == parts.count
    }
}
