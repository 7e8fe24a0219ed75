import IMAP
import MailModel
import Testing

@Suite struct `The commands of ACLs (RFC 4314)` {
    private func parse(_ line: String) -> AccessControlCommand? {
        let parser = CommandParser(limits: .afterLogin)
        guard case .command(.accessControl(let command)) = parser.parse(Array(line.utf8)).outcome else { return nil }
        return command
    }

    @Test func `are read`() {
        #expect(parse("a GETACL INBOX") == .get(Array("INBOX".utf8)))
        #expect(parse("a MYRIGHTS \"a b\"") == .myRights(Array("a b".utf8)))
        guard case .set(_, let who, let change) = parse("a SETACL Work -$sales +lrd") else {
            Issue.record("no SETACL")
            return
        }
        #expect(who.identifier == .group("sales") && who.isNegative)
        #expect(change == .add([.lookup, .read, .expunge, .deleteMessages]))
        guard case .delete(_, let gone) = parse("a DELETEACL Work user=anyone") else {
            Issue.record("no DELETEACL")
            return
        }
        #expect(gone.identifier == .user("anyone"))
    }

    @Test(arguments: [
        "a SETACL Work ben", "a SETACL Work ben LR", "a SETACL Work ben lrQ", "a SETACL Work \"\" lr",
        "a SETACL Work #ben lr", "a GETACL", "a LISTRIGHTS Work", "a SETACL Work $ lr",
    ])
    func `are refused where they say nothing`(_ line: String) {
        #expect(parse(line) == nil)
    }

    @Test func `Names lie in the namespace that they begin with, and in one alone`() throws {
        var naming = MailboxNameCoding(separator: UInt8(ascii: "."), prefix: [Array("INBOX".utf8)])
        naming.foreign = [
            .init(.shared, prefix: [Array("shared".utf8)]), .init(.otherUsers, prefix: [Array("user".utf8)]),
        ]
        let shared = try #require(naming.decode(Array("shared.sales".utf8)))
        let own = try #require(naming.decode(Array("INBOX.shared.sales".utf8)))
        #expect(shared.namespace == .shared && own.namespace == nil)
        #expect(shared != own)
        #expect(naming.encode(shared) == Array("shared.sales".utf8))
        #expect(naming.encode(own) == Array("INBOX.shared.sales".utf8))
        #expect(naming.decode(Array("user.ben".utf8))?.namespace == .otherUsers)
        #expect(naming.decode(Array("else.ben".utf8)) == nil)
        #expect(naming.decode(Array("INBOX".utf8))?.isInbox == true)
    }
}
