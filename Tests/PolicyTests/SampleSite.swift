import Directory
import LookupTables
import MailModel
import Policy
import Routing
import Testing

/// A table that holds what a test says and fails where a test says so.
struct SampleTable: LookupTable {
    var name = "sample"
    var location: Directory.SourceLocation?
    var isPattern = false
    var entries: [String: String]
    var failing: Set<String> = []

    init(_ entries: [String: String], failing: Set<String> = [], isPattern: Bool = false) {
        self.entries = entries
        self.failing = failing
        self.isPattern = isPattern
    }

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let text = String(decoding: key, as: UTF8.self)
        if failing.contains(text) { return Answer(.unavailable(UnavailableReason(.unreachable, "down"))) }
        return Answer(entries[text].map { .found(Array($0.utf8)) } ?? .absent)
    }
}

struct SampleMailboxes: MailboxLookup {
    var names: Set<String> = ["alice@example.org", "bob@example.org"]

    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        guard names.contains(address.description.lowercased()), let owner = Owner(uid: 5000, gid: 5000) else {
            return Answer(.absent)
        }
        let location = MailboxLocation(format: .maildir, path: Array("/mail/\(address)".utf8))
        return Answer(.found([LocalMailbox(address: address, location: location, owner: owner)]))
    }
}

func address(_ text: String) throws -> EmailAddress {
    try #require(EmailAddress(text), "\(text) is no address")
}

/// example.org with alice and bob, relay.example relayed; mail may leave.
func sampleRouter(failingDomains: Set<String> = []) throws -> Router {
    let origin = try #require(Domain("example.org"))
    var options = RoutingOptions(myOrigin: origin, mailboxes: SampleMailboxes())
    let domains = SampleTable(["example.org": "x"], failing: failingDomains)
    options.virtualMailboxDomains = try MatchList(
        name: "virtual_mailbox_domains", parsing: "sample:domains".utf8,
        reader: MatchList.Reader(
            readFile: { throw TableFault("\($0): no files here") }, openTable: { _, _ in domains }))
    options.relayDomains = try MatchList(
        name: "relay_domains", parsing: "relay.example".utf8, style: .domainAndSubdomains)
    options.recipientDelimiter = RecipientDelimiter("+")
    options.addressLiterals = [try #require(Domain("[192.0.2.25]"))]
    return Router(options)
}

extension SMTPPolicy {
    /// The reply to RCPT, as text.
    func answer(
        _ recipient: EmailAddress, from sender: String = "someone@outside.example",
        _ client: ClientFacts = ClientFacts()
    ) async throws -> String {
        let path = sender.isEmpty ? ReversePath.null : .address(try address(sender))
        return await self.recipient(recipient, sender: path, client: client).reply.description
    }
}
