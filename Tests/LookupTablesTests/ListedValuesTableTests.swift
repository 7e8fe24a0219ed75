import Directory
import LDAP
import LookupTables
import Synchronization
import Testing

@Suite struct `A domain table whose filter holds no key` {
    private func table(_ source: ScriptedDirectory) throws -> LDAPTable {
        var options = LDAPTableOptions()
        options.searchBase = bytes("dc=x")
        options.queryFilter = bytes("(associatedDomain=*)")
        options.resultAttributes = ["associatedDomain"]
        return try LDAPTable(name: "ldap:domains", options: options, source: source)
    }

    private let domains = ScriptedDirectory([
        "dc=x": .entries([
            LDAPEntry("ou=1", ["associatedDomain": ["Example.org", "a,b.example"]]),
            LDAPEntry("ou=2", ["associatedDomain": ["münchen.example"]]),
        ])
    ])

    @Test(arguments: [
        ("example.org", true), ("EXAMPLE.ORG", true), ("MÜNCHEN.example", true), ("a,b.example", true),
        ("example.com", false), ("sub.example.org", false), ("b.example", false), ("", false),
    ])
    func `hosts the domains that it lists`(domain: String, isListed: Bool) async throws {
        let listed = ListedValuesTable(try table(domains), lifetime: .seconds(60))
        #expect(await listed.lookup(bytes(domain)).outcome == (isListed ? .found(bytes(domain)) : .absent))
        #expect(await listed.lookup([0x65, 0xFF]).outcome == .absent)
        #expect(listed.name == "ldap:domains")
    }

    @Test func `is a list of domains like any other`() async throws {
        let listed = ListedValuesTable(try table(domains), lifetime: .seconds(60))
        let list = MatchList(name: "mydestination", elements: [.init(.table(listed))])
        #expect(await list.contains(bytes("example.org")).outcome == .found(true))
        #expect(await list.contains(bytes("gmail.example")).outcome == .found(false))
        let asInPostfix = MatchList(name: "mydestination", elements: [.init(.table(try table(domains)))])
        #expect(await asInPostfix.contains(bytes("gmail.example")).outcome == .found(true))
    }

    @Test func `is read once in a lifetime, for hosted domains and for others`() async throws {
        let time = Mutex(ContinuousClock.now)
        let listed = ListedValuesTable(try table(domains), lifetime: .seconds(60)) { time.withLock { $0 } }
        for domain in ["example.org", "example.com", "münchen.example"] { _ = await listed.lookup(bytes(domain)) }
        #expect(domains.requests.count == 1)
        time.withLock { $0 += .seconds(60) }
        _ = await listed.lookup(bytes("example.com"))
        #expect(domains.requests.count == 2)
    }

    @Test func `is asked again while it can't answer, or lists nothing`() async throws {
        for reply in [ScriptedDirectory.Reply.failed, .entries([])] {
            let source = ScriptedDirectory(["dc=x": reply])
            let listed = ListedValuesTable(try table(source), lifetime: .seconds(60))
            let first = await listed.lookup(bytes("example.org")).outcome
            if case .failed = reply { #expect(first.text == "<unavailable>") } else { #expect(first == .absent) }
            _ = await listed.lookup(bytes("example.org"))
            #expect(source.requests.count == 2)
        }
    }

    @Test func `says in the trace what it does`() async throws {
        let listed = ListedValuesTable(try table(domains), lifetime: .seconds(60))
        for _ in 0..<2 {
            let steps = await listed.lookup(bytes("example.com")).steps
            let text = try #require(steps.first).children.compactMap { step in
                if case .decision("query_filter", let text) = step.event { text } else { nil }
            }
            #expect(
                text == [
                    "the filter holds no key, so that the table hosts the 3 it lists: example.com is none of them"
                ])
        }
    }
}
