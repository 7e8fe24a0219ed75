import Directory
import LookupTables
import MailModel
import Routing
import Spool
import Testing

@testable import Delivery

/// What of a copy's way depends on its sender, as trivial-rewrite(8) of Postfix finds it.
struct SenderNextHopsTests {
    private let address = EmailAddress("x@far.example")

    private func hops(relayHost: String? = nil) throws -> SenderNextHops {
        SenderNextHops(
            transports: [
                try InlineTable(
                    """
                    { {boss@example.org = own:[own.example]:587}, {@sales.example = own}, {@plain.example = dunno},
                      {@deliver.example = lmtp:inet:store.example:24}, {@blocked.example = error:5.7.2 no mail from you},
                      {@bare.example = error}, {@late.example = retry:not today}, {@gone.example = discard:silently},
                      {@odd.example = virtual:},
                      {<> = smtp:[bounces.example]}, {null@example.org = own:} }
                    """.utf8)
            ],
            relayHosts: [
                try InlineTable(
                    "{ {@sales.example = [relay.example]}, {boss@example.org = [unused.example]}, {@plain.example = [p.example]} }"
                        .utf8)
            ],
            named: ["own": RemoteDestination.Transport(.smtp, name: "own")], relayHost: relayHost,
            delimiter: RecipientDelimiter("+"))
    }

    /// `transport:nexthop`, or why it can't be told.
    private func way(
        _ sender: String?, _ hops: SenderNextHops, nextHop: String? = nil, byTable: Bool = false
    ) async throws -> String {
        let remote = RemoteDestination(
            address: try #require(address), nextHop: nextHop, leavesByDefault: !byTable, hasDefaultTransport: !byTable)
        let path: ReversePath
        if let sender { path = .address(try #require(EmailAddress(sender))) } else { path = .null }
        switch await hops.way(of: remote, sender: path).outcome {
        case .found(let way): return way.text
        case .absent: return "absent"
        case .unavailable(let reason): return reason.text
        }
    }

    @Test func `the sender, the sender without its extension, then the domain name the transport`() async throws {
        let hops = try hops()
        #expect(try await way("boss@example.org", hops) == "own:[own.example]:587")
        #expect(try await way("Boss+list@Example.org", hops) == "own:[own.example]:587")
        #expect(try await way("any@deliver.example", hops) == "lmtp:inet:store.example:24")
        #expect(try await way("nobody@example.org", hops) == "smtp:far.example")
        #expect(try await way(nil, hops) == "smtp:[bounces.example]")
    }

    @Test func `a transport without a next hop leaves by the sender's relay host, else by everybody's`() async throws {
        let hops = try hops(relayHost: "[everybody.example]")
        #expect(try await way("any@sales.example", hops) == "own:[relay.example]")
        #expect(try await way("null@example.org", hops, nextHop: "[everybody.example]") == "own:[everybody.example]")
        #expect(try await way("null@example.org", try self.hops()) == "own:far.example")
    }

    @Test func `DUNNO leaves the transport alone, and a transport table comes before all`() async throws {
        let hops = try hops()
        #expect(try await way("any@plain.example", hops) == "smtp:[p.example]")
        #expect(
            try await way("boss@example.org", hops, nextHop: "[table.example]", byTable: true) == "smtp:[table.example]"
        )
    }

    @Test func `error, retry and discard end the mail of a sender, in their own words or with the domain`() async throws
    {
        let hops = try hops(relayHost: "[everybody.example]")
        #expect(try await way("any@blocked.example", hops) == "error:5.7.2 no mail from you")
        #expect(try await way("any@bare.example", hops) == "error:far.example")
        #expect(try await way("any@late.example", hops) == "retry:not today")
        #expect(try await way("any@gone.example", hops) == "discard:silently")
        #expect(
            try await way("any@blocked.example", hops, nextHop: "[table.example]", byTable: true)
                == "smtp:[table.example]")
    }

    @Test(arguments: [
        (
            SenderWay.refused("5.7.2 no"), "550 5.7.2 <x@far.example>: Recipient address rejected: no" as String?,
            "550 5.7.2 no"
        ),
        (.refused("no"), "550 5.1.1 <x@far.example>: Recipient address rejected: no", "550 5.0.0 no"),
        (.putOff("4.7.9 later"), "450 4.7.9 <x@far.example>: Recipient address rejected: later", "450 4.7.9 later"),
        (.putOff("later"), "450 4.1.1 <x@far.example>: Recipient address rejected: later", "450 4.0.0 later"),
        (.discarded("away"), String?.none, "250 2.0.0 away"),
    ])
    func `each has its words at RCPT, and others in the queue`(way: SenderWay, refusal: String?, words: String) throws {
        #expect(way.refusal(of: try #require(address))?.description == refusal)
        switch try #require(way.result) {
        case .failed(let reply, _), .deferred(let reply, _), .delivered(let reply, _):
            #expect(reply.description == words)
        case .moved, .expanded, .unresolved: Issue.record("\(way)")
        }
    }

    @Test func `a transport that sends nothing to other hosts makes mail wait, and so does a table that fails`()
        async throws
    {
        var hops = try hops()
        #expect(try await way("any@odd.example", hops).contains("no transport called virtual"))
        hops.transports = [FailTable("down")]
        #expect(try await way("boss@example.org", hops).contains("fails by its nature"))
    }
}
