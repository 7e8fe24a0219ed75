import Directory

extension LookupTable {
    /// The outcome with the step that this table leaves. An empty value is a fault of the table's, as in Postfix: "empty
    /// string result is not allowed".
    func answer(
        _ outcome: Outcome<[UInt8]>, to key: [UInt8], at place: SourceLocation? = nil, children: [TraceStep] = []
    ) -> Answer<[UInt8]> {
        let result: TraceStep.LookupResult
        let checked: Outcome<[UInt8]>
        switch outcome {
        case .found(let value) where value.isEmpty:
            let reason = UnavailableReason(
                .misconfigured, "\(name)\(place.map { " (\($0))" } ?? ""): the value is empty: give it one")
            (result, checked) = (.unavailable(reason), .unavailable(reason))
        case .found(let value): (result, checked) = (.found(value), outcome)
        case .absent: (result, checked) = (.absent, outcome)
        case .unavailable(let reason): (result, checked) = (.unavailable(reason), outcome)
        }
        let step = TraceStep(
            .lookup(table: name, key: key, result: result), location: place ?? location, children: children)
        return Answer(checked, steps: [step])
    }
}
