/// Why a command can't be parsed: the text of its `BAD`, or for a well-formed one that asks too much of its `NO`.
package struct IMAPSyntaxError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case malformed
        case unknownCommand
        /// `NO [BADCHARSET (US-ASCII UTF-8)]`
        case charset
        /// `NO [USEATTR]` (RFC 6154 §3)
        case use
        /// `NO [LIMIT]`
        case limit
    }

    package var kind: Kind
    package var text: String

    package init(_ text: String, kind: Kind = .malformed) {
        self.kind = kind
        self.text = text
    }
}
