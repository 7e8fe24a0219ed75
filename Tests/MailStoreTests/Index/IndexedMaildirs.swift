import Blocking
import Foundation
import Logging
import MailModel
import PostroomTesting
import Testing

@testable import MailStore

/// Maildirs whose index outlives the process that served them.
final class IndexedMaildirs {
    let maildirs: TestMaildirs
    private(set) var indexes: MailboxIndexes
    private(set) var stores: MaildirStores
    private(set) var store: MaildirStore

    /// Where the index is, below the test's folder: each server of a store has its own.
    private let folder: String
    /// As on a machine that inotify tells nothing of what the others do.
    private let isPolling: Bool

    convenience init() throws {
        try self.init(TestMaildirs())
    }

    init(_ maildirs: TestMaildirs, index folder: String = "index", isPolling: Bool = false) throws {
        self.maildirs = maildirs
        self.folder = folder
        self.isPolling = isPolling
        try maildirs.root.directory(folder)
        (indexes, stores, store) = try Self.start(maildirs, folder, isPolling)
    }

    private static func start(
        _ maildirs: TestMaildirs, _ folder: String, _ isPolling: Bool
    ) throws -> (MailboxIndexes, MaildirStores, MaildirStore) {
        let indexes = MailboxIndexes(
            folder: maildirs.root[folder], pool: BlockingPool(name: "index", threads: 2),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let watcher = isPolling ? DirectoryWatcher(limit: 0, pollMilliseconds: 50) : DirectoryWatcher()
        let stores = MaildirStores(
            roots: try MailRoots([maildirs.root.bytes("mail")]), pool: maildirs.pool, watcher: watcher,
            indexes: indexes)
        let mailbox = try maildirs.mailbox("anna")
        return (indexes, stores, try stores.store(for: mailbox.location, owner: mailbox.owner))
    }

    /// As a new process would find it. What happens to the index's files in between is up to `meanwhile`.
    func restart(_ meanwhile: () throws -> Void = {}) async throws {
        await indexes.close()
        try meanwhile()
        (indexes, stores, store) = try Self.start(maildirs, folder, isPolling)
    }

    var indexFiles: [String] {
        let folder = maildirs.root[folder]
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.contains(".index") }.map { "\(folder)/\($0)" }
    }

    func removeIndex() throws {
        for file in indexFiles { try FileManager.default.removeItem(atPath: file) }
    }

    /// The names of the message files that there are, with their directory.
    var messageFiles: [String] {
        ["cur", "new"].flatMap { directory in
            maildirs.root.names("mail/anna/\(directory)").map { "\(directory)/\($0)" }
        }
    }

    func path(_ name: String) -> String { maildirs.root["mail/anna/\(name)"] }
}
