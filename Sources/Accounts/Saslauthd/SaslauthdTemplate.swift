package import LDAP

/// What saslauthd is asked about: the strings of its request.
package struct SaslauthdNames: Hashable, Sendable {
    package var user: [UInt8]
    package var realm: [UInt8]
    package var service: String
    /// The entry found, for group checks.
    var userDN: [UInt8] = []

    package init(user: [UInt8], realm: [UInt8] = [], service: String) {
        self.user = user
        self.realm = realm
        self.service = service
    }

    /// Empty unless something stands behind the `@`.
    var domain: [UInt8] { LoginVariables.domain(user) }
}

/// A text with saslauthd's tokens, `%U@%r`. A token without a value gives nothing.
struct SaslauthdTemplate: Hashable, Sendable {
    enum Segment: Hashable, Sendable {
        case literal([UInt8])
        case user, userPart, domain, service, realm, atRealm, userDN
        /// `%1` is the last label of the domain, `%2` the one before it.
        case label(Int)
    }

    let segments: [Segment]

    init(_ text: [UInt8]) throws(TemplateSyntaxError) {
        var segments: [Segment] = []
        var literal: [UInt8] = []
        var bytes = text[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                literal.append(byte)
                continue
            }
            let token = bytes.popFirst()
            if token == UInt8(ascii: "%") {
                literal.append(byte)
                continue
            }
            guard let token, let segment = Self.segment(token) else {
                throw TemplateSyntaxError(
                    template: String(decoding: text, as: UTF8.self), offset: text.count - bytes.count,
                    reason: "no such token: there are %u %U %d %1 to %9 %s %r %R %D %%")
            }
            if !literal.isEmpty { segments.append(.literal(literal)) }
            literal = []
            segments.append(segment)
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        self.segments = segments
    }

    private static func segment(_ token: UInt8) -> Segment? {
        switch token {
        case UInt8(ascii: "u"): .user
        case UInt8(ascii: "U"): .userPart
        case UInt8(ascii: "d"): .domain
        case UInt8(ascii: "s"): .service
        case UInt8(ascii: "r"): .realm
        case UInt8(ascii: "R"): .atRealm
        case UInt8(ascii: "D"): .userDN
        case UInt8(ascii: "1")...UInt8(ascii: "9"): .label(Int(token - UInt8(ascii: "0")))
        default: nil
        }
    }

    func render(_ names: SaslauthdNames) -> [UInt8] {
        segments.flatMap { segment -> [UInt8] in
            switch segment {
            case .literal(let bytes): return bytes
            case .user: return names.user
            case .userPart: return LoginVariables.username(names.user)
            // The manual promises the realm otherwise; the program leaves it empty.
            case .domain: return names.domain
            case .service: return Array(names.service.utf8)
            case .realm: return names.realm
            case .atRealm: return names.realm.isEmpty ? [] : [UInt8(ascii: "@")] + names.realm
            case .userDN: return names.userDN
            case .label(let number):
                let labels = (names.domain.isEmpty ? names.realm : names.domain).split(separator: UInt8(ascii: "."))
                guard number <= labels.count else { return [] }
                return Array(labels[labels.count - number])
            }
        }
    }
}

/// A filter with saslauthd's tokens in its values.
package struct SaslauthdFilter: Hashable, Sendable, CustomStringConvertible {
    private let filter: LDAPFilter
    private let templates: [[UInt8]: SaslauthdTemplate]

    /// The outermost parentheses may be missing: `uid=%u`.
    package init(_ text: String) throws {
        let filter = try LDAPFilter(parsing: text.hasPrefix("(") ? text : "(\(text))")
        var templates: [[UInt8]: SaslauthdTemplate] = [:]
        _ = try filter.mapValues { (value: [UInt8]) throws(TemplateSyntaxError) -> [UInt8] in
            if value.contains(UInt8(ascii: "%")) { templates[value] = try SaslauthdTemplate(value) }
            return value
        }
        self.filter = filter
        self.templates = templates
    }

    package var description: String { filter.description }

    /// Nil when nobody could be meant by it.
    package func render(_ names: SaslauthdNames) -> LDAPFilter? {
        filter.filled { templates[$0]?.render(names) }
    }
}

/// A name with saslauthd's tokens in its values.
package struct SaslauthdName: Hashable, Sendable, CustomStringConvertible {
    private let name: DistinguishedName
    private let templates: [[UInt8]: SaslauthdTemplate]

    package init(_ text: String) throws {
        let name = try DistinguishedName(parsing: text)
        var templates: [[UInt8]: SaslauthdTemplate] = [:]
        _ = try name.mapValues { (value: [UInt8]) throws(TemplateSyntaxError) -> [UInt8] in
            if value.contains(UInt8(ascii: "%")) { templates[value] = try SaslauthdTemplate(value) }
            return value
        }
        self.name = name
        self.templates = templates
    }

    package var description: String { name.description }
    package var isConstant: Bool { templates.isEmpty }

    /// Nil when a value comes out empty: no entry has such a name.
    package func render(_ names: SaslauthdNames) -> DistinguishedName? {
        try? name.mapValues { (value: [UInt8]) throws(EmptyValue) -> [UInt8] in
            guard let template = templates[value] else { return value }
            let rendered = template.render(names)
            guard !rendered.isEmpty else { throw EmptyValue() }
            return rendered
        }
    }
}
