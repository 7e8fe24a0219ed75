package import DNS
package import Directory
package import MailModel
package import Routing

/// What the clients of a listener may do: the restriction lists, and the router behind them. One value for each
/// listener of a site.
package struct SMTPPolicy: Sendable {
    package let options: PolicyOptions
    package let router: Router
    let resolver: any DNSResolver

    /// - Parameter resolver: for restrictions that ask DNS; without one nothing that they ask is to be found out.
    package init(_ options: PolicyOptions, router: Router, resolver: any DNSResolver = NoResolver()) {
        self.options = options
        self.router = router
        self.resolver = resolver
    }

    /// The answer to RCPT.
    package struct RecipientDecision: Sendable {
        package var reply: SMTPReply
        /// Nil when a restriction refused the recipient before anybody asked where it leads.
        package var resolution: Resolution?
        /// What the restrictions did; the steps of the resolution are its own.
        package var steps: [TraceStep]
        package var effects = MessageEffects()
        /// Nobody has the recipient, who is taken all the same: the sender is told later.
        package var isUndeliverable = false
    }

    /// The answer to MAIL, DATA or the end of a message.
    package struct StageDecision: Sendable {
        /// Nil accepts.
        package var reply: SMTPReply?
        package var steps: [TraceStep]
        package var effects = MessageEffects()
    }

    /// MAIL FROM. With `delaysReject` nothing is decided before RCPT.
    package func sender(_ sender: ReversePath, client: ClientFacts) async -> StageDecision {
        guard !options.delaysReject else { return StageDecision(steps: []) }
        var evaluation = RestrictionEvaluation(
            options, router, resolver, client: client, sender: sender, recipient: nil)
        evaluation.isAtMail = true
        return await decide(clientStages, &evaluation)
    }

    /// RCPT TO: the restriction lists in Postfix's order, then where the recipient leads.
    package func recipient(
        _ recipient: EmailAddress, sender: ReversePath, client: ClientFacts
    ) async -> RecipientDecision {
        var evaluation = RestrictionEvaluation(
            options, router, resolver, client: client, sender: sender, recipient: recipient)
        var stages = options.delaysReject ? clientStages : []
        let relay = RestrictionEvaluation.Stage.relay(options.relayRestrictions)
        let recipients = RestrictionEvaluation.Stage.recipient(options.recipientRestrictions)
        stages += options.relayBeforeRecipient ? [relay, recipients] : [recipients, relay]
        if let reply = await evaluation.run(stages) {
            return RecipientDecision(
                reply: reply, resolution: evaluation.resolution, steps: evaluation.steps, effects: evaluation.effects)
        }
        guard !evaluation.effects.isDiscarded else {
            let nowhere = Destination.discard(recipient, reason: "discarded by an access table")
            let resolution = Resolution(recipient: recipient, verdict: .deliver([nowhere]), steps: [])
            return RecipientDecision(
                reply: resolution.reply, resolution: resolution, steps: evaluation.steps, effects: evaluation.effects)
        }
        // smtpd(8) has this said before it looks whether there is such a recipient.
        if let reply = evaluation.deferIfPermit {
            return RecipientDecision(
                reply: reply, resolution: evaluation.resolution, steps: evaluation.steps, effects: evaluation.effects)
        }
        let resolution = await evaluation.resolve(recipient)
        var decision = RecipientDecision(
            reply: resolution.reply, resolution: resolution, steps: evaluation.steps, effects: evaluation.effects)
        if case .refuse = resolution.verdict, await takesUnknown(recipient, &decision.steps) {
            decision.isUndeliverable = true
            decision.reply = Resolution(recipient: recipient, verdict: .deliver([]), steps: []).reply
        }
        return decision
    }

    private func takesUnknown(_ recipient: EmailAddress, _ steps: inout [TraceStep]) async -> Bool {
        switch options.takenUnknown {
        case .none: return false
        case .all:
            steps.append(
                TraceStep(
                    .decision(
                        rule: "smtpd_reject_unlisted_recipient", text: "no: \(recipient) is taken, and returned later"))
            )
            return true
        case .listed:
            let listing = await router.listing(of: recipient, asksMailboxes: false)
            guard case .found(.listed) = listing.outcome else { return false }
            steps.append(
                TraceStep(
                    .decision(rule: "refuses-early", text: "a table knows \(recipient): taken, and returned later"),
                    children: listing.steps))
            return true
        }
    }

    /// DATA or the first BDAT, for the recipients that were taken.
    package func data(
        to recipients: [EmailAddress], sender: ReversePath, client: ClientFacts
    ) async -> StageDecision {
        guard !options.dataRestrictions.restrictions.isEmpty else { return StageDecision(steps: []) }
        var evaluation = evaluation(recipients, sender, client)
        return await decide([.data(options.dataRestrictions)], &evaluation)
    }

    /// The message is here: `size` in octets.
    package func endOfData(
        to recipients: [EmailAddress], sender: ReversePath, client: ClientFacts, size: Int
    ) async -> StageDecision {
        guard !options.endOfDataRestrictions.restrictions.isEmpty else { return StageDecision(steps: []) }
        var evaluation = evaluation(recipients, sender, client)
        evaluation.size = size
        return await decide([.endOfData(options.endOfDataRestrictions)], &evaluation)
    }

    /// smtpd(8) names the recipient there only when it is the one.
    private func evaluation(
        _ recipients: [EmailAddress], _ sender: ReversePath, _ client: ClientFacts
    ) -> RestrictionEvaluation {
        var evaluation = RestrictionEvaluation(
            options, router, resolver, client: client, sender: sender,
            recipient: recipients.count == 1 ? recipients[0] : nil)
        evaluation.recipientCount = recipients.count
        return evaluation
    }

    private func decide(
        _ stages: [RestrictionEvaluation.Stage], _ evaluation: inout RestrictionEvaluation
    ) async -> StageDecision {
        let reply = await evaluation.run(stages)
        return StageDecision(
            reply: reply ?? evaluation.deferIfPermit, steps: evaluation.steps, effects: evaluation.effects)
    }

    private var clientStages: [RestrictionEvaluation.Stage] {
        var stages: [RestrictionEvaluation.Stage] = [
            .client(options.clientRestrictions), .helo(options.heloRestrictions), .sender(options.senderRestrictions),
        ]
        // After the senders' list, whatever that permitted.
        if options.rejectsUnlistedSender { stages.append(.unlistedSender(RestrictionList([.rejectUnlistedSender]))) }
        return stages
    }
}
