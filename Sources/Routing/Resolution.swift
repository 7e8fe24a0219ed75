package import Directory
package import MailModel

/// What becomes of one recipient: the value that SMTP answers from, that delivery acts on and that `explain` prints.
package struct Resolution: Sendable {
    package enum Verdict: Hashable, Sendable {
        /// At least one destination.
        case deliver([Destination])
        /// 5xx at RCPT.
        case refuse(SMTPReply)
        /// 4xx at RCPT: a directory that does not answer, a limit, a destination that can't be served yet.
        case deferred(SMTPReply)
    }

    package var recipient: EmailAddress
    package var verdict: Verdict
    package var steps: [TraceStep]
    /// Targets that were found dead among live ones: a log line, and a finding of `check`.
    package var deadTargets: [EmailAddress]

    package init(
        recipient: EmailAddress, verdict: Verdict, steps: [TraceStep], deadTargets: [EmailAddress] = []
    ) {
        self.recipient = recipient
        self.verdict = verdict
        self.steps = steps
        self.deadTargets = deadTargets
    }
}

extension Resolution {
    /// Whether a lookup failed, which may pass without anybody's doing: what waits for it is not given up.
    package var isUnavailable: Bool {
        guard case .deferred(let reply) = verdict else { return false }
        return reply.enhanced == RoutingReply.temporaryLookupFailure(recipient).enhanced
    }

    /// What RCPT is answered.
    package var reply: SMTPReply {
        switch verdict {
        case .deliver: SMTPReply(250, EnhancedStatusCode(2, 1, 5), "Ok")
        case .refuse(let reply), .deferred(let reply): reply
        }
    }
}
