package import Directory
package import MailModel

extension Router {
    /// The final addresses that an address leads to by aliases and groups; absent for one that is no alias.
    package func aliasTargets(of address: EmailAddress) async -> Answer<[EmailAddress]> {
        let expander = AliasExpander(options)
        let expansion = await expander.expand(options.completed(address), knownClass: nil)
        let steps = expansion.trace()
        if expansion.isUnavailable || Task.isCancelled {
            return Answer(.unavailable(UnavailableReason(.unreachable, "its aliases can't be asked")), steps: steps)
        }
        guard expansion.limit == nil, expansion.isAlias else { return Answer(.absent, steps: steps) }
        return Answer(.found(expansion.leaves.map { expansion.nodes[$0].address }), steps: steps)
    }

    /// Whether aliases lead from the address back to it, or in a circle behind it.
    package func hasAliasLoop(from address: EmailAddress) async -> Bool {
        let expansion = await AliasExpander(options).expand(options.completed(address), knownClass: nil)
        return expansion.nodes.contains { $0.fate == .loop }
    }

    /// Whom a bounce to an SRS address is for; nil when `recipient` is none, or SRS is off.
    ///
    /// - Returns: the step for `explain`, and the sender when the address holds good.
    func bounceTarget(_ recipient: EmailAddress) -> (sender: EmailAddress?, step: TraceStep)? {
        func step(_ text: String) -> TraceStep { TraceStep(.decision(rule: "srs", text: text)) }
        switch options.senderRewriting?.reversed(recipient, at: .now) {
        case nil, .some(.none): return nil
        case .sender(let sender): return (sender, step("\(recipient) stands for the sender \(sender)"))
        case .refused(let reason): return (nil, step("\(recipient) looks like a rewritten sender, but \(reason)"))
        }
    }

    /// The envelope sender of a copy that leaves for another host: rewritten by SRS when a recipient of ours led there, and
    /// the sender is somebody else's.
    ///
    /// - Parameters:
    ///   - recipient: as the client gave it.
    ///   - destination: the final address of the copy.
    /// - Returns: never absent; unavailable when nobody can tell whose the domains are.
    package func leavingSender(
        _ sender: ReversePath, for recipient: EmailAddress, to destination: EmailAddress, at date: RFC5322Date = .now
    ) async -> Answer<ReversePath> {
        guard let rewriting = options.senderRewriting, case .address(let address) = sender, recipient != destination
        else { return Answer(.found(sender)) }
        var steps: [TraceStep] = []
        for (name, isWanted) in [(recipient, true), (address, false)] {
            let answer = await addressClass(of: name.domain)
            steps += answer.steps
            switch answer.outcome {
            case .found(let addressClass):
                guard addressClass.isFinal == isWanted else { return Answer(.found(sender), steps: steps) }
            case .absent: return Answer(.found(sender), steps: steps)
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            }
        }
        let rewritten = rewriting.rewritten(address, at: date)
        if rewritten != address {
            steps.append(TraceStep(.decision(rule: "srs", text: "\(address) leaves as \(rewritten)")))
        }
        return Answer(.found(.address(rewritten)), steps: steps)
    }
}
