package import LDAP

/// How attributes become fields: Dovecot's `user_attrs` and `pass_attrs`, a list of items parted by commas.
package struct AttributeMapping: Hashable, Sendable, CustomStringConvertible {
    package enum Item: Hashable, Sendable {
        /// `attribute=field`: the value as it is.
        case copy(attribute: String, field: FieldName)
        /// `attribute=field=template`: only when the attribute is there; `%$` is its value.
        case map(attribute: String, field: FieldName, Template)
        /// `=field=template`: always.
        case set(field: FieldName, Template)
        /// `!attribute`: asked for, so that a template can read it.
        case fetch(attribute: String)
        /// `@name=attribute`: the attribute's value is a DN; the attributes of that entry are then called `attribute@name`.
        case reference(name: String, attribute: String)
    }

    package var items: [Item]
    /// Whether the variables of later items follow a `user` that an earlier one sets: so they do in a list of attributes,
    /// and not in the fields of a static database or of rules.
    package var followsRenames: Bool

    package init(_ items: [Item] = [], followsRenames: Bool = true) {
        self.items = items
        self.followsRenames = followsRenames
    }

    package var description: String {
        items.map { item in
            switch item {
            case .copy(let attribute, let field): "\(attribute)=\(field)"
            case .map(let attribute, let field, let template): "\(attribute)=\(field)=\(template)"
            case .set(let field, let template): "=\(field)=\(template)"
            case .fetch(let attribute): "!\(attribute)"
            case .reference(let name, let attribute): "@\(name)=\(attribute)"
            }
        }.joined(separator: ",")
    }

    /// The attributes to read of the user's entry. Nil when a template reads one that only the entry itself names.
    package var attributes: [String]? {
        guard !items.contains(where: \.usesPointer) else { return nil }
        return Self.unique(items.flatMap(\.reads).filter { !$0.contains("@") })
    }

    /// The attributes to read of the entry that `@name` refers to.
    package func attributes(ofReference name: String) -> [String] {
        let suffix = "@" + name.lowercased()
        return Self.unique(
            items.flatMap(\.reads).filter { $0.lowercased().hasSuffix(suffix) }.map {
                String($0.dropLast(suffix.count))
            })
    }

    /// The attributes whose values become secrets: never shown, not even in a trace.
    package var secretAttributes: Set<AttributeDescription> {
        let known: Set<AttributeDescription> = ["userPassword", "unicodePwd", "sambaNTPassword", "sambaLMPassword"]
        let secret = items.filter { $0.field?.mayBeSecret ?? false }.flatMap(\.reads)
        return known.union(secret.map { AttributeDescription($0) })
    }

    /// The same without the fields that hold secrets: what is not needed is not read.
    package var withoutSecrets: AttributeMapping {
        AttributeMapping(items.filter { !($0.field?.isSecret ?? false) }, followsRenames: followsRenames)
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<AttributeDescription> = []
        return names.filter { seen.insert(AttributeDescription($0)).inserted }
    }

    /// Item by item from left to right; `user` and its halves change `renamed`.
    package func evaluate(_ entry: LDAPEntry, _ renamed: inout LoginVariables) -> Fields {
        var fields = Fields()
        let before = renamed
        for item in items {
            let variables = followsRenames ? renamed : before
            switch item {
            case .copy(let attribute, let field):
                let name = field.render(variables, EntryValues(entry))
                fields.set(name, to: entry[AttributeDescription(attribute)], renaming: &renamed)
            case .map(let attribute, let field, let template):
                let values = entry[AttributeDescription(attribute)].map { value in
                    template.render(variables, EntryValues(entry, mappedValue: value))
                }
                fields.set(field.render(variables, EntryValues(entry)), to: values, renaming: &renamed)
            case .set(let field, let template):
                let values = EntryValues(entry)
                fields.set(
                    field.render(variables, values), to: [template.render(variables, values)], renaming: &renamed)
            case .fetch, .reference: break
            }
        }
        return fields
    }

    /// The values of `user`, all of them.
    func listed(_ entry: LDAPEntry, _ variables: inout LoginVariables) -> [[UInt8]] {
        var users: [[UInt8]] = []
        for item in items where item.field?.description == "user" {
            switch item {
            case .copy(let attribute, _): users += entry[AttributeDescription(attribute)]
            case .map(let attribute, _, let template):
                users += entry[AttributeDescription(attribute)].map {
                    template.render(variables, EntryValues(entry, mappedValue: $0))
                }
            case .set(_, let template): users.append(template.render(variables, EntryValues(entry)))
            case .fetch, .reference: break
            }
        }
        return users.filter { !$0.isEmpty }
    }
}

extension AttributeMapping.Item {
    var field: FieldName? {
        switch self {
        case .copy(_, let field), .map(_, let field, _), .set(let field, _): field
        case .fetch, .reference: nil
        }
    }

    /// The attributes that it reads, those of other entries with their `@name`.
    var reads: [String] {
        switch self {
        case .copy(let attribute, let field): [attribute] + field.attributes
        case .map(let attribute, let field, let template): [attribute] + field.attributes + template.attributes
        case .set(let field, let template): field.attributes + template.attributes
        case .fetch(let attribute), .reference(_, let attribute): [attribute]
        }
    }

    var usesPointer: Bool {
        switch self {
        case .map(_, let field, let template), .set(let field, let template): field.usesPointer || template.usesPointer
        case .copy(_, let field): field.usesPointer
        case .fetch, .reference: false
        }
    }
}
