package import Directory

/// `pipemap:{type:name, …}`: what one table answers is the key of the next; the last one's answer is the pipe's.
package struct PipeTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    package let members: [any LookupTable]

    /// The first member decides, as in Postfix.
    package var isPattern: Bool { members.first?.isPattern ?? false }

    /// - Parameter name: what follows `pipemap:`, for logs.
    package init(_ members: [any LookupTable], name: String, location: SourceLocation? = nil) {
        self.members = members
        self.name = "pipemap:" + name
        self.location = location
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        guard LookupKey.isText(key) else { return answer(.absent, to: key) }
        var outcome = members.isEmpty ? Outcome<[UInt8]>.absent : .found(key)
        var steps: [TraceStep] = []
        for member in members {
            guard case .found(let value) = outcome else { break }
            let result = await member.lookup(member.key(value))
            steps += result.steps
            outcome = result.outcome
        }
        return answer(outcome, to: key, children: steps)
    }
}
