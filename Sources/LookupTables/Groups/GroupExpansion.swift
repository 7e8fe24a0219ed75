import Directory
import LDAP

/// Gathers the addresses of a group's members, level by level: the members of a level are read side by side, what they
/// give is put together in their order.
struct GroupExpansion {
    private let table: GroupTable
    private let key: KeyParts
    /// Where login names are looked up.
    private let memberBase: String
    private(set) var addresses: [[UInt8]] = []
    private(set) var trace = TraceTree()
    /// Ends the expansion: no answer that isn't whole.
    private(set) var failure: UnavailableReason?

    private let deadline: ContinuousClock.Instant
    private var known: Set<[UInt8]> = []
    private var octets = 0
    private var references = 0
    private var asked: Set<SearchRequest> = []
    private var visited: Set<Visit> = []

    /// An entry as the server names it; one that was read for other addresses is read again.
    private struct Visit: Hashable {
        var name: String
        var attributes: [String]
    }

    /// A member that is to be read.
    private struct Reference {
        var request: SearchRequest
        /// The attributes of a member that give its addresses.
        var addressAttributes: [String]
        /// The attribute that names the member, and its value.
        var attribute: String
        var value: String
        /// The search of the group, in the trace.
        var parent: Int
    }

    init(table: GroupTable, key: KeyParts, groupBase: String) {
        self.table = table
        self.key = key
        memberBase = table.options.memberSearchBase ?? groupBase
        deadline = .now + table.options.limits.time
    }

    /// Expands the entries that the group's search found.
    mutating func expand(_ entries: [LDAPEntry], of request: SearchRequest, _ answer: DirectoryAnswer) async {
        let root = trace.add(TraceStep(request, .entries(entries.count), source: table.source, answer))
        var level: [Reference] = []
        for entry in entries {
            guard visit(entry, request, below: root) else { continue }
            let members = table.attributes.members(of: entry)
            if members.isEmpty {
                note(root, "query_filter", "\(entry.name) is no group: it has none of \(table.attributes.list)")
            }
            level += references(members, of: entry, below: root)
        }
        var depth = 1
        while !level.isEmpty, failure == nil {
            guard depth <= table.options.limits.depth else {
                fail("depth", "groups are nested more than \(table.options.limits.depth) deep")
                return
            }
            level = await read(level)
            depth += 1
        }
    }

    /// - Returns: the members of the groups among them.
    private mutating func read(_ level: [Reference]) async -> [Reference] {
        let answers = await table.source.search(
            all: level.map(\.request), limit: table.options.limits.concurrentSearches, until: deadline)
        var next: [Reference] = []
        for (reference, answer) in zip(level, answers) {
            // Another of this level failed, and with it the whole.
            guard let answer else { continue }
            switch answer.outcome {
            case .failed(let reason):
                trace.add(
                    TraceStep(reference.request, .failed(reason), source: table.source, answer), below: reference.parent
                )
                failure = failure ?? reason
            case .noSuchObject:
                _ = found([], reference, answer)
            case .entries(let entries):
                next += found(entries, reference, answer)
            }
        }
        // Nothing failed, and yet not all was asked.
        if failure == nil, answers.contains(where: { $0 == nil }) {
            failure = UnavailableReason(
                .incomplete, "\(table.name): reading the members takes longer than \(table.options.limits.time)")
        }
        return next
    }

    private mutating func found(
        _ entries: [LDAPEntry], _ reference: Reference, _ answer: DirectoryAnswer
    ) -> [Reference] {
        let node = trace.add(
            TraceStep(reference.request, .entries(entries.count), source: table.source, answer), below: reference.parent
        )
        if entries.isEmpty {
            note(node, reference.attribute, "\(reference.value) is not there, or not to be seen: passed over")
        }
        references += max(0, entries.count - 1)
        checkReferences()
        var next: [Reference] = []
        for entry in entries {
            guard failure == nil, visit(entry, reference.request, below: node) else { continue }
            let members = table.attributes.members(of: entry)
            if members.isEmpty {
                addPerson(entry, reference.addressAttributes, below: node)
            } else {
                next += references(members, of: entry, below: node)
            }
        }
        return next
    }

    private mutating func visit(_ entry: LDAPEntry, _ request: SearchRequest, below node: Int) -> Bool {
        guard visited.insert(Visit(name: entry.name, attributes: request.attributes)).inserted else {
            note(node, "member", "\(entry.name) has been read already")
            return false
        }
        return true
    }

    // MARK: - Members of a group

    private mutating func references(
        _ members: [(attribute: LDAPAttribute, kind: MemberAttributes.Kind)], of entry: LDAPEntry, below node: Int
    ) -> [Reference] {
        var result: [Reference] = []
        for (attribute, kind) in members {
            let name = attribute.description.spelling
            trace.add(TraceStep(.entry(name: entry.name, attribute: name, values: attribute.values)), below: node)
            var repeated = 0
            let values =
                kind == .address ? cleaned(attribute.values, of: attribute.description) : attribute.values
            for value in values {
                guard failure == nil else { return [] }
                guard kind != .address else {
                    add(value)
                    continue
                }
                let target: MemberTarget
                switch MemberTarget.read(value, kind, attribute.description, table: table, memberBase: memberBase) {
                case .success(let read): target = read
                case .failure(.passedOver(let why)):
                    note(node, name, why)
                    continue
                case .failure(.misconfigured(let why)):
                    fail(name, "\(entry.name): \(why)")
                    continue
                }
                guard asked.insert(target.request).inserted else {
                    repeated += 1
                    continue
                }
                references += 1
                checkReferences()
                result.append(
                    Reference(
                        request: target.request, addressAttributes: target.addressAttributes, attribute: name,
                        value: ASCIIText.text(value), parent: node))
            }
            if repeated > 0 { note(node, name, "\(repeated) of them have been read already") }
        }
        return result
    }

    // MARK: - Addresses

    private mutating func addPerson(_ entry: LDAPEntry, _ attributes: [String], below node: Int) {
        for attribute in attributes.map({ AttributeDescription($0) }) {
            var used: [[UInt8]] = []
            for returned in entry.attributes where attribute.covers(returned.description) {
                used += cleaned(returned.values, of: returned.description).compactMap {
                    table.format.format($0, key: key)
                }
            }
            guard !used.isEmpty else { continue }
            trace.add(
                TraceStep(.entry(name: entry.name, attribute: attribute.spelling, values: used)), below: node)
            for value in used { add(value) }
            return
        }
        note(
            node, "member", "\(entry.name) has no address (\(attributes.joined(separator: ", "))): passed over")
    }

    private func cleaned(_ values: [[UInt8]], of attribute: AttributeDescription) -> [[UInt8]] {
        table.options.valueCleaning?.cleaned(values, of: attribute) ?? values
    }

    private mutating func add(_ value: [UInt8]) {
        let value = ASCIIText.trimmed(value)
        guard failure == nil, !value.isEmpty, !value.contains(0) else { return }
        let address = Self.listed(value)
        guard known.insert(LookupKey.folded(address)).inserted else { return }
        octets += address.count + 1
        guard addresses.count < table.options.limits.addresses, octets <= table.options.limits.octets else {
            fail(
                "addresses",
                "the group has more than \(table.options.limits.addresses) addresses,"
                    + " or more than \(table.options.limits.octets) bytes of them")
            return
        }
        addresses.append(address)
    }

    /// An address as one element of an address list: one whose local part holds what separates addresses gets its quotes.
    /// A value with more than one `@` may be a list itself, and is left as it is.
    private static func listed(_ value: [UInt8]) -> [UInt8] {
        guard value.count(where: { $0 == UInt8(ascii: "@") }) == 1,
            value.contains(where: { ",;:()".utf8.contains($0) }),
            !value.contains(where: { "\"<>".utf8.contains($0) }),
            let at = value.lastIndex(of: UInt8(ascii: "@"))
        else { return value }
        return LocalPartQuoting.quoted(Array(value[..<at])) + value[at...]
    }

    // MARK: - Notes and limits

    private mutating func checkReferences() {
        guard references > table.options.limits.entries else { return }
        fail("entries", "the group leads to more than \(table.options.limits.entries) entries")
    }

    private mutating func fail(_ parameter: String, _ text: String) {
        failure = failure ?? UnavailableReason(.misconfigured, "\(table.place(parameter)): \(text)")
    }

    private mutating func note(_ node: Int, _ rule: String, _ text: String) {
        trace.add(table.decision(rule, text), below: node)
    }
}
