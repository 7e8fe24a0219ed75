package import Directory

/// `unionmap:{type:name, …}`: every table is asked, the values found are joined by commas. One that can't answer makes the
/// answer unavailable.
package struct UnionTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    package let members: [any LookupTable]

    /// The first member decides, as in Postfix.
    package var isPattern: Bool { members.first?.isPattern ?? false }

    /// - Parameter name: what follows `unionmap:`, for logs.
    package init(_ members: [any LookupTable], name: String, location: SourceLocation? = nil) {
        self.members = members
        self.name = "unionmap:" + name
        self.location = location
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard LookupKey.isText(key) else { return answer(.absent, to: key) }
        var values: [[UInt8]] = []
        var steps: [TraceStep] = []
        for member in members {
            let result = await member.lookup(member.key(key))
            steps += result.steps
            switch result.outcome {
            case .found(let value): values.append(value)
            case .absent: break
            case .unavailable: return answer(result.outcome, to: key, children: steps)
            }
        }
        let joined = Array(values.joined(separator: [UInt8(ascii: ",")]))
        return answer(values.isEmpty ? .absent : .found(joined), to: key, children: steps)
    }
}

extension LookupTable {
    /// A member's key: folded, but not for pattern tables, as every table of Postfix does it for itself.
    func key(_ key: [UInt8]) -> [UInt8] { isPattern ? key : LookupKey.folded(key) }
}
