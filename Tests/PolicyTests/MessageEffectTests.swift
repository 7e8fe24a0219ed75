import Directory
import LookupTables
import MailModel
import Policy
import Routing
import Synchronization
import Testing

/// What access tables do besides yes and no, restriction classes, and the lists of DATA and of the message's end.
@Suite struct MessageEffectTests {
    private func policy(_ change: (inout PolicyOptions) -> Void) throws -> SMTPPolicy {
        var options = PolicyOptions.postfix(isAuthenticationEnabled: true)
        change(&options)
        return SMTPPolicy(options, router: try sampleRouter())
    }

    private let sender = "someone@outside.example"

    private func decide(
        _ policy: SMTPPolicy, _ recipient: String = "alice@example.org", _ client: ClientFacts = ClientFacts()
    ) async throws -> SMTPPolicy.RecipientDecision {
        await policy.recipient(try address(recipient), sender: .address(try address(sender)), client: client)
    }

    @Test func `what tables say of a message is gathered over its lists and recipients`() async throws {
        let policy = try policy {
            $0.clientRestrictions = RestrictionList([
                .checkClientAccess(SampleTable(["203.0.113.5": "PREPEND X-Client:  known"]))
            ])
            $0.senderRestrictions = RestrictionList([
                .checkSenderAccess(SampleTable(["outside.example": "BCC bob@example.org"])),
                .checkSenderAccess(SampleTable(["someone@": "WARN odd"])),
            ])
            $0.recipientRestrictions = RestrictionList([
                .checkRecipientAccess(
                    SampleTable(["alice@example.org": "REDIRECT bob@example.org", "bob@example.org": "DISCARD trap"]))
            ])
        }
        var effects = MessageEffects()
        for recipient in ["alice@example.org", "bob@example.org"] {
            let decision = try await decide(policy, recipient, ClientFacts(address: IPAddress("203.0.113.5")))
            #expect(decision.reply.code == 250)
            #expect(decision.effects.notes.contains { $0.contains("odd") })
            effects.merge(decision.effects)
        }
        #expect(effects.prepended.map { String(decoding: $0.bytes, as: UTF8.self) } == ["X-Client: known\r\n"])
        #expect(effects.blindCopies == [try address("bob@example.org")])
        #expect(effects.redirect == (try address("bob@example.org")))
        #expect(effects.isDiscarded)
    }

    @Test func `nobody asks further about a message that is thrown away, and it goes nowhere`() async throws {
        let policy = try policy {
            $0.senderRestrictions = RestrictionList([.checkSenderAccess(SampleTable(["outside.example": "DISCARD"]))])
        }
        for recipient in ["x@elsewhere.example", "zoe@example.org"] {
            let decision = try await decide(policy, recipient)
            #expect(decision.reply.code == 250 && decision.effects.isDiscarded)
            let nowhere = Destination.discard(try address(recipient), reason: "discarded by an access table")
            #expect(decision.resolution?.verdict == .deliver([nowhere]))
        }
    }

    @Test(
        "a table may name a class, with warn_if_reject before it",
        arguments: [
            ("strict", "554 5.7.1 <someone@outside.example>: Sender address rejected: no"),
            ("warn_if_reject strict", "250 2.1.5 Ok"),
            (
                "warn_if_reject, strict, reject",
                "554 5.7.1 <alice@example.org>: Recipient address rejected: Access denied"
            ),
            ("strict missing", "451 4.3.5 Server configuration error"),
            ("warn_if_reject", "451 4.3.5 Server configuration error"),
            ("loop", "451 4.3.5 Server configuration error"),
        ])
    func classes(value: String, expected: String) async throws {
        let policy = try policy {
            $0.restrictionClasses["strict"] = RestrictionList([
                .checkSenderAccess(SampleTable(["outside.example": "REJECT no"]))
            ])
            $0.restrictionClasses["loop"] = RestrictionList([
                .checkSenderAccess(SampleTable(["outside.example": "loop"]))
            ])
            $0.recipientRestrictions = RestrictionList([
                .checkRecipientAccess(SampleTable(["alice@example.org": value]))
            ])
        }
        #expect(try await decide(policy).reply.description == expected)
    }

    @Test func `what this server doesn't have neither permits nor rejects`() async throws {
        let policy = try policy {
            $0.relayRestrictions = RestrictionList([.notServed("permit_tls_clientcerts"), .rejectUnauthDestination])
            $0.recipientRestrictions = RestrictionList([.notServed("reject_rbl_client zen.example")])
        }
        #expect(try await decide(policy, "x@elsewhere.example").reply.code == 554)
        let known = try await decide(policy)
        #expect(known.reply.code == 250)
        #expect(
            ResolutionText().text(known.steps).contains("reject_rbl_client zen.example: this server has no such check"))
    }

    @Test(
        "unknown senders of our own domains are refused where asked",
        arguments: [
            ("zoe@example.org", "550 5.1.0 <zoe@example.org>: Sender address rejected: User unknown"),
            ("alice@example.org", "250 2.1.5 Ok"), ("zoe@elsewhere.example", "250 2.1.5 Ok"), ("", "250 2.1.5 Ok"),
        ])
    func unlistedSender(sender: String, expected: String) async throws {
        for isImplicit in [true, false] {
            let policy = try policy {
                $0.rejectsUnlistedSender = isImplicit
                $0.senderRestrictions = RestrictionList(isImplicit ? [.permit] : [.rejectUnlistedSender])
            }
            #expect(try await policy.answer(address("alice@example.org"), from: sender) == expected)
        }
    }

    @Test func `commands ahead of their replies are refused at DATA, in the name of DATA`() async throws {
        let policy = try policy { $0.dataRestrictions = RestrictionList([.rejectUnauthPipelining]) }
        var client = ClientFacts()
        let alice = try address("alice@example.org")
        #expect(await policy.data(to: [alice], sender: .null, client: client).reply == nil)
        client.pipelinesImproperly = true
        #expect(
            await policy.data(to: [alice], sender: .null, client: client).reply?.description
                == "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining")
    }

    @Test func `the end of the message has a list of its own; recipients are asked for when there is one`() async throws
    {
        let policy = try policy {
            $0.endOfDataRestrictions = RestrictionList([
                .checkRecipientAccess(SampleTable(["alice@example.org": "REJECT too late"]))
            ])
        }
        let alice = try address("alice@example.org")
        let bob = try address("bob@example.org")
        #expect(
            await policy.endOfData(to: [alice], sender: .null, client: ClientFacts(), size: 10).reply?.description
                == "554 5.7.1 <alice@example.org>: Recipient address rejected: too late")
        #expect(await policy.endOfData(to: [alice, bob], sender: .null, client: ClientFacts(), size: 10).reply == nil)
    }
}

/// A policy server of a test.
final class SamplePolicyService: PolicyService {
    let name = "inet:127.0.0.1:10023"
    private let answer: Outcome<[UInt8]>
    private let asked = Mutex<[PolicyServiceRequest]>([])

    init(_ answer: Outcome<[UInt8]>) { self.answer = answer }

    var requests: [PolicyServiceRequest] { asked.withLock { $0 } }

    func ask(_ request: PolicyServiceRequest) async -> Outcome<[UInt8]> {
        asked.withLock { $0.append(request) }
        return answer
    }
}

/// check_policy_service.
@Suite struct PolicyServiceTests {
    @Test(
        "its action is one of access(5)",
        arguments: [
            ("DUNNO", "250 2.1.5 Ok"),
            ("REJECT not today", "554 5.7.1 <alice@example.org>: Recipient address rejected: not today"),
            ("450 4.2.2 full", "450 4.2.2 <alice@example.org>: Recipient address rejected: full"),
            (
                "DEFER_IF_PERMIT Service is unavailable",
                "450 4.7.1 <alice@example.org>: Recipient address rejected: Service is unavailable"
            ),
        ])
    func actions(action: String, expected: String) async throws {
        var options = PolicyOptions.native(.mx)
        let service = SamplePolicyService(.found(Array(action.utf8)))
        options.recipientRestrictions = RestrictionList([.checkPolicyService(service)])
        var client = ClientFacts(address: IPAddress("203.0.113.5"), helo: "client.example", login: "anna")
        client.isExtended = true
        client.instance = "one"
        let policy = SMTPPolicy(options, router: try sampleRouter())
        #expect(try await policy.answer(address("alice@example.org"), from: "x@outside.example", client) == expected)
        let text = String(decoding: try #require(service.requests.first).encoded, as: UTF8.self)
        #expect(text.hasPrefix("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"))
        for line in [
            "client_address=203.0.113.5", "helo_name=client.example", "sender=x@outside.example",
            "recipient=alice@example.org", "recipient_count=0", "instance=one", "size=0", "sasl_username=anna",
        ] { #expect(text.contains("\n\(line)\n")) }
        #expect(text.hasSuffix("\n\n"))
    }

    @Test func `a server that doesn't answer puts mail off`() async throws {
        var options = PolicyOptions.native(.mx)
        let service = SamplePolicyService(.unavailable(UnavailableReason(.unreachable, "refused")))
        options.recipientRestrictions = RestrictionList([.checkPolicyService(service)])
        let policy = SMTPPolicy(options, router: try sampleRouter())
        #expect(
            try await policy.answer(address("alice@example.org"))
                == "451 4.3.5 <alice@example.org>: Recipient address rejected: Server configuration problem")
    }

    @Test func `no value can forge another line of a request`() {
        let request = PolicyServiceRequest(attributes: [("helo_name", "a\nsasl_username=root"), ("sender", "")])
        #expect(request.encoded == Array("helo_name=a?sasl_username=root\nsender=\n\n".utf8))
    }

    @Test(
        "a reply is an action line and an empty one, in whatever pieces",
        arguments: [
            ("action=DUNNO\n\n", "DUNNO"), ("action=REJECT a=b\r\n\r\n", "REJECT a=b"),
            ("other=1\naction=OK\n\n", "OK"), ("action=OK\n", nil), ("action=", nil), ("", nil),
        ] as [(String, String?)])
    func replies(text: String, action: String?) {
        let expected: PolicyServiceReply.Progress = action.map { .action(Array($0.utf8)) } ?? .needMoreData
        var whole = PolicyServiceReply()
        #expect(whole.receive(text.utf8) == expected)
        var pieces = PolicyServiceReply()
        var last = PolicyServiceReply.Progress.needMoreData
        for byte in text.utf8 { last = pieces.receive([byte]) }
        #expect(last == expected)
    }

    @Test(
        "anything else is no reply",
        arguments: [
            "\n", "nonsense\n\n", "action=\n\n", "action=OK\n\naction=OK\n\n", String(repeating: "x", count: 20_000),
        ])
    func invalid(text: String) {
        var reply = PolicyServiceReply()
        guard case .invalid = reply.receive(text.utf8) else {
            Issue.record("\(text.prefix(40)) was taken")
            return
        }
    }
}
