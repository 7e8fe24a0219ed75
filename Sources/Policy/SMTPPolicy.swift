package import Directory
package import MailModel
package import Routing

/// What the clients of a listener may do: the restriction lists, and the router behind them. One value for each
/// listener of a site.
package struct SMTPPolicy: Sendable {
    package let options: PolicyOptions
    package let router: Router

    package init(_ options: PolicyOptions, router: Router) {
        self.options = options
        self.router = router
    }

    /// The answer to RCPT.
    package struct RecipientDecision: Sendable {
        package var reply: SMTPReply
        /// Nil when a restriction refused the recipient before anybody asked where it leads.
        package var resolution: Resolution?
        /// What the restrictions did; the steps of the resolution are its own.
        package var steps: [TraceStep]
    }

    /// MAIL FROM: nil accepts. With `delaysReject` nothing is decided before RCPT.
    package func sender(
        _ sender: ReversePath, client: ClientFacts
    ) async -> (reply: SMTPReply?, steps: [TraceStep]) {
        guard !options.delaysReject else { return (nil, []) }
        var evaluation = RestrictionEvaluation(options, router, client: client, sender: sender, recipient: nil)
        let reply = await evaluation.run(clientStages)
        return (reply ?? evaluation.deferIfPermit, evaluation.steps)
    }

    /// RCPT TO: the restriction lists in Postfix's order, then where the recipient leads.
    package func recipient(
        _ recipient: EmailAddress, sender: ReversePath, client: ClientFacts
    ) async -> RecipientDecision {
        var evaluation = RestrictionEvaluation(options, router, client: client, sender: sender, recipient: recipient)
        var stages = options.delaysReject ? clientStages : []
        let relay = RestrictionEvaluation.Stage.relay(options.relayRestrictions)
        let recipients = RestrictionEvaluation.Stage.recipient(options.recipientRestrictions)
        stages += options.relayBeforeRecipient ? [relay, recipients] : [recipients, relay]
        if let reply = await evaluation.run(stages) {
            return RecipientDecision(reply: reply, resolution: evaluation.resolution, steps: evaluation.steps)
        }
        let resolution = await evaluation.resolve(recipient)
        let reply = resolution.reply.isPositive ? evaluation.deferIfPermit ?? resolution.reply : resolution.reply
        return RecipientDecision(reply: reply, resolution: resolution, steps: evaluation.steps)
    }

    private var clientStages: [RestrictionEvaluation.Stage] {
        [.client(options.clientRestrictions), .helo(options.heloRestrictions), .sender(options.senderRestrictions)]
    }
}
