import LDAP

extension LDIFGeneration {
    func search(_ request: SearchRequest) -> DirectorySearchOutcome {
        guard let baseName = schema.preparedName(request.base) else {
            return .failed(
                UnavailableReason(
                    .misconfigured, "\"\(request.base)\" is no distinguished name: correct the search base"))
        }
        guard var base = table.entry(named: baseName[...]) else { return .noSuchObject }
        if request.dereference == .finding || request.dereference == .always {
            guard let target = dereferenced(base) else { return .failed(Self.aliasProblem) }
            base = target
        }
        if !table.referrals.isEmpty, isBelowReferral(base) {
            return .failed(
                UnavailableReason(.incomplete, "\"\(request.base)\" is kept by another server: the file has a referral")
            )
        }
        let compiler = FilterCompiler(table: table, schema: schema)
        let filter = compiler.compile(request.filter)
        let selection = AttributeSelection(request, table: table, compiler: compiler)
        let evaluator = FilterEvaluator(table: table, schema: schema)

        var entries: [LDAPEntry] = []
        /// False once the size limit is passed.
        func consider(_ number: UInt32) -> Bool {
            guard table.referrals.isEmpty || !table.referrals.contains(number),
                evaluator.evaluate(filter, number) == .isTrue
            else { return true }
            guard request.sizeLimit <= 0 || entries.count < request.sizeLimit else { return false }
            entries.append(selection.entry(number, of: table))
            return true
        }
        let isComplete: Bool
        if request.scope == .base {
            isComplete = consider(base)
        } else {
            guard let roots = roots(base, request) else { return .failed(Self.aliasProblem) }
            let skipsAliases = request.dereference == .searching || request.dereference == .always
            let isInScope = { (number: UInt32) in
                if skipsAliases, self.table.aliases.contains(number) { return false }
                return roots.contains { root in
                    switch root {
                    case .itself(let root): number == root
                    case .children(let root): self.table.entries[Int(number)].parent == root
                    case .subtree(let root): self.table.isWithin(number, root)
                    }
                }
            }
            if let candidates = candidates(filter) {
                isComplete = candidates.allSatisfy { !isInScope($0) || consider($0) }
            } else {
                isComplete = table.entries.indices.allSatisfy { index in
                    let number = UInt32(truncatingIfNeeded: index)
                    return !isInScope(number) || consider(number)
                }
            }
        }
        guard isComplete else {
            return .failed(
                UnavailableReason(
                    .incomplete,
                    "more than \(request.sizeLimit) entries match: narrow the filter or raise the size limit"))
        }
        return .entries(entries)
    }

    /// A part of the tree that a search covers.
    private enum Root: Hashable {
        case itself(UInt32)
        case children(UInt32)
        case subtree(UInt32)
    }

    /// The base, and when aliases are followed while searching, what they point to (RFC 4511 §4.5.1.3). Nil when an alias
    /// leads nowhere.
    private func roots(_ base: UInt32, _ request: SearchRequest) -> [Root]? {
        let start: Root = request.scope == .one ? .children(base) : .subtree(base)
        guard request.dereference == .searching || request.dereference == .always, !table.aliases.isEmpty else {
            return [start]
        }
        var roots = [start]
        var next = 0
        while next < roots.count {
            let root = roots[next]
            next += 1
            for alias in table.aliases.sorted() {
                let isCovered: Bool
                switch root {
                case .itself: isCovered = false
                case .children(let parent): isCovered = table.entries[Int(alias)].parent == parent
                case .subtree(let top): isCovered = table.isWithin(alias, top)
                }
                guard isCovered else { continue }
                guard let target = dereferenced(alias) else { return nil }
                let reached: Root = request.scope == .one ? .itself(target) : .subtree(target)
                if !roots.contains(reached) { roots.append(reached) }
            }
        }
        return roots
    }

    /// The entry an alias stands for in the end; the entry itself when it is none.
    private func dereferenced(_ entry: UInt32) -> UInt32? {
        guard let aliasedName = schema.attributeType("aliasedObjectName") else { return entry }
        var current = entry
        var seen: Set<UInt32> = []
        while table.aliases.contains(current) {
            guard seen.insert(current).inserted,
                let value = table.values(of: aliasedName, in: current).first,
                let name = schema.preparedName(value), let target = table.entry(named: name[...])
            else { return nil }
            current = target
        }
        return current
    }

    private func isBelowReferral(_ entry: UInt32) -> Bool {
        var candidate: UInt32? = entry
        while let current = candidate {
            if table.referrals.contains(current) { return true }
            candidate = table.entries[Int(current)].parent
        }
        return false
    }

    private static let aliasProblem = UnavailableReason(
        .misconfigured, "an alias entry leads nowhere or in a circle: mend its aliasedObjectName")
}
