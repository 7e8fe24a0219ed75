import LDAP

/// Fills an `EntryTable` from the records of an LDIF file.
struct EntryTableBuilder {
    private var table = EntryTable()
    private var descriptorsByName: [String: Int] = [:]
    private let schema: DirectorySchema
    private let memberships: [GroupMembership]

    init(schema: DirectorySchema, memberships: [GroupMembership]) {
        self.schema = schema
        self.memberships = memberships
    }

    /// The table, or all that is wrong with the file (at most `maximumFaults` of it).
    static func build(
        _ contents: [UInt8], file: String, schema: DirectorySchema, memberships: [GroupMembership]
    ) throws(LDIFFaults) -> EntryTable {
        var builder = Self(schema: schema, memberships: memberships)
        guard contents.count < maximumSize else {
            throw LDIFFaults([LDIFFault("the file is larger than \(maximumSize) bytes", at: SourceLocation(file: file))]
            )
        }
        var reader = LDIFReader(contents, file: file)
        var faults: [LDIFFault] = []
        var lines: [Int] = []
        while faults.count < maximumFaults {
            do throws(LDIFError) {
                guard let record = try reader.next() else { break }
                let place = SourceLocation(file: file, line: record.line)
                guard let entry = record.addedEntry else {
                    faults.append(
                        LDIFFault("\(record.name): only entries can be served, not changes to entries", at: place))
                    continue
                }
                if builder.table.octets.count > maximumOctets {
                    faults.append(LDIFFault("the entries up to here take more than \(maximumOctets) bytes", at: place))
                    break
                } else if builder.add(entry) {
                    lines.append(record.line)
                } else {
                    faults.append(LDIFFault("\"\(entry.name)\" is no distinguished name", at: place))
                }
            } catch {
                faults.append(LDIFFault(error.reasonText, at: SourceLocation(file: file, line: error.line)))
            }
        }
        if faults.isEmpty {
            faults = builder.link().map { entry in
                LDIFFault(
                    "\(String(decoding: builder.table[builder.table.entries[entry].name], as: UTF8.self)) stands in the"
                        + " file twice", at: SourceLocation(file: file, line: lines[entry]))
            }
        }
        guard faults.isEmpty else { throw LDIFFaults(Array(faults.prefix(maximumFaults))) }
        builder.addComputedAttributes()
        return builder.table
    }

    private static let maximumFaults = 20
    private static let maximumSize = 1 << 30
    /// Of the values and the prepared names together: places are 32 bits wide.
    private static let maximumOctets = 3 << 30

    private mutating func store(_ bytes: some Collection<UInt8>) -> EntryTable.Octets {
        let start = UInt32(truncatingIfNeeded: table.octets.count)
        table.octets += bytes
        return EntryTable.Octets(start: start, end: UInt32(truncatingIfNeeded: table.octets.count))
    }

    private mutating func add(_ record: LDIFEntry) -> Bool {
        guard let name = try? DistinguishedName(parsing: record.name), !name.isRoot,
            let prepared = schema.prepared(name)
        else { return false }
        let entry = withNamingAttributes(record.entry, name)
        let number = UInt32(truncatingIfNeeded: table.entries.count)
        let names = (store(record.name.utf8), store(prepared))
        let firstAttribute = table.attributes.count
        for attribute in entry.attributes {
            let descriptor = descriptor(attribute.description)
            let firstValue = table.values.count
            for value in attribute.values { table.values.append(store(value)) }
            table.attributes.append(
                EntryTable.Attribute(descriptor: descriptor, values: firstValue..<table.values.count))
            switch table.descriptors[descriptor].type.name {
            case "objectClass": noteClasses(attribute.values, of: number)
            case "userPassword": table.samplePassword = table.samplePassword ?? attribute.values.first
            default: break
            }
        }
        table.entries.append(
            EntryTable.Entry(
                name: names.0, preparedName: names.1, attributes: firstAttribute..<table.attributes.count, parent: nil))
        return true
    }

    /// The values in the entry's own RDN belong to it even when the record leaves them out (RFC 4511 §4.7).
    private func withNamingAttributes(_ entry: LDAPEntry, _ name: DistinguishedName) -> LDAPEntry {
        var entry = entry
        for assertion in name.rdns.first?.assertions ?? [] {
            let type = schema.attributeType(assertion.type.folded)
            let position = entry.attributes.firstIndex { attribute in
                attribute.description == assertion.type
                    || (type != nil && schema.attributeType(attribute.description.folded) === type)
            }
            guard let position else {
                entry.attributes.append(LDAPAttribute(assertion.type, [assertion.value]))
                continue
            }
            let preparation = type?.equality?.preparation ?? .caseIgnoreOrOctets
            let prepared = preparation.prepare(assertion.value[...], schema: schema)
            let isThere = entry.attributes[position].values.contains {
                $0 == assertion.value || preparation.prepare($0[...], schema: schema) == prepared
            }
            if !isThere { entry.attributes[position].values.append(assertion.value) }
        }
        return entry
    }

    private mutating func noteClasses(_ values: [[UInt8]], of entry: UInt32) {
        for value in values {
            let name = String(decoding: value, as: UTF8.self).lowercased()
            guard let objectClass = schema.objectClass(name) else {
                table.undescribedClasses.insert(name)
                continue
            }
            if objectClass.key == "referral" { table.referrals.insert(entry) }
            if objectClass.key == "alias" { table.aliases.insert(entry) }
        }
    }

    private mutating func descriptor(_ description: AttributeDescription) -> Int {
        if let known = descriptorsByName[description.spelling] { return known }
        let name = description.type
        let type: AttributeType
        if let known = table.attributeType(name, schema: schema) {
            type = known
        } else {
            type = AttributeType(undescribed: String(description.spelling.prefix { $0 != ";" }))
            table.undescribedTypes[String(name)] = type
        }
        let options = description.folded.split(separator: ";").dropFirst().map(String.init)
        descriptorsByName[description.spelling] = table.descriptors.count
        table.descriptors.append(
            EntryTable.Descriptor(description: description, type: type, options: options))
        return table.descriptors.count - 1
    }

    /// Finds every entry's superior; returns the entries whose name another one has already.
    private mutating func link() -> [Int] {
        var names = HashedIndex.Builder()
        for (number, entry) in table.entries.enumerated() {
            names.insert(table[entry.preparedName], entry: UInt32(truncatingIfNeeded: number))
        }
        table.names = HashedIndex(names)
        var doubles: [Int] = []
        for number in table.entries.indices {
            let name = table.entries[number].preparedName
            if table.entry(named: table[name]).map(Int.init) != number { doubles.append(number) }
            guard let parent = Self.parent(of: table[name]) else { continue }
            table.entries[number].parent = table.entry(named: parent)
        }
        return doubles
    }

    /// What follows the first comma that isn't part of a value.
    private static func parent(of preparedName: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var index = preparedName.startIndex
        while index < preparedName.endIndex {
            switch preparedName[index] {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: ","): return preparedName[(index + 1)...]
            default: index += 1
            }
        }
        return nil
    }

    /// Adds memberOf and entryDN, both made of octets that are there already.
    private mutating func addComputedAttributes() {
        let groups = groupsByMember()
        let memberOf = descriptor("memberOf")
        let entryDN = descriptor("entryDN")
        let stored = table.attributes
        table.attributes = []
        table.attributes.reserveCapacity(stored.count + table.entries.count)
        for number in table.entries.indices {
            let first = table.attributes.count
            var entry = table.entries[number]
            var missing = groups[UInt32(truncatingIfNeeded: number)] ?? []
            for attribute in stored[entry.attributes]
            where table.descriptors[attribute.descriptor].type.name != "entryDN" {
                if attribute.descriptor == memberOf {
                    // The file has some already, as an export from Active Directory does.
                    let known = Set(table.values[attribute.values].compactMap { schema.preparedName(table[$0]) })
                    missing.removeAll { known.contains(Array(table[table.entries[Int($0)].preparedName])) }
                    let start = table.values.count
                    table.values += Array(table.values[attribute.values])
                    table.values += missing.map { table.entries[Int($0)].name }
                    missing = []
                    table.attributes.append(
                        EntryTable.Attribute(descriptor: memberOf, values: start..<table.values.count))
                } else {
                    table.attributes.append(attribute)
                }
            }
            append(missing.map { table.entries[Int($0)].name }, descriptor: memberOf)
            append([entry.name], descriptor: entryDN)
            entry.attributes = first..<table.attributes.count
            table.entries[number] = entry
        }
    }

    private mutating func append(_ values: [EntryTable.Octets], descriptor: Int) {
        guard !values.isEmpty else { return }
        let start = table.values.count
        table.values += values
        table.attributes.append(EntryTable.Attribute(descriptor: descriptor, values: start..<table.values.count))
    }

    /// The groups of every entry that some group of the file names, in the order of the file.
    private func groupsByMember() -> [UInt32: [UInt32]] {
        let rules: [(objectClass: String, type: AttributeType)] = memberships.compactMap { rule in
            table.attributeType(rule.memberAttribute, schema: schema).map {
                ((schema.objectClass(rule.objectClass)?.key ?? rule.objectClass.lowercased()), $0)
            }
        }
        guard !rules.isEmpty, let objectClass = schema.attributeType("objectClass") else { return [:] }
        var groups: [UInt32: [UInt32]] = [:]
        for number in table.entries.indices {
            let group = UInt32(truncatingIfNeeded: number)
            let classes = table.values(of: objectClass, in: group).map { value in
                let name = String(decoding: value, as: UTF8.self).lowercased()
                return schema.objectClass(name)?.ancestors ?? [name]
            }
            for rule in rules where classes.contains(where: { $0.contains(rule.objectClass) }) {
                for value in table.values(of: rule.type, in: group) {
                    guard let name = schema.preparedName(value.withoutUniqueIdentifier),
                        let member = table.entry(named: name[...]), groups[member]?.last != group
                    else { continue }
                    groups[member, default: []].append(group)
                }
            }
        }
        return groups
    }
}

extension LDIFRecord {
    /// The entry this record stands for: itself, or what `changetype: add` would add.
    fileprivate var addedEntry: LDIFEntry? {
        switch self {
        case .entry(let entry): entry
        case .change(let change):
            if case .add(let entry) = change.operation { entry } else { nil }
        }
    }
}
