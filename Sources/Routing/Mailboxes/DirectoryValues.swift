import Directory

/// The attribute values behind a table's answer, taken from the steps of its lookup: the table joins several with commas,
/// and a comma may as well be part of one.
struct DirectoryValues {
    struct Value: Hashable {
        var entry: String
        var attribute: String
        var value: [UInt8]
    }

    private(set) var values: [Value] = []

    init(_ steps: [TraceStep]) {
        var pending = Array(steps.reversed())
        while let step = pending.popLast() {
            if case .entry(let name, let attribute, let found) = step.event {
                values += found.map { Value(entry: name, attribute: attribute, value: $0) }
            }
            pending += step.children.reversed()
        }
    }
}
