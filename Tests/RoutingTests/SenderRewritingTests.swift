import Directory
import LookupTables
import MailModel
import PostroomTesting
import Routing
import Testing

/// SRS, by the vectors of postsrsd's own tests: the secret `tops3cr3t` on 1 January 2020.
@Suite struct SenderRewritingTests {
    private static let newYear = RFC5322Date(seconds: 1_577_836_860)

    private func rewriting(
        _ secrets: [String] = ["tops3cr3t"], domain name: String = "example.com", excluded: [String] = [],
        separator: Character = "="
    ) throws -> SenderRewriting {
        try #require(
            SenderRewriting(
                secrets: secrets.map { Array($0.utf8) }, domain: domain(name), excludedDomains: excluded,
                separator: separator.asciiValue ?? 0, validDays: 180))
    }

    @Test(arguments: [
        ("test@example.com", "test@example.com"),
        ("test@otherdomain.com", "SRS0=vmyz=2W=otherdomain.com=test@example.com"),
        ("SRS0=XjO9=2V=otherdomain.com=test@example.com", "SRS0=XjO9=2V=otherdomain.com=test@example.com"),
        ("SRS0=opaque+string@otherdomain.com", "SRS1=chaI=otherdomain.com==opaque+string@example.com"),
        (
            "SRS1=X=thirddomain.com==opaque+string@otherdomain.com",
            "SRS1=JIBX=thirddomain.com==opaque+string@example.com"
        ),
    ])
    func `senders become what postsrsd makes of them`(sender: String, expected: String) throws {
        let result = try rewriting().rewritten(address(sender), at: Self.newYear)
        #expect(String(decoding: result.unquoted, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("SRS0=XjO9=2V=otherdomain.com=test@example.com", "test@otherdomain.com"),
        ("SRS1=JIBX=thirddomain.com==opaque+string@example.com", "SRS0=opaque+string@thirddomain.com"),
        // Servers on the way have changed the case.
        ("srs0=xjo9=2v=otherdomain.com=test@example.com", "test@otherdomain.com"),
        ("SRS0=XJO9=2V=OTHERDOMAIN.COM=TEST@EXAMPLE.COM", "TEST@otherdomain.com"),
        ("SRS0+XjO9=2V=otherdomain.com=test@example.com", "test@otherdomain.com"),
    ])
    func `bounces find their way back`(recipient: String, sender: String) throws {
        #expect(try rewriting().reversed(address(recipient), at: Self.newYear) == .sender(try address(sender)))
    }

    @Test(arguments: [
        "SRS0=te87=T7=otherdomain.com=test@example.com", "SRS0=VcIb=7N=otherdomain.com=test@example.com",
        "SRS0=FAKE=2V=otherdomain.com=test@example.com", "SRS0=@example.com", "SRS0=XjO9@example.com",
        "SRS0=XjO9=2V@example.com", "SRS0=XjO9=2V=otherdomain.com@example.com",
        "SRS0=XjO=2V=otherdomain.com=test@example.com",
        "SRS0=XjO9=2V=otherdomain.com=other@example.com", "SRS1=JIBX=otherdomain.com==opaque+string@example.com",
    ])
    func `what is old, forged or broken is refused`(recipient: String) throws {
        guard case .refused = try rewriting().reversed(address(recipient), at: Self.newYear) else {
            Issue.record("\(recipient) is taken")
            return
        }
    }

    @Test func `other addresses are none of these`() throws {
        for text in ["test@example.com", "SRS0=XjO9=2V=otherdomain.com=test@elsewhere.example", "srs0x@example.com"] {
            #expect(try rewriting().reversed(address(text), at: Self.newYear) == .none)
        }
    }

    @Test func `an old secret is recognised and signs no more`() throws {
        let old = try rewriting(["first"]).rewritten(address("a@b.example"), at: Self.newYear)
        let both = try rewriting(["second", "first"])
        #expect(both.reversed(old, at: Self.newYear) == .sender(try address("a@b.example")))
        #expect(both.rewritten(try address("a@b.example"), at: Self.newYear) != old)
        guard case .refused = try rewriting(["second"]).reversed(old, at: Self.newYear) else {
            Issue.record("an unknown secret is recognised")
            return
        }
    }

    @Test func `excluded domains keep their senders`() throws {
        let srs = try rewriting(excluded: ["one.example", ".two.example"])
        for text in ["a@one.example", "a@sub.two.example"] {
            #expect(srs.rewritten(try address(text), at: Self.newYear) == (try address(text)))
        }
        for text in ["a@two.example", "a@sub.one.example"] {
            #expect(srs.rewritten(try address(text), at: Self.newYear) != (try address(text)))
        }
    }

    @Test func `there and back is where one was, for any sender and any day of its validity`() throws {
        var random = SeededGenerator(seed: 2003)
        let letters = Array("abcXYZ019.=+-_!#/{} \"@é".utf8)
        let srs = try rewriting(separator: "+")
        for _ in 0..<3000 {
            let user = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? 0x61
            }
            let sender = try #require(EmailAddress(localPart: user, domain: domain("sub.sender-\(user.count).example")))
            let date = RFC5322Date(seconds: Int64.random(in: 0...4_000_000_000, using: &random))
            let rewritten = srs.rewritten(sender, at: date)
            let later = RFC5322Date(seconds: date.seconds + Int64.random(in: 0...(180 * 86_400), using: &random))
            #expect(srs.reversed(rewritten, at: later) == .sender(sender))
            let muchLater = RFC5322Date(seconds: date.seconds + 182 * 86_400)
            #expect(srs.reversed(rewritten, at: muchLater) == .refused("it is too old"))
            // The next forwarder's, and the way back through both.
            let second = try rewriting(["other"], domain: "second.example")
            let twice = second.rewritten(rewritten, at: date)
            if twice != rewritten { #expect(second.reversed(twice, at: later) == .sender(rewritten)) }
        }
    }

    @Test func `no bytes whatever end badly`() throws {
        var random = SeededGenerator(seed: 1)
        let srs = try rewriting()
        for _ in 0..<5000 {
            let tail = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 1...255, using: &random)
            }
            let parts = ["SRS0=", "SRS1=", "srs0-", "SRS1+", "SRS0"]
            let user = Array((parts.randomElement(using: &random) ?? "").utf8) + tail
            guard let recipient = EmailAddress(localPart: user, domain: try domain("example.com")) else { continue }
            if case .sender = srs.reversed(recipient, at: Self.newYear) { Issue.record("\(recipient) is taken") }
            _ = srs.rewritten(
                EmailAddress(localPart: user, domain: try domain("x.example")) ?? recipient, at: Self.newYear)
        }
    }

    // MARK: In the router

    private func router() throws -> Router {
        var options = RoutingOptions(
            myOrigin: try domain("example.org"), mailboxes: CannedMailboxes(paths: ["alice@example.org": "/mail/alice"])
        )
        options.virtualMailboxDomains = try list("virtual_mailbox_domains", "example.org")
        options.virtualAliasMaps = [CannedTable(["away@example.org": "away@far.example"])]
        options.senderRewriting = try rewriting(domain: "srs.example.org")
        return Router(options)
    }

    @Test func `a bounce goes to the sender whom it is for, and explain says so`() async throws {
        let router = try router()
        let rewritten = try rewriting(domain: "srs.example.org").rewritten(address("who@sender.example"), at: .now)
        let resolution = await router.resolve(rewritten)
        #expect(resolution.finalAddresses == ["who@sender.example"])
        #expect(ResolutionText().text(resolution).contains("stands for the sender who@sender.example"))
        #expect(await router.addressClass(of: try domain("srs.example.org")).outcome == .found(.virtualAlias))
        let forged = await router.resolve(try address("SRS0=AAAA=2W=sender.example=who@srs.example.org"))
        #expect(forged.reply.code == 550)
        #expect(ResolutionText().text(forged).contains("its hash is not ours"))
    }

    @Test(arguments: [
        ("who@sender.example", "away@example.org", "away@far.example", true),
        // The sender is one of ours; the recipient wasn't led on; the recipient isn't ours.
        ("alice@example.org", "away@example.org", "away@far.example", false),
        ("who@sender.example", "away@far.example", "away@far.example", false),
        ("who@sender.example", "x@other.example", "away@far.example", false),
    ])
    func `only what is sent on for others gets another sender`(
        sender: String, recipient: String, final: String, isRewritten: Bool
    ) async throws {
        let answer = try await router().leavingSender(
            .address(address(sender)), for: address(recipient), to: address(final))
        guard case .found(.address(let leaving)) = answer.outcome else {
            Issue.record("\(answer.outcome)")
            return
        }
        #expect(
            leaving.domain.description == (isRewritten ? "srs.example.org" : try address(sender).domain.description))
        let null = try await router().leavingSender(.null, for: address(recipient), to: address(final))
        #expect(null.outcome == .found(.null))
    }
}
