package import MailModel

/// Whom to tell what: RFC 3461 §4.1 and §5.2, RFC 5321 §4.5.5.
package enum DeliveryNotice {
    /// What became of a recipient, as far as a sender may ask to be told.
    package enum Event: Hashable, Sendable {
        case failed
        case delayed
        /// Delivered to a mailbox.
        case delivered
        /// Given to a next hop.
        ///
        /// - Parameter notifyHandedOver: it takes over NOTIFY, and with it the duty to report success.
        case relayed(notifyHandedOver: Bool)
        /// An alias became several recipients, or one by a list's or a user's wish; none of them inherits NOTIFY=SUCCESS.
        case expanded
    }

    /// Whether a report goes out: never to `<>`, and without NOTIFY only of failure and delay.
    package static func isDue(_ event: Event, sender: ReversePath, _ notify: EnvelopeRecipient.Notify?) -> Bool {
        sender != .null && asks(for: event, notify)
    }

    /// Whether a sender that can be told wants to be.
    static func asks(for event: Event, _ notify: EnvelopeRecipient.Notify?) -> Bool {
        let asked = notify ?? [.failure, .delay]
        return switch event {
        case .failed: asked.contains(.failure)
        case .delayed: asked.contains(.delay)
        case .delivered, .expanded: asked.contains(.success)
        case .relayed(let notifyHandedOver): asked.contains(.success) && !notifyHandedOver
        }
    }

    package static func mayReportDelay(to sender: ReversePath, _ notify: EnvelopeRecipient.Notify?) -> Bool {
        isDue(.delayed, sender: sender, notify)
    }

    /// Whether the postmaster is told of mail from `<>` that failed (`notify_classes` with `2bounce`). A report to the
    /// postmaster that fails ends in the log, or it would bring forth the next.
    ///
    /// - Parameter given: the failed recipient as the message named it, before aliases.
    package static func isDoubleBounceDue(
        sender: ReversePath, given: EmailAddress, postmaster: EmailAddress, notifiesPostmaster: Bool
    ) -> Bool {
        notifiesPostmaster && sender == .null && !isSame(given, postmaster)
    }

    private static func isSame(_ one: EmailAddress, _ other: EmailAddress) -> Bool {
        one.domain == other.domain && ASCII.equalIgnoringCase(one.localPart, other.localPart)
    }
}
