package import LDAP

/// A distinguished name with variables in its values, `uid=%u,ou=people,dc=example,dc=org`. A login can only become the
/// value of an RDN: `x,ou=other` stays one value.
package struct NameTemplate: Hashable, Sendable, CustomStringConvertible {
    private let name: DistinguishedName
    private let templates: [[UInt8]: Template]

    /// `isCurrent` reads variables in the notation of Dovecot 2.4.
    package init(_ text: String, isCurrent: Bool = false) throws {
        let name = try DistinguishedName(parsing: text)
        var templates: [[UInt8]: Template] = [:]
        _ = try name.mapValues { (value: [UInt8]) throws(TemplateSyntaxError) -> [UInt8] in
            if value.contains(UInt8(ascii: "%")) {
                let text = String(decoding: value, as: UTF8.self)
                templates[value] =
                    isCurrent
                    ? try Template(current: text, for: .beforeLookup) : try Template(text, for: .beforeLookup)
            }
            return value
        }
        self.name = name
        self.templates = templates
    }

    package var description: String { name.description }

    /// What of a login it reads.
    package var loginVariables: Set<LoginVariable> {
        templates.values.reduce(into: []) { $0.formUnion($1.loginVariables) }
    }

    package var isRoot: Bool { name.isRoot }
    package var isConstant: Bool { templates.isEmpty }

    /// Nil when a value comes out empty: no entry has such a name.
    package func render(_ variables: LoginVariables) -> DistinguishedName? {
        guard !templates.isEmpty else { return name }
        var rdns: [RelativeDistinguishedName] = []
        for rdn in name.rdns {
            if let components = domainComponents(rdn, variables) {
                rdns += components
                continue
            }
            var rendered = rdn
            for index in rendered.assertions.indices {
                guard let template = templates[rendered.assertions[index].value] else { continue }
                let value = template.render(variables)
                guard !value.isEmpty else { return nil }
                rendered.assertions[index].value = value
            }
            rdns.append(rendered)
        }
        return DistinguishedName(rdns)
    }

    /// `dc=%Dd`: one RDN per label of the domain. The modifier's text is `a,dc=b`, which as octets would be one value.
    private func domainComponents(
        _ rdn: RelativeDistinguishedName, _ variables: LoginVariables
    ) -> [RelativeDistinguishedName]? {
        guard rdn.assertions.count == 1, let assertion = rdn.assertions.first,
            let template = templates[assertion.value],
            template.segments.count == 1,
            case .variable(.login(let variable), let modifiers, .whole) = template.segments[0],
            modifiers.last == .domainComponents
        else { return nil }
        var value = variables[variable]
        for modifier in modifiers.dropLast() { value = modifier.apply(value) }
        return value.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).enumerated().map {
            place, label in
            RelativeDistinguishedName([.init(place == 0 ? assertion.type : "dc", Array(label))])
        }
    }
}

/// What to bind as, without a search.
package enum BindNameTemplate: Hashable, Sendable, CustomStringConvertible {
    case distinguishedName(NameTemplate)
    /// A name of another kind that the server takes in its place, as Active Directory does: `%n@ad.example.com`, `AD\%n`.
    case principal(Template)

    package init(_ text: String) throws {
        if let name = try? NameTemplate(text) {
            self = .distinguishedName(name)
        } else {
            self = .principal(try Template(text, for: .beforeLookup))
        }
    }

    package var description: String {
        switch self {
        case .distinguishedName(let name): name.description
        case .principal(let template): template.description
        }
    }

    /// Nil when the login can't be a part of such a name. Never empty: an empty name would be an anonymous bind.
    package func render(_ variables: LoginVariables) -> String? {
        switch self {
        case .distinguishedName(let template):
            guard let name = template.render(variables), !name.isRoot else { return nil }
            return name.description
        case .principal(let template):
            let name = template.render(variables)
            // Nothing that could make the server read the name as a distinguished name.
            guard !name.isEmpty, name.count <= 512, !name.contains(where: Self.isForbidden) else { return nil }
            return String(validating: name, as: UTF8.self)
        }
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || ",=+\"<>;#".utf8.contains(byte)
    }
}
