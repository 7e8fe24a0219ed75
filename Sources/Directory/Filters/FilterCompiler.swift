import LDAP

/// Turns a filter into a `CompiledFilter`.
struct FilterCompiler {
    let table: EntryTable
    let schema: DirectorySchema

    func compile(_ filter: LDAPFilter) -> CompiledFilter {
        switch filter {
        case .and(let filters): .and(filters.map(compile))
        case .or(let filters): .or(filters.map(compile))
        case .not(let filter): .not(compile(filter))
        case .present(let attribute): matcher(attribute).map { .present($0) } ?? .undefined
        // ~= is equality: OpenLDAP compares by sound, which no address wants.
        case .equality(let attribute, let value), .approximate(let attribute, let value): equality(attribute, value)
        case .substrings(let attribute, let substrings): self.substrings(attribute, substrings)
        case .greaterOrEqual(let attribute, let value):
            ordering(attribute, value).map { .greaterOrEqual($0.0, $0.1, $0.2) } ?? .undefined
        case .lessOrEqual(let attribute, let value):
            ordering(attribute, value).map { .lessOrEqual($0.0, $0.1, $0.2) } ?? .undefined
        case .extensible(let match): extensible(match)
        }
    }

    /// Nil for an attribute that neither the schema nor the data knows, or with an option of that kind.
    func matcher(_ attribute: AttributeDescription) -> AttributeMatcher? {
        guard let type = table.attributeType(attribute.type, schema: schema) else { return nil }
        guard attribute.hasOptions else {
            return AttributeMatcher(type: type, descriptors: descriptors(of: type), hasOptions: false)
        }
        let options = attribute.folded.split(separator: ";").dropFirst().map(String.init)
        let known = options.allSatisfy { option in
            option.hasPrefix("lang-") || option == "binary"
                || table.descriptors.contains { $0.options.contains(option) }
        }
        guard known else { return nil }
        let descriptors = descriptors(of: type).filter { descriptor in
            options.allSatisfy(table.descriptors[descriptor].options.contains)
        }
        return AttributeMatcher(type: type, descriptors: descriptors, hasOptions: true)
    }

    private func descriptors(of type: AttributeType) -> [Int] {
        table.descriptors.indices.filter { table.descriptors[$0].type.isKind(of: type) }
    }

    private func prepared(
        _ value: [UInt8], _ rule: MatchingRule, piece: StringPreparation.Piece = .whole
    ) -> [UInt8]? {
        guard rule.assertionSyntax.isValid(value[...]) else { return nil }
        return rule.preparation.prepare(value[...], piece: piece, schema: schema)
    }

    private func equality(_ attribute: AttributeDescription, _ value: [UInt8]) -> CompiledFilter {
        guard let matcher = matcher(attribute), let rule = matcher.type.equality else { return .undefined }
        if matcher.type.name == "objectClass" { return objectClass(matcher, value) }
        guard let assertion = prepared(value, rule) else { return .undefined }
        return .equality(matcher, rule, assertion)
    }

    /// `(objectClass=person)` finds inetOrgPersons too, as in OpenLDAP, whether or not the entry names the superclass.
    private func objectClass(_ matcher: AttributeMatcher, _ value: [UInt8]) -> CompiledFilter {
        let name = String(decoding: value, as: UTF8.self).lowercased()
        if let known = schema.objectClass(name) { return .objectClass(matcher, known.key) }
        return table.undescribedClasses.contains(name) ? .objectClass(matcher, name) : .undefined
    }

    private func substrings(_ attribute: AttributeDescription, _ substrings: LDAPSubstrings) -> CompiledFilter {
        guard let matcher = matcher(attribute), let rule = matcher.type.equality, matcher.type.substrings != nil
        else { return .undefined }
        var pieces = PreparedSubstrings(any: [])
        if let initial = substrings.initial {
            guard let piece = prepared(initial, rule, piece: .initial) else { return .undefined }
            pieces.initial = piece
        }
        for any in substrings.any {
            guard let piece = prepared(any, rule, piece: .any) else { return .undefined }
            pieces.any.append(piece)
        }
        if let final = substrings.final {
            guard let piece = prepared(final, rule, piece: .final) else { return .undefined }
            pieces.final = piece
        }
        return .substrings(matcher, rule, pieces)
    }

    private func ordering(
        _ attribute: AttributeDescription, _ value: [UInt8]
    ) -> (AttributeMatcher, MatchingRule, [UInt8])? {
        guard let matcher = matcher(attribute), let rule = matcher.type.ordering,
            let assertion = prepared(value, rule)
        else { return nil }
        return (matcher, rule, assertion)
    }

    private func extensible(_ match: LDAPExtensibleMatch) -> CompiledFilter {
        var rule: MatchingRule?
        if let name = match.matchingRule {
            guard let named = MatchingRule.named(name) else { return .undefined }
            rule = named
        }
        guard let attribute = match.attribute else {
            guard let rule, rule.kind == .equality, let assertion = prepared(match.value, rule) else {
                return .undefined
            }
            let matchers = table.descriptors.indices.filter { rule.applies(to: table.descriptors[$0].type) }.map {
                AttributeMatcher(type: table.descriptors[$0].type, descriptors: [$0], hasOptions: true)
            }
            let items = CompiledFilter.or(matchers.map { .equality($0, rule, assertion) })
            guard match.matchesDNAttributes else { return items }
            return .nameOr(items, ExtensibleName(type: nil, rule: rule, assertion: assertion))
        }
        guard let matcher = matcher(attribute), let rule = rule ?? matcher.type.equality,
            let assertion = prepared(match.value, rule)
        else { return .undefined }
        switch rule.kind {
        case .equality:
            guard rule.applies(to: matcher.type) else { return .undefined }
            let item =
                matcher.type.name == "objectClass" && match.matchingRule == nil
                ? objectClass(matcher, match.value) : .equality(matcher, rule, assertion)
            // The types in a name have no options, so one that was asked for isn't there.
            guard match.matchesDNAttributes, !matcher.hasOptions else { return item }
            return .nameOr(item, ExtensibleName(type: matcher.type, rule: rule, assertion: assertion))
        case .bitAnd, .bitOr:
            guard rule.applies(to: matcher.type), let bits = Int64(String(decoding: assertion, as: UTF8.self)) else {
                return .undefined
            }
            return .bits(matcher, bits, all: rule.kind == .bitAnd)
        case .inChain:
            return matcher.type.equality?.preparation == .distinguishedName ? .inChain(matcher, assertion) : .undefined
        case .ordering, .substrings:
            return .undefined
        }
    }
}

extension MatchingRule {
    /// Whether values of this type can be compared by the rule: those of its own syntax, and by a rule for directory
    /// strings those of the string types that a directory string may be (RFC 4517 §4.2.11); IA5 is none of them.
    func applies(to type: AttributeType) -> Bool {
        if type.isUndescribed || type.equality == self { return true }
        switch assertionSyntax {
        case .directoryString:
            return [.directoryString, .printableString, .telephoneNumber].contains(type.syntax)
        case .octets: return type.equality?.preparation == .octets && type.syntax == .octets
        default: return assertionSyntax == type.syntax
        }
    }
}
