import Directory
import Glibc
import LookupTables
import SiteConfiguration

/// Tables that are read whole from files, or from lines that stand for one.
extension TablesBuilder {
    func file(_ given: FileTableModel) -> (any LookupTable)? {
        var model = given
        if CompiledTableFile.suffixes[given.type.rawValue] != nil, aliasFiles.contains(given.path.value) {
            model.type = .aliases
        }
        let path = model.path
        let stamp = ConfigurationFile.stamp(path.value)
        guard let table = contents(model) else { return nil }
        // An aliases(5) file has others in it by `:include:`, which no look at it alone would see.
        guard model.type != .aliases else { return table }
        return watched(
            FileTable(table, path: path.value, stamp: stamp) {
                [directories, site, group, model] () throws(TableFaults) -> any LookupTable in
                let faults = FaultCollector()
                let builder = TablesBuilder(directories, site, faults, group: group)
                guard let table = builder.contents(model), !(table is UnreadableTable) else {
                    throw TableFaults(faults.faults.map { TableFault("\($0)") })
                }
                return table
            })
    }

    /// What a file holds now.
    private func contents(_ model: FileTableModel) -> (any LookupTable)? {
        let path = model.path
        let name = "\(model.type.rawValue):\(path.value)"
        var compiled = false
        do throws(TableFault) {
            switch try readable(model) {
            case .source(let warning):
                if let warning { faults.warning(at: warning.location ?? path.location, warning.text) }
            case .compiled(let warning):
                faults.warning(
                    at: warning.location ?? path.location, warning.text,
                    remedy: "write its text with postmap -s \(name) > \(path.value)")
                compiled = true
            }
        } catch {
            return unreadable(name, model.type, at: error.location ?? path.location, error.text)
        }
        let file = compiled ? path.value + ".cdb" : path.value
        guard let contents = SiteLoader.read(file) else {
            let reason = String(cString: strerror(errno))
            return unreadable(name, model.type, at: path.location, "\(file) can't be read: \(reason)")
        }
        if compiled {
            return attempt(at: path.location) {
                try CDBTable(compiled: contents, file: path.value, location: path.location)
            }
        }
        return table(model.type, contents, name: path.value, at: path.location)
    }

    /// Lines in place of a file: what they say wrongly is told at their own places.
    func text(_ model: TextTableModel) -> (any LookupTable)? {
        let lines = model.lines.value
        let contents = Array(lines.map { Array($0.value.utf8) }.joined(separator: [0x0A]))
        return table(model.type, contents, name: model.name, at: model.lines.location) { location in
            guard location.file == model.name, let line = location.line, lines.indices.contains(line - 1) else {
                return location
            }
            return lines[line - 1].location
        }
    }

    /// What Postfix reads from a compiled file is read from the text that the file was made of.
    private func readable(_ model: FileTableModel) throws(TableFault) -> CompiledTableFile.Readable {
        let type = model.type.rawValue
        guard let suffix = CompiledTableFile.suffixes[type]?.first else { return .source(warning: nil) }
        let path = model.path.value
        return try CompiledTableFile.check(
            type: type, file: path, source: ConfigurationFile.stamp(path)?.modified,
            compiled: ConfigurationFile.stamp(path + suffix)?.modified, location: model.path.location)
    }

    private func table(
        _ type: FileTableModel.FileType, _ contents: [UInt8], name: String, at location: SourceLocation,
        place: (SourceLocation) -> SourceLocation = { $0 }
    ) -> (any LookupTable)? {
        func warn(_ warnings: [TableFault]) {
            for warning in warnings { faults.warning(at: warning.location.map(place) ?? location, warning.text) }
        }
        do throws(TableFaults) {
            switch type {
            case .texthash, .hash, .btree, .lmdb, .cdb, .dbm, .sdbm:
                let table = TextHashTable(contents: contents, file: name, type: type.rawValue, location: location)
                warn(table.warnings)
                return table
            case .regexp:
                let table = try RegexpTable(contents: contents, file: name, location: location)
                warn(table.warnings)
                return table
            case .pcre:
                let table = try PCRETable(contents: contents, file: name, location: location)
                warn(table.warnings)
                return table
            case .cidr:
                let table = CIDRTable(contents: contents, file: name, location: location)
                warn(table.warnings)
                return table
            case .aliases:
                let table = aliases(contents, name: name, at: location)
                warn(table.warnings)
                for finding in table.findings {
                    faults.warning(
                        at: place(finding.location), finding.text,
                        remedy: "name an address in its place; until then it is deferred")
                }
                return table
            }
        } catch {
            for fault in error.faults {
                faults.error(
                    at: fault.location.map(place) ?? location, fault.text, remedy: "see docs/configuration.md, Tables")
            }
            return nil
        }
    }

    private func aliases(_ contents: [UInt8], name: String, at location: SourceLocation) -> AliasFileTable {
        AliasFileTable(contents: contents, file: name, type: "aliases", location: location) { path in
            guard let contents = SiteLoader.read(path) else { throw IncludeFailure(code: errno) }
            return contents
        }
    }

    private struct IncludeFailure: Error, CustomStringConvertible {
        var code: Int32
        var description: String { String(cString: strerror(code)) }
    }

    private func unreadable(
        _ name: String, _ type: FileTableModel.FileType, at location: SourceLocation, _ reason: String
    ) -> (any LookupTable)? {
        let remedy = "create it, readable for the service's user"
        guard toleratesMissingFiles else {
            faults.error(at: location, reason, remedy: remedy)
            return nil
        }
        faults.warning(at: location, "\(reason); until then every lookup in it is a temporary failure", remedy: remedy)
        return UnreadableTable(
            name: name, location: location, isPattern: [.regexp, .pcre, .cidr].contains(type), reason: reason)
    }
}

/// A table that can't be opened: every lookup is a temporary failure, as in Postfix.
struct UnreadableTable: LookupTable {
    let name: String
    let location: SourceLocation?
    let isPattern: Bool
    let reason: String

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let reason = UnavailableReason(.misconfigured, "\(name): \(reason)")
        let step = TraceStep(.lookup(table: name, key: key, result: .unavailable(reason)), location: location)
        return Answer(.unavailable(reason), steps: [step])
    }
}

/// Pairs that are in memory, under a name of their own.
struct PairsTable: FixedTable {
    let name: String
    let location: SourceLocation?
    let values: [[UInt8]: [UInt8]]
}

extension AliasFileTable.Finding {
    /// The description without the place, which a fault tells itself.
    var text: String {
        let prefix = "\(location): "
        return description.hasPrefix(prefix) ? String(description.dropFirst(prefix.count)) : description
    }
}
