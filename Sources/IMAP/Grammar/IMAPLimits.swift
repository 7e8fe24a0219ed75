/// How much of a client's input is gathered, at most (octets).
package struct IMAPLimits: Hashable, Sendable {
    /// All lines of one command together.
    package var line: Int
    /// All literals of one command together; an APPEND's message is streamed and not counted.
    package var literals: Int
    /// Parentheses within parentheses.
    package var nesting: Int
    /// Ranges and numbers in a sequence set, fetch items, search keys, flags.
    package var elements: Int

    package init(line: Int, literals: Int, nesting: Int, elements: Int) {
        self.line = line
        self.literals = literals
        self.nesting = nesting
        self.elements = elements
    }

    package static let beforeLogin = IMAPLimits(line: 8 << 10, literals: 8 << 10, nesting: 32, elements: 64)
    package static let afterLogin = IMAPLimits(line: 64 << 10, literals: 1 << 20, nesting: 128, elements: 16_384)
}
