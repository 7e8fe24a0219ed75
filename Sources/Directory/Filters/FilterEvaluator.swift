import LDAP

/// Says what a compiled filter makes of an entry.
struct FilterEvaluator {
    let table: EntryTable
    let schema: DirectorySchema

    func evaluate(_ filter: CompiledFilter, _ entry: UInt32) -> Ternary {
        switch filter {
        case .undefined: return .undefined
        case .and(let filters):
            var result = Ternary.isTrue
            for filter in filters {
                switch evaluate(filter, entry) {
                case .isTrue: break
                case .isFalse: return .isFalse
                case .undefined: result = .undefined
                }
            }
            return result
        case .or(let filters):
            var result = Ternary.isFalse
            for filter in filters {
                switch evaluate(filter, entry) {
                case .isTrue: return .isTrue
                case .isFalse: break
                case .undefined: result = .undefined
                }
            }
            return result
        case .not(let filter): return !evaluate(filter, entry)
        case .present(let matcher):
            return Ternary(attributes(of: entry).contains { matcher.descriptors.contains($0.descriptor) })
        case .equality(let matcher, let rule, let assertion):
            return anyValue(matcher, entry) { rule.preparation.prepare($0, schema: schema) == assertion }
        case .objectClass(let matcher, let key):
            return anyValue(matcher, entry) { hasClass($0, key) }
        case .substrings(let matcher, let rule, let substrings):
            return anyValue(matcher, entry) { value in
                rule.preparation.prepare(value, schema: schema).map(substrings.matches) ?? false
            }
        case .greaterOrEqual(let matcher, let rule, let assertion):
            return anyValue(matcher, entry) { value in
                rule.preparation.prepare(value, schema: schema)
                    .map { !rule.preparation.isBefore($0, assertion) } ?? false
            }
        case .lessOrEqual(let matcher, let rule, let assertion):
            return anyValue(matcher, entry) { value in
                rule.preparation.prepare(value, schema: schema)
                    .map { !rule.preparation.isBefore(assertion, $0) } ?? false
            }
        case .bits(let matcher, let bits, let all):
            return anyValue(matcher, entry) { value in
                guard let number = Int64(String(decoding: value, as: UTF8.self)) else { return false }
                return all ? number & bits == bits : number & bits != 0
            }
        case .inChain(let matcher, let target):
            return Ternary(reaches(target, from: entry, by: matcher))
        case .nameOr(let filter, let name):
            let result = evaluate(filter, entry)
            return result != .isTrue && nameContains(name, entry) ? .isTrue : result
        }
    }

    private func attributes(of entry: UInt32) -> ArraySlice<EntryTable.Attribute> {
        table.attributes[table.entries[Int(entry)].attributes]
    }

    private func anyValue(
        _ matcher: AttributeMatcher, _ entry: UInt32, _ matches: (ArraySlice<UInt8>) -> Bool
    ) -> Ternary {
        for attribute in attributes(of: entry) where matcher.descriptors.contains(attribute.descriptor) {
            for value in attribute.values where matches(table[table.values[value]]) { return .isTrue }
        }
        return .isFalse
    }

    private func hasClass(_ value: ArraySlice<UInt8>, _ key: String) -> Bool {
        let name = String(decoding: value, as: UTF8.self).lowercased()
        return schema.objectClass(name)?.ancestors.contains(key) ?? (name == key)
    }

    /// Follows the attribute's names from entry to entry, each entry once.
    private func reaches(_ target: [UInt8], from entry: UInt32, by matcher: AttributeMatcher) -> Bool {
        var seen: Set<UInt32> = [entry]
        var open = [entry]
        while let next = open.popLast() {
            for value in table.values(of: matcher.type, in: next) {
                guard let name = schema.preparedName(value) else { continue }
                if name == target { return true }
                if let found = table.entry(named: name[...]), seen.insert(found).inserted { open.append(found) }
            }
        }
        return false
    }

    private func nameContains(_ name: ExtensibleName, _ entry: UInt32) -> Bool {
        guard let parsed = try? DistinguishedName(parsing: table[table.entries[Int(entry)].name]) else { return false }
        return parsed.rdns.contains { rdn in
            rdn.assertions.contains { assertion in
                guard let type = table.attributeType(assertion.type.folded, schema: schema),
                    name.type.map(type.isKind) ?? name.rule.applies(to: type)
                else { return false }
                return name.rule.preparation.prepare(assertion.value[...], schema: schema) == name.assertion
            }
        }
    }
}
