/// The folders below which a site's mailboxes lie, found from the paths that its directory has: for a site whose
/// configuration leaves them open (virtual_mailbox_base = /).
package enum RootProposal {
    /// Folders that hold more than mail: a single wrong value in the directory must not open them.
    private static let forbidden: Set<String> = [
        "bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var",
    ]
    /// More parents than this are no plan.
    private static let maximumRoots = 8

    /// The common parents of `paths`, or nil when there is no safe answer: no path, too many parents, or one that holds
    /// more than mail.
    package static func roots(of paths: [String]) -> [String]? {
        var groups: [Substring: [[Substring]]] = [:]
        for path in paths {
            let parts = path.split(separator: "/").filter { $0 != "." }
            guard path.hasPrefix("/"), parts.count >= 2, !parts.contains(".."), let first = parts.first else {
                continue
            }
            groups[first, default: []].append(parts)
        }
        guard !groups.isEmpty, groups.count <= maximumRoots else { return nil }
        var roots: [String] = []
        for paths in groups.values {
            let root = commonParent(paths)
            guard let first = root.first, root.count > 1 || !forbidden.contains(String(first)) else { return nil }
            roots.append("/" + root.joined(separator: "/"))
        }
        return roots.sorted()
    }

    /// The longest path that all have before them; with a user's own folder left off, so that the next user fits too.
    private static func commonParent(_ paths: [[Substring]]) -> [Substring] {
        guard var common = paths.first else { return [] }
        var shortest = common.count
        for path in paths {
            shortest = min(shortest, path.count)
            let length = zip(common, path).prefix { $0 == $1 }.count
            common = Array(common.prefix(length))
        }
        // /home/mail/anna/Maildir alone: neither the mailbox nor its owner's folder is a root.
        var depth = common.count
        if common.count == shortest {
            depth = shortest - (shortest > 2 ? 2 : 1)
            // /var/mail/anna: the folder above holds more than mail, so that this is the owner's own.
            if depth == 1, shortest > 2, let first = common.first, forbidden.contains(String(first)) { depth = 2 }
        }
        return Array(common.prefix(max(depth, 1)))
    }
}
