package import LDAP

/// A search filter with variables in its values. The filter is parsed once, as a tree; a login can only become the value
/// of a node, so it can't change what the filter means.
package struct FilterTemplate: Hashable, Sendable, CustomStringConvertible {
    package let filter: LDAPFilter
    let templates: [[UInt8]: Template]

    /// `text` is a filter in the string form of RFC 4515 with variables in values: `(&(objectClass=person)(uid=%n))`.
    ///
    /// `isCurrent` reads variables in the notation of Dovecot 2.4.
    package init(_ text: String, isCurrent: Bool = false) throws {
        let filter = try LDAPFilter(parsing: text)
        var templates: [[UInt8]: Template] = [:]
        _ = try filter.mapValues { (value: [UInt8]) throws(TemplateSyntaxError) -> [UInt8] in
            if value.contains(UInt8(ascii: "%")) {
                let text = String(decoding: value, as: UTF8.self)
                templates[value] =
                    isCurrent
                    ? try Template(current: text, for: .beforeLookup) : try Template(text, for: .beforeLookup)
            }
            return value
        }
        self.filter = filter
        self.templates = templates
    }

    /// A filter without variables, percent signs and all.
    package init(constant filter: LDAPFilter) {
        self.filter = filter
        self.templates = [:]
    }

    package var description: String { filter.description }

    /// What of a login it reads.
    package var loginVariables: Set<LoginVariable> {
        templates.values.reduce(into: []) { $0.formUnion($1.loginVariables) }
    }

    /// Nil when a value comes out empty (`%d` of a login without a domain): as a part of a substring filter it would match
    /// everybody, and as anything else nobody. Of alternatives only the one with that value falls away.
    package func render(_ variables: LoginVariables) -> LDAPFilter? {
        templates.isEmpty ? filter : filter.filled { templates[$0]?.render(variables) }
    }
}

/// A value that variables left empty.
struct EmptyValue: Error {}
