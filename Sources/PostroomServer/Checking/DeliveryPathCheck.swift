import Accounts
import MailModel
import Routing
import SiteConfiguration

/// Accounts whose mail is delivered to another folder than the one that IMAP shows.
struct DeliveryPathCheck: ExaminationPart {
    let title = "where mail goes and where it is read"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var differing: [String] = []
        var looked = 0
        var location = examination.model.accounts.users.first?.location ?? examination.model.hostname.location
        for sampled in examination.accounts where !examination.isOver {
            guard let account = sampled.account, case .here(let shown) = account.location else { continue }
            for address in sampled.addresses.prefix(5) {
                let resolution = await examination.site.router.resolve(address)
                guard case .deliver(let destinations) = resolution.verdict else { continue }
                // An alias may lead elsewhere: the mailboxes of the address itself count.
                let mailboxes = destinations.compactMap { destination -> LocalMailbox? in
                    guard case .mailbox(let mailbox) = destination, mailbox.address == address else { return nil }
                    return mailbox
                }
                guard !mailboxes.isEmpty else { continue }
                looked += 1
                guard !mailboxes.contains(where: { Self.inbox($0.location) == Self.inbox(shown) }) else { continue }
                differing.append(
                    "\(address) goes to \(mailboxes[0].location), and \(sampled.login) reads \(shown)")
                if case .tables(let maps) = examination.model.routing.mailboxes,
                    let place = maps.paths.first?.nameAndLocation.location
                {
                    location = place
                }
            }
        }
        guard !differing.isEmpty else { return [] }
        return [
            CheckFinding(
                .error, at: location,
                "mail is delivered where IMAP does not show it for \(differing.count) of \(looked) addresses: \(FindingText.list(differing))",
                remedy: "make the path of the mailboxes and that of the accounts one")
        ]
    }

    private static func inbox(_ location: MailboxLocation) -> [UInt8] { location.inbox ?? location.path }
}
