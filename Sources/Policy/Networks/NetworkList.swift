package import Directory
package import LookupTables

/// `mynetworks` and its like: networks, exceptions (`!`) and tables, the first that matches deciding.
package struct NetworkList: Sendable {
    package enum Pattern: Sendable {
        case network(IPNetwork)
        /// Matches when the table has any answer for the address, whatever the answer is.
        case table(any LookupTable)
    }

    package struct Element: Sendable {
        package var pattern: Pattern
        /// `!`: what matches is not in the list.
        package var isNegated: Bool

        package init(_ pattern: Pattern, isNegated: Bool = false) {
            self.pattern = pattern
            self.isNegated = isNegated
        }
    }

    package var elements: [Element]
    package var location: SourceLocation?

    package init(_ elements: [Element] = [], location: SourceLocation? = nil) {
        self.elements = elements
        self.location = location
    }

    package init(_ networks: [IPNetwork], location: SourceLocation? = nil) {
        self.init(networks.map { Element(.network($0)) }, location: location)
    }

    /// Whether one of the networks holds the address, its tables left out: for where nothing may wait.
    package func holdsWithoutTables(_ address: IPAddress) -> Bool {
        for element in elements {
            if case .network(let network) = element.pattern, network.contains(address) { return !element.isNegated }
        }
        return false
    }

    /// Found when the address is in the list. A table that can't answer leaves it open: `unavailable`.
    package func contains(_ address: IPAddress) async -> Answer<Void> {
        var steps: [TraceStep] = []
        for element in elements {
            switch element.pattern {
            case .network(let network):
                guard network.contains(address) else { continue }
            case .table(let table):
                let answer = await table.lookup(Array(address.description.utf8))
                steps += answer.steps
                switch answer.outcome {
                case .found: break
                case .absent: continue
                case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
                }
            }
            return Answer(element.isNegated ? .absent : .found(()), steps: steps)
        }
        return Answer(.absent, steps: steps)
    }
}
