package import LDAP

/// A search filter with variables in its values. The filter is parsed once, as a tree; a login can only become the value
/// of a node, so it can't change what the filter means.
package struct FilterTemplate: Hashable, Sendable, CustomStringConvertible {
    package let filter: LDAPFilter
    private let templates: [[UInt8]: Template]

    /// `text` is a filter in the string form of RFC 4515 with variables in values: `(&(objectClass=person)(uid=%n))`.
    package init(_ text: String) throws {
        let filter = try LDAPFilter(parsing: text)
        var templates: [[UInt8]: Template] = [:]
        _ = try filter.mapValues { (value: [UInt8]) throws(TemplateSyntaxError) -> [UInt8] in
            if value.contains(UInt8(ascii: "%")) {
                templates[value] = try Template(String(decoding: value, as: UTF8.self), for: .beforeLookup)
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

    /// Nil when a value comes out empty (`%d` of a login without a domain): as a part of a substring filter it would match
    /// everybody, and as anything else nobody.
    package func render(_ variables: LoginVariables) -> LDAPFilter? {
        guard !templates.isEmpty else { return filter }
        return try? filter.mapValues { (value: [UInt8]) throws(EmptyValue) -> [UInt8] in
            guard let template = templates[value] else { return value }
            let rendered = template.render(variables)
            guard !rendered.isEmpty else { throw EmptyValue() }
            return rendered
        }
    }
}

/// A value that variables left empty.
struct EmptyValue: Error {}
