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

    private static var kills: Int {
        ProcessInfo.processInfo.environment["POSTROOM_KILLS"].flatMap { Int($0) } ?? 20
    }

    @Test func `killed again and again under load, it has lost nothing that it took`() async throws {
        let kills = Self.kills
        try await QueueLoad.withNextHop { load in
            let spool = try load.makeSpool()
            let folder = try ServedSite.prepare(
                Self.configuration(sink: load.port, spool: spool), People.files)
            var site = try await ServedSite.start(in: folder)
            try load.aim(at: site)
            let senders = try await load.startSenders(
                Self.places, ["m", "f", "f", "fg", "mf"], asksForReports: true)
            var killed = KilledSpools()
            for _ in 0..<kills {
                let before = try load.lines("accepted").count
                try await eventually("messages are taken", { senders.output + site.log.suffix(2000) }) {
                    try load.lines("accepted").count >= before + 5
                }
                // At any moment of whatever is under way.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
                site.process.signal(SIGKILL)
                #expect(await site.process.waitForExit() == .signal(SIGKILL))
                try killed.add(spool)
                site = try await ServedSite.start(in: folder)
                try load.aim(at: site)
            }
            try await load.stop(senders)
            try await load.waitUntilEmpty(spool) { site.log.suffix(4000) + load.sink.output }
            await site.stop()

            let ledger = try load.ledger(
                Self.places, mailbox: folder.path("mail/anna/Maildir"), sender: folder.path("mail/ben/Maildir"))
            #expect(ledger.isWhole)
            #expect(ledger.missing.isEmpty, "\(ledger.missing)")
            #expect(ledger.untold.isEmpty, "\(ledger.untold)")
            #expect(ledger.owed.count > kills)
            // Twice is only what the spool held when a kill fell.
            #expect(ledger.repeated.isSubset(of: killed.names), "\(ledger.repeated.subtracting(killed.names))")
            #expect(killed.untoldKills > 0)
            print(
                "\(kills) kills, \(killed.untoldKills) of them between success and report (\(killed.untold) messages),",
                "\(killed.reportedKills) behind the report; \(ledger.messages) messages taken,",
                "\(ledger.missing.count) copies lost, \(ledger.duplicates) twice; \(ledger.owed.count) reports owed,",
                "\(ledger.untold.count) lost, \(ledger.told.values.reduce(0) { $0 + $1 - 1 }) twice")
        }
    }

    // MARK: Recipients that are worked out later

    private static let later: [Character: QueueLoad.Place] = [
        "m": .init(address: "anna@example.org", copies: ["m"]),
        "a": .init(address: "away@example.net", copies: ["y"], reported: "y@far.example"),
        "b": .init(address: "both@example.net", copies: ["m", "z"]),
    ]

    @Test func `killed while it works out recipients, it makes each copy and each report`() async throws {
        let kills = Self.kills
        try await QueueLoad.withNextHop { load in
            let spool = try load.makeSpool()
            let mail = try load.folder.makeFolder("mail")
            chown(mail, 65534, 65534)
            try await Slapd.withServer(QueueOutageTests.directory(mail: mail)) { slapd in
                let configuration = QueueOutageTests.configuration(slapd, sink: load.port, spool: spool)
                    .replacing("%ROOT%", with: mail)
                let folder = try ServedSite.prepare(configuration, [:])
                var site = try await ServedSite.start(in: folder)
                let sendmail = try Sendmail(in: folder)
                var killed = KilledSpools()
                var accepted = ""
                for round in 0..<kills {
                    await slapd.kill()
                    accepted += try await Self.sendUnresolved(round, sendmail)
                    let log = site.log.utf8.count
                    try await slapd.start()
                    // At the first that was resolved, or a moment later.
                    try await eventually("recipients are worked out", { site.log.suffix(3000) + "" }) {
                        site.log.utf8.dropFirst(log).contains("(expanded)".utf8)
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...30)))
                    site.process.signal(SIGKILL)
                    #expect(await site.process.waitForExit() == .signal(SIGKILL))
                    try killed.add(spool)
                    site = try await ServedSite.start(in: folder)
                }
                try load.folder.write(accepted, to: "accepted")
                try await load.waitUntilEmpty(spool) { site.log.suffix(4000) + load.sink.output }
                await site.stop()

                let ledger = try load.ledger(Self.later, mailbox: "\(mail)/anna/Maildir", sender: "\(mail)/ben/Maildir")
                #expect(ledger.messages == kills * Self.atOnce.count)
                #expect(ledger.isWhole)
                #expect(ledger.missing.isEmpty, "\(ledger.missing)")
                #expect(ledger.untold.isEmpty, "\(ledger.untold)")
                #expect(ledger.repeated.isSubset(of: killed.names), "\(ledger.repeated.subtracting(killed.names))")
                #expect(killed.expandingKills > 0 && killed.untoldKills > 0)
                print(
                    "\(kills) kills, \(killed.expandingKills) of them among recipients that were worked out,",
                    "\(killed.untoldKills) between success and report; \(ledger.messages) messages,",
                    "\(ledger.missing.count) copies lost, \(ledger.duplicates) twice; \(ledger.owed.count) reports owed,",
                    "\(ledger.untold.count) lost, \(ledger.told.values.reduce(0) { $0 + $1 - 1 }) twice")
            }
        }
    }

    /// What each of the programs that send at once sends to.
    private static let atOnce = ["b", "a", "m", "b", "ab", "b"]

    /// Hands messages in, while nobody can tell who the recipients are, as programs of the machine do.
    ///
    /// - Returns: lines of `accepted`.
    private static func sendUnresolved(_ round: Int, _ sendmail: Sendmail) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            for (number, kinds) in atOnce.enumerated() {
                group.addTask {
                    let name = "\(round)-\(number)"
                    let text = "Subject: \(name)\nX-Lines: 3\n\n" + String(repeating: "\(name)\n", count: 3)
                    let result = try await sendmail.run(
                        ["-i", "-f", "ben@example.org", "-N", "success,failure", "-V", name]
                            + kinds.compactMap { later[$0]?.address }, text)
                    #expect(result.code == 0, "\(result.output)")
                    return "\(name) \(kinds) +\n"
                }
            }
            return try await group.reduce(into: "") { $0 += $1 }
        }
    }
}
