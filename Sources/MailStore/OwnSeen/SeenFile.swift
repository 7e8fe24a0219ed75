import Blocking
import MailModel
import Synchronization

/// What one reader has seen of one mailbox, in a file beside the reader's own mail: the one value of this process for it,
/// shared by all sessions of the reader.
final class SeenFile: Sendable {
    /// A view, and of what it was made.
    private struct Made {
        var base: UInt64
        var uidValidity: UInt32
        var version: UInt64
        var view: MailboxView
    }

    private struct Known {
        var made: Made?
        var seen: SeenMessages?
        var version: UInt64
    }

    private struct Shared {
        var seen: SeenMessages?
        var stamp: UIDListFile.Stamp?
        /// Counts changes of `seen`.
        var version: UInt64 = 0
        /// The last view that was made.
        var made: Made?
        var listeners: [UInt64: @Sendable () -> Void] = [:]
        var nextListener: UInt64 = 1
    }

    private let reader: ReaderPlace
    private let name: [UInt8]
    private let shared = Mutex(Shared())

    init(_ reader: ReaderPlace, name: [UInt8]) {
        self.reader = reader
        self.name = name
    }

    // MARK: Views

    func view(of base: MailboxView) -> MailboxView {
        let now = shared.withLock { Known(made: $0.made, seen: $0.seen, version: $0.version) }
        if let made = now.made, made.base == base.generation, made.uidValidity == base.uidValidity,
            made.version == now.version
        {
            return made.view
        }
        let seen = now.seen ?? SeenMessages(uidValidity: base.uidValidity)
        let view = seen.applied(to: base, generation: base.generation &+ now.version)
        let made = Made(base: base.generation, uidValidity: base.uidValidity, version: now.version, view: view)
        shared.withLock { $0.made = made }
        return view
    }

    // MARK: The file

    /// Another server may have written it.
    func refresh() async throws {
        let isNews = try await reader.run { directory in try self.load(directory) }
        if isNews { tell(except: nil) }
    }

    /// Whether it is another one than before.
    private func load(_ directory: DirectoryHandle) throws -> Bool {
        let file = try find(in: directory)
        let stamp = file?.stamp
        let isKnown = shared.withLock { $0.stamp == stamp && ($0.seen != nil || stamp == nil) }
        guard !isKnown else { return false }
        var seen: SeenMessages?
        if let file { seen = try parse(try file.handle.readAll(limit: SeenMessages.maximumSize), directory) }
        let read = seen
        return shared.withLock { shared in
            shared.stamp = stamp
            guard shared.seen != read else { return false }
            shared.seen = read
            shared.version &+= 1
            return true
        }
    }

    private struct Found {
        var handle: FileHandle
        var stamp: UIDListFile.Stamp
    }

    private func find(in directory: DirectoryHandle) throws(SystemCallError) -> Found? {
        do throws(SystemCallError) {
            let handle = try directory.file(name)
            let status = try handle.status()
            return Found(
                handle: handle,
                stamp: UIDListFile.Stamp(status))
        } catch  where error.isMissing {
            return nil
        }
    }

    private func parse(_ contents: [UInt8], _ directory: DirectoryHandle) throws(MailboxFailure) -> SeenMessages {
        do throws(MailboxFailure) {
            return try SeenMessages(parsing: contents)
        } catch {
            throw MailboxFailure(error.kind, "\(pathText(directory.path))/\(pathText(name)): \(error.reason)")
        }
    }

    /// Changes what is seen, durably, as the file has it at that moment.
    /// - Parameters:
    ///   - view: the mailbox as everybody has it.
    ///   - modSeq: changes after it keep messages from being changed; these are returned.
    func set(
        _ isSeen: Bool, _ uids: [UInt32], in view: MailboxView, unchangedSince modSeq: UInt64? = nil,
        by listener: UInt64? = nil
    ) async throws -> [UInt32] {
        guard !uids.isEmpty else { return [] }
        let (refused, isNews) = try await reader.run { directory in
            try DotLock.holding(
                String(decoding: self.name, as: UTF8.self) + ".lock", in: directory, seconds: self.reader.lockSeconds
            ) { try self.change(isSeen, uids, view, modSeq, directory) }
        }
        if isNews { tell(except: listener) }
        return refused
    }

    private func change(
        _ isSeen: Bool, _ uids: [UInt32], _ view: MailboxView, _ unchangedSince: UInt64?, _ directory: DirectoryHandle
    ) throws -> (refused: [UInt32], isNews: Bool) {
        let wasNews = try load(directory)
        // Of another mailbox that had this identity: its UIDs mean nothing any more.
        var seen =
            shared.withLock { $0.seen }.flatMap { $0.uidValidity == view.uidValidity ? $0 : nil }
            ?? SeenMessages(uidValidity: view.uidValidity)
        let old = seen
        let refused = Set(unchangedSince.map { limit in uids.filter { seen.state(of: $0).modSeq > limit } } ?? [])
        let rest = refused.isEmpty ? uids : uids.filter { !refused.contains($0) }
        try seen.set(isSeen, rest.sorted(), modSeq: Self.next(after: max(view.highestModSeq, seen.highestModSeq)))
        guard seen != old else { return (refused.sorted(), wasNews) }
        if seen.runs.count > 64 { seen.forget(allBut: view) }
        try DurableFile.replace(
            name, in: directory, temporaryName: name + Array(".tmp".utf8), contents: seen.bytes)
        let status = try directory.status(name)
        let new = seen
        shared.withLock { shared in
            shared.seen = new
            shared.stamp = UIDListFile.Stamp(status)
            shared.version &+= 1
        }
        return (refused.sorted(), true)
    }

    /// From the clock, as the mailbox's own: what others change later is above it.
    private static func next(after known: UInt64) -> UInt64 {
        let now = FileStatus.Time.now
        let clock = UInt64(clamping: now.seconds) &* 1_000_000 &+ UInt64(clamping: now.nanoseconds / 1000)
        return max(known &+ 1, clock)
    }

    // MARK: News

    func listen(_ onChange: @escaping @Sendable () -> Void) -> UInt64 {
        shared.withLock { shared in
            defer { shared.nextListener += 1 }
            shared.listeners[shared.nextListener] = onChange
            return shared.nextListener
        }
    }

    func stopListening(_ listener: UInt64) {
        shared.withLock { _ = $0.listeners.removeValue(forKey: listener) }
    }

    private func tell(except listener: UInt64?) {
        for call in shared.withLock({ $0.listeners.filter { $0.key != listener }.map(\.value) }) { call() }
    }
}

/// Where a reader's own data lies: beside the reader's mail.
struct ReaderPlace: Hashable, Sendable {
    var directory: [UInt8]
    /// A file whose name begins with it is no mailbox.
    var filePrefix: [UInt8]
    var owner: Owner
    let pool: BlockingPool
    let roots: MailRoots
    var lockSeconds: Int64

    static func == (left: ReaderPlace, right: ReaderPlace) -> Bool {
        left.directory == right.directory && left.filePrefix == right.filePrefix && left.owner == right.owner
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(directory)
        hasher.combine(owner)
    }

    func run<Value: Sendable>(
        _ body: @escaping @Sendable (DirectoryHandle) throws -> Value
    ) async throws -> Value {
        let (roots, directory) = (roots, directory)
        return try await pool.runWithIdentity(owner) { try body(try roots.open(directory)) }
    }
}

/// All such files that somebody of this process holds.
package final class SeenFiles: Sendable {
    private struct Key: Hashable {
        var reader: ReaderPlace
        var name: [UInt8]
    }

    private struct WeakFile {
        weak var file: SeenFile?
    }

    private struct Files {
        var byKey: [Key: WeakFile] = [:]
        var sinceSweep = 0
    }

    private let files = Mutex(Files())

    package init() {}

    /// - Parameter identity: the mailbox's own, whatever its name.
    func file(_ reader: ReaderPlace, of identity: [UInt8]) throws(MailboxFailure) -> SeenFile {
        guard !identity.isEmpty, identity.count <= 100 else {
            throw MailboxFailure(.misconfigured, "the mailbox has no identity that a reader's marks could be kept by")
        }
        let isPlain = identity.allSatisfy {
            $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
        }
        let digits = Array("0123456789abcdef".utf8)
        let text = isPlain ? identity : identity.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let key = Key(reader: reader, name: reader.filePrefix + text)
        return files.withLock { files in
            if let file = files.byKey[key]?.file { return file }
            let file = SeenFile(reader, name: key.name)
            files.byKey[key] = WeakFile(file: file)
            files.sinceSweep += 1
            if files.sinceSweep > 256 {
                files.sinceSweep = 0
                files.byKey = files.byKey.filter { $0.value.file != nil }
            }
            return file
        }
    }
}
