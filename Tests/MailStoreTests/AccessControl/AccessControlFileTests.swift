import MailModel
import MailStore
import PostroomTesting
import Testing

@Suite struct `ACL files` {
    private static let identifiers: [AccessIdentifier] = [
        .anyone, .authenticated, .owner, .user("ben"), .user("anna b"), .user("x\"y"), .group("sales"),
        .group("ops"), .groupOverride("sales"),
    ]

    static func random(_ generator: inout SeededGenerator) -> AccessControlList {
        var list = AccessControlList()
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
            guard let who = identifiers.randomElement(using: &generator) else { continue }
            let rights = MailboxRights(rawValue: UInt16.random(in: 0..<(1 << 11), using: &generator))
            list.add(
                Bool.random(using: &generator)
                    ? AccessControlEntry(who, rights: rights) : AccessControlEntry(who, negativeRights: rights))
        }
        return list
    }

    @Test func `are read as they were written`() throws {
        var generator = SeededGenerator(seed: 4314)
        for _ in 0..<500 {
            let list = Self.random(&generator)
            #expect(try DovecotACLFile.parse(DovecotACLFile.bytes(list)) == list)
            #expect(try CourierACLFile.parse(CourierACLFile.bytes(list)) == list)
        }
    }

    @Test func `are read as Dovecot and Courier have them`() throws {
        let dovecot = try DovecotACLFile.parse(
            Array("# ours\n\"user=anna b\" lr\nanyone lr:insert post\n-user=ben w\n\ngroup-override=x \n".utf8))
        #expect(dovecot.entry(of: .user("anna b"))?.rights == [.lookup, .read])
        #expect(dovecot.entry(of: .anyone)?.rights == [.lookup, .read, .insert, .post])
        #expect(dovecot.entry(of: .user("ben"))?.negativeRights == [.write])
        #expect(dovecot.entry(of: .groupOverride("x"))?.rights == [])
        let courier = try CourierACLFile.parse(
            Array("owner aceilrstwx\nadministrators aceilrstwx\nuser=ben lr\n-anyone w\n".utf8))
        #expect(courier.entry(of: .user("ben"))?.rights == [.lookup, .read])
        #expect(courier.entry(of: .anyone)?.negativeRights == [.write])
    }

    @Test(arguments: ["ben lr", "user=ben lrQ", "user= lr", "user=ben l r", "user=ben lrc", "\"user=ben lr", "\u{FF}"])
    func `with a line that means nothing give nobody anything`(_ line: String) {
        #expect(throws: MailboxFailure.self) { try DovecotACLFile.parse(Array("anyone lr\n\(line)\n".utf8)) }
    }

    @Test func `give nobody more than some entry of theirs gives`() {
        var generator = SeededGenerator(seed: 8440)
        for _ in 0..<5000 {
            let list = Self.random(&generator)
            let groups = Set(["sales", "ops"].filter { _ in Bool.random(using: &generator) })
            let who = Accessor(login: "ben", groups: groups, isOwner: false)
            let matching = list.entries.filter { who.matches($0.identifier) }
            let given = matching.reduce(into: MailboxRights()) { $0.formUnion($1.rights ?? []) }
            #expect(given.isSuperset(of: list.rights(of: who, standard: [])))
            #expect(given.isSuperset(of: list.courierRights(of: who, standard: [])))
            // A stranger of whom nothing is said has nothing.
            let stranger = AccessControlList(
                list.entries.filter { $0.identifier != .anyone && $0.identifier != .authenticated })
            #expect(
                stranger.rights(of: Accessor(login: "eve", isOwner: false), standard: []).isEmpty)
        }
    }

    @Test func `of a site say what patterns of names say`() throws {
        let file = try SiteAccessFile(
            parsing: Array(
                "# ours\n* user=ben lr\nWork/Pl?ns* -anyone w\n\"My mail\" owner lrs\nWork/* user=ben i\n\n".utf8))
        func list(_ name: String) -> AccessControlList { file.list(of: Array(name.utf8)) }
        #expect(list("INBOX") == AccessControlList([AccessControlEntry(.user("ben"), rights: [.lookup, .read])]))
        #expect(list("Work/Plans/2024").entry(of: .anyone)?.negativeRights == [.write])
        #expect(list("Work/Plans/2024").entry(of: .user("ben"))?.rights == [.lookup, .read, .insert])
        #expect(list("Work/Plns").entry(of: .anyone) == nil)
        #expect(list("My mail").entry(of: .owner)?.rights == [.lookup, .read, .seen])
        #expect(list("").entry(of: .user("ben"))?.rights == [.lookup, .read])
    }

    @Test(arguments: ["INBOX", "INBOX ben", "INBOX anyone lQ", "\"INBOX anyone lr"])
    func `of a site with a line that means nothing are none`(_ line: String) {
        #expect(throws: MailboxFailure.self) { try SiteAccessFile(parsing: Array("* anyone lr\n\(line)\n".utf8)) }
    }

    @Test func `A pattern with many stars takes no time to speak of`() throws {
        let file = try SiteAccessFile(
            parsing: Array("\(String(repeating: "*a", count: 100))b anyone lr\n".utf8))
        #expect(file.list(of: Array(repeating: UInt8(ascii: "a"), count: 4000)).isEmpty)
    }
}
