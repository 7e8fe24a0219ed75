/// The compatibility half of Unicode normalisation form KC: full-width letters, ligatures, no-break spaces and their like
/// become the characters they stand for. The standard library has the canonical half.
enum CompatibilityMapping {
    /// What stands for `scalar`, or nil when it stands for itself.
    static func mapping(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
        guard scalar.value >= 0xA0 else { return nil }
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].last < scalar.value { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].first <= scalar.value else { return nil }
        let run = runs[low]
        guard run.isShifted, let first = run.mapping.first else { return run.mapping }
        return Unicode.Scalar(first.value + (scalar.value - run.first)).map { [$0] }
    }

    private struct Run {
        var first: UInt32
        var last: UInt32
        var isShifted: Bool
        var mapping: [Unicode.Scalar]
    }

    private static let runs: [Run] = table.split(whereSeparator: \.isWhitespace).compactMap { entry in
        let halves = entry.split(separator: ":")
        guard halves.count == 2 else { return nil }
        let bounds = halves[0].split(whereSeparator: { $0 == "-" || $0 == "~" }).compactMap { UInt32($0, radix: 16) }
        let mapping = halves[1].split(separator: "+").compactMap { UInt32($0, radix: 16).flatMap(Unicode.Scalar.init) }
        guard let first = bounds.first, let last = bounds.last else { return nil }
        return Run(first: first, last: last, isShifted: halves[0].contains("-"), mapping: mapping)
    }
}
