package import Blocking
import Glibc
package import Logging
import MailModel
import Synchronization

/// The indexes of all accounts: a file for each, below one folder of the service's own on local disk. Disposable: what is
/// in them is made of the mail again.
///
/// A file per account and not per mailbox: a client looks into all mailboxes of its account, and to open a file costs five
/// times what it takes to read the state of a hundred messages from one that is open (300 µs to 60 µs, measured). Not one
/// for all accounts either: they would wait for each other to write, and damage concerns one user.
package final class MailboxIndexes: Sendable {
    private let folder: String
    private let pool: BlockingPool
    private let maximumOpen: Int
    private let logger: Logger
    private let accounts = Mutex(Accounts())

    private struct WeakIndex {
        weak var index: AccountIndex?
    }

    private struct Accounts {
        var byIdentity: [[UInt8]: WeakIndex] = [:]
        /// Those whose file may be open, the one last used last.
        var open: [AccountIndex] = []
        var sinceSweep = 0
    }

    /// - Parameters:
    ///   - folder: is there, and belongs to the service.
    ///   - pool: threads for this disk work alone.
    ///   - maximumOpen: files (two descriptors each) that are kept open at most.
    package init(folder: String, pool: BlockingPool, maximumOpen: Int = 128, logger: Logger) {
        // SQLite refuses a path with links in it; systemd's own folders may lie behind one.
        let resolved = realpath(folder, nil)
        self.folder = resolved.map { String(cString: $0) } ?? folder
        free(resolved)
        self.pool = pool
        self.maximumOpen = max(1, maximumOpen)
        self.logger = logger
    }

    /// The index of the account whose mail lies at `path` and belongs to `owner`.
    func account(at path: [UInt8], owner: Owner) -> AccountIndex {
        let identity = Array("\(owner) ".utf8) + path
        return accounts.withLock { accounts in
            if let known = accounts.byIdentity[identity]?.index { return known }
            let name = Self.fileName(identity)
            let index = AccountIndex(
                identity: identity, path: "\(folder)/\(name.prefix(2))/\(name).index", pool: pool, logger: logger
            ) { [weak self] in self?.noteUse(of: $0) }
            accounts.byIdentity[identity] = WeakIndex(index: index)
            accounts.sinceSweep += 1
            if accounts.sinceSweep > 1024 {
                accounts.sinceSweep = 0
                accounts.byIdentity = accounts.byIdentity.filter { $0.value.index != nil }
            }
            return index
        }
    }

    /// Finishes what is being written and closes all files: from then on mail is served without them.
    package func close() async {
        let indexes = accounts.withLock { accounts in
            defer { accounts.open = [] }
            return accounts.byIdentity.values.compactMap(\.index)
        }
        for index in indexes { await index.close() }
    }

    private func noteUse(of index: AccountIndex) {
        let oldest = accounts.withLock { accounts -> AccountIndex? in
            if accounts.open.last === index { return nil }
            if let place = accounts.open.lastIndex(where: { $0 === index }) { accounts.open.remove(at: place) }
            accounts.open.append(index)
            return accounts.open.count > maximumOpen ? accounts.open.removeFirst() : nil
        }
        oldest?.retire()
    }

    /// Two sums of 64 bits. The file says in full whose it is, so that it does no harm if two should ever be the same.
    private static func fileName(_ identity: [UInt8]) -> String {
        var (first, second) = (IndexChecksum(), IndexChecksum())
        first.add(identity)
        second.add(first.value)
        second.add(identity.reversed())
        return [first, second].map { sum in
            let digits = String(sum.value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
