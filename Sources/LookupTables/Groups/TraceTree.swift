import Directory

/// Steps that are gathered in one order and belong below each other in another.
struct TraceTree {
    private var nodes: [(step: TraceStep, parent: Int?)] = []

    /// - Returns: the number by which later steps are put below this one.
    @discardableResult
    mutating func add(_ step: TraceStep, below parent: Int? = nil) -> Int {
        nodes.append((step, parent))
        return nodes.count - 1
    }

    var steps: [TraceStep] {
        var children = Array(repeating: [TraceStep](), count: nodes.count)
        var roots: [TraceStep] = []
        // Parents come first, so that from the last to the first every step is whole when it is put below another.
        for (index, node) in nodes.enumerated().reversed() {
            var step = node.step
            step.children += children[index].reversed()
            children[index] = []
            if let parent = node.parent, parent < index { children[parent].append(step) } else { roots.append(step) }
        }
        return roots.reversed()
    }
}
