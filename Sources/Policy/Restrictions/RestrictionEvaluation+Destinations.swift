import Directory
import MailModel
import Routing

extension RestrictionEvaluation {
    /// A destination is authorized when mail for it ends here or is relayed for everybody, and when its local part names
    /// no further host (`user%other@us`, `other!user@us`, `"user@other"@us`): whoever serves the domain might send it on.
    mutating func authorizedDestination(
        _ denied: (EmailAddress) -> Verdict, otherwise authorized: () -> Verdict = { .dunno }
    ) async -> Verdict {
        guard let recipient else { return .dunno }
        if recipient.hasSenderSpecifiedRouting { return denied(recipient) }
        let answer = await classOfRecipient(recipient)
        switch answer.outcome {
        case .found(.remote), .absent: return router.isOwnPostmaster(recipient) ? authorized() : denied(recipient)
        case .found: return authorized()
        case .unavailable: return .refuse(PolicyReply.temporaryLookupFailure(recipient.description))
        }
    }

    mutating func classOfRecipient(_ recipient: EmailAddress) async -> Answer<AddressClass> {
        if let recipientClass { return recipientClass }
        let answer = await router.addressClass(of: recipient.domain)
        steps += answer.steps
        recipientClass = answer
        return answer
    }

    /// Only a "no" of somebody who knows refuses; senders of other hosts are nobody's business here.
    mutating func unlistedSender() async -> Verdict {
        guard let address = sender.address else { return .dunno }
        let answer = await router.listing(of: address)
        steps += answer.steps
        switch answer.outcome {
        case .found(.listed), .absent: return .dunno
        case .found(.unlisted(let status, let text)):
            return .refuse(PolicyReply.rejected(.sender(sender), text, code: 550, Self.ofSender(status)))
        case .unavailable: return .refuse(PolicyReply.temporaryLookupFailure(address.description))
        }
    }

    /// RFC 3463 §3.2 has codes of its own for senders: `X.1.1` is `X.1.0` there, `X.1.6` is `X.1.7`.
    private static func ofSender(_ status: EnhancedStatusCode) -> EnhancedStatusCode {
        guard status.subject == 1 else { return status }
        switch status.detail {
        case 1, 4: return EnhancedStatusCode(status.statusClass, 1, 0)
        case 2: return EnhancedStatusCode(status.statusClass, 1, 8)
        case 3, 6: return EnhancedStatusCode(status.statusClass, 1, 7)
        default: return status
        }
    }

    mutating func unlistedRecipient() async -> Verdict {
        guard let recipient else { return .dunno }
        let resolution = await resolve(recipient)
        switch resolution.verdict {
        case .deliver: return .dunno
        case .refuse(let reply): return .refuse(reply)
        case .deferred(let reply): return .refuse(reply)
        }
    }
}
