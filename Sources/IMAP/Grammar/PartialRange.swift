/// Places in a result, counted from 1 (RFC 5267 §4.4, RFC 9394 §3.1).
package struct PartialRange: Hashable, Sendable {
    package var places: ClosedRange<UInt32>
    /// Counted from the end: 1 is the last.
    package var isFromEnd = false

    /// As the client wrote it, which is how the answer names it.
    package var text: String

    /// The places as indexes into `count` results; nil when none lies there.
    package func indexes(count: Int) -> Range<Int>? {
        let first = Int(places.lowerBound) - 1
        let end = min(count, Int(places.upperBound))
        guard first < end else { return nil }
        return isFromEnd ? count - end..<count - first : first..<end
    }
}

extension GrammarReader {
    /// partial-range = partial-range-first / partial-range-last ; partial-range-first = nz-number ":" nz-number ;
    /// partial-range-last = "-" nz-number ":" "-" nz-number
    package mutating func partialRange() throws(IMAPSyntaxError) -> PartialRange {
        let isFromEnd = skip("-")
        let first = try nonZeroNumber()
        try expect(":")
        if isFromEnd { try expect("-") }
        let last = try nonZeroNumber()
        let sign = isFromEnd ? "-" : ""
        return PartialRange(
            places: min(first, last)...max(first, last), isFromEnd: isFromEnd, text: "\(sign)\(first):\(sign)\(last)")
    }
}
