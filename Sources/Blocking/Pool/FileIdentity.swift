import CBlockingShim
import Glibc
package import MailModel

/// Whose files a thread may touch. The kernel keeps this per thread (`setfsuid(2)`), and so do the calls used here:
/// glibc's `setuid` family would change every thread of the process.
package enum FileIdentity {
    /// Why a thread can't work as an owner.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The process may not change identities and is not `owner` itself.
        case notPermitted(owner: Owner, process: String)
        /// The kernel refused, although the capabilities are there.
        case refused(owner: Owner)

        package var description: String {
            switch self {
            case .notPermitted(let owner, let process):
                """
                can't work as owner \(owner): this process runs as \(process) without CAP_SETUID and CAP_SETGID. \
                Start it as root (it keeps only these two), or give every mailbox the owner \(process)
                """
            case .refused(let owner):
                "the kernel refused the file identity \(owner)"
            }
        }

        package var mailboxFailure: MailboxFailure { MailboxFailure(.misconfigured, description) }
    }

    /// Whether the calling thread may take on the identity of another owner.
    package static var mayChange: Bool { cblocking_may_change_identity() == 1 }

    /// What a thread was before it took on an identity.
    struct Saved: Sendable {
        var uid: UInt32
        var gid: UInt32
        var groups: [UInt32]
        /// Nil where they were not touched.
        var capabilities: UInt64?
    }

    /// Takes on `owner`, without supplementary groups. Nil when the process has that identity anyway and can have no other.
    static func take(_ owner: Owner) throws(Failure) -> Saved? {
        guard mayChange else {
            guard geteuid() == owner.uid, getegid() == owner.gid else {
                throw .notPermitted(owner: owner, process: "\(geteuid()):\(getegid())")
            }
            return nil
        }
        var saved = Saved(uid: currentUID(), gid: currentGID(), groups: currentGroups() ?? [])
        // Groups and gid first: changing the uid away from 0 takes the right to open other people's files.
        guard saved.groups.isEmpty || cblocking_set_groups(nil, 0) == 0 else { throw .refused(owner: owner) }
        _ = cblocking_set_fsgid(owner.gid)
        _ = cblocking_set_fsuid(owner.uid)
        // A service that is no root but was given CAP_DAC_OVERRIDE, say, would keep it over the change of uid.
        var capabilities: UInt64 = 0
        let isDropped = saved.uid == 0 || cblocking_drop_file_capabilities(&capabilities) == 0
        if saved.uid != 0, isDropped { saved.capabilities = capabilities }
        guard isDropped, currentUID() == owner.uid, currentGID() == owner.gid, currentGroups() == [] else {
            // The caller ends the thread if this can't be undone.
            _ = restore(saved)
            throw .refused(owner: owner)
        }
        return saved
    }

    /// False when the thread must not be used again.
    static func restore(_ saved: Saved) -> Bool {
        _ = cblocking_set_fsuid(saved.uid)
        _ = cblocking_set_fsgid(saved.gid)
        if !saved.groups.isEmpty {
            guard cblocking_set_groups(saved.groups, saved.groups.count) == 0 else { return false }
        }
        if let capabilities = saved.capabilities {
            guard cblocking_set_effective_capabilities(capabilities) == 0 else { return false }
        }
        return isCurrent(saved)
    }

    static func isCurrent(_ saved: Saved) -> Bool {
        currentUID() == saved.uid && currentGID() == saved.gid && currentGroups() == saved.groups
    }

    /// What this thread is at the moment.
    static var current: Saved {
        Saved(uid: currentUID(), gid: currentGID(), groups: currentGroups() ?? [])
    }

    // An id that is not valid changes nothing and answers with the one in force (setfsuid(2)).
    private static func currentUID() -> UInt32 { UInt32(truncatingIfNeeded: cblocking_set_fsuid(.max)) }
    private static func currentGID() -> UInt32 { UInt32(truncatingIfNeeded: cblocking_set_fsgid(.max)) }

    private static func currentGroups() -> [UInt32]? {
        let count = cblocking_get_groups(nil, 0)
        guard count > 0 else { return count == 0 ? [] : nil }
        var groups = [UInt32](repeating: 0, count: Int(count))
        return cblocking_get_groups(&groups, groups.count) == count ? groups : nil
    }
}
