import Blocking
import MailModel

/// One blocking transaction on a folder: it begins with the state known so far and ends with the state after it. Runs on a
/// thread of the pool, as the owner, alone on its folder in this process; other processes are kept off by the uidlist's lock.
struct FolderWork {
    let directories: MaildirDirectories
    /// Where the folder's UID list and keywords are.
    let control: DirectoryHandle
    let place: FolderPlace
    let options: MaildirOptions
    let roots: MailRoots
    var state: FolderState
    /// Where removals are counted, while somebody wants to know.
    var removed: RemovedMessages?

    var uidListFile: UIDListFile { UIDListFile(directory: control) }

    init(_ place: FolderPlace, roots: MailRoots, options: MaildirOptions, state: FolderState) throws {
        let directories = try MaildirDirectories(roots, place.path)
        self.directories = directories
        self.control = place.controlPath == place.path ? directories.root : try roots.openOrMake(place.controlPath)
        self.place = place
        self.options = options
        self.roots = roots
        self.state = state
        let identity = try directories.root.status().identity
        guard state.directory == nil || state.directory == identity else { throw FolderReplaced() }
        self.state.directory = identity
    }

    func step(_ step: DurabilityStep) throws {
        try options.afterStep?(step)
    }

    /// Runs `body` with the uidlist locked and the state up to date.
    mutating func locked<T>(_ body: (inout FolderWork) throws -> T) throws -> T {
        try DotLock.holding(UIDListFile.lockName, in: control, seconds: options.lockSeconds) {
            guard try hasCourierFiles() else { return try body(&self) }
            return try DotLock.holding(CourierUIDFile.lockName, in: directories.tmp, seconds: options.lockSeconds) {
                try body(&self)
            }
        }
    }

    /// Finds a message's file after it was renamed by somebody else: its index, if it is still there.
    func index(of uid: UInt32) -> Int? { state.view.index(of: uid) }

    func directory(of file: MessageFile) -> DirectoryHandle {
        file.isNew ? directories.new : directories.cur
    }

    /// Notes that the view is another one now.
    mutating func publish() {
        state.view.generation += 1
    }
}

/// Where a folder is, and where its account keeps what belongs to all folders.
struct FolderPlace: Hashable, Sendable {
    var path: [UInt8]
    var accountPath: [UInt8]
    /// The same for the files that are about mail and no mail: elsewhere with `CONTROL=`.
    var controlPath: [UInt8]
    var accountControlPath: [UInt8]
}

/// The directory is not the one that was opened: the mailbox was deleted and made anew, or its UIDs began again.
struct FolderReplaced: Error {}

extension MailRoots {
    /// Opens a directory, which is made where it is missing.
    func openOrMake(_ path: [UInt8]) throws -> DirectoryHandle {
        do {
            return try open(path)
        } catch  where MaildirDirectories.isMissing(error) {
            _ = try makeDirectories(path)
            return try open(path)
        }
    }
}
