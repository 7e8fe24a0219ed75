package import Directory
import LDAP
package import MailModel
import Synchronization

/// Which mailboxes of others a login is shown, asked of the directory as it is now.
///
/// A login costs one search for its own entry, where a rule needs it, and one for each rule; a rule whose readers list the
/// mailboxes themselves costs one read for each that is listed. While the directory doesn't answer, what a login saw last
/// is what it sees.
package final class DirectorySharedMailboxes: Sendable {
    /// Of one login; more is unavailable, never a part of them.
    package static let maximumMailboxes = 1000
    /// In the reader's own entry.
    package static let maximumListed = 200

    struct Seen: Sendable {
        var mailboxes: [SharedMailbox]
        var groups: [String]
        var asked: ContinuousClock.Instant
    }

    package let rules: [SharedMailboxRule]
    package let accounts: AccountRules
    /// How a login's own entry is found: asked in this order until one has it.
    private let readers: [EntryLookup]
    private let timeToLive: Duration
    private let outageTime: Duration
    private let capacity: Int
    private let clock: LoginClock
    private let seen = Mutex<[String: Seen]>([:])

    /// - Parameters:
    ///   - timeToLive: how long an answer is kept, at most five minutes.
    ///   - outageTime: how long it is used on while the directory doesn't answer.
    ///   - capacity: logins that are remembered.
    package init(
        rules: [SharedMailboxRule], accounts: AccountRules, readers: [EntryLookup],
        timeToLive: Duration = .seconds(30), outageTime: Duration = .seconds(3600), capacity: Int = 20_000,
        clock: LoginClock = .system
    ) {
        self.rules = rules
        self.accounts = accounts
        self.readers = readers
        self.timeToLive = min(timeToLive, .seconds(300))
        self.outageTime = outageTime
        self.capacity = max(1, capacity)
        self.clock = clock
    }

    /// `absent` when the login sees none.
    package func mailboxes(for login: String) async -> Answer<[SharedMailbox]> {
        let (outcome, steps) = await look(login)
        switch outcome {
        case .found(let seen):
            return Answer(seen.mailboxes.isEmpty ? .absent : .found(seen.mailboxes), steps: steps)
        case .absent: return Answer(.absent, steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }
    }

    private func look(_ login: String) async -> (Outcome<Seen>, [TraceStep]) {
        guard !rules.isEmpty else { return (.absent, []) }
        let known = seen.withLock { $0[login] }
        if let known, clock.now() - known.asked < timeToLive { return (.found(known), []) }
        let (outcome, steps) = await ask(Array(login.utf8))
        switch outcome {
        case .found(let found):
            remember(found, login)
            return (.found(found), steps)
        case .absent: return (.absent, steps)
        case .unavailable(let reason):
            guard let known, clock.now() - known.asked < outageTime else { return (.unavailable(reason), steps) }
            let step = TraceStep(.decision(rule: "shared", text: "\(reason.text): as it was when last asked"))
            return (.found(known), steps + [step])
        }
    }

    private func remember(_ found: Seen, _ login: String) {
        let now = clock.now()
        seen.withLock { seen in
            if seen.count >= capacity, seen[login] == nil {
                seen = seen.filter { now - $0.value.asked < timeToLive }
                if seen.count >= capacity { seen = [:] }
            }
            seen[login] = found
        }
    }

    // MARK: Asking

    private func ask(_ login: [UInt8]) async -> (Outcome<Seen>, [TraceStep]) {
        var steps: [TraceStep] = []
        var entry: LDAPEntry?
        if rules.contains(where: \.needsEntry) {
            let (outcome, more) = await ownEntry(login)
            steps += more
            switch outcome {
            case .found(let found): entry = found
            case .absent: break
            case .unavailable(let reason): return (.unavailable(reason), steps)
            }
        }
        var found: [SharedMailbox] = []
        var groups: [String] = []
        for rule in rules {
            let (outcome, more) = await entries(rule, login, entry)
            steps += more
            switch outcome {
            case .absent: continue
            case .unavailable(let reason): return (.unavailable(reason), steps)
            case .found(let entries):
                for entry in entries {
                    do {
                        let shared = try rule.shared(entry, accounts)
                        if rule.isGroup { groups.append(String(decoding: shared.display, as: UTF8.self)) }
                        for mailbox in rule.mailboxes(shared) { steps += Self.add(mailbox, to: &found, rule) }
                    } catch {
                        steps.append(rule.decision("\(entry.name): \(error)"))
                    }
                }
            }
        }
        guard found.count <= Self.maximumMailboxes else {
            let text = "\(found.count) shared mailboxes of one login are more than \(Self.maximumMailboxes)"
            return (.unavailable(UnavailableReason(.misconfigured, text)), steps)
        }
        return (.found(Seen(mailboxes: found, groups: groups, asked: clock.now())), steps)
    }

    /// The same mailbox by two rules has the rights of both. Two under one name can't both be shown.
    private static func add(
        _ mailbox: SharedMailbox, to found: inout [SharedMailbox], _ rule: SharedMailboxRule
    ) -> [TraceStep] {
        guard let index = found.firstIndex(where: { $0.namespace == mailbox.namespace && $0.path == mailbox.path })
        else {
            found.append(mailbox)
            return []
        }
        guard found[index].location == mailbox.location, found[index].folder == mailbox.folder else {
            let name = mailbox.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            return [rule.decision("\(name): another mailbox has this name, \(mailbox.location) is not shown")]
        }
        if let rights = found[index].rights, let more = mailbox.rights {
            found[index].rights = rights.union(more)
        } else {
            found[index].rights = found[index].rights ?? mailbox.rights
        }
        return []
    }

    private func ownEntry(_ login: [UInt8]) async -> (Outcome<LDAPEntry>, [TraceStep]) {
        var steps: [TraceStep] = []
        let variables = LoginVariables(user: login, service: "imap")
        let listed = rules.compactMap { rule -> String? in
            if case .listed(let attribute) = rule.readers { attribute.spelling } else { nil }
        }
        for reader in readers {
            var reader = reader
            // Its name and its lists: nothing else is read again.
            reader.mapping = AttributeMapping(listed.map { .fetch(attribute: $0) })
            let (outcome, more) = await reader.find(variables, alsoReading: [], location: nil)
            steps += more
            switch outcome {
            case .entry(let entry): return (.found(entry), steps)
            case .none: continue
            case .failed(let reason): return (.unavailable(reason), steps)
            }
        }
        return (.absent, steps)
    }

    private func entries(
        _ rule: SharedMailboxRule, _ login: [UInt8], _ entry: LDAPEntry?
    ) async -> (Outcome<[LDAPEntry]>, [TraceStep]) {
        if case .listed(let attribute) = rule.readers {
            guard let entry else { return (.absent, []) }
            return await listed(entry[attribute], rule)
        }
        guard let filter = rule.question(login: login, entryName: entry?.name) else { return (.absent, []) }
        let request = SearchRequest(
            base: rule.base.description, scope: rule.scope, filter: filter, attributes: rule.attributes,
            sizeLimit: Self.maximumMailboxes)
        return await rule.search(request)
    }

    /// Every server reads an entry by its name; few let names be searched for (RFC 5020).
    private func listed(
        _ values: [[UInt8]], _ rule: SharedMailboxRule
    ) async -> (Outcome<[LDAPEntry]>, [TraceStep]) {
        guard values.count <= Self.maximumListed else {
            let text = "\(rule.name): \(values.count) names in one entry are more than \(Self.maximumListed)"
            return (.unavailable(UnavailableReason(.misconfigured, text)), [])
        }
        var found: [LDAPEntry] = []
        var steps: [TraceStep] = []
        for value in values {
            guard let name = try? DistinguishedName(parsing: value),
                EntryNameKey(name).isWithin(EntryNameKey(rule.base))
            else {
                let text = String(decoding: value.prefix(128), as: UTF8.self)
                steps.append(rule.decision("\(text) is no name below \(rule.base)"))
                continue
            }
            let request = SearchRequest(
                base: name.description, scope: .base, filter: rule.filter, attributes: rule.attributes)
            let (outcome, more) = await rule.search(request, isBaseFixed: false)
            steps += more
            switch outcome {
            case .found(let entries): found += entries
            case .absent: continue
            case .unavailable(let reason): return (.unavailable(reason), steps)
            }
        }
        return (found.isEmpty ? .absent : .found(found), steps)
    }
}

extension DirectorySharedMailboxes: SharedMailboxDirectory {
    package func sharedMailboxes(for login: String) async throws(MailboxFailure) -> [SharedMailbox] {
        try value(await look(login).0)?.mailboxes ?? []
    }

    package func groups(of login: String) async throws(MailboxFailure) -> [String] {
        try value(await look(login).0)?.groups ?? []
    }

    private func value(_ outcome: Outcome<Seen>) throws(MailboxFailure) -> Seen? {
        switch outcome {
        case .found(let seen): return seen
        case .absent: return nil
        case .unavailable(let reason): throw MailboxFailure(.unavailable, reason.text)
        }
    }
}

extension SharedMailboxRule {
    fileprivate var needsEntry: Bool {
        switch readers {
        case .listed, .members: true
        case .logins: false
        }
    }

    func decision(_ text: String) -> TraceStep {
        TraceStep(.decision(rule: name, text: text), location: location)
    }

    /// - Parameter isBaseFixed: whether the base is the configuration's own, which must be there.
    func search(
        _ request: SearchRequest, isBaseFixed: Bool = true
    ) async -> (outcome: Outcome<[LDAPEntry]>, steps: [TraceStep]) {
        let answer = await source.answer(request)
        let outcome: Outcome<[LDAPEntry]>
        let result: TraceStep.SearchResult
        switch answer.outcome {
        case .entries(let entries):
            outcome = entries.isEmpty ? .absent : .found(entries)
            result = .entries(entries.count)
        case .noSuchObject where !isBaseFixed:
            outcome = .absent
            result = .entries(0)
        case .noSuchObject:
            let reason = UnavailableReason(
                .misconfigured, "\(name): \(source.name): the search base \"\(request.base)\" does not exist")
            outcome = .unavailable(reason)
            result = .failed(reason)
        case .failed(let reason):
            outcome = .unavailable(reason)
            result = .failed(reason)
        }
        return (outcome, [TraceStep.search(request, at: source.name, result, answer, location: location)])
    }
}
