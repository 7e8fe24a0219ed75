package import Blocking
import MailModel
import Synchronization

/// All Maildirs of a site: one value for the whole process, so that every session and every delivery shares what is known
/// of a folder.
package final class MaildirStores: Sendable {
    package let roots: MailRoots
    let pool: BlockingPool
    let options: MaildirOptions

    package init(roots: MailRoots, pool: BlockingPool, options: MaildirOptions = MaildirOptions()) {
        self.roots = roots
        self.pool = pool
        self.options = options
    }

    func noteChange(of path: [UInt8]) {}

    /// Runs `body` as `owner`. If the owner was refused because directories of `path` are missing in a place that
    /// belongs to the service, they are made, and `body` is run again.
    func run<T: Sendable>(
        as owner: Owner, making path: [UInt8], _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        do {
            return try await pool.runWithIdentity(owner, body)
        } catch  where MaildirDirectories.isDenied(error) {
            guard try await makeDirectories(path, for: owner) else { throw error }
            return try await pool.runWithIdentity(owner, body)
        }
    }

    /// As the service, the missing directories of `path`, which are then the owner's. False when none was missing.
    func makeDirectories(_ path: [UInt8], for owner: Owner) async throws -> Bool {
        let roots = roots
        return try await pool.run { try roots.makeDirectories(path, owner: (owner.uid, owner.gid)) }
    }
}
