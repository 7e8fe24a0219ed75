import Directory
import LookupTables
import MailModel

/// Expands one recipient by `virtual_alias_maps`, as Postfix's cleanup(8) does (ldap-tables §9), level by level: the
/// lookups of a level run side by side, what they give is put together in their order.
///
/// An address that expands into itself is kept and not expanded again; one that comes back to an address on its own way
/// is a loop, and that branch gives nothing; one that another branch has reached already is left to it.
struct AliasExpander: Sendable {
    let options: RoutingOptions
    private let classifier: DomainClassifier

    init(_ options: RoutingOptions) {
        self.options = options
        classifier = DomainClassifier(options)
    }

    func expand(_ recipient: EmailAddress, knownClass: Answer<AddressClass>?) async -> AliasExpansion {
        var expansion = AliasExpansion(recipient)
        if let knownClass { expansion.classes[recipient.domain] = knownClass }
        var reached: Set<[UInt8]> = [fold(recipient)]
        // As Postfix counts: an alias of n addresses replaces one by n.
        var addresses = 1
        var level = [0]
        while !level.isEmpty {
            await classify(level, &expansion)
            let matches = await lookUp(level, expansion)
            var next: [Int] = []
            for (index, match) in zip(level, matches) {
                guard let match else {
                    expansion.setFate(.unavailable, at: index)
                    continue
                }
                guard let targets = record(match, at: index, &expansion) else { continue }
                addresses += max(targets.count - 1, 0)
                if addresses > options.limits.aliasExpansion {
                    expansion.limit = .addresses
                    return expansion
                }
                for target in targets {
                    guard let child = add(target, below: index, &expansion, &reached) else { continue }
                    if match.isOfLocalAlias { expansion.markFromLocalAlias(child) }
                    next.append(child)
                }
                if expansion.limit != nil { return expansion }
            }
            level = next
        }
        return expansion
    }

    func fold(_ address: EmailAddress) -> [UInt8] {
        options.foldsLocalParts ? LookupKey.folded(address.unquoted) : address.unquoted
    }

    // MARK: - One level

    /// Decides the class of every new domain of the level: `mydestination` is needed for the keys of the lookups.
    private func classify(_ level: [Int], _ expansion: inout AliasExpansion) async {
        var domains: [Domain] = []
        for index in level {
            let domain = expansion.nodes[index].address.domain
            if expansion.classes[domain] == nil, !domains.contains(domain) { domains.append(domain) }
        }
        let answers = await concurrentMap(domains, limit: options.limits.concurrentLookups) { [classifier] domain in
            await classifier.addressClass(of: domain)
        }
        for (domain, answer) in zip(domains, answers) { expansion.classes[domain] = answer }
    }

    /// Nil where the class of the domain could not be had.
    private func lookUp(_ level: [Int], _ expansion: AliasExpansion) async -> [Match?] {
        var questions: [(address: EmailAddress, addressClass: AddressClass?, isFromLocalAlias: Bool)] = []
        for index in level {
            let node = expansion.nodes[index]
            var addressClass: AddressClass?
            if case .found(let found)? = expansion.classes[node.address.domain]?.outcome { addressClass = found }
            questions.append((node.address, addressClass, node.isFromLocalAlias))
        }
        return await concurrentMap(questions, limit: options.limits.concurrentLookups) { [options] question in
            guard let addressClass = question.addressClass else { return nil }
            var match = Match(virtual: nil, local: nil)
            if addressClass != .local || !question.isFromLocalAlias {
                let answer = await AddressLookup.find(
                    question.address, in: options.virtualAliasMaps, delimiter: options.recipientDelimiter,
                    spelling: options.aliasKeySpelling,
                    isLocal: addressClass == .local || question.address.domain == options.myOrigin)
                match.virtual = answer
                guard case .absent = answer.outcome else { return match }
            }
            if addressClass == .local, !options.localAliasMaps.isEmpty {
                match.local = await LocalAliasLookup(options: options).find(question.address)
            }
            return match
        }
    }

    /// What the tables said of one address.
    struct Match: Sendable {
        /// `virtual_alias_maps`; nil where they are not asked.
        var virtual: Answer<AddressLookup.Hit>?
        /// `alias_maps`, asked when the former know nothing.
        var local: Answer<[UInt8]>?

        var isOfLocalAlias: Bool { local != nil }
    }

    // MARK: - Targets

    /// Notes what the alias tables said of a node; its targets when it is an alias.
    private func record(
        _ match: Match, at index: Int, _ expansion: inout AliasExpansion
    ) -> [AliasExpansion.Target]? {
        var targets: [AliasExpansion.Target]?
        if let answer = match.virtual { targets = record(answer, at: index, &expansion) }
        if let answer = match.local { targets = recordLocal(answer, at: index, &expansion) }
        if match.virtual == nil, match.local == nil { expansion.setFate(.final, at: index) }
        return targets
    }

    private func recordLocal(
        _ answer: Answer<[UInt8]>, at index: Int, _ expansion: inout AliasExpansion
    ) -> [AliasExpansion.Target]? {
        let address = expansion.nodes[index].address
        let text: String
        var targets: [AliasExpansion.Target]?
        switch answer.outcome {
        case .unavailable:
            expansion.setFate(.unavailable, at: index)
            text = "can't tell whether \(address) is an alias"
        case .absent:
            expansion.setFate(.final, at: index)
            text = "\(address) is no alias"
        case .found(let value):
            expansion.setFate(.expanded, at: index)
            let parsed = LocalAliasValue(value)
            let found = self.targets(parsed.addresses, for: address, unmatched: [], suffix: [])
            let words =
                found.map(\.description) + parsed.undeliverable.map { "\($0.rawValue), which can't be had here" }
            expansion.undeliverable = expansion.undeliverable ?? parsed.undeliverable.first
            targets = found
            text = "\(address) leads to \(words.joined(separator: ", "))"
        }
        let step = TraceStep(
            .decision(rule: "alias_maps", text: text), location: options.localAliasMapsLocation, children: answer.steps)
        expansion.addSteps([step], at: index)
        return targets
    }

    private func record(
        _ answer: Answer<AddressLookup.Hit>, at index: Int, _ expansion: inout AliasExpansion
    ) -> [AliasExpansion.Target]? {
        let address = expansion.nodes[index].address
        let text: String
        var targets: [AliasExpansion.Target]?
        switch answer.outcome {
        case .unavailable:
            expansion.setFate(.unavailable, at: index)
            text = "can't tell whether \(address) is an alias"
        case .absent:
            expansion.setFate(.final, at: index)
            text = "\(address) is no alias"
        case .found(let hit):
            expansion.setFate(.expanded, at: index)
            let found = self.targets(of: hit, for: address)
            targets = found
            text = "\(address) leads to \(found.map(\.description).joined(separator: ", "))"
        }
        if !options.virtualAliasMaps.isEmpty {
            let step = TraceStep(
                .decision(rule: "virtual_alias_maps", text: text), location: options.virtualAliasMapsLocation,
                children: answer.steps)
            expansion.addSteps([step], at: index)
        }
        return targets
    }

    /// The addresses of an alias value: names get `@myorigin`, `@other` keeps the local part, and the extension that no
    /// key matched goes on to each.
    private func targets(of hit: AddressLookup.Hit, for address: EmailAddress) -> [AliasExpansion.Target] {
        let unmatched = hit.unmatchedExtension ?? []
        let suffix = options.propagateUnmatchedExtensions ? unmatched : []
        return targets(AddressList(hit.value).elements, for: address, unmatched: unmatched, suffix: suffix)
    }

    private func targets(
        _ elements: [AddressList.Element], for address: EmailAddress, unmatched: [UInt8], suffix: [UInt8]
    ) -> [AliasExpansion.Target] {
        let user = address.localPart.dropLast(unmatched.count)
        return elements.map { element in
            let target: EmailAddress?
            switch element {
            case .address(let value):
                target = EmailAddress(
                    localPart: value.localPart + suffix, domain: options.completed(value.domain))
            case .unqualified(let name): target = EmailAddress(localPart: name + suffix, domain: options.myOrigin)
            case .otherDomain(let domain):
                target = EmailAddress(localPart: user + suffix, domain: options.completed(domain))
            case .unusable(let value): return .unusable(value)
            }
            guard let target, target.unquoted.count <= options.limits.aliasAddressLength else { return .tooLong }
            return .address(target)
        }
    }

    /// Adds a target below a node; the index of what is still to be expanded, or nil.
    private func add(
        _ target: AliasExpansion.Target, below parent: Int, _ expansion: inout AliasExpansion,
        _ reached: inout Set<[UInt8]>
    ) -> Int? {
        let address: EmailAddress
        switch target {
        case .unusable(let value):
            expansion.addUnusable(value, below: parent)
            return nil
        case .tooLong:
            expansion.limit = .length
            return nil
        case .address(let value):
            address = value
        }
        let folded = fold(address)
        if folded == fold(expansion.nodes[parent].address) {
            // `a -> a, b`: a keeps its own copy. Said twice it is still one.
            if !expansion.nodes[parent].children.contains(where: { expansion.nodes[$0].fate == .itself }) {
                expansion.add(address, below: parent, fate: .itself)
            }
            return nil
        }
        if expansion.ancestors(of: parent).contains(where: { fold($0) == folded }) {
            expansion.add(address, below: parent, fate: .loop)
            return nil
        }
        guard reached.insert(folded).inserted else {
            expansion.add(address, below: parent, fate: .duplicate)
            return nil
        }
        guard expansion.nodes[parent].depth < options.limits.aliasRecursion else {
            expansion.limit = .recursion
            return nil
        }
        return expansion.add(address, below: parent, fate: .open)
    }
}
