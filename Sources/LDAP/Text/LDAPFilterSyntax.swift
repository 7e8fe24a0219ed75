/// How strictly a filter's text is read.
public struct LDAPFilterSyntax: Hashable, Sendable {
    /// Whether what libldap takes beyond RFC 4515 is taken: a lone `mail=x` without its parentheses, blanks around
    /// parentheses and operators, and the LDAPv2 escapes `\*`, `\(`, `\)`, `\\`.
    public var acceptsLegacyForms: Bool
    /// Bytes.
    public var maximumLength: Int
    /// Filters within filters.
    public var maximumDepth: Int

    public init(acceptsLegacyForms: Bool, maximumLength: Int = 65_536, maximumDepth: Int = 64) {
        self.acceptsLegacyForms = acceptsLegacyForms
        self.maximumLength = maximumLength
        self.maximumDepth = maximumDepth
    }

    /// What libldap, and so Postfix, Dovecot and the OpenLDAP tools, accept.
    public static let libldap = Self(acceptsLegacyForms: true)
    /// RFC 4515 and RFC 4526 to the letter.
    public static let rfc4515 = Self(acceptsLegacyForms: false)
}

/// Why a text is no search filter.
public struct LDAPFilterSyntaxError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case empty
        case tooLong(maximum: Int)
        case tooDeep(maximum: Int)
        case missingOpeningParenthesis
        case missingClosingParenthesis
        case missingOperator
        case badAttribute
        case badMatchingRule
        case badEscape
        case unescaped(UInt8)
        case trailingText
    }

    public var reason: Reason
    /// Bytes from the start of the text.
    public var offset: Int

    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "bad search filter at byte \(offset): \(reason.text)" }
}

extension LDAPFilterSyntaxError.Reason {
    fileprivate var text: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong(let maximum): "it is longer than \(maximum) bytes"
        case .tooDeep(let maximum): "filters are nested more than \(maximum) deep"
        case .missingOpeningParenthesis: "a '(' is expected here"
        case .missingClosingParenthesis: "a ')' is expected here"
        case .missingOperator: "one of '=', '>=', '<=', '~=', ':=' is expected after the attribute"
        case .badAttribute: "an attribute name or OID is expected here"
        case .badMatchingRule: "a matching rule's name or OID is expected here"
        case .badEscape: "a backslash must be followed by two hexadecimal digits"
        case .unescaped(0): "a NUL must be written \\00"
        case .unescaped(let byte): "'\(Character(Unicode.Scalar(byte)))' in a value must be escaped with a backslash"
        case .trailingText: "there is text behind the end of the filter"
        }
    }
}
