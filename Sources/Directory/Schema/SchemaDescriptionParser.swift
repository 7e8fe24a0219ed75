/// Reads the descriptions of RFC 4512 §4.1: `( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )`.
struct SchemaDescriptionParser {
    private var rest: Substring
    /// OpenLDAP's names for OIDs, folded (`objectidentifier`).
    private let macros: [String: String]

    init(_ text: String, macros: [String: String] = [:]) {
        rest = text[...]
        self.macros = macros
    }

    /// The descriptions that stand in `text` one behind the other.
    static func attributeTypes(_ text: String) throws(SchemaFault) -> [AttributeTypeDefinition] {
        var parser = Self(text)
        var definitions: [AttributeTypeDefinition] = []
        while !parser.isAtEnd { definitions.append(try parser.attributeType()) }
        return definitions
    }

    static func objectClasses(_ text: String) throws(SchemaFault) -> [ObjectClassDefinition] {
        var parser = Self(text)
        var definitions: [ObjectClassDefinition] = []
        while !parser.isAtEnd { definitions.append(try parser.objectClass()) }
        return definitions
    }

    // AttributeTypeDescription = LPAREN WSP numericoid [ SP "NAME" SP qdescrs ] … extensions WSP RPAREN
    mutating func attributeType() throws(SchemaFault) -> AttributeTypeDefinition {
        var definition = AttributeTypeDefinition(oid: try start())
        while let word = try keyword() {
            switch word {
            case "NAME": definition.names = try list()
            case "SUP": definition.superior = try single(after: word)
            case "EQUALITY": definition.equality = try single(after: word)
            case "ORDERING": definition.ordering = try single(after: word)
            case "SUBSTR": definition.substrings = try single(after: word)
            case "SYNTAX": definition.syntax = oid(try single(after: word))
            case "USAGE": definition.isOperational = try single(after: word).lowercased() != "userapplications"
            case "OBSOLETE", "SINGLE-VALUE", "COLLECTIVE", "NO-USER-MODIFICATION": break
            default: _ = try list()
            }
        }
        return definition
    }

    // ObjectClassDescription = LPAREN WSP numericoid … [ SP "SUP" SP oids ] [ SP kind ] … WSP RPAREN
    mutating func objectClass() throws(SchemaFault) -> ObjectClassDefinition {
        var definition = ObjectClassDefinition(oid: try start())
        while let word = try keyword() {
            switch word {
            case "NAME": definition.names = try list()
            case "SUP": definition.superiors = try list()
            case "OBSOLETE", "ABSTRACT", "STRUCTURAL", "AUXILIARY": break
            default: _ = try list()
            }
        }
        return definition
    }

    private enum Token: Equatable {
        case open
        case close
        case dollar
        case word(String)
    }

    private var isAtEnd: Bool { rest.allSatisfy(\.isWhitespace) }

    private mutating func next() throws(SchemaFault) -> Token {
        rest = rest.drop(while: \.isWhitespace)
        guard let first = rest.popFirst() else { throw SchemaFault("the definition ends without its ')'") }
        switch first {
        case "(": return .open
        case ")": return .close
        case "$": return .dollar
        case "'":
            guard let end = rest.firstIndex(of: "'") else { throw SchemaFault("a \"'\" is never closed") }
            let word = rest[..<end]
            rest = rest[rest.index(after: end)...]
            return .word(String(word))
        default:
            let tail = rest.prefix { !$0.isWhitespace && $0 != "(" && $0 != ")" && $0 != "$" }
            rest = rest[tail.endIndex...]
            return .word(String(first) + tail)
        }
    }

    private mutating func start() throws(SchemaFault) -> String {
        guard try next() == .open, case .word(let word) = try next() else {
            throw SchemaFault("a definition starts with \"( OID\"")
        }
        return oid(word)
    }

    /// The next keyword in upper case; nil at the closing parenthesis.
    private mutating func keyword() throws(SchemaFault) -> String? {
        switch try next() {
        case .close: return nil
        case .word(let word): return word.uppercased()
        case .open, .dollar: throw SchemaFault("a keyword is expected, not a parenthesis or '$'")
        }
    }

    // qdescrs = qdescr / ( LPAREN WSP qdescrlist WSP RPAREN ); oids = oid / ( LPAREN WSP oidlist WSP RPAREN )
    private mutating func list() throws(SchemaFault) -> [String] {
        switch try next() {
        case .word(let word): return [word]
        case .close, .dollar: throw SchemaFault("a value is expected")
        case .open:
            var words: [String] = []
            while true {
                switch try next() {
                case .close: return words
                case .dollar: break
                case .word(let word): words.append(word)
                case .open: throw SchemaFault("a list can't hold a list")
                }
            }
        }
    }

    private mutating func single(after keyword: String) throws(SchemaFault) -> String {
        guard case .word(let word) = try next() else { throw SchemaFault("\(keyword) needs a value") }
        return word
    }

    /// `olcAttr:1` with its macro resolved.
    func oid(_ word: String) -> String {
        let parts = word.split(separator: ":", maxSplits: 1)
        guard let first = parts.first, let base = macros[first.lowercased()] else { return word }
        return parts.count == 2 ? "\(base).\(parts[1])" : base
    }
}
