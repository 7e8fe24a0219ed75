import Directory
import LookupTables
import MailModel
import Policy
import Routing
import Testing

/// Nobody relays through us who may not (hazards #8).
@Suite struct RelayTests {
    /// Local part and domain as the parser of RCPT hands them over: quotes and routes removed.
    private static let tricks: [(localPart: String, domain: String)] = [
        ("user", "outside.example"),
        ("user%outside.example", "example.org"),
        ("user%outside.example%third.example", "example.org"),
        ("alice%outside.example", "example.org"),
        ("outside.example!user", "example.org"),
        ("third.example!outside.example!user", "example.org"),
        ("user@outside.example", "example.org"),
        ("user%outside.example", "relay.example"),
        ("outside.example!user", "relay.example"),
        ("user@outside.example", "relay.example"),
        ("user%outside.example", "[192.0.2.25]"),
        ("user@outside.example", "[192.0.2.25]"),
        ("user%outside.example@example.org", "outside.example"),
        ("user", "[203.0.113.1]"),
        ("user", "[IPv6:2001:db8::1]"),
        ("user", "example.org.outside.example"),
        ("user", "notexample.org"),
        ("user", "sub.example.org"),
        ("user", "notrelay.example"),
        ("user", "example"),
        ("user", "org"),
        ("user", "EXAMPLE.ORG.OUTSIDE.EXAMPLE"),
        ("example.org!user", "outside.example"),
        ("user%example.org", "outside.example"),
        ("alice@example.org", "outside.example"),
        ("user", "xn--exmple-cua.org"),
        ("user", "exämple.org"),
        ("postmaster", "outside.example"),
        ("abuse", "outside.example"),
        ("postmaster%outside.example", "example.org"),
        ("%outside.example", "example.org"),
        ("@outside.example", "example.org"),
        ("!user", "example.org"),
        ("user%", "example.org"),
        (" user@outside.example", "example.org"),
        ("alice+x%outside.example", "example.org"),
        ("alice\"@outside.example", "example.org"),
        ("alice\u{0}", "outside.example"),
        ("user%outside.example", "sub.relay.example"),
        ("MAILER-DAEMON", "outside.example"),
    ]

    private func recipient(_ index: Int) throws -> EmailAddress? {
        let trick = Self.tricks[index]
        return EmailAddress(localPart: trick.localPart.utf8, domain: try #require(Domain(trick.domain)))
    }

    @Test("a stranger relays nowhere, whatever the address looks like", arguments: Self.tricks.indices)
    func strangers(index: Int) async throws {
        // A local part with a NUL is no address to begin with.
        guard let recipient = try recipient(index) else { return }
        for listener in [PolicyOptions.Listener.mx, .submission, .lmtp] {
            let policy = SMTPPolicy(.native(listener), router: try sampleRouter())
            let decision = await policy.recipient(
                recipient, sender: .null, client: ClientFacts(address: IPAddress("127.0.0.1"), helo: "example.org"))
            #expect(decision.reply.isPermanent)
            #expect(decision.resolution == nil)
        }
    }

    @Test func `natively the words and the code are Postfix's`() async throws {
        let policy = SMTPPolicy(.native(.mx), router: try sampleRouter())
        #expect(
            try await policy.answer(address("x@outside.example"))
                == "554 5.7.1 <x@outside.example>: Relay access denied")
    }

    @Test func `a site of Postfix's defaults defers what it might relay one day`() async throws {
        let policy = SMTPPolicy(.postfix(isAuthenticationEnabled: false), router: try sampleRouter())
        #expect(
            try await policy.answer(address("x@outside.example"))
                == "454 4.7.1 <x@outside.example>: Relay access denied")
    }

    @Test(
        "what is ours, and what we relay for everybody, is taken from anybody",
        arguments: [
            "alice@example.org", "ALICE@EXAMPLE.ORG", "x@relay.example", "x@sub.relay.example",
        ])
    func ours(recipient: String) async throws {
        let policy = SMTPPolicy(.native(.mx), router: try sampleRouter())
        #expect(try await policy.answer(address(recipient)) == "250 2.1.5 Ok")
    }

    @Test func `natively no network is trusted, an imported one is`() async throws {
        let loopback = ClientFacts(address: IPAddress("127.0.0.1"))
        let outside = try address("x@outside.example")
        #expect(
            try await SMTPPolicy(.native(.mx), router: try sampleRouter()).answer(outside, loopback).hasPrefix("554"))
        var options = PolicyOptions.postfix(isAuthenticationEnabled: false)
        options.myNetworks = NetworkList([try #require(IPNetwork("127.0.0.0/8"))])
        #expect(try await SMTPPolicy(options, router: try sampleRouter()).answer(outside, loopback) == "250 2.1.5 Ok")
        let stranger = ClientFacts(address: IPAddress("203.0.113.5"))
        #expect(
            try await SMTPPolicy(options, router: try sampleRouter()).answer(outside, stranger).hasPrefix("454"))
    }

    @Test func `a user who is logged in may send anywhere`() async throws {
        var options = PolicyOptions.native(.submission)
        options.senderLoginMaps = [SampleTable(["alice@example.org": "alice"])]
        let policy = SMTPPolicy(options, router: try sampleRouter())
        let alice = ClientFacts(login: "alice")
        #expect(
            try await policy.answer(address("x@outside.example"), from: "alice@example.org", alice) == "250 2.1.5 Ok")
        #expect(
            try await policy.answer(address("alice@example.org"), from: "x@outside.example")
                == "554 5.7.1 <alice@example.org>: Recipient address rejected: Access denied")
    }

    @Test func `a domain list that can't be read defers, it neither relays nor refuses`() async throws {
        let policy = SMTPPolicy(.native(.mx), router: try sampleRouter(failingDomains: ["undecided.example"]))
        #expect(
            try await policy.answer(address("x@undecided.example"))
                == "451 4.3.0 <x@undecided.example>: Temporary lookup failure")
    }

    @Test func `every native listener keeps strangers from relaying, or says who may reach it`() {
        for listener in PolicyOptions.Listener.allCases where listener != .local {
            #expect(PolicyOptions.native(listener).guardsRelaying)
        }
        #expect(PolicyOptions.postfix(isAuthenticationEnabled: true).guardsRelaying)
        var open = PolicyOptions.postfix(isAuthenticationEnabled: true)
        open.relayRestrictions = RestrictionList([.permitMyNetworks])
        #expect(!open.guardsRelaying)
    }
}
