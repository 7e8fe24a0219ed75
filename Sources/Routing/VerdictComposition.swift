import MailModel

/// Puts the fates of a recipient's final addresses together into one verdict:
/// what can't be looked up defers all of it; what is left is delivered, without the
/// dead; with nobody left it is refused.
struct VerdictComposition: Sendable {
    let verdict: Resolution.Verdict
    private(set) var deadTargets: [EmailAddress] = []

    init(
        options: RoutingOptions, recipient: EmailAddress, finals: [FinalRecipient], hasLoop: Bool = false,
        hasUnusableValue: Bool = false, undeliverable: LocalAliasValue.Undeliverable? = nil
    ) {
        var destinations: [Destination] = []
        var mailboxes: Set<MailboxKey> = []
        var refusal: SMTPReply?
        var failure: FinalRecipient.Failure?
        for final in finals {
            switch final.fate {
            case .destinations(let found):
                for destination in found {
                    if options.deliversOncePerMailbox, case .mailbox(let mailbox) = destination,
                        !mailboxes.insert(MailboxKey(mailbox)).inserted
                    {
                        continue
                    }
                    destinations.append(destination)
                }
            case .dead(let status, let text):
                deadTargets.append(final.address)
                refusal = refusal ?? RoutingReply.rejected(recipient, status, text)
            case .unavailable(let reason):
                failure = failure ?? reason
            }
        }
        if let failure {
            verdict = .deferred(Self.reply(failure, recipient))
        } else if let undeliverable {
            // Nobody's part of the mail is dropped because another part can't be delivered.
            verdict = .deferred(RoutingReply.cannotDeliver(recipient, to: undeliverable.rawValue))
        } else if !destinations.isEmpty {
            verdict = .deliver(destinations)
        } else if hasUnusableValue {
            // The directory holds something for this recipient, only no address: a mistake to mend, not a "no".
            verdict = .deferred(RoutingReply.serverConfigurationError(recipient))
        } else if let refusal {
            verdict = .refuse(refusal)
        } else if hasLoop {
            verdict = .refuse(RoutingReply.forwardingLoop(recipient))
        } else {
            verdict = .deferred(RoutingReply.serverConfigurationError(recipient))
        }
    }

    private static func reply(_ failure: FinalRecipient.Failure, _ recipient: EmailAddress) -> SMTPReply {
        switch failure {
        case .lookup: RoutingReply.temporaryLookupFailure(recipient)
        case .configuration: RoutingReply.serverConfigurationError(recipient)
        case .transport: RoutingReply.unknownTransport(recipient)
        case .putOff(let status, let text): RoutingReply.putOff(recipient, status, text)
        }
    }

    private struct MailboxKey: Hashable {
        var location: MailboxLocation
        var owner: Owner

        init(_ mailbox: LocalMailbox) {
            location = mailbox.location
            owner = mailbox.owner
        }
    }
}
