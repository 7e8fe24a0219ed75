/// A text with variables in Dovecot's notation, `/var/mail/%Ld/%n`, parsed once; what variables give is inserted as octets
/// and never read again, so no value can bring in a variable, a field or a piece of filter.
package struct Template: Hashable, Sendable, CustomStringConvertible {
    /// As the configuration has it.
    package let text: String
    let segments: [Segment]

    enum Segment: Hashable, Sendable {
        case literal([UInt8])
        case variable(Variable, [Modifier], Slice)
    }

    enum Variable: Hashable, Sendable {
        case login(LoginVariable)
        /// `%$`: the value of the attribute that the mapping names.
        case mappedValue
        /// `%{ldap:NAME:DEFAULT}`: the attribute's first value.
        case attribute(String, default: [UInt8])
        /// `%{ldap_ptr:NAME}`: the first value of the attribute whose name is the first value of NAME.
        case pointer(String)
        /// `%{ldap_dn}`.
        case entryName
    }

    /// `[offset "."] width` before the modifiers: which octets of the value are taken.
    struct Slice: Hashable, Sendable {
        /// From the end when negative.
        var offset = 0
        /// Nil takes all.
        var width: Int?
        var padsWithZeros = false

        static let whole = Slice()
    }

    init(text: String, segments: [Segment]) {
        self.text = text
        self.segments = segments
    }

    package var description: String { text }

    /// Whether it gives the same for every login.
    package var isConstant: Bool {
        segments.allSatisfy { segment in
            if case .literal = segment { true } else { false }
        }
    }

    package var usesMappedValue: Bool {
        segments.contains { segment in
            if case .variable(.mappedValue, _, _) = segment { true } else { false }
        }
    }

    /// The attributes that its variables read, as they are spelled; those behind a pointer can't be known.
    package var attributes: [String] {
        segments.compactMap { segment in
            switch segment {
            case .variable(.attribute(let name, _), _, _), .variable(.pointer(let name), _, _): name
            case .literal, .variable(.login, _, _), .variable(.mappedValue, _, _), .variable(.entryName, _, _): nil
            }
        }
    }

    package func render(_ variables: LoginVariables, _ entry: EntryValues = .none) -> [UInt8] {
        var result: [UInt8] = []
        for segment in segments {
            switch segment {
            case .literal(let bytes): result += bytes
            case .variable(let variable, let modifiers, let slice):
                var value = Self.value(of: variable, variables, entry)
                for modifier in modifiers { value = modifier.apply(value) }
                result += slice.apply(value)
            }
        }
        return result
    }

    private static func value(of variable: Variable, _ variables: LoginVariables, _ entry: EntryValues) -> [UInt8] {
        switch variable {
        case .login(let variable): variables[variable]
        case .mappedValue: entry.mappedValue
        case .attribute(let name, let fallback): entry.first(name) ?? fallback
        case .pointer(let name):
            entry.first(name).flatMap { entry.first(String(decoding: $0, as: UTF8.self)) } ?? []
        case .entryName: Array(entry.name.utf8)
        }
    }
}

extension Template.Slice {
    func apply(_ value: [UInt8]) -> [UInt8] {
        guard self != .whole else { return value }
        let start = offset >= 0 ? min(offset, value.count) : max(value.count + offset, 0)
        let rest = value[start...]
        guard let width else { return Array(rest) }
        guard rest.count < width else { return Array(rest.prefix(width)) }
        return (padsWithZeros ? Array(repeating: UInt8(ascii: "0"), count: width - rest.count) : []) + rest
    }
}
