package import LDAP

/// What an LDAP table asks, apart from any key: for one who examines whether a directory can answer it.
package struct QueryShape: Sendable {
    /// An assertion whose value holds a part of the key.
    package struct KeyUse: Hashable, Sendable {
        package enum Part: Hashable, Sendable {
            /// `%s`
            case whole
            /// `%u`
            case user
            /// `%d`, `%1` … `%9`
            case domain
        }

        package var attribute: AttributeDescription
        package var part: Part
        /// What stands in the value before and behind the part of the key: `@` in `(mail=*@%s)`.
        package var before: [UInt8]
        package var behind: [UInt8]
        /// Whether a `*` stands before or behind that: any text may be there.
        package var isOpenBefore: Bool
        package var isOpenBehind: Bool

        /// `(mail=%s)`: the values of the attribute are the keys that the table knows.
        package var isValueItself: Bool {
            part == .whole && before.isEmpty && behind.isEmpty && !isOpenBefore && !isOpenBehind
        }

        /// `(mail=*@%s)`, `(mail=*@%d)`: the domains of the attribute's values are the keys.
        package var isDomainOfValue: Bool {
            part != .user && before == [UInt8(ascii: "@")] && behind.isEmpty && isOpenBefore && !isOpenBehind
        }

        /// `(mail=*%s)`, `(mail=%s*)`, `(mail=*%s*)`: values match that merely contain the key, `notexample.org` for
        /// `example.org`.
        package var isTooBroad: Bool {
            (isOpenBefore && !Self.delimits(before.last)) || (isOpenBehind && !Self.delimits(behind.first))
        }

        private static func delimits(_ byte: UInt8?) -> Bool {
            guard let byte else { return false }
            return "@.:,;+=/<> ".utf8.contains(byte)
        }
    }

    /// The filter with every assertion that holds a part of the key replaced by presence: `(mail=%s)` as `(mail=*)`.
    package let presence: LDAPFilter
    package let keyUses: [KeyUse]
    /// Nil when a part of the key stands in it.
    package let base: String?
    /// The attributes that the filter names, each once.
    package let attributes: [AttributeDescription]
    private let template: FilterTemplate
    private let requirements: KeyRequirements

    package init(filter text: [UInt8], base baseText: [UInt8]) throws(TableFault) {
        let template = try FilterTemplate(text)
        let base = try BaseTemplate(baseText)
        let fields = template.template.fields
        let marker = template.marker
        self.template = template
        self.base = base.isFixed ? String(decoding: base.template.expanded { _ in [] }, as: UTF8.self) : nil
        requirements = KeyRequirements(
            query: [template.template], result: try TableTemplate([], parameter: "result_format"))
        presence = template.filter.presence { $0.contains(marker) }
        attributes = template.filter.attributes
        keyUses = template.filter.assertions.flatMap { Self.keyUses($0, fields, marker) }
    }

    /// Whether the search is the same for every key.
    package var isKeyless: Bool { keyUses.isEmpty && base != nil }

    /// The filter for a key; nil when the key lacks what it needs.
    package func filter(for key: [UInt8]) -> LDAPFilter? {
        KeyParts(key, requirements).map { template.filled($0) }
    }

    private static func keyUses(_ assertion: LDAPFilter, _ fields: [TemplateField], _ marker: UInt8) -> [KeyUse] {
        guard let attribute = assertion.attribute else { return [] }
        func use(_ value: [UInt8], openBefore: Bool, openBehind: Bool) -> KeyUse? {
            // marker number marker, with what else the value holds around it.
            let parts = value.split(separator: marker, omittingEmptySubsequences: false)
            guard parts.count >= 3, let number = Int(String(decoding: parts[1], as: UTF8.self), radix: 36),
                fields.indices.contains(number)
            else { return nil }
            let part: KeyUse.Part =
                switch fields[number] {
                case .whole, .keyWhole: .whole
                case .user, .keyUser: .user
                case .domain, .keyDomain, .keyLabel: .domain
                }
            // A second part of the key is as good as any other text.
            let behind = parts.dropFirst(2).joined(separator: [marker])
            return KeyUse(
                attribute: attribute, part: part, before: Array(parts[0]), behind: Array(behind),
                isOpenBefore: openBefore, isOpenBehind: openBehind)
        }
        guard case .substrings(_, let parts) = assertion else {
            return assertion.values.compactMap { use($0, openBefore: false, openBehind: false) }
        }
        return [
            parts.initial.flatMap { use($0, openBefore: false, openBehind: true) },
            parts.final.flatMap { use($0, openBefore: true, openBehind: false) },
        ].compactMap { $0 } + parts.any.compactMap { use($0, openBefore: true, openBehind: true) }
    }
}
