import LookupTables
import MailModel
import Policy
import Routing
import Testing

/// Who may send as whom.
@Suite struct SenderLoginTests {
    private func policy(
        _ restriction: Restriction, authentication: Bool = true, failing: Set<String> = []
    ) throws -> SMTPPolicy {
        var options = PolicyOptions.postfix(isAuthenticationEnabled: authentication)
        options.senderRestrictions = RestrictionList([restriction])
        options.senderLoginMaps = [
            SampleTable(
                [
                    "alice@example.org": "alice", "shared@example.org": "alice, bob carol",
                    "@catchall.example": "dora",
                ], failing: failing)
        ]
        return SMTPPolicy(options, router: try sampleRouter())
    }

    private static let notOwned = "553 5.7.1 <%>: Sender address rejected: not owned by user "
    private static let notLoggedIn = "553 5.7.1 <%>: Sender address rejected: not logged in"

    @Test(
        "the tests of sender and login",
        arguments: [
            // reject_sender_login_mismatch
            ("reject_sender_login_mismatch", "alice", "alice@example.org", ""),
            ("reject_sender_login_mismatch", "ALICE", "alice@example.org", ""),
            ("reject_sender_login_mismatch", "alice", "Alice+list@example.org", ""),
            ("reject_sender_login_mismatch", "carol", "shared@example.org", ""),
            ("reject_sender_login_mismatch", "dora", "anything@catchall.example", ""),
            ("reject_sender_login_mismatch", "alice", "", ""),
            ("reject_sender_login_mismatch", "", "", ""),
            ("reject_sender_login_mismatch", "bob", "alice@example.org", "notOwned"),
            ("reject_sender_login_mismatch", "ali", "alice@example.org", "notOwned"),
            ("reject_sender_login_mismatch", "alice", "stranger@outside.example", "notOwned"),
            ("reject_sender_login_mismatch", "", "alice@example.org", "notLoggedIn"),
            ("reject_sender_login_mismatch", "", "stranger@outside.example", ""),
            // its two halves
            ("reject_authenticated_sender_login_mismatch", "", "alice@example.org", ""),
            ("reject_authenticated_sender_login_mismatch", "bob", "alice@example.org", "notOwned"),
            ("reject_unauthenticated_sender_login_mismatch", "bob", "alice@example.org", ""),
            ("reject_unauthenticated_sender_login_mismatch", "", "alice@example.org", "notLoggedIn"),
            // an address without an owner
            ("reject_known_sender_login_mismatch", "alice", "stranger@outside.example", ""),
            ("reject_known_sender_login_mismatch", "bob", "alice@example.org", "notOwned"),
            ("reject_known_sender_login_mismatch", "", "alice@example.org", "notLoggedIn"),
        ])
    func mismatches(restriction: String, login: String, sender: String, expected: String) async throws {
        let policy = try policy(try #require(Restriction(named: restriction)))
        let client = ClientFacts(login: login.isEmpty ? nil : login)
        let answer = try await policy.answer(address("alice@example.org"), from: sender, client)
        switch expected {
        case "notOwned": #expect(answer == Self.notOwned.replacing("%", with: sender) + login)
        case "notLoggedIn": #expect(answer == Self.notLoggedIn.replacing("%", with: sender))
        default: #expect(answer == "250 2.1.5 Ok")
        }
    }

    @Test func `where AUTH is off the tests do nothing`() async throws {
        let policy = try policy(.rejectSenderLoginMismatch, authentication: false)
        #expect(try await policy.answer(address("alice@example.org"), from: "alice@example.org") == "250 2.1.5 Ok")
    }

    @Test func `owners that can't be asked defer`() async throws {
        let policy = try policy(.rejectSenderLoginMismatch, failing: ["bob@example.org"])
        #expect(
            try await policy.answer(address("alice@example.org"), from: "bob@example.org", ClientFacts(login: "bob"))
                == "451 4.3.0 <bob@example.org>: Temporary lookup failure")
    }

    @Test func `without delay the sender is refused at MAIL`() async throws {
        var options = PolicyOptions.native(.submission)
        options.senderLoginMaps = [SampleTable(["alice@example.org": "alice"])]
        let sender = ReversePath.address(try address("bob@example.org"))
        let client = ClientFacts(login: "alice")
        let delayed = await SMTPPolicy(options, router: try sampleRouter()).sender(sender, client: client)
        #expect(delayed.reply == nil)
        options.delaysReject = false
        let direct = await SMTPPolicy(options, router: try sampleRouter()).sender(sender, client: client)
        #expect(direct.reply?.code == 553)
        #expect(!direct.steps.isEmpty)
    }
}
