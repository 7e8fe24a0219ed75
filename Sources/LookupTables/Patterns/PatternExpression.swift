/// A compiled pattern of a `regexp:` or `pcre:` table. Matching is bounded in time by the expression itself.
package protocol PatternExpression: Sendable {
    /// `regexp` or `pcre`.
    static var type: String { get }
    /// Whether `/pattern1/!/pattern2/` is a rule of this type.
    static var allowsSecondPattern: Bool { get }

    /// Octets of a key; an address has at most 320.
    static var keyLength: Int { get }

    /// How many groups the pattern has.
    var groupCount: Int { get }

    /// - Parameter flags: the letters behind the closing delimiter.
    init(_ pattern: [UInt8], flags: ArraySlice<UInt8>) throws(PatternFault)

    /// Groups are numbered from 0, the whole match.
    func match(_ key: [UInt8]) -> PatternMatch
}

package enum PatternMatch {
    case groups([Range<Int>?])
    case none
    /// A bound was hit, or the library failed.
    case failed(String)
}

package enum PatternFault: Error {
    /// What Postfix passes over with a warning too.
    case malformed(String)
    /// What Postfix would run, but nothing bounds in time.
    case unbounded(String)
}

enum PatternBounds {
    /// Octets of a pattern.
    static let patternLength = 16_384
    static let rules = 20_000
}
