import DNS
import MailModel
import PostroomTesting
import Spool
import Synchronization
import Testing

@testable import Delivery

/// What becomes of mail that waits, as its recipients and its sender see it.
@Suite struct MailQueueTests {
    @Test func `mail for another host gets there, with what its sender asked for, and is gone here`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                try await given.send(
                    to: ["one@far.example", "two@far.example"], notify: [.failure, .delay], ret: .headers,
                    envelopeID: "QQ+314")
                try await given.waitUntilEmpty()
                let message = try #require(peer.messages.first)
                #expect(peer.messages.count == 1)
                #expect(message.sender.hasPrefix("<anna@example.org>"))
                #expect(message.sender.contains(" RET=HDRS") && message.sender.contains(" ENVID=QQ+2B314"))
                #expect(
                    message.recipients.map { $0.prefix { $0 != " " } } == ["<one@far.example>", "<two@far.example>"])
                #expect(message.recipients.allSatisfy { $0.contains("NOTIFY=FAILURE,DELAY") })
                #expect(message.content == "Subject: hello\n\nbody\n")
                #expect(given.inbox("anna") == [])
            }
        }
    }

    @Test func `a recipient who is put off gets the mail at the next try, the others at the first`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                let asked = Mutex(0)
                peer.answer { verb, argument in
                    guard verb == "RCPT", argument.hasPrefix("<grey@") else { return nil }
                    return asked.withLock { count in
                        count += 1
                        return count == 1 ? "450 4.2.0 greylisted" : nil
                    }
                }
                try await given.send(to: ["one@far.example", "grey@far.example"])
                try await given.waitUntilEmpty()
                #expect(peer.messages.map { $0.recipients.count } == [1, 1])
                #expect(peer.messages.last?.recipients.first?.hasPrefix("<grey@far.example>") == true)
                #expect(given.inbox("anna") == [])
            }
        }
    }

    @Test func `refused recipients come back in one report, whichever host refused them`() async throws {
        try await ReceivingPeer.serving { peer in
            try await ReceivingPeer.serving { other in
                try await GivenQueue.running { given in
                    given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                    given.directory.setWay("other.example", "smtp:[127.0.0.1]:\(other.port)")
                    peer.answer { verb, argument in
                        verb == "RCPT" && argument.hasPrefix("<no@") ? "550 5.1.1 no such user" : nil
                    }
                    other.answer { verb, _ in verb == "RCPT" ? "550 5.7.1 go away" : nil }
                    try await given.send(to: ["yes@far.example", "no@far.example", "x@other.example"])
                    let report = try #require(try await given.waitForInbox("anna").first)
                    try await given.waitUntilEmpty()
                    #expect(given.inbox("anna").count == 1)
                    #expect(report.hasPrefix("Return-Path: <>\n"))
                    #expect(report.contains("Final-Recipient: rfc822; no@far.example\n"))
                    #expect(report.contains("Status: 5.1.1\n"))
                    #expect(report.contains("Final-Recipient: rfc822; x@other.example\n"))
                    #expect(report.contains("Status: 5.7.1\n"))
                    #expect(!report.contains("yes@far.example"))
                    #expect(peer.messages.count == 1)
                }
            }
        }
    }

    @Test(arguments: 0..<20)
    func `however jobs of one message end beside each other, every failure is told`(round: Int) async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running { given in
                // Several jobs for one message, each with both kinds of recipients.
                for number in 0..<6 {
                    given.directory.setWay(
                        "far\(number).example", "smtp:[127.0.0.1]:\(peer.port),[127.0.0.\(number + 1)]:1")
                }
                peer.answer { verb, argument in
                    verb == "RCPT" && argument.hasPrefix("<no@") ? "550 5.1.1 no such user" : nil
                }
                try await given.send(to: (0..<6).flatMap { ["yes@far\($0).example", "no@far\($0).example"] })
                try await given.waitUntilEmpty()
                let reports = given.inbox("anna").joined()
                for number in 0..<6 {
                    #expect(
                        reports.ranges(of: "Final-Recipient: rfc822; no@far\(number).example\n").count == 1,
                        "\(reports)")
                }
                #expect(peer.messages.flatMap(\.recipients).count == 6)
            }
        }
    }

    @Test func `the second mail exchanger takes what the first does not`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running { given in
                given.resolver.setMailExchangers("far.example", [(10, "dead.example"), (20, "mx.example")])
                given.resolver.setAddresses("dead.example", ["127.0.0.2"])
                given.resolver.setAddresses("mx.example", ["127.0.0.1"])
                given.directory.setWay("far.example", "smtp:far.example:\(peer.port)")
                try await given.send(to: ["one@far.example"])
                try await given.waitUntilEmpty()
                #expect(peer.messages.count == 1)
            }
        }
    }

    @Test func `mail for a host that is down waits, and a flush tries it when it is back`() async throws {
        let port = try LoopbackPort.free()
        try await GivenQueue.running {
            $0.schedule = ScheduleOptions(minimalBackoff: .seconds(3600), maximalBackoff: .seconds(3600))
        } _: { given in
            given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(port)")
            let id = try await given.send(to: ["one@far.example"])
            let attempts = try await given.attempts(writtenDownOf: id)
            #expect(attempts.last?.enhanced == EnhancedStatusCode(4, 4, 1))
            #expect(attempts.last?.lines.joined().contains("refused") == true)
            try await ReceivingPeer.serving(port: port) { peer in
                await given.flush()
                try await given.waitUntilEmpty()
                #expect(peer.messages.count == 1)
            }
        }
    }

    @Test func `what waits is delivered by the next server on the same spool, and nothing twice`() async throws {
        let machine = try GivenQueue.Machine()
        let port = try LoopbackPort.free()
        machine.directory.setWay("far.example", "smtp:[127.0.0.1]:\(port)")
        try await GivenQueue.running(on: machine) { given in
            let id = try await given.send(to: ["one@far.example"])
            try await soon("it was tried") { await given.queue.waits(for: id)?.nextAttempt != nil }
        }
        try await ReceivingPeer.serving(port: port) { peer in
            try await GivenQueue.running(on: machine) { given in try await given.waitUntilEmpty() }
            try await GivenQueue.running(on: machine) { given in try await given.waitUntilEmpty() }
            #expect(peer.messages.count == 1)
        }
    }

    @Test func `a null MX and a domain that leads back here fail at once`() async throws {
        try await GivenQueue.running {
            $0.finder.ownAddresses = [.address(.v4(0x7F00_0001), port: 2525)]
        } _: { given in
            given.resolver.setMailExchangers("null.example", [(0, ".")])
            given.resolver.setMailExchangers("loop.example", [(10, "here.example")])
            given.resolver.setAddresses("here.example", ["127.0.0.1"])
            given.resolver.setAddresses("bare.example", ["127.0.0.1"])
            for domain in ["loop.example", "bare.example"] {
                given.directory.setWay(domain, "smtp:\(domain):2525")
            }
            try await given.send(to: ["a@null.example", "b@loop.example", "c@bare.example"])
            try await given.waitUntilEmpty()
            let reports = given.inbox("anna").joined()
            #expect(reports.contains("Status: 5.1.10\n"))
            #expect(reports.ranges(of: "Status: 5.4.6\n").count == 2, "\(reports)")
        }
    }

    @Test func `mail that is not delivered in its lifetime comes back, after one word of delay`() async throws {
        try await GivenQueue.running {
            $0.schedule = ScheduleOptions(
                minimalBackoff: .seconds(1), maximalBackoff: .seconds(1), lifetime: .seconds(4),
                delayWarning: .seconds(1))
        } _: { given in
            given.directory.setWay("far.example", "smtp:[127.0.0.1]:1")
            try await given.send(to: ["one@far.example"])
            try await given.waitUntilEmpty()
            let reports = given.inbox("anna")
            #expect(reports.filter { $0.contains("Action: delayed\n") }.count == 1)
            #expect(reports.filter { $0.contains("Action: failed\n") }.count == 1)
            #expect(reports.count == 2)
        }
    }

    // MARK: The directory

    @Test func `where mail goes is asked again at every try`() async throws {
        try await GivenQueue.running { given in
            given.directory.setWay("ben@example.org", "smtp:[127.0.0.1]:1")
            given.directory.setWay("gone@example.org", "smtp:[127.0.0.1]:1")
            let id = try await given.send(to: ["ben@example.org", "gone@example.org"])
            try await soon("it was tried") { await given.queue.waits(for: id)?.nextAttempt != nil }
            given.directory.setWay("ben@example.org", nil)
            given.directory.setWay("gone@example.org", nil)
            try await given.waitUntilEmpty()
            #expect(given.inbox("ben").count == 1)
            #expect(given.inbox("anna").joined().contains("Status: 5.1.1\n"))
        }
    }

    @Test func `a directory that is down delays mail and its reports, and loses neither`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running {
                $0.schedule = ScheduleOptions(
                    minimalBackoff: .seconds(1), maximalBackoff: .seconds(1), lifetime: .seconds(3600))
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                peer.answer { verb, _ in verb == "RCPT" ? "450 4.2.0 later" : nil }
                let id = try await given.send(to: ["one@far.example"])
                try await soon("it was tried") { await given.queue.waits(for: id)?.nextAttempt != nil }
                given.directory.setDown(true)
                try await soon("it was tried in vain") {
                    guard case .waiting(let attempts) = try await given.spool.message(id).recipients[0].state else {
                        return false
                    }
                    return attempts.last?.enhanced == EnhancedStatusCode(4, 3, 0)
                }
                peer.answer { _, _ in nil }
                given.directory.setDown(false)
                try await given.waitUntilEmpty()
                #expect(peer.messages.count == 1)
                #expect(given.inbox("anna") == [])
            }
        }
    }

    @Test func `mail whose time ends while the directory is down is not returned, and goes out when it is back`()
        async throws
    {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running {
                $0.schedule = ScheduleOptions(
                    minimalBackoff: .seconds(1), maximalBackoff: .seconds(1), lifetime: .seconds(2))
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                // What is held does not age, so that its first attempt finds no directory, however busy the machine is.
                let id = try await given.send(to: ["one@far.example"], isHeld: true)
                given.directory.setDown(true)
                try await given.queue.release(id)
                try await soon("it was tried in vain, beyond its time") {
                    guard case .waiting(let attempts) = try await given.spool.message(id).recipients[0].state else {
                        return false
                    }
                    return attempts.count >= 5
                }
                given.directory.setDown(false)
                try await given.waitUntilEmpty()
                #expect(peer.messages.count == 1)
                #expect(given.inbox("anna") == [])
            }
        }
    }

    // MARK: Reports

    @Test func `success is told where it was asked for, by whoever is last to know`() async throws {
        try await ReceivingPeer.serving(extensions: ["PIPELINING"]) { silent in
            try await ReceivingPeer.serving(extensions: ["DSN"]) { telling in
                try await GivenQueue.running { given in
                    given.directory.setWay("silent.example", "smtp:[127.0.0.1]:\(silent.port)")
                    given.directory.setWay("telling.example", "smtp:[127.0.0.1]:\(telling.port)")
                    try await given.send(
                        to: ["a@silent.example", "b@telling.example"], notify: [.success, .failure])
                    let report = try #require(try await given.waitForInbox("anna").first)
                    try await given.waitUntilEmpty()
                    #expect(given.inbox("anna").count == 1)
                    #expect(report.contains("Action: relayed\n") && report.contains("a@silent.example"))
                    #expect(!report.contains("Final-Recipient: rfc822; b@telling.example"))
                    #expect(telling.messages.first?.recipients.first?.contains("NOTIFY=SUCCESS,FAILURE") == true)
                }
            }
        }
    }

    @Test func `who wants to hear nothing hears nothing, and mail from nobody ends with the postmaster`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                peer.answer { verb, _ in verb == "RCPT" ? "550 5.1.1 nobody" : nil }
                try await given.send(to: ["one@far.example"], notify: [])
                try await given.waitUntilEmpty()
                #expect(given.inbox("anna") == [] && given.inbox("postmaster") == [])
                try await given.send(from: "", to: ["one@far.example"])
                let report = try #require(try await given.waitForInbox("postmaster").first)
                try await given.waitUntilEmpty()
                #expect(report.contains("Status: 5.1.1\n"))
                #expect(given.inbox("anna") == [])
            }
        }
    }

    @Test func `a report that can't be written now is written later, once`() async throws {
        let isFull = Mutex(false)
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running {
                $0.beforeStep = { step in
                    guard step == .makeTemporaryFile, isFull.withLock({ $0 }) else { return }
                    throw SpoolFailure(.noSpace, "the disk is full")
                }
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                peer.answer { verb, _ in
                    guard verb == "RCPT" else { return nil }
                    isFull.withLock { $0 = true }
                    return "550 5.1.1 nobody"
                }
                let id = try await given.send(to: ["one@far.example"])
                try await soon("it is put off") { await given.queue.postponed[id] != nil }
                #expect(given.spooled == [id.description])
                isFull.withLock { $0 = false }
                await given.queue.tellNow()
                try await given.waitUntilEmpty()
                #expect(given.inbox("anna").count == 1)
            }
        }
    }

    @Test func `mail that comes round to a mailbox again is given back to its sender`() async throws {
        try await GivenQueue.running { given in
            try await given.send(
                to: ["ben@example.org", "postmaster@example.org"],
                "Delivered-To: Ben@example.ORG\r\nSubject: round\r\n\r\nDelivered-To: postmaster@example.org\r\n")
            let report = try #require(try await given.waitForInbox("anna").first)
            try await given.waitUntilEmpty()
            #expect(report.contains("Status: 5.4.6\n") && report.contains("mail forwarding loop"))
            #expect(given.inbox("ben") == [])
            #expect(given.inbox("postmaster").count == 1)
        }
    }

    // MARK: Sessions

    @Test func `an idle session that the next hop closed, with a word or without, delays nothing`() async throws {
        for farewell in ["421 4.4.2 idle for too long", "close"] {
            try await ReceivingPeer.serving { peer in
                try await GivenQueue.running { given in
                    given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                    try await given.send(to: ["one@far.example"])
                    try await given.waitUntilEmpty()
                    let refused = Mutex(false)
                    peer.answer { verb, _ in
                        guard verb == "MAIL" || verb == "RSET" else { return nil }
                        return refused.withLock { isDone in
                            defer { isDone = true }
                            return isDone ? nil : farewell
                        }
                    }
                    let id = try await given.send(to: ["two@far.example"])
                    try await soon("it is gone or waits") {
                        let status = await given.queue.waits(for: id)
                        return status == nil || status?.nextAttempt != nil
                    }
                    #expect(await given.queue.waits(for: id) == nil, "it was put off: \(farewell)")
                    #expect(peer.messages.count == 2)
                    #expect(peer.connections == 2)
                }
            }
        }
    }

    @Test func `LMTP answers for each recipient`() async throws {
        try await ReceivingPeer.serving(isLMTP: true) { peer in
            try await GivenQueue.running { given in
                given.directory.setWay("far.example", "lmtp:inet:127.0.0.1:\(peer.port)")
                peer.answer { verb, argument in
                    verb == "." && argument.hasPrefix("<full@") ? "552 5.2.2 full" : nil
                }
                try await given.send(to: ["one@far.example", "full@far.example"])
                let report = try #require(try await given.waitForInbox("anna").first)
                try await given.waitUntilEmpty()
                #expect(report.contains("Final-Recipient: rfc822; full@far.example\n"))
                #expect(report.contains("Status: 5.2.2\n") && !report.contains("rfc822; one@far.example"))
            }
        }
    }

    @Test func `a server that stops lets a message end whose last octet is sent`() async throws {
        let machine = try GivenQueue.Machine()
        try await ReceivingPeer.serving { peer in
            machine.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
            let isAsked = Mutex(false)
            peer.answer { verb, _ in
                guard verb == "." else { return nil }
                isAsked.withLock { $0 = true }
                return nil
            }
            try await GivenQueue.running(on: machine) { given in
                try await given.send(to: ["one@far.example"])
                try await soon("the message is there") { isAsked.withLock { $0 } }
            }
            #expect(machine.root.names("spool/messages").flatMap { machine.root.names("spool/messages/\($0)") } == [])
            #expect(peer.messages.count == 1)
        }
    }
}

extension MailQueue {
    /// Takes up what was postponed, as when its time has come.
    fileprivate func tellNow() async {
        for id in postponed.keys {
            postponed[id] = nil
            await settle(id)
        }
    }
}
