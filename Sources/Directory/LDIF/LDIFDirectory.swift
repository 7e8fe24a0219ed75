package import LDAP
import Synchronization

/// A directory that is one LDIF file: searched in memory with the meaning LDAP gives to filters, scopes and matching rules.
///
/// The file needs no schema: attributes and classes that `DirectorySchema.standard` doesn't describe are taken as text
/// without regard to case. A name that neither the schema nor the file knows is Undefined in a filter, as in OpenLDAP.
/// A file that changes is read again (`reload`, `run`); a faulty one leaves the entries before it in force.
package final class LDIFDirectory: DirectorySource {
    package struct Options: Sendable {
        package var schema: DirectorySchema
        /// Which groups give their members a memberOf; empty for none.
        package var memberships: [GroupMembership]
        /// The attributes that filters ask for: their indexes are made while the file is read, not by the first search.
        package var indexedAttributes: [String]

        package init(
            schema: DirectorySchema = .standard, memberships: [GroupMembership] = GroupMembership.standard,
            indexedAttributes: [String] = ["objectClass", "mail", "uid"]
        ) {
            self.schema = schema
            self.memberships = memberships
            self.indexedAttributes = indexedAttributes
        }
    }

    package enum Reload: Sendable {
        /// The file is what it was.
        case unchanged
        case reloaded(entries: Int)
        /// The entries of before stay in force.
        case failed(LDIFFaults)
    }

    package let name: String
    package let path: String
    private let options: Options
    private let verifier: any PasswordVerifier
    private let state: Mutex<State>

    private struct State {
        var generation: LDIFGeneration
        /// Nil for a directory that is no file.
        var marks: LDIFFile.Marks?
        var faults: LDIFFaults?
    }

    /// - Parameters:
    ///   - contents: the file's bytes.
    ///   - path: what names the directory and its faults.
    package convenience init(
        contents: [UInt8], path: String, verifier: any PasswordVerifier, options: Options = Options()
    ) throws(LDIFFaults) {
        try self.init(contents, marks: nil, path: path, verifier: verifier, options: options)
    }

    /// Reads the file. Blocks: to be called on a thread that may.
    package static func load(
        path: String, verifier: any PasswordVerifier, options: Options = Options()
    ) throws(LDIFFaults) -> LDIFDirectory {
        let (contents, marks) = try LDIFFile(path: path).read()
        return try LDIFDirectory(contents, marks: marks, path: path, verifier: verifier, options: options)
    }

    private init(
        _ contents: [UInt8], marks: LDIFFile.Marks?, path: String, verifier: any PasswordVerifier, options: Options
    ) throws(LDIFFaults) {
        self.path = path
        self.name = "ldif:\(path)"
        self.verifier = verifier
        self.options = options
        let generation = try Self.generation(contents, path: path, options: options)
        state = Mutex(State(generation: generation, marks: marks))
    }

    private static func generation(
        _ contents: [UInt8], path: String, options: Options
    ) throws(LDIFFaults) -> LDIFGeneration {
        let table = try EntryTableBuilder.build(
            contents, file: path, schema: options.schema, memberships: options.memberships)
        let generation = LDIFGeneration(table: table, schema: options.schema)
        generation.makeIndexes(of: options.indexedAttributes)
        return generation
    }

    /// The number of entries now in force.
    package var entryCount: Int { state.withLock { $0.generation.table.entries.count } }

    /// What the last reload found wrong; nil when the file on disk is in force.
    package var faults: LDIFFaults? { state.withLock { $0.faults } }

    package func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        let generation = state.withLock { $0.generation }
        switch generation.search(request) {
        case .failed(let reason): return .failed(UnavailableReason(reason.kind, "\(name): \(reason.text)"))
        case let outcome: return outcome
        }
    }

    /// Compares with the entry's userPassword values. The same work is done for an entry that doesn't exist or has no
    /// password, so that the time doesn't tell.
    package func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        guard !password.isEmpty else { return .rejected }
        let generation = state.withLock { $0.generation }
        let stored = generation.passwords(of: name)
        guard !stored.isEmpty else {
            if let sample = generation.table.samplePassword { _ = await verifier.verify(password, against: sample) }
            return .rejected
        }
        var isUnknownScheme = false
        for value in stored {
            switch await verifier.verify(password, against: value) {
            case true?: return .accepted
            case false?: break
            case nil: isUnknownScheme = true
            }
        }
        guard isUnknownScheme else { return .rejected }
        return .unavailable(
            UnavailableReason(
                .misconfigured, "\(self.name): the userPassword of \(name) has a scheme that can't be checked here"))
    }

    /// Reads the file again if it has changed. Blocks: to be called on a thread that may.
    @discardableResult
    package func reload() -> Reload {
        let file = LDIFFile(path: path)
        do throws(LDIFFaults) {
            let known = state.withLock { $0.marks }
            guard try file.marks() != known else { return .unchanged }
            let (contents, marks) = try file.read()
            do throws(LDIFFaults) {
                let generation = try Self.generation(contents, path: path, options: options)
                state.withLock { $0 = State(generation: generation, marks: marks) }
                return .reloaded(entries: generation.table.entries.count)
            } catch {
                state.withLock {
                    $0.marks = marks
                    $0.faults = error
                }
                return .failed(error)
            }
        } catch {
            state.withLock {
                // Whatever stands there when the file can be read again is to be read.
                $0.marks = nil
                $0.faults = error
            }
            return .failed(error)
        }
    }

    /// Looks for changes of the file until the task is cancelled.
    ///
    /// - Parameters:
    ///   - interval: the time between two looks.
    ///   - onBlockingThread: runs a blocking closure on a thread made for that.
    ///   - report: is told what became of every change and of every new fault.
    package func run(
        every interval: Duration = .seconds(2),
        onBlockingThread: @Sendable (@escaping @Sendable () -> Reload) async -> Reload,
        report: @Sendable (Reload) -> Void
    ) async {
        var reported: LDIFFaults?
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            switch await onBlockingThread({ self.reload() }) {
            case .unchanged: break
            case .reloaded(let entries):
                reported = nil
                report(.reloaded(entries: entries))
            case .failed(let faults) where faults == reported: break
            case .failed(let faults):
                reported = faults
                report(.failed(faults))
            }
        }
    }
}

extension LDIFGeneration {
    fileprivate func passwords(of name: String) -> [[UInt8]] {
        guard let prepared = schema.preparedName(name), let entry = table.entry(named: prepared[...]),
            let type = schema.attributeType("userPassword")
        else { return [] }
        return table.values(of: type, in: entry).map(Array.init)
    }
}
