import LDAP

/// Makes filters that mean something for a directory: of its attributes and values, bent in the ways people and programs
/// bend them.
struct FilterGenerator {
    private let attributes: [(name: String, values: [[UInt8]])]
    private var random: SplitMix

    /// The attributes to ask for, by their values.
    init(_ entries: [LDAPEntry], excluding excluded: Set<String>, seed: UInt64) {
        var values: [String: [[UInt8]]] = [:]
        for attribute in entries.flatMap(\.attributes) where !excluded.contains(attribute.description.folded) {
            values[attribute.description.folded, default: []] += attribute.values
        }
        attributes = values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        random = SplitMix(seed: seed)
    }

    mutating func filter(depth: Int = 0) -> LDAPFilter {
        switch Int.random(in: 0..<(depth < 3 ? 10 : 6), using: &random) {
        case 6: .and((0..<Int.random(in: 0...3, using: &random)).map { _ in filter(depth: depth + 1) })
        case 7: .or((0..<Int.random(in: 0...3, using: &random)).map { _ in filter(depth: depth + 1) })
        case 8, 9: .not(filter(depth: depth + 1))
        default: item()
        }
    }

    private static let aliases = [
        "cn": "commonName", "mail": "rfc822Mailbox", "uid": "0.9.2342.19200300.100.1.1", "sn": "surname",
        "ou": "organizationalUnitName", "objectclass": "2.5.4.0",
    ]

    private mutating func item() -> LDAPFilter {
        guard let attribute = attributes.randomElement(using: &random) else { return .and([]) }
        var name = attribute.name
        switch Int.random(in: 0..<14, using: &random) {
        case 0: name = name.uppercased()
        case 1: name = Self.aliases[name] ?? name
        case 2: name = "name"
        case 3: name = "nosuchattribute"
        case 4:
            name = ["telexnumber", "pwdLastSuccess", "facsimileTelephoneNumber"].randomElement(using: &random) ?? name
        case 5: name += ";lang-en"
        default: break
        }
        let description = AttributeDescription(name)
        let value = bent(attribute.values.randomElement(using: &random) ?? [])
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return .present(description)
        case 1: return .greaterOrEqual(description, value)
        case 2: return .lessOrEqual(description, value)
        case 3, 4, 5, 6: return substrings(description, value)
        case 7: return extensible(description, value)
        default: return .equality(description, value)
        }
    }

    /// Other case, other spaces, other digits, something behind, nothing at all.
    private mutating func bent(_ value: [UInt8]) -> [UInt8] {
        let text = String(decoding: value, as: UTF8.self)
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1:
            // ß is SS to us and RFC 4518, to OpenLDAP it is not.
            return text.contains("ß") ? value : Array(text.uppercased().utf8)
        case 2: return Array("  \(text) ".utf8)
        case 3: return Array(text.replacing(" ", with: "   ").utf8)
        case 4: return Array(text.replacing(",", with: " , ").replacing("=", with: " = ").utf8)
        case 5: return Array((text + "x").utf8)
        case 6: return Array("0\(text)".utf8)
        case 7: return Array(text.replacing("u", with: "ü").utf8)
        case 8: return Array(text.decomposedMarks.utf8)
        case 9: return Array("-\(text)".utf8)
        default: return value
        }
    }

    private mutating func substrings(_ description: AttributeDescription, _ value: [UInt8]) -> LDAPFilter {
        // Not within a character: what half a character is to a server is of no use to anybody.
        let characters = Array(String(decoding: value, as: UTF8.self))
        let first = Int.random(in: 0...characters.count, using: &random)
        let second = Int.random(in: first...characters.count, using: &random)
        let third = Int.random(in: second...characters.count, using: &random)
        func part(_ range: Range<Int>) -> [UInt8]? {
            range.isEmpty ? nil : Array(String(characters[range]).utf8)
        }
        var substrings = LDAPSubstrings()
        switch Int.random(in: 0..<5, using: &random) {
        case 0: substrings.initial = part(0..<first)
        case 1: substrings.final = part(first..<characters.count)
        case 2: substrings.any = [part(first..<second)].compactMap { $0 }
        case 3:
            substrings.initial = part(0..<first)
            substrings.final = part(third..<characters.count)
        default:
            substrings.initial = part(0..<first)
            substrings.any = [part(first..<second), part(second..<third)].compactMap { $0 }
        }
        if substrings == LDAPSubstrings() { return .present(description) }
        return .substrings(description, substrings)
    }

    private mutating func extensible(_ description: AttributeDescription, _ value: [UInt8]) -> LDAPFilter {
        let rules = [nil, "caseExactMatch", "caseIgnoreMatch", "integerMatch", "1.2.840.113556.1.4.803", "nosuchrule"]
        let rule = rules.randomElement(using: &random) ?? nil
        return .extensible(
            LDAPExtensibleMatch(
                matchingRule: rule, attribute: description, value: value,
                matchesDNAttributes: Bool.random(using: &random)))
    }
}

extension String {
    /// The umlauts of the sample directories as letter and mark.
    fileprivate var decomposedMarks: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
                    switch scalar {
                    case "ü": ["u", "\u{308}"]
                    case "ë": ["e", "\u{308}"]
                    default: [scalar]
                    }
                }))
    }
}

/// The same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
