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
                      {@deliver.example = lmtp:inet:store.example:24}, {@blocked.example = error:no},
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
        case .found(.remote(let transport, let hop, let domain)): return "\(transport.spelling):\(hop ?? "\(domain)")"
        case .found(let way): return "\(way)"
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

    @Test func `a transport that sends nothing to other hosts makes mail wait, and so does a table that fails`()
        async throws
    {
        var hops = try hops()
        #expect(try await way("any@blocked.example", hops).contains("no transport called error"))
        hops.transports = [FailTable("down")]
        #expect(try await way("boss@example.org", hops).contains("fails by its nature"))
    }
}
