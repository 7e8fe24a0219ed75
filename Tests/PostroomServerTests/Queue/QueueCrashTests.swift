import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// `postroom serve` killed under load: what it acknowledged arrives, in mailboxes and at the next hop.
///
/// `POSTROOM_KILLS=200 swift test --filter QueueCrashTests` kills it more often, and prints what came of it.
@Suite struct QueueCrashTests {
    private static let places: [Character: QueueLoad.Place] = [
        "m": .init(address: "anna@example.org", copies: ["m"]), "f": .init(address: "x@far.example", copies: ["x"]),
        "g": .init(address: "y@far.example", copies: ["y"]),
    ]

    static func configuration(sink: Int, spool: String) -> String {
        """
        hostname: mail.example.org
        postmaster: anna@example.org
        directory: {ldif: people.ldif, base: "dc=example,dc=org"}
        domains: {mailbox: [example.org], relay: [far.example]}
        transports: {relay: {smtp: "[127.0.0.1]:\(sink)"}}
        accounts:
          password: [{check: hash, filter: (uid=%u)}]
          user:
            - filter: (uid=%u)
              address_filter: (mail=%u)
              attributes: uid=user, homeDirectory=home, uidNumber=uid, gidNumber=gid
          mail_location: maildir:~/Maildir
        store: {roots: ["%ROOT%"]}
        outgoing: {queue_directory: \(spool), minimal_backoff: 1s, maximal_backoff: 2s, tls: none}

        """
    }

    @Test func `killed again and again under load, it has lost nothing that it took`() async throws {
        let kills = ProcessInfo.processInfo.environment["POSTROOM_KILLS"].flatMap { Int($0) } ?? 20
        try await QueueLoad.withNextHop { load in
            let spool = try load.makeSpool()
            let folder = try ServedSite.prepare(
                Self.configuration(sink: load.port, spool: spool), People.files)
            var site = try await ServedSite.start(in: folder)
            try load.aim(at: site)
            let senders = try await load.startSenders(Self.places, ["m", "f", "f", "fg", "mf"])
            for _ in 0..<kills {
                let before = try load.lines("accepted").count
                try await eventually("messages are taken", { senders.output + site.log.suffix(2000) }) {
                    try load.lines("accepted").count >= before + 5
                }
                // At any moment of whatever is under way.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
                site.process.signal(SIGKILL)
                #expect(await site.process.waitForExit() == .signal(SIGKILL))
                site = try await ServedSite.start(in: folder)
                try load.aim(at: site)
            }
            try await load.stop(senders)
            try await load.waitUntilEmpty(spool) { site.log.suffix(4000) + load.sink.output }
            await site.stop()

            let ledger = try load.ledger(Self.places, mailbox: folder.path("mail/anna/Maildir"))
            #expect(ledger.isWhole)
            #expect(ledger.missing.isEmpty, "\(ledger.missing)")
            // In a mailbox a copy can be of a message whose 250 the client did not get.
            #expect(ledger.remoteDuplicates <= kills * 20)
            print(
                "\(kills) kills, \(ledger.messages) messages taken, \(ledger.missing.count) copies lost,",
                "\(ledger.remoteDuplicates) twice")
        }
    }
}
