import Directory
import LookupTables
import MailModel
import Routing

/// Who owns a sender address: `smtpd_sender_login_maps`, asked by the keys of any address; and, where the site says so,
/// who is behind an alias or in a group.
struct SenderOwners: Sendable {
    let tables: [any LookupTable]
    let location: SourceLocation?
    let router: Router
    var includesAliases = false
    var includesGroups = false

    init(_ options: PolicyOptions, _ router: Router) {
        tables = options.senderLoginMaps
        location = options.senderLoginMapsLocation
        self.router = router
        includesAliases = options.aliasesOwnSenders
        includesGroups = options.groupsOwnSenders
    }

    /// The members of a group that are asked for; somebody further down may not send as the group.
    private static let memberLimit = 1000

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

    /// Whether a login is behind an address that it doesn't own itself: `absent` when it isn't.
    func leads(_ sender: EmailAddress, to login: String) async -> Answer<Void> {
        guard includesAliases || includesGroups else { return Answer(.absent) }
        let targets = await router.aliasTargets(of: sender)
        func step(_ rule: String, _ text: String, _ children: [TraceStep]) -> [TraceStep] {
            [TraceStep(.decision(rule: rule, text: text), children: children)]
        }
        let addresses: [EmailAddress]
        switch targets.outcome {
        case .found(let found): addresses = found
        case .absent: return Answer(.absent, steps: step("senders", "\(sender) is no alias", targets.steps))
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: targets.steps)
        }
        let rule = addresses.count > 1 ? "senders.groups" : "senders.aliases"
        guard addresses.count > 1 ? includesGroups : includesAliases else {
            let text =
                addresses.count > 1 ? "is a group, which nobody sends as here" : "is an alias, which nobody owns here"
            return Answer(.absent, steps: step(rule, "\(sender) \(text)", targets.steps))
        }
        var steps = targets.steps
        for address in addresses.prefix(Self.memberLimit) {
            let answer = await owners(of: address)
            switch answer.outcome {
            case .found(let logins) where Self.holds(logins, login):
                return Answer(
                    .found(()),
                    steps: step(rule, "\(sender) leads to \(address), which \(login) owns", steps + answer.steps))
            case .found, .absent: break
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps + answer.steps)
            }
            // Thousands of them would bury what explains the decision.
            if steps.count < 50 { steps += answer.steps }
        }
        return Answer(.absent, steps: step(rule, "\(sender) leads to nobody whom \(login) is", steps))
    }

    /// Logins are separated by commas and blanks.
    static func logins(_ value: [UInt8]) -> [String] {
        value.split { $0 == UInt8(ascii: ",") || $0 == 0x20 || (0x09...0x0D).contains($0) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    static func holds(_ logins: [String], _ login: String) -> Bool {
        let folded = LookupKey.folded(Array(login.utf8))
        return logins.contains { LookupKey.folded(Array($0.utf8)) == folded }
    }
}
