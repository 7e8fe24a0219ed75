import Directory
import Glibc
import LookupTables
import Synchronization

/// A table that is read whole from a file, and read again when the file changes. A faulty or missing new one changes nothing,
/// but is reported. Whatever a lookup has begun with, it ends with.
final class FileTable: LookupTable {
    /// What a look at the file came to.
    enum Look: Hashable, Sendable {
        case unchanged
        case reread
        /// The table stays as it was, and why.
        case failed([String])
    }

    /// Reads the file's content; what is wrong with it is thrown.
    typealias Read = @Sendable () throws(TableFaults) -> any LookupTable

    private struct State {
        var table: any LookupTable
        /// The file as it was read, or tried.
        var stamp: ConfigurationFile.Stamp?
        /// A change that was seen once: a file that is being written changes from look to look.
        var pending: ConfigurationFile.Stamp?
    }

    let name: String
    let location: SourceLocation?
    let isPattern: Bool
    let path: String
    private let read: Read
    private let state: Mutex<State>

    /// - Parameters:
    ///   - table: what was read.
    ///   - stamp: the file as it was before it was read.
    init(_ table: any LookupTable, path: String, stamp: ConfigurationFile.Stamp?, reading read: @escaping Read) {
        name = table.name
        location = table.location
        isPattern = table.isPattern
        self.path = path
        self.read = read
        state = Mutex(State(table: table, stamp: stamp))
    }

    /// What the file held last.
    var current: any LookupTable { state.withLock { $0.table } }

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> { await current.lookup(key) }

    func lookupValues(_ key: [UInt8]) async -> Answer<[EntryValues]> { await current.lookupValues(key) }

    /// Reads the file if it has changed and lies still since the last look. Blocks; called by one at a time.
    func look() -> Look {
        let stamp = ConfigurationFile.stamp(path)
        let isDue = state.withLock { state in
            guard stamp != state.stamp else {
                state.pending = nil
                return false
            }
            // Half a file would make addresses unknown that are not.
            guard let stamp, stamp == state.pending else {
                state.pending = stamp
                return false
            }
            state.stamp = stamp
            state.pending = nil
            return true
        }
        guard isDue else { return .unchanged }
        do throws(TableFaults) {
            let table = try read()
            state.withLock { $0.table = table }
            return .reread
        } catch {
            return .failed(error.faults.map(\.description))
        }
    }
}

/// Looks at the files of a site's tables as long as the site is in force.
struct FileTableWatch: Sendable {
    let tables: [FileTable]

    /// - Parameter interval: the time between two looks; a change is in force after two of them.
    func run(every interval: Duration = .milliseconds(500), report: @Sendable (FileTable, FileTable.Look) -> Void) async
    {
        guard !tables.isEmpty else { return }
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            let looks = await Hashing.blocking { [tables] in tables.map { ($0, $0.look()) } } ?? []
            for (table, look) in looks where look != .unchanged { report(table, look) }
        }
    }
}
