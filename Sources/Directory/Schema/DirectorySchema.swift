/// The attribute types and object classes that entries are matched by.
package struct DirectorySchema: Sendable {
    private let types: [String: AttributeType]
    private let classes: [String: ObjectClass]
    private let typeDefinitions: [AttributeTypeDefinition]
    private let classDefinitions: [ObjectClassDefinition]

    /// Core, cosine, inetOrgPerson, nis, and the mail schemas postfix-user, postfix-book, qmail, evolutionPerson and what
    /// mail needs of Active Directory.
    package static let standard: DirectorySchema = {
        var types: [AttributeTypeDefinition] = []
        var classes: [ObjectClassDefinition] = []
        // The texts are our own: a fault in one shows in the tests, and here leaves the others in force.
        for text in StandardSchema.attributeTexts { types += (try? SchemaDescriptionParser.attributeTypes(text)) ?? [] }
        for text in StandardSchema.classTexts { classes += (try? SchemaDescriptionParser.objectClasses(text)) ?? [] }
        return DirectorySchema(attributeTypes: types, objectClasses: classes)
    }()

    /// Of two definitions with a name in common, the later counts for that name.
    package init(attributeTypes: [AttributeTypeDefinition], objectClasses: [ObjectClassDefinition]) {
        typeDefinitions = attributeTypes
        classDefinitions = objectClasses
        types = Self.resolve(attributeTypes)
        classes = Self.resolve(objectClasses)
    }

    /// This schema and what a site defines beyond it, or differently.
    package func adding(
        attributeTypes: [AttributeTypeDefinition], objectClasses: [ObjectClassDefinition]
    ) -> DirectorySchema {
        DirectorySchema(
            attributeTypes: typeDefinitions + attributeTypes, objectClasses: classDefinitions + objectClasses)
    }

    /// The type with this name or OID, without regard to case; options are not part of it.
    package func attributeType(_ name: some StringProtocol) -> AttributeType? {
        if let type = types[String(name)] { return type }
        return types[name.lowercased()]
    }

    /// The class with this name or OID, without regard to case.
    func objectClass(_ name: some StringProtocol) -> ObjectClass? {
        classes[name.lowercased()]
    }

    private static func resolve(_ definitions: [AttributeTypeDefinition]) -> [String: AttributeType] {
        var byName: [String: Int] = [:]
        for (index, definition) in definitions.enumerated() {
            for name in definition.names + [definition.oid] { byName[name.lowercased()] = index }
        }
        var resolved: [Int: AttributeType] = [:]
        func type(_ index: Int, depth: Int) -> AttributeType? {
            if let type = resolved[index] { return type }
            // Types that derive from each other in a circle have no supertype beyond this depth.
            guard depth < 32 else { return nil }
            let superior = definitions[index].superior.flatMap { byName[$0.lowercased()] }
            let created = AttributeType(definitions[index], superior: superior.flatMap { type($0, depth: depth + 1) })
            // On a circle the same type may have been made meanwhile.
            if let type = resolved[index] { return type }
            resolved[index] = created
            return created
        }
        return byName.compactMapValues { type($0, depth: 0) }
    }

    private static func resolve(_ definitions: [ObjectClassDefinition]) -> [String: ObjectClass] {
        var byName: [String: Int] = [:]
        for (index, definition) in definitions.enumerated() {
            for name in definition.names + [definition.oid] { byName[name.lowercased()] = index }
        }
        return byName.mapValues { index in
            var all: Set<Int> = [index]
            var open = [index]
            while let next = open.popLast() {
                for name in definitions[next].superiors {
                    if let superior = byName[name.lowercased()], all.insert(superior).inserted { open.append(superior) }
                }
            }
            let key = { (index: Int) in (definitions[index].names.first ?? definitions[index].oid).lowercased() }
            return ObjectClass(key: key(index), ancestors: Set(all.map(key)))
        }
    }
}

/// An object class and everything it derives from.
struct ObjectClass: Sendable {
    /// Its first name, folded: one for all its spellings.
    let key: String
    /// The keys of the class itself and of all its superclasses.
    let ancestors: Set<String>
}
