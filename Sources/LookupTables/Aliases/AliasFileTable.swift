package import Directory

/// The source text of an aliases(5) file, which `alias_maps = hash:/etc/aliases` names: `name: value, value`.
///
/// Names are folded; of two equal names the first counts, as in postalias(1). The members of `:include:` files stand in the
/// value in place of the file; a command, a file or an include that can't be read stays in the value as written, so that
/// `AliasTarget.list` tells it apart, and is a finding.
package struct AliasFileTable: FixedTable {
    /// A member that can't be delivered to here.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        package enum Kind: Hashable, Sendable {
            case command
            case file
            /// Not read, too large, or nested too deep: the text says which.
            case include(String)
        }

        package var kind: Kind
        /// The alias, folded.
        package var alias: [UInt8]
        /// The command, the file's name, the include's path.
        package var target: [UInt8]
        package var location: SourceLocation

        package init(kind: Kind, alias: [UInt8], target: [UInt8], location: SourceLocation) {
            self.kind = kind
            self.alias = alias
            self.target = target
            self.location = location
        }

        package var description: String {
            let (alias, target) = (ASCIIText.text(alias), ASCIIText.text(target))
            return switch kind {
            case .command: "\(location): alias \(alias): the command |\(target) is not run: name an address"
            case .file: "\(location): alias \(alias): nothing is delivered into the file \(target): name an address"
            case .include(let reason): "\(location): alias \(alias): :include:\(target): \(reason)"
            }
        }
    }

    /// Octets of one `:include:` file.
    package static let maximumIncludeSize = 1 << 20
    /// Files within files.
    package static let maximumIncludeDepth = 8
    /// Files read for one alias.
    package static let maximumIncludes = 1000
    /// Members of one alias, those of its files included.
    package static let maximumMembers = 50_000

    package let name: String
    package let location: SourceLocation?
    package let values: [[UInt8]: [UInt8]]
    /// The values as the file has them: what `postalias -q` answers.
    package let sourceValues: [[UInt8]: [UInt8]]
    /// Lines that are passed over, as Postfix does it.
    package let warnings: [TableFault]
    package let findings: [Finding]

    /// - Parameters:
    ///   - contents: the file's bytes.
    ///   - file: its path, for locations.
    ///   - type: the word before the colon in the table's name.
    ///   - readInclude: reads an `:include:` file; what it throws becomes a finding.
    package init(
        contents: [UInt8], file: String, type: String = "hash", location: SourceLocation? = nil,
        readInclude: (_ path: String) throws -> [UInt8]
    ) {
        name = "\(type):\(file)"
        self.location = location
        var values: [[UInt8]: [UInt8]] = [:]
        var sourceValues: [[UInt8]: [UInt8]] = [:]
        var warnings: [TableFault] = []
        var findings: [Finding] = []
        for line in LogicalLines(contents) {
            let place = SourceLocation(file: file, line: line.number)
            guard let (text, value) = AliasText.nameAndValue(line.bytes) else {
                warnings.append(TableFault("expected \"name: value, value\": line ignored", at: place))
                continue
            }
            guard let local = AliasText.localName(text) else {
                warnings.append(
                    TableFault("\"\(ASCIIText.text(text))\": names of aliases are local: line ignored", at: place))
                continue
            }
            let key = LookupKey.folded(local)
            guard sourceValues[key] == nil else {
                warnings.append(TableFault("\"\(ASCIIText.text(key))\" stands here again: line ignored", at: place))
                continue
            }
            sourceValues[key] = value
            var expansion = AliasExpansion(alias: key)
            expansion.expand(value, at: place, depth: 0, read: readInclude)
            findings += expansion.findings
            // An alias of an empty list is known, and reaches nobody: its include stays to be seen.
            values[key] =
                expansion.members.isEmpty ? value : Array(expansion.members.joined(separator: Array(", ".utf8)))
        }
        self.values = values
        self.sourceValues = sourceValues
        self.warnings = warnings
        self.findings = findings
    }
}

/// The members of one alias as its include files are read.
private struct AliasExpansion {
    let alias: [UInt8]
    var members: [[UInt8]] = []
    var findings: [AliasFileTable.Finding] = []
    private var isFull = false
    private var includes = 0

    init(alias: [UInt8]) {
        self.alias = alias
    }

    mutating func expand(
        _ text: [UInt8], at place: SourceLocation, depth: Int, read: (_ path: String) throws -> [UInt8]
    ) {
        for member in AliasText.members(text) {
            guard let target = AliasTarget.list(member).first else { continue }
            switch target {
            case .address(let address): add(address, at: place)
            case .command(let command): keep(member, .command, command, at: place)
            case .file(let file): keep(member, .file, file, at: place)
            case .include(let path):
                do throws(IncludeFault) {
                    try include(path, depth: depth, read: read)
                } catch {
                    keep(member, .include(error.text), path, at: place)
                }
            }
        }
    }

    private struct IncludeFault: Error {
        var text: String
    }

    private mutating func include(
        _ path: [UInt8], depth: Int, read: (_ path: String) throws -> [UInt8]
    ) throws(IncludeFault) {
        guard depth < AliasFileTable.maximumIncludeDepth else {
            throw IncludeFault(text: "files nested more than \(AliasFileTable.maximumIncludeDepth) deep")
        }
        guard !isFull else { throw IncludeFault(text: "not read: the alias is full") }
        guard includes < AliasFileTable.maximumIncludes else {
            throw IncludeFault(text: "more than \(AliasFileTable.maximumIncludes) files for one alias")
        }
        includes += 1
        let name = ASCIIText.text(path)
        let contents: [UInt8]
        do {
            contents = try read(name)
        } catch {
            throw IncludeFault(text: "can't be read: \(error)")
        }
        guard contents.count <= AliasFileTable.maximumIncludeSize else {
            throw IncludeFault(text: "larger than \(AliasFileTable.maximumIncludeSize) bytes")
        }
        for line in LogicalLines(contents) {
            let place = SourceLocation(file: name, line: line.number)
            expand(AliasText.normalized(line.bytes), at: place, depth: depth + 1, read: read)
        }
    }

    private mutating func keep(
        _ member: [UInt8], _ kind: AliasFileTable.Finding.Kind, _ target: [UInt8], at place: SourceLocation
    ) {
        guard !isFull else { return }
        findings.append(.init(kind: kind, alias: alias, target: target, location: place))
        add(member, at: place)
    }

    private mutating func add(_ member: [UInt8], at place: SourceLocation) {
        guard !isFull else { return }
        guard members.count < AliasFileTable.maximumMembers else {
            isFull = true
            let reason = "more than \(AliasFileTable.maximumMembers) members: the rest is left out"
            findings.append(
                .init(kind: .include(reason), alias: alias, target: Array(place.file.utf8), location: place))
            return
        }
        members.append(member)
    }
}
