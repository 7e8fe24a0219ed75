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

    indirect enum Variable: Hashable, Sendable {
        case login(LoginVariable)
        /// `%$`: the value of the attribute that the mapping names.
        case mappedValue
        /// `%{ldap:NAME:DEFAULT}`: the attribute's first value.
        case attribute(String, default: [UInt8])
        /// `%{ldap_ptr:NAME}`: the first value of the attribute whose name is the first value of NAME.
        case pointer(String)
        /// `%{ldap_dn}`.
        case entryName
        /// `%{env:NAME}`.
        case environment(String)
        /// `%{passdb:NAME:DEFAULT}` and `%{userdb:NAME:DEFAULT}`: fields that the databases have given.
        case passwordField(String, default: [UInt8])
        case userField(String, default: [UInt8])
        case hash(HashFunction, of: Variable)
        case conditional(Conditional)
        case pipeline(Pipeline)
    }

    /// `[offset "."] width` before the modifiers: which octets of the value are taken.
    struct Slice: Hashable, Sendable {
        /// From the end when negative.
        var offset = 0
        /// Nil and 0 take all; a negative one leaves as many out at the end.
        var width: Int?
        /// What is shorter than the width gets zeros before it, and what is longer stays whole.
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

    package var usesMappedValue: Bool { variables.contains(.mappedValue) }

    /// The attributes that its variables read, as they are spelled; those behind a pointer can't be known.
    package var attributes: [String] {
        variables.compactMap { variable in
            switch variable {
            case .attribute(let name, _), .pointer(let name): name
            default: nil
            }
        }
    }

    var usesPointer: Bool {
        variables.contains { variable in
            if case .pointer = variable { true } else { false }
        }
    }

    /// What of a login it reads.
    package var loginVariables: Set<LoginVariable> {
        Set(
            variables.compactMap { variable in
                if case .login(let variable) = variable { variable } else { nil }
            })
    }

    /// All that it reads, in whatever functions it stands.
    private var variables: [Variable] {
        segments.flatMap { segment -> [Variable] in
            if case .variable(let variable, _, _) = segment { variable.whole } else { [] }
        }
    }

    package func render(_ variables: LoginVariables, _ entry: EntryValues = .none) -> [UInt8] {
        var result: [UInt8] = []
        for segment in segments {
            switch segment {
            case .literal(let bytes): result += bytes
            case .variable(let variable, let modifiers, let slice):
                var value = Self.value(of: variable, variables, entry)
                var slice = slice
                for modifier in modifiers { value = modifier.apply(value, &slice) }
                result += slice.apply(value)
            }
        }
        return result
    }

    static func value(of variable: Variable, _ variables: LoginVariables, _ entry: EntryValues) -> [UInt8] {
        switch variable {
        case .login(let variable): variables[variable]
        case .mappedValue: entry.mappedValue
        case .attribute(let name, let fallback): entry.first(name) ?? fallback
        case .pointer(let name):
            entry.first(name).flatMap { entry.first(String(decoding: $0, as: UTF8.self)) } ?? []
        case .entryName: Array(entry.name.utf8)
        case .environment(let name): variables.environment[name].map { Array($0.utf8) } ?? []
        case .passwordField(let name, let fallback): variables.passwordFields[name] ?? fallback
        case .userField(let name, let fallback): variables.userFields[name] ?? fallback
        case .hash(let function, let variable):
            function.apply(value(of: variable, variables, entry), variables, entry)
        case .conditional(let conditional): conditional.render(variables, entry)
        case .pipeline(let pipeline): pipeline.render(variables, entry)
        }
    }
}

extension Template.Variable {
    /// It and all that stand in it.
    fileprivate var whole: [Template.Variable] {
        switch self {
        case .login, .mappedValue, .attribute, .pointer, .entryName, .environment, .passwordField, .userField: [self]
        case .hash(let function, let variable): variable.whole + (function.salt?.variables ?? [])
        case .conditional(let conditional):
            [conditional.left, conditional.right, conditional.yes, conditional.no].flatMap(\.variables)
        case .pipeline(let pipeline):
            ([pipeline.source] + pipeline.filters.flatMap(\.operands)).flatMap { operand -> [Template.Variable] in
                if case .variable(let variable) = operand { variable.whole } else { [] }
            }
        }
    }
}

extension Template.Slice {
    func apply(_ value: [UInt8]) -> [UInt8] {
        guard self != .whole else { return value }
        let start = offset >= 0 ? min(offset, value.count) : max(value.count + offset, 0)
        let rest = value[start...]
        guard let width, width != 0 else { return Array(rest) }
        guard padsWithZeros else {
            return Array(width < 0 ? rest.dropLast(-width) : rest.prefix(width))
        }
        return Array(repeating: UInt8(ascii: "0"), count: max(width - rest.count, 0)) + rest
    }
}
