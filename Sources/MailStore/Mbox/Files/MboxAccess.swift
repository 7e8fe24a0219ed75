import Blocking
import Glibc
import MailModel

/// Opens an mbox and keeps other programs off it. Blocking, as the mailbox's owner.
struct MboxAccess: Sendable {
    let place: MboxPlace
    let roots: MailRoots
    let owner: Owner
    let options: MboxOptions

    /// The mbox is not there.
    struct Missing: Error {}

    /// The mbox or a directory on the way to it is not there.
    static func isMissing(_ error: any Error) -> Bool {
        if error is Missing { return true }
        return MaildirDirectories.isMissing(error)
    }

    /// Throws `.overQuota` where the file would become larger than a delivery may make it.
    func checkLimit(of size: UInt64, adding added: UInt64) throws {
        guard let limit = options.maximumFileSize else { return }
        let (sum, overflow) = size.addingReportingOverflow(added)
        guard overflow || sum > limit else { return }
        throw MailboxFailure(
            .overQuota, "\(pathText(place.path)): \(size) bytes and \(added) more are beyond its limit of \(limit)")
    }

    func checkLimit(adding added: UInt64) throws {
        do {
            let (directory, name) = try roots.openParent(of: place.path)
            try checkLimit(of: directory.status(name).size, adding: added)
        } catch  where Self.isMissing(error) {
            try checkLimit(of: 0, adding: added)
        }
    }

    func step(_ step: MboxStep) throws {
        try options.afterStep?(step)
    }

    /// Runs `body` while nobody changes the file. What a kill left half done is put right before.
    func reading<T>(_ body: (FileHandle) throws -> T) throws -> T {
        do {
            return try reading(isPutRight: false, body)
        } catch is Unfinished {
            try changing { _ in }
            return try reading(isPutRight: true, body)
        }
    }

    private func reading<T>(isPutRight: Bool, _ body: (FileHandle) throws -> T) throws -> T {
        let (directory, name) = try roots.openParent(of: place.path)
        return try waiting {
            let file = try open(directory, name, forChanging: false)
            if options.locking.read.contains(.fcntl) {
                guard try file.tryLockRecords(exclusive: false) else { return nil }
            }
            if options.locking.read.contains(.flock) {
                guard try file.tryLock() else { return nil }
            }
            guard options.locking.read.contains(.dotlock) else {
                return try read(file, directory, name, isPutRight, body)
            }
            switch try dotLock(directory, name) {
            case .taken: return nil
            case .had(let lock):
                defer { lock?.release() }
                return try read(file, directory, name, isPutRight, body)
            }
        }
    }

    /// Nil where it has to be tried again.
    private func read<T>(
        _ file: FileHandle, _ directory: DirectoryHandle, _ name: [UInt8], _ isPutRight: Bool,
        _ body: (FileHandle) throws -> T
    ) throws -> T? {
        guard try isNamed(file, directory, name) else { return nil }
        if !isPutRight, try isUnfinished() { throw Unfinished() }
        return try body(file)
    }

    /// A change of the file was not finished.
    private struct Unfinished: Error {}

    private func isUnfinished() throws -> Bool {
        if try MboxAppendJournal.isPending(place, roots) { return true }
        guard let (directory, name) = try place.openJournal(roots, making: false) else { return false }
        do throws(SystemCallError) {
            _ = try directory.status(name)
            return true
        } catch {
            guard [ENOENT, EACCES].contains(error.number) else { throw error }
            return false
        }
    }

    /// Runs `body` while nobody else reads or changes the file; what a killed rewriting left is put right before.
    ///
    /// - Parameter making: makes the file where there is none.
    func changing<T>(making: Bool = false, _ body: (FileHandle) throws -> T) throws -> T {
        let (directory, name) = try roots.openParent(of: place.path)
        return try waiting {
            guard let file = try openForChanging(directory, name, making: making) else { return nil }
            if options.locking.write.contains(.fcntl) {
                guard try file.tryLockRecords(exclusive: true) else { return nil }
            }
            if options.locking.write.contains(.flock) {
                guard try file.tryLock() else { return nil }
            }
            switch try dotLock(directory, name) {
            case .taken: return nil
            case .had(let lock):
                defer { lock?.release() }
                return try locked(file, directory, name, body)
            }
        }
    }

    private enum DotLocking {
        case had(DotLock.Held?)
        case taken
    }

    private func dotLock(_ directory: DirectoryHandle, _ name: [UInt8]) throws -> DotLocking {
        guard options.locking.write.contains(.dotlock) else { return .had(nil) }
        do {
            guard
                let lock = try DotLock.tryTaking(
                    name + Array(".lock".utf8), in: directory, staleSeconds: options.locking.staleSeconds)
            else { return .taken }
            return .had(lock)
        } catch let error as SystemCallError {
            // The spool belongs to somebody else: the kernel's lock alone has to do, as for Postfix.
            guard [EACCES, EPERM, EROFS].contains(error.number) else { throw error }
            return .had(nil)
        }
    }

    /// Nil where somebody else made the file just now.
    private func openForChanging(
        _ directory: DirectoryHandle, _ name: [UInt8], making: Bool
    ) throws -> FileHandle? {
        do {
            return try open(directory, name, forChanging: true)
        } catch let error as Missing {
            guard making else { throw error }
        }
        do {
            return try directory.makeFile(name)
        } catch {
            guard error.isExisting else { throw error }
            return nil
        }
    }

    private func locked<T>(
        _ file: FileHandle, _ directory: DirectoryHandle, _ name: [UInt8], _ body: (FileHandle) throws -> T
    ) throws -> T? {
        // Replaced while we waited: the lock is on a file that nobody reads any more.
        guard try isNamed(file, directory, name) else { return nil }
        try MboxJournal.recover(file, place, roots)
        try MboxAppendJournal.recover(file, place, roots)
        return try body(file)
    }

    private func isNamed(_ file: FileHandle, _ directory: DirectoryHandle, _ name: [UInt8]) throws -> Bool {
        do {
            return try directory.status(name).identity == file.status().identity
        } catch {
            guard error.isMissing else { throw error }
            return false
        }
    }

    private func open(
        _ directory: DirectoryHandle, _ name: [UInt8], forChanging: Bool
    ) throws -> FileHandle {
        do {
            let file = forChanging ? try directory.fileForChanging(name) : try directory.file(name)
            let status = try file.status()
            guard status.uid == owner.uid else {
                throw MailboxFailure(
                    .misconfigured,
                    "\(pathText(place.path)) belongs to uid \(status.uid), not to the mailbox's owner \(owner): "
                        + "change its owner")
            }
            return file
        } catch let error as SystemCallError {
            if error.isMissing { throw Missing() }
            guard [EINVAL, EISDIR].contains(error.number) else { throw error }
            throw MailboxFailure(
                .misconfigured, "\(pathText(place.path)) is no regular file: an mbox location names a file")
        }
    }

    /// Tries until the lock is had; a body that ran is the end of it.
    private func waiting<T>(_ attempt: () throws -> T?) throws -> T {
        let deadline = FileStatus.Time.monotonicSeconds &+ options.locking.waitSeconds
        var pause: UInt32 = 500
        while true {
            if let value = try attempt() { return value }
            guard FileStatus.Time.monotonicSeconds < deadline else {
                throw MailboxFailure(
                    .unavailable,
                    """
                    \(pathText(place.path)): still locked after \(options.locking.waitSeconds) s. Another program holds it; if \
                    none is running, remove \(pathText(place.path)).lock
                    """)
            }
            usleep(pause)
            pause = min(pause * 2, 50_000) + UInt32.random(in: 0..<500)
        }
    }
}
