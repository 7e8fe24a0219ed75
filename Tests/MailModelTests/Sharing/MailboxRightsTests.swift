import MailModel
import Testing

@Suite("Rights to a mailbox (RFC 4314)")
struct MailboxRightsTests {
    @Test(
        "Letters are read and written back in Dovecot's order",
        arguments: [
            ("", ""), ("l", "l"), ("lr", "lr"), ("rl", "lr"), ("axkepitswrl", "lrwstipekxa"), ("llrr", "lr"),
        ])
    func roundTrip(_ text: String, _ written: String) throws {
        #expect(try #require(MailboxRights(text)).text == written)
    }

    @Test("c and d stand for the rights that they were split into (§2.1.1)")
    func obsolete() throws {
        #expect(MailboxRights("c") == [.create, .deleteMailbox])
        #expect(MailboxRights("d") == [.expunge, .deleteMessages])
        #expect(MailboxRights.create.textWithObsolete == "kc")
        #expect(MailboxRights.deleteMessages.textWithObsolete == "td")
        #expect(MailboxRights.reading.textWithObsolete == "lrs")
        #expect(MailboxRights.all.textWithObsolete == "lrwstipekxacd")
    }

    @Test("What is no right is refused", arguments: ["q", "L", "lr0", "l r", "ö", "lrn"])
    func unknown(_ text: String) {
        #expect(MailboxRights(text) == nil)
    }

    @Test("Each set of rights is what its text says")
    func every() throws {
        for value in UInt16(0)..<(1 << 11) {
            let rights = MailboxRights(rawValue: value)
            #expect(MailboxRights(rights.text) == rights)
            #expect(rights.each.reduce(into: MailboxRights()) { $0.formUnion($1) } == rights)
        }
    }
}
