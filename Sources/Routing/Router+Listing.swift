package import Directory
import LookupTables
package import MailModel

/// Whether an address of ours exists, as smtpd(8) asks for senders and recipients (reject_unlisted_sender).
package enum Listing: Hashable, Sendable {
    case listed
    /// `User unknown in virtual mailbox table`
    case unlisted(EnhancedStatusCode, String)
}

extension Router {
    /// An address is listed when a canonical or an alias table knows it, or when the recipient tables and mailboxes of its
    /// class do; addresses of other hosts always are. Never `absent`.
    ///
    /// - Parameter asksMailboxes: false asks tables alone, as smtpd(8) does: what they know may have no mailbox.
    package func listing(of address: EmailAddress, asksMailboxes: Bool = true) async -> Answer<Listing> {
        let address = options.completed(address)
        let addressClass = await classifier.addressClass(of: address.domain)
        var steps = addressClass.steps
        guard case .found(let found) = addressClass.outcome else {
            return Answer(addressClass.outcome.map { _ in .listed }, steps: steps)
        }
        let rewriting =
            options.canonical.recipientMaps + options.canonical.senderMaps + options.canonical.maps
            + options.virtualAliasMaps
        let hit = await AddressLookup.find(
            address, in: rewriting, delimiter: options.recipientDelimiter,
            isLocal: found == .local || address.domain == options.myOrigin)
        steps += hit.steps
        switch hit.outcome {
        case .found: return Answer(.found(.listed), steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        case .absent: break
        }
        if found == .local, !options.localAliasMaps.isEmpty {
            let alias = await LocalAliasLookup(options: options).find(address)
            steps += alias.steps
            switch alias.outcome {
            case .found: return Answer(.found(.listed), steps: steps)
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .absent: break
            }
        }
        guard asksMailboxes else {
            let isKnown = await FinalRecipientResolver(options: options).isInTable(address, found, &steps)
            let unlisted = Listing.unlisted(EnhancedStatusCode(5, 1, 1), "User unknown")
            return Answer(.found(isKnown ? .listed : unlisted), steps: steps)
        }
        let final = await FinalRecipientResolver(options: options).resolve(address, addressClass, isOriginal: true)
        steps += final.steps
        switch final.fate {
        case .dead(let status, let text): return Answer(.found(.unlisted(status, text)), steps: steps)
        case .destinations, .unavailable(.transport), .unavailable(.putOff):
            return Answer(.found(.listed), steps: steps)
        case .unavailable(.lookup), .unavailable(.configuration):
            let reason = UnavailableReason(.incomplete, "can't tell whether \(address) exists")
            return Answer(.unavailable(reason), steps: steps)
        }
    }
}
