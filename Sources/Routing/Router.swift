package import Directory
package import MailModel

/// Decides what becomes of a recipient: domain class, aliases, mailboxes. A value of one site; asks tables and mailboxes,
/// keeps nothing between two recipients.
package struct Router: Sendable {
    package let options: RoutingOptions
    package let classifier: DomainClassifier

    package init(_ options: RoutingOptions) {
        self.options = options
        classifier = DomainClassifier(options)
    }

    /// The class of a domain; never `absent`.
    package func addressClass(of domain: Domain) async -> Answer<AddressClass> {
        await classifier.addressClass(of: options.completed(domain))
    }

    /// `RCPT TO:<Postmaster>`, the one recipient without a domain (RFC 5321 §4.1.1.3); nil for a name that can't be one.
    package func qualified(_ name: [UInt8]) -> EmailAddress? {
        EmailAddress(localPart: name, domain: options.myOrigin)
    }

    /// Resolves a recipient as a client names it, aliases and all. `knownClass` spares asking for the domain again when
    /// policy has just done so.
    ///
    /// One target that can't be looked up defers the whole recipient; dead targets among live ones are named in
    /// `deadTargets`; with dead ones only the recipient is refused.
    package func resolve(_ recipient: EmailAddress, knownClass: Answer<AddressClass>? = nil) async -> Resolution {
        var steps: [TraceStep] = []
        var address = options.completed(recipient)
        if let bounce = bounceTarget(address) {
            steps.append(bounce.step)
            if let sender = bounce.sender {
                var resolution = await resolveRewritten(sender, isOriginal: true, knownClass: nil, naming: recipient)
                resolution.steps = steps + resolution.steps
                return resolution
            }
        }
        if options.canonical.rewrites(.envelopeRecipient) {
            let rewritten = await CanonicalRewriting(options: options).rewrite(address, as: .envelopeRecipient)
            steps += rewritten.steps
            switch rewritten.outcome {
            case .absent: break
            case .found(let found): address = found
            case .unavailable(let reason):
                let reply =
                    reason.kind == .misconfigured
                    ? RoutingReply.rewritingError(recipient) : RoutingReply.temporaryLookupFailure(recipient)
                return Resolution(recipient: recipient, verdict: .deferred(reply), steps: steps)
            }
        }
        var resolution = await resolveRewritten(
            address, isOriginal: address == options.completed(recipient),
            knownClass: address.domain == options.completed(recipient).domain ? knownClass : nil, naming: recipient)
        resolution.steps = steps + resolution.steps
        return resolution
    }

    /// Who sends, after `sender_canonical_maps` and `canonical_maps`; `absent` when they leave it alone.
    package func canonicalSender(_ sender: EmailAddress) async -> Answer<EmailAddress> {
        guard options.canonical.rewrites(.envelopeSender) else { return Answer(.absent) }
        return await CanonicalRewriting(options: options).rewrite(options.completed(sender), as: .envelopeSender)
    }

    /// - Parameters:
    ///   - isOriginal: false for an address that canonical(5) made: the recipient tables need not know it.
    ///   - name: the recipient as the client gave it.
    private func resolveRewritten(
        _ recipient: EmailAddress, isOriginal: Bool, knownClass: Answer<AddressClass>?, naming name: EmailAddress
    ) async -> Resolution {
        let expander = AliasExpander(options)
        let expansion = await expander.expand(recipient, knownClass: knownClass)
        var resolution = await resolution(of: expansion, expander, isOriginal: isOriginal, naming: name)
        let isOurs = isFinal(expansion.classes[recipient.domain])
        if case .refuse = resolution.verdict, isRole(recipient), isOurs {
            await sendToPostmaster(&resolution)
        } else if !isOurs, isOwnPostmaster(recipient) {
            await sendToPostmaster(&resolution)
        }
        return resolution
    }

    /// Resolves a final address again, with no alias expansion: the retry of a queued copy.
    package func resolveFinal(_ address: EmailAddress) async -> Resolution {
        let addressClass = await classifier.addressClass(of: address.domain)
        let final = await FinalRecipientResolver(options: options).resolve(address, addressClass, isOriginal: false)
        let composition = VerdictComposition(options: options, recipient: address, finals: [final])
        return Resolution(
            recipient: address, verdict: composition.verdict, steps: addressClass.steps + final.steps,
            deadTargets: composition.deadTargets)
    }

    // MARK: - From expansion to verdict

    private func resolution(
        of expansion: AliasExpansion, _ expander: AliasExpander, isOriginal: Bool = true,
        naming recipient: EmailAddress
    ) async -> Resolution {
        guard !Task.isCancelled else {
            let reply = RoutingReply.temporaryLookupFailure(recipient)
            return Resolution(recipient: recipient, verdict: .deferred(reply), steps: expansion.trace())
        }
        if let limit = expansion.limit {
            let step = TraceStep(.decision(rule: limit.setting, text: "the limit is reached, nothing is delivered"))
            let reply = limit.reply(recipient)
            return Resolution(recipient: recipient, verdict: .deferred(reply), steps: expansion.trace() + [step])
        }
        if expansion.isUnavailable {
            let reply = RoutingReply.temporaryLookupFailure(recipient)
            return Resolution(recipient: recipient, verdict: .deferred(reply), steps: expansion.trace())
        }
        let leaves = distinct(expansion, expander)
        let resolver = FinalRecipientResolver(options: options)
        let finals = await concurrentMap(leaves, limit: options.limits.concurrentLookups) { [expansion] index in
            let node = expansion.nodes[index]
            let addressClass = expansion.classes[node.address.domain] ?? Answer(.found(.remote))
            return await resolver.resolve(node.address, addressClass, isOriginal: isOriginal && index == 0)
        }
        var traced = expansion
        for (index, final) in zip(leaves, finals) { traced.addSteps(final.steps, at: index) }
        let composition = VerdictComposition(
            options: options, recipient: recipient, finals: finals, hasLoop: expansion.hasLoop,
            hasUnusableValue: !expansion.unusableValues.isEmpty, undeliverable: expansion.undeliverable)
        return Resolution(
            recipient: recipient, verdict: composition.verdict, steps: traced.trace(),
            deadTargets: expansion.isAlias ? composition.deadTargets : [])
    }

    /// The leaves without those whose address an earlier one has.
    private func distinct(_ expansion: AliasExpansion, _ expander: AliasExpander) -> [Int] {
        var seen: Set<[UInt8]> = []
        return expansion.leaves.filter { seen.insert(expander.fold(expansion.nodes[$0].address)).inserted }
    }

    // MARK: - Postmaster

    private func isRole(_ recipient: EmailAddress) -> Bool {
        let user = options.recipientDelimiter.user(of: recipient.localPart)
        return options.roleNames.contains(ASCII.lowercased(user))
    }

    /// `<Postmaster>`, or the same with this machine's name (RFC 5321 §4.5.1). It is served even where the name is none of
    /// the domains with mailboxes.
    package func isOwnPostmaster(_ recipient: EmailAddress) -> Bool {
        options.postmaster != nil && recipient.domain == options.myOrigin
            && ASCII.lowercased(recipient.localPart) == Array("postmaster".utf8)
    }

    private func isFinal(_ answer: Answer<AddressClass>?) -> Bool {
        if case .found(let addressClass)? = answer?.outcome { addressClass.isFinal } else { false }
    }

    /// RFC 5321 §4.5.1: mail for postmaster is never refused.
    private func sendToPostmaster(_ resolution: inout Resolution) async {
        let recipient = resolution.recipient
        guard let postmaster = options.postmaster, postmaster != recipient else {
            let text = "nobody gets mail for \(recipient): set postmaster to an address that has a mailbox"
            resolution.steps.append(
                TraceStep(.decision(rule: "postmaster", text: text), location: options.postmasterLocation))
            resolution.verdict = .deferred(RoutingReply.noPostmaster(recipient))
            return
        }
        let expander = AliasExpander(options)
        let answer = await self.resolution(
            of: expander.expand(postmaster, knownClass: nil), expander, naming: postmaster)
        resolution.steps.append(
            TraceStep(
                .decision(rule: "postmaster", text: "mail for \(recipient) goes to \(postmaster)"),
                location: options.postmasterLocation, children: answer.steps))
        resolution.deadTargets = answer.deadTargets
        switch answer.verdict {
        case .deliver: resolution.verdict = answer.verdict
        case .deferred, .refuse: resolution.verdict = .deferred(RoutingReply.noPostmaster(recipient))
        }
    }
}
