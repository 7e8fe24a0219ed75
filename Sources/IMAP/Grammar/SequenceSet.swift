/// Message sequence numbers or UIDs as a client names them (RFC 3501 §9).
package struct SequenceSet: Hashable, Sendable {
    /// nil stands for `*`.
    package struct Element: Hashable, Sendable {
        package var first: UInt32?
        package var last: UInt32?
    }

    package var elements: [Element]
    /// `$`, the result that a search has saved (RFC 5182 §2.1); without elements until the session puts it in its place.
    package var isSavedResult = false
    /// Of the messages named, those in these places (RFC 9394 §3.3: FETCH with PARTIAL).
    package var partial: PartialRange?

    package static var savedResult: SequenceSet {
        var set = SequenceSet([])
        set.isSavedResult = true
        return set
    }

    package init(_ elements: [Element]) {
        self.elements = elements
    }

    /// The set with `*` put in its place, in ascending order, without overlaps.
    package func ranges(greatest: UInt32) -> [ClosedRange<UInt32>] {
        let ranges = elements.map { element in
            let first = element.first ?? greatest
            let last = element.last ?? greatest
            return min(first, last)...max(first, last)
        }
        .sorted { $0.lowerBound < $1.lowerBound }
        var result: [ClosedRange<UInt32>] = []
        for range in ranges {
            if let previous = result.last, range.lowerBound <= previous.upperBound {
                result[result.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// The same numbers as ranges in ascending order, `*` in its place: the form that `contains` searches.
    func resolved(greatest: UInt32) -> SequenceSet {
        SequenceSet(ranges(greatest: greatest).map { Element(first: $0.lowerBound, last: $0.upperBound) })
    }

    /// Whether a resolved set holds the number.
    func contains(_ number: UInt32) -> Bool {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = low + (high - low) / 2
            if elements[middle].last ?? .max < number { low = middle + 1 } else { high = middle }
        }
        return low < elements.count && elements[low].first ?? 0 <= number
    }
}

extension GrammarReader {
    /// sequence-set = (seq-number / seq-range) *("," sequence-set) ; seq-range = seq-number ":" seq-number
    /// / seq-last-command ; seq-last-command = "$"
    package mutating func sequenceSet() throws(IMAPSyntaxError) -> SequenceSet {
        if skip("$") { return .savedResult }
        var elements: [SequenceSet.Element] = []
        repeat {
            guard elements.count < limits.elements else { throw IMAPSyntaxError("Too long a set", kind: .limit) }
            let first = try sequenceNumber()
            let last = skip(":") ? try sequenceNumber() : first
            elements.append(SequenceSet.Element(first: first, last: last))
        } while skip(",")
        return SequenceSet(elements)
    }

    /// seq-number = nz-number / "*"
    private mutating func sequenceNumber() throws(IMAPSyntaxError) -> UInt32? {
        if skip("*") { return nil }
        guard let value = UInt32(exactly: try number()), value > 0 else { throw IMAPSyntaxError("Invalid messageset") }
        return value
    }
}
