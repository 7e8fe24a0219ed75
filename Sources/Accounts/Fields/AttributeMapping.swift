package import LDAP

/// How attributes become fields: Dovecot's `user_attrs` and `pass_attrs`, a list of items parted by commas.
package struct AttributeMapping: Hashable, Sendable, CustomStringConvertible {
    package enum Item: Hashable, Sendable {
        /// `attribute=field`: the value as it is.
        case copy(attribute: String, field: String)
        /// `attribute=field=template`: only when the attribute is there; `%$` is its value.
        case map(attribute: String, field: String, Template)
        /// `=field=template`: always.
        case set(field: String, Template)
        /// `!attribute`: asked for, so that a template can read it.
        case fetch(attribute: String)
    }

    package var items: [Item]

    package init(_ items: [Item] = []) {
        self.items = items
    }

    package var description: String {
        items.map { item in
            switch item {
            case .copy(let attribute, let field): "\(attribute)=\(field)"
            case .map(let attribute, let field, let template): "\(attribute)=\(field)=\(template)"
            case .set(let field, let template): "=\(field)=\(template)"
            case .fetch(let attribute): "!\(attribute)"
            }
        }.joined(separator: ",")
    }

    /// The attributes to ask the directory for. Nil when a template reads one that only the entry itself names.
    package var attributes: [String]? {
        var names: [String] = []
        for item in items {
            switch item {
            case .copy(let attribute, _), .fetch(let attribute): names.append(attribute)
            case .map(let attribute, _, let template):
                names.append(attribute)
                names += template.attributes
                if template.usesPointer { return nil }
            case .set(_, let template):
                names += template.attributes
                if template.usesPointer { return nil }
            }
        }
        var seen: Set<AttributeDescription> = []
        return names.filter { seen.insert(AttributeDescription($0)).inserted }
    }

    /// The attributes whose values become secrets: never shown, not even in a trace.
    package var secretAttributes: Set<AttributeDescription> {
        var names: Set<AttributeDescription> = ["userPassword", "unicodePwd", "sambaNTPassword", "sambaLMPassword"]
        for item in items {
            switch item {
            case .copy(let attribute, let field) where Fields.isSecret(field):
                names.insert(AttributeDescription(attribute))
            case .map(let attribute, let field, let template) where Fields.isSecret(field):
                names.insert(AttributeDescription(attribute))
                names.formUnion(template.attributes.map { AttributeDescription($0) })
            case .set(let field, let template) where Fields.isSecret(field):
                names.formUnion(template.attributes.map { AttributeDescription($0) })
            case .copy, .map, .set, .fetch: break
            }
        }
        return names
    }

    /// The same without the fields that hold secrets: what is not needed is not read.
    package var withoutSecrets: AttributeMapping {
        AttributeMapping(
            items.filter { item in
                switch item {
                case .copy(_, let field), .map(_, let field, _), .set(let field, _): !Fields.isSecret(field)
                case .fetch: true
                }
            })
    }

    package var fields: [String] {
        items.compactMap { item in
            switch item {
            case .copy(_, let field), .map(_, let field, _), .set(let field, _): field
            case .fetch: nil
            }
        }
    }

    /// Item by item from left to right; once `user` is set, the variables of later items follow it.
    package func evaluate(_ entry: LDAPEntry, _ variables: inout LoginVariables) -> Fields {
        var fields = Fields()
        for item in items {
            switch item {
            case .copy(let attribute, let field):
                set(field, entry[AttributeDescription(attribute)], &fields, &variables)
            case .map(let attribute, let field, let template):
                let values = entry[AttributeDescription(attribute)].map { value in
                    template.render(variables, EntryValues(entry, mappedValue: value))
                }
                set(field, values, &fields, &variables)
            case .set(let field, let template):
                set(field, [template.render(variables, EntryValues(entry))], &fields, &variables)
            case .fetch: break
            }
        }
        return fields
    }

    private func set(
        _ field: String, _ values: [[UInt8]], _ fields: inout Fields, _ variables: inout LoginVariables
    ) {
        guard let value = values.first else { return }
        let local = variables[.username]
        let at = [UInt8(ascii: "@")]
        switch field {
        case "user": variables.user = value
        // Only the one half changes.
        case "username": variables.user = value + (variables[.domain].isEmpty ? [] : at + variables[.domain])
        case "domain": variables.user = local + at + value
        default:
            fields.set(field, to: values)
            return
        }
        fields.set("user", to: variables.user)
    }
}

extension Template {
    var usesPointer: Bool {
        segments.contains { segment in
            if case .variable(.pointer, _, _) = segment { true } else { false }
        }
    }
}
