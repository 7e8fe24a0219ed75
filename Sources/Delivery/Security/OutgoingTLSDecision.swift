package import MailModel
package import SMTP

/// What is done about TLS at one host.
package struct OutgoingTLSDecision: Sendable {
    package enum Action: Sendable {
        /// No connection is made; another host may be tried, and the mail waits.
        case skip(OutgoingTLSRefusal)
        /// `none` sends in clear.
        case use(OutgoingTLSUse)
    }

    package var action: Action
    /// Why, step by step: for `explain` and the log.
    package var explanation: [String]
    /// What the log tells beside the outcome: a policy under test that would have kept the mail back.
    package var notice: String?

    package init(_ action: Action, explanation: [String], notice: String? = nil) {
        self.action = action
        self.explanation = explanation
        self.notice = notice
    }
}

package struct OutgoingTLSRefusal: Error, Hashable, Sendable {
    package var status: EnhancedStatusCode
    package var reason: String

    package init(_ status: EnhancedStatusCode, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}
