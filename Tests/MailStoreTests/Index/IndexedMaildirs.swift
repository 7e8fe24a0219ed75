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

    init() throws {
        maildirs = try TestMaildirs()
        try maildirs.root.directory("index")
        (indexes, stores, store) = try Self.start(maildirs)
    }

    private static func start(_ maildirs: TestMaildirs) throws -> (MailboxIndexes, MaildirStores, MaildirStore) {
        let indexes = MailboxIndexes(
            folder: maildirs.root["index"], pool: BlockingPool(name: "index", threads: 2),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let stores = MaildirStores(
            roots: try MailRoots([maildirs.root.bytes("mail")]), pool: maildirs.pool, indexes: indexes)
        let mailbox = try maildirs.mailbox("anna")
        return (indexes, stores, try stores.store(for: mailbox.location, owner: mailbox.owner))
    }

    /// As a new process would find it. What happens to the index's files in between is up to `meanwhile`.
    func restart(_ meanwhile: () throws -> Void = {}) async throws {
        await indexes.close()
        try meanwhile()
        (indexes, stores, store) = try Self.start(maildirs)
    }

    var indexFiles: [String] {
        let folder = maildirs.root["index"]
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
