import Blocking
import Glibc
import MailModel
import Synchronization

/// A lock file as Dovecot makes it: named where none is, holding `pid:host`. Works over NFS and between programs.
///
/// It is written under a name of its own and then linked to the lock's, which every NFS does for one at a time. It is taken over when its
/// process is gone (on this host), or, when that can't be told, when it is two minutes old by the clock of the file system: servers' own
/// may disagree.
enum DotLock {
    static let staleSeconds: Int64 = 120

    /// Locks that this process holds: its own pid in a lock file says nothing, since a pid comes back after a restart.
    private static let held = Mutex<Set<Key>>([])

    fileprivate struct Key: Hashable {
        var directory: FileStatus.Identity
        var name: [UInt8]
    }

    /// Waits for the lock, runs `body` and gives the lock up. Blocks.
    static func holding<T>(
        _ name: String, in directory: DirectoryHandle, seconds: Int64, _ body: () throws -> T
    ) throws -> T {
        let name = Array(name.utf8)
        let key = try acquire(name, in: directory, seconds: seconds)
        defer {
            DurableFile.discard(name, in: directory)
            release(key)
        }
        return try body()
    }

    private static func acquire(_ name: [UInt8], in directory: DirectoryHandle, seconds: Int64) throws -> Key {
        let key = Key(directory: try directory.status().identity, name: name)
        let deadline = FileStatus.Time.monotonicSeconds &+ seconds
        var pause: UInt32 = 500
        while true {
            if held.withLock({ $0.insert(key).inserted }) {
                do {
                    let attempt = try make(name, in: directory)
                    if attempt.isTaken { return key }
                    if try removeIfStale(name, in: directory, now: attempt.now) {
                        release(key)
                        continue
                    }
                } catch {
                    release(key)
                    throw error
                }
                release(key)
            }
            guard FileStatus.Time.monotonicSeconds < deadline else {
                throw MailboxFailure(
                    .unavailable,
                    """
                    \(pathText(directory.path))/\(pathText(name)): still locked after \(seconds) s. Another program \
                    holds it; if none is running, remove the file
                    """)
            }
            usleep(pause)
            pause = min(pause * 2, 50_000) + UInt32.random(in: 0..<500)
        }
    }

    /// A lock that was got without waiting.
    struct Held {
        fileprivate var key: Key
        fileprivate var directory: DirectoryHandle

        func release() {
            DurableFile.discard(key.name, in: directory)
            DotLock.release(key)
        }
    }

    /// Nil where somebody has the lock.
    static func tryTaking(
        _ name: [UInt8], in directory: DirectoryHandle, staleSeconds: Int64 = DotLock.staleSeconds
    ) throws -> Held? {
        let key = Key(directory: try directory.status().identity, name: name)
        guard held.withLock({ $0.insert(key).inserted }) else { return nil }
        do {
            let attempt = try make(name, in: directory)
            if attempt.isTaken { return Held(key: key, directory: directory) }
            // Taken at the next attempt.
            _ = try removeIfStale(name, in: directory, now: attempt.now, staleSeconds)
        } catch {
            release(key)
            throw error
        }
        release(key)
        return nil
    }

    fileprivate static func release(_ key: Key) {
        held.withLock { _ = $0.remove(key) }
    }

    /// Whether the lock was got, and what time it is to the file system.
    private static func make(
        _ name: [UInt8], in directory: DirectoryHandle
    ) throws(SystemCallError) -> (isTaken: Bool, now: FileStatus.Time) {
        // One for each process and lock: what a killed process leaves, the next one of its number takes away.
        let ownName = name + Array(".\(getpid()).".utf8) + UniqueName.host
        _ = try directory.removeIfPresent(ownName)
        let file = try directory.makeFile(ownName)
        defer { DurableFile.discard(ownName, in: directory) }
        do throws(SystemCallError) {
            try file.write(Array("\(getpid()):".utf8) + UniqueName.hostForLocks)
        } catch {
            // On a full disk the lock is empty, which others honour by its age.
        }
        let now = try file.status().modified
        do throws(SystemCallError) {
            try directory.link(ownName, to: directory, name)
            return (true, now)
        } catch  where error.isExisting {
            // NFS may have done it and lost the answer, and say so when asked again.
            return (try file.status().links == 2, now)
        } catch  where [EPERM, EOPNOTSUPP, ENOSYS].contains(error.number) {
            return (try makeWithoutLink(name, in: directory), now)
        }
    }

    /// Where files have one name only.
    private static func makeWithoutLink(
        _ name: [UInt8], in directory: DirectoryHandle
    ) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            let file = try directory.makeFile(name)
            do throws(SystemCallError) {
                try file.write(Array("\(getpid()):".utf8) + UniqueName.hostForLocks)
            } catch {
                // As above.
            }
            return true
        } catch  where error.isExisting {
            return false
        }
    }

    /// True when the lock was removed, or was gone already.
    private static func removeIfStale(
        _ name: [UInt8], in directory: DirectoryHandle, now: FileStatus.Time,
        _ staleSeconds: Int64 = DotLock.staleSeconds
    ) throws(SystemCallError) -> Bool {
        let status: FileStatus
        let contents: [UInt8]
        do throws(SystemCallError) {
            let file = try directory.file(name)
            status = try file.status()
            contents = try file.read(from: 0, count: 512)
        } catch  where error.isMissing {
            return true
        }
        guard isStale(contents, modified: status.modified, now: now, staleSeconds) else { return false }
        // Moved aside first: if another process took the lock meanwhile, it gets its file back.
        let aside = name + Array(".stale.".utf8) + UniqueName.next()
        do throws(SystemCallError) {
            try directory.rename(name, to: directory, aside)
            if try directory.status(aside).identity == status.identity {
                try directory.remove(aside)
            } else {
                try directory.renameWithoutReplacing(aside, to: directory, name)
                return false
            }
        } catch  where error.isMissing {
            return true
        }
        return true
    }

    static func isStale(
        _ contents: [UInt8], modified: FileStatus.Time, now: FileStatus.Time = .now,
        _ staleSeconds: Int64 = DotLock.staleSeconds
    ) -> Bool {
        let parts = contents.split(separator: UInt8(ascii: ":"), maxSplits: 1).map(Array.init)
        if parts.count == 2, parts[1] == UniqueName.hostForLocks, let pid = Digits.parse32(parts[0]),
            let pid = pid_t(exactly: pid), pid > 0
        {
            // Held by this very process it would be in `held`.
            if pid == getpid() { return true }
            return kill(pid, 0) != 0 && errno == ESRCH
        }
        // Not by subtraction: a file may bear any time there is.
        return modified.seconds < now.seconds - staleSeconds
    }
}

extension FileStatus.Time {
    /// For intervals: no clock that somebody sets.
    static var monotonicSeconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec)
    }
}
