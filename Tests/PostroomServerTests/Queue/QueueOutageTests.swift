import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// The directory dies in the middle of a stream of mail and comes back: nothing that was taken is lost, returned or repeated.
@Suite struct QueueOutageTests {
    private static let places: [Character: QueueLoad.Place] = [
        "m": .init(address: "anna@example.org", copies: ["m"]), "f": .init(address: "x@far.example", copies: ["x"]),
        // Aliases of the directory, the second of them with a copy in a mailbox.
        "a": .init(address: "away@example.net", copies: ["y"]),
        "b": .init(address: "both@example.net", copies: ["m", "z"]),
    ]

    private static func alias(_ name: String, _ targets: [String]) -> String {
        let lines = targets.map { "description: \($0)" }.joined(separator: "\n")
        return """
            dn: uid=\(name),dc=example,dc=org
            objectClass: inetOrgPerson
            uid: \(name)
            cn: \(name)
            sn: \(name)
            mail: \(name)@example.net
            \(lines)


            """
    }

    /// Every recipient elsewhere is looked up, too, whenever the queue tries it.
    static func directory(mail: String) -> SampleDirectory {
        let far = ["x", "y", "z"].map { name in
            """
            dn: uid=\(name),dc=example,dc=org
            objectClass: inetOrgPerson
            uid: \(name)
            cn: \(name)
            sn: \(name)
            mail: \(name)@far.example


            """
        }
        let ldif =
            People.ldif.replacing("%ROOT%", with: mail) + alias("away", ["y@far.example"])
            + alias("both", ["anna@example.org", "z@far.example"]) + far.joined()
        return SampleDirectory(
            suffix: "dc=example,dc=org", rootDN: "cn=manager,dc=example,dc=org", rootPassword: "managerpw", ldif: ldif)
    }

    static func configuration(_ slapd: Slapd, sink: Int, spool: String) -> String {
        """
        hostname: mail.example.org
        postmaster: anna@example.org
        directory:
          servers: ["\(slapd.url)"]
          base: dc=example,dc=org
          bind: {dn: "\(slapd.rootDN)", password: "\(slapd.rootPassword)"}
          cache: {found: 0s, absent: 0s, stale: 0s}
        domains:
          mailbox: [example.org]
          alias: [example.net]
          relay: [far.example]
        relay_recipients: [{ldap: {query_filter: (mail=%s), result_attribute: mail}}]
        aliases: [{ldap: {query_filter: (mail=%s), result_attribute: description}}]
        transports: {relay: {smtp: "[127.0.0.1]:\(sink)"}}
        accounts:
          password: [{check: hash, filter: (uid=%u)}]
          user:
            - filter: (uid=%u)
              address_filter: (mail=%u)
              attributes: uid=user, homeDirectory=home, uidNumber=uid, gidNumber=gid
          mail_location: maildir:~/Maildir
        store: {roots: ["%ROOT%"]}
        outgoing: {queue_directory: \(spool), minimal_backoff: 1s, maximal_backoff: 1s, tls: none}

        """
    }

    @Test func `slapd killed in the middle of a stream costs no mail, returns none and repeats none`() async throws {
        try await QueueLoad.withNextHop { load in
            let spool = try load.makeSpool()
            // The folder for mail stands in the directory, which comes first.
            let mail = try load.folder.makeFolder("mail")
            chown(mail, 65534, 65534)
            try await Slapd.withServer(Self.directory(mail: mail)) { slapd in
                let configuration = Self.configuration(slapd, sink: load.port, spool: spool)
                    .replacing("%ROOT%", with: mail)
                let folder = try ServedSite.prepare(configuration, [:])
                let site = try await ServedSite.start(in: folder)
                try load.aim(at: site)
                let senders = try await load.startSenders(Self.places, ["m", "f", "f", "a", "b", "fb"])
                func more(_ name: String, _ count: Int) async throws {
                    let before = try load.lines(name).count
                    try await eventually("\(name) grows", { senders.output + site.log.suffix(3000) }) {
                        try load.lines(name).count >= before + count
                    }
                }
                for _ in 0..<5 {
                    try await more("accepted", 60)
                    await slapd.kill()
                    // Nobody knows who is who: everything is put off.
                    try await more("refused", 20)
                    try await slapd.start()
                }
                try await more("accepted", 60)
                try await load.stop(senders)
                try await load.waitUntilEmpty(spool) { site.log.suffix(4000) + load.sink.output }
                await site.stop()

                let ledger = try load.ledger(Self.places, mailbox: "\(mail)/anna/Maildir")
                #expect(ledger.isWhole)
                #expect(ledger.missing.isEmpty, "\(ledger.missing)")
                #expect(ledger.duplicates == 0, "\(ledger.copies.filter { $0.value > 1 })")
                // An outage is never "no such user".
                let refusals = try load.lines("refused").compactMap { $0.first }
                #expect(refusals.allSatisfy { $0.hasPrefix("4") }, "\(Set(refusals))")
                // Reports would be in the sender's mailbox.
                for place in ["new", "cur"] {
                    let path = "\(mail)/ben/Maildir/\(place)"
                    #expect(((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).isEmpty)
                }
                #expect(!site.log.contains("status=bounced"))
                print("\(ledger.messages) messages taken, \(refusals.count) put off, \(ledger.missing.count) lost")
            }
        }
    }
}
