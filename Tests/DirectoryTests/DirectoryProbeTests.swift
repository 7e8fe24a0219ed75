import LDAP
import PostroomTesting
import Testing

@testable import Directory

@Suite struct DirectoryProbeTests {
    private func withProbe(
        _ directory: SampleDirectory = .vennedey, anonymous: Bool = false, settings: [String] = [],
        _ body: (DirectoryProbe, Slapd) async throws -> Void
    ) async throws {
        try await Slapd.withServer(directory, databaseSettings: settings) { slapd in
            let identity = LDAPClientConfiguration.Identity.simple(
                name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [LDAPURL(parsing: slapd.url)], identity: anonymous ? .anonymous : identity,
                    connectTimeout: .seconds(120), operationTimeout: .seconds(120)))
            try await body(DirectoryProbe(client), slapd)
            await client.shutDown()
        }
    }

    private func value<Value>(_ outcome: Outcome<Value>) throws -> Value {
        guard case .found(let value) = outcome else {
            Issue.record("\(outcome)")
            throw CancellationError()
        }
        return value
    }

    @Test func `a server tells what it is`() async throws {
        try await withProbe { probe, slapd in
            let facts = try value(await probe.facts())
            #expect(facts.vendor == .openLDAP && facts.givesPages && facts.isReadable)
            #expect(facts.namingContexts == [slapd.directory.suffix])
            #expect(facts.security == [ServerSecurity(server: slapd.url, transport: .clear)])
        }
    }

    @Test(arguments: [
        (["vendorName": "389 Project"], DirectoryFacts.Vendor.directoryServer389),
        (["vendorName": "389 Project", "ipaDomainLevel": "1"], .freeIPA),
        (["rootDomainNamingContext": "dc=x"], .activeDirectory),
        (["rootDomainNamingContext": "dc=x", "vendorName": "Samba Team (https://www.samba.org)"], .samba),
        (["objectClass": "OpenLDAProotDSE"], .openLDAP),
        (["vendorName": "Someone"], .unknown),
    ])
    func `vendors are told by what their rootDSE holds`(root: [String: String], vendor: DirectoryFacts.Vendor) {
        let entry = LDAPEntry(
            name: "", attributes: root.map { LDAPAttribute(AttributeDescription($0.key), [bytes($0.value)]) })
        #expect(DirectoryFacts(entry, security: [], duration: .zero).vendor == vendor)
    }

    @Test func `entries are counted up to a limit, the caller's or the server's`() async throws {
        let users = LDAPFilter.present("uid")
        try await withProbe { probe, slapd in
            let suffix = slapd.directory.suffix
            let all = try value(await probe.count(below: suffix, filter: users, upTo: 1000))
            #expect(all.end == .complete && all.entries > 4)
            let few = try value(await probe.count(below: suffix, filter: users, upTo: 3))
            #expect(few.end == .limit && few.entries == 3)
            guard case .absent = await probe.count(below: "ou=none,\(suffix)", upTo: 3) else {
                Issue.record("the base is missing")
                return
            }
        }
        try await withProbe(settings: ["olcSizeLimit: 4"]) { probe, slapd in
            let some = try value(await probe.count(below: slapd.directory.suffix, filter: users, upTo: 1000))
            #expect(some.end == .serverSizeLimit && some.entries == 4)
        }
    }

    @Test func `an attribute is readable, hidden or not seen`() async throws {
        try await withProbe { probe, slapd in
            let suffix = slapd.directory.suffix
            guard case .readable = try value(await probe.attribute("maildrop", below: suffix)) else {
                Issue.record("everybody reads maildrop")
                return
            }
            #expect(try value(await probe.attribute("mailQuota", below: suffix)) == .notSeen)
            guard case .readable = try value(await probe.passwords(below: suffix)) else {
                Issue.record("the service reads passwords here")
                return
            }
        }
        try await withProbe(anonymous: true) { probe, slapd in
            let passwords = try value(await probe.passwords(below: slapd.directory.suffix))
            #expect(passwords == .notSeen)
        }
        let hiding = ["olcAccess: {0}to attrs=maildrop by * search"]
        try await withProbe(settings: hiding) { probe, slapd in
            guard case .hidden = try value(await probe.attribute("maildrop", below: slapd.directory.suffix)) else {
                Issue.record("it can be searched for, but not read")
                return
            }
        }
    }

    @Test func `values that several entries have are named, without regard to case`() async throws {
        try await withProbe { probe, slapd in
            for number in 0..<2 {
                try await slapd.add(
                    """
                    dn: uid=twice\(number),ou=Mail,dc=example,dc=com
                    objectClass: account
                    objectClass: postfixUser
                    uid: twice\(number)
                    mailacceptinggeneralid: \(number == 0 ? "Twice" : "twice")@example.com

                    """)
            }
            let sample = try value(
                await probe.values(of: "mailacceptinggeneralid", below: slapd.directory.suffix, upTo: 1000))
            #expect(sample.end == .complete && sample.distinct < sample.values)
            let twice = sample.duplicates.first { $0.value == bytes("twice@example.com") }
            #expect(twice?.count == 2 && twice?.entries.count == 2)
        }
    }

    @Test func `a server that refuses for the work says so, another gives its time`() async throws {
        try await withProbe { probe, slapd in
            let cost = try value(
                await probe.cost(below: slapd.directory.suffix, filter: .equality("uid", bytes("mail001"))))
            #expect(cost.end == .complete && !cost.isRefusedAsTooCostly)
        }
        try await withProbe(settings: ["olcLimits: {0}* size.unchecked=2"]) { probe, slapd in
            let cost = try value(
                await probe.cost(below: slapd.directory.suffix, filter: .equality("description", bytes("x"))))
            #expect(cost.isRefusedAsTooCostly)
        }
    }
}
