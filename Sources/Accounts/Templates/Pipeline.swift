extension Template {
    /// What stands in the braces of Dovecot 2.4: a source, and what becomes of it, `user | username | lower`.
    struct Pipeline: Hashable, Sendable {
        var source: Operand
        var filters: [Filter]

        func render(_ variables: LoginVariables, _ entry: EntryValues) -> [UInt8] {
            var value = source.render(variables, entry)
            for filter in filters { value = filter.apply(value, variables, entry) }
            return value
        }
    }

    /// Where a value comes from: a variable, or a text or number as it stands.
    enum Operand: Hashable, Sendable {
        case variable(Variable)
        case literal([UInt8])

        func render(_ variables: LoginVariables, _ entry: EntryValues) -> [UInt8] {
            switch self {
            case .variable(let variable): Template.value(of: variable, variables, entry)
            case .literal(let bytes): bytes
            }
        }
    }

    /// A filter of Dovecot 2.4's variables.
    enum Filter: Hashable, Sendable {
        case lower, upper, username, domain, reverse, hexlify, unhexlify, base64
        /// `a.b` becomes `dc=a,dc=b`.
        case ldapDN
        /// RFC 4515 §3, for text; where values are values of a typed filter or name there is nothing to escape.
        case ldapEscape
        /// Passed on as it is: `safe`, `text`.
        case identity
        /// From the end when negative; a negative length leaves so many out at the end.
        case substr(Int, length: Int?)
        case fallback(Operand)
        case concat([Operand])
        case digest(Digest, rounds: Int, salt: Operand?)
        case truncate(Int)
        case fill(toLeft: Bool, width: Int, with: UInt8)
        case condition(Conditional.Comparison, Operand, yes: Operand, no: Operand)

        func apply(_ value: [UInt8], _ variables: LoginVariables, _ entry: EntryValues) -> [UInt8] {
            switch self {
            case .lower: Modifier.lowercase.apply(value)
            case .upper: Modifier.uppercase.apply(value)
            case .username: LoginVariables.username(value)
            case .domain: LoginVariables.domain(value)
            case .reverse: value.reversed()
            case .hexlify: Octets.hexadecimal(value)
            case .unhexlify: Octets.fromHexadecimal(value) ?? []
            case .base64: Octets.base64(value)
            case .ldapDN: Array("dc=".utf8) + Modifier.domainComponents.apply(value)
            case .ldapEscape:
                value.flatMap { byte in
                    "*()\\".utf8.contains(byte) || byte == 0 || byte >= 0x80
                        ? [UInt8(ascii: "\\")] + Octets.hexadecimal([byte]) : [byte]
                }
            case .identity: value
            case .substr(let start, let length): Self.substring(value, start, length)
            case .fallback(let operand): value.isEmpty ? operand.render(variables, entry) : value
            case .concat(let operands): value + operands.flatMap { $0.render(variables, entry) }
            case .digest(let digest, let rounds, let salt):
                digest(value, salt: salt?.render(variables, entry) ?? [], rounds: rounds)
            case .truncate(let length): Array(value.prefix(length))
            case .fill(let toLeft, let width, let byte):
                toLeft
                    ? Array(repeating: byte, count: max(width - value.count, 0)) + value
                    : value + Array(repeating: byte, count: max(width - value.count, 0))
            case .condition(let comparison, let other, let yes, let no):
                (Conditional.holds(value, comparison, other.render(variables, entry)) ? yes : no)
                    .render(variables, entry)
            }
        }

        private static func substring(_ value: [UInt8], _ start: Int, _ length: Int?) -> [UInt8] {
            let rest = value[(start >= 0 ? min(start, value.count) : max(value.count + start, 0))...]
            guard let length else { return Array(rest) }
            return Array(length >= 0 ? rest.prefix(length) : rest.dropLast(-length))
        }

        var operands: [Operand] {
            switch self {
            case .fallback(let operand): [operand]
            case .concat(let operands): operands
            case .digest(_, _, let salt): salt.map { [$0] } ?? []
            case .condition(_, let other, let yes, let no): [other, yes, no]
            case .lower, .upper, .username, .domain, .reverse, .hexlify, .unhexlify, .base64, .ldapDN, .ldapEscape,
                .identity, .substr, .truncate, .fill:
                []
            }
        }
    }
}
