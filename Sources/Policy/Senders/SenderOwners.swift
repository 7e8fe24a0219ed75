import Directory
import LookupTables
import MailModel
import Routing

/// Who owns a sender address: `smtpd_sender_login_maps`, asked by the keys of any address.
struct SenderOwners: Sendable {
    let tables: [any LookupTable]
    let location: SourceLocation?
    let router: Router

    /// The logins that own the address; `absent` when nobody does.
    func owners(of sender: EmailAddress) async -> Answer<[String]> {
        let options = router.options
        let local = await options.myDestination.contains(sender.domain.bytes)
        var isLocal = sender.domain == options.myOrigin
        switch local.outcome {
        case .found(let isListed): isLocal = isLocal || isListed
        case .absent: break
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: local.steps)
        }
        let answer = await AddressLookup.find(
            sender, in: tables, delimiter: options.recipientDelimiter, isLocal: isLocal)
        return Answer(answer.outcome.map { Self.logins($0.value) }, steps: local.steps + answer.steps)
    }

    /// Logins are separated by commas and blanks.
    static func logins(_ value: [UInt8]) -> [String] {
        value.split { $0 == UInt8(ascii: ",") || $0 == 0x20 || (0x09...0x0D).contains($0) }
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
