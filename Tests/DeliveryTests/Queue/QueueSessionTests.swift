import DNS
import Directory
import LookupTables
import MailModel
import NIOCore
import PostroomTesting
import Spool
import Testing

@testable import Delivery

/// With whose name, under which login and how well protected mail of the queue leaves.
@Suite struct QueueSessionTests {
    private struct Logins: LookupTable {
        let name = "logins"
        let location: Directory.SourceLocation? = nil
        let isPattern = false
        var entries: [String: String]

        func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
            Answer(entries[String(decoding: key, as: UTF8.self)].map { .found(Array($0.utf8)) } ?? .absent)
        }
    }

    @Test func `each sender's mail leaves under its own login, over no other's session`() async throws {
        try await ReceivingPeer.serving(extensions: ["AUTH PLAIN"]) { peer in
            try await GivenQueue.running {
                let entries = ["anna@example.org": "anna:one", "ben@example.org": "ben:two"]
                $0.logins = NextHopLogins(tables: [Logins(entries: entries)], asksForSender: true)
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                for sender in ["anna", "ben", "anna", "ben"] {
                    try await given.send(from: "\(sender)@example.org", to: ["x@far.example"])
                    try await given.waitUntilEmpty()
                }
                #expect(peer.messages.count == 4)
                let logins = ["\0anna\0one", "\0ben\0two"].map { "AUTH PLAIN \(base64($0))" }
                #expect(Set(peer.logins) == Set(logins))
            }
        }
    }

    @Test func `a next hop that offers no AUTH gets the mail without a login`() async throws {
        try await ReceivingPeer.serving(extensions: ["PIPELINING"]) { peer in
            try await GivenQueue.running {
                $0.logins = NextHopLogins(tables: [Logins(entries: ["[127.0.0.1]:\(peer.port)": "anna:one"])])
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                try await given.send(to: ["x@far.example"])
                try await given.waitUntilEmpty()
                #expect(peer.messages.count == 1 && peer.logins == [])
                #expect(given.inbox("anna") == [])
            }
        }
    }

    @Test func `the log names the host that took a message, and what it said`() throws {
        let address = try #require(EmailAddress("x@far.example"))
        let way = QueuedWay.remote(.smtp, nextHop: "[relay.example]:587", domain: address.domain)
        let recipient = QueuedRecipient(
            recipient: EnvelopeRecipient(address: address), given: address, way: way)
        let (ok, later) = (SMTPReply(250, nil, "2.0.0 Ok: queued as 1"), SMTPReply(450, nil, "later"))
        let host = "relay.example[192.0.2.1]:587"
        func text(_ result: RecipientResult) -> String { MailQueue.line(recipient, way, result, age: 1_200_000).text }
        #expect(
            text(.delivered(ok, host: host))
                == "to=<x@far.example>, relay=\(host), delay=1.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 1)")
        #expect(text(.deferred(later, host: host)).hasSuffix("status=deferred (host \(host) said: 450 later)"))
        #expect(text(.deferred(later, host: nil)).contains(", relay=smtp:[relay.example]:587, "))
    }

    @Test func `a flush for a domain finds its mail behind a relay host, and leaves the rest there`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running {
                $0.schedule = ScheduleOptions(minimalBackoff: .seconds(3600), maximalBackoff: .seconds(3600))
            } _: { given in
                peer.answer { verb, _ in verb == "RCPT" ? "450 4.2.0 later" : nil }
                var ids: [QueueID] = []
                for domain in ["far.example", "other.example"] {
                    given.directory.setWay(domain, "smtp:[127.0.0.1]:\(peer.port)")
                    ids.append(try await given.send(to: ["x@\(domain)"]))
                }
                for id in ids {
                    try await soon("it waits for its time") { await given.queue.waits(for: id)?.nextAttempt != nil }
                }
                peer.answer { _, _ in nil }
                try await given.queue.flush(.domain(try #require(Domain("far.example"))))
                try await soon("one is gone") { given.spooled.count == 1 }
                #expect(given.spooled == [ids[1].description])
                #expect(peer.messages.map { $0.recipients.count } == [1])
                #expect(await given.queue.waits(for: ids[1])?.nextAttempt != nil)
            }
        }
    }

    private func base64(_ text: String) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var result = ""
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let three = Array(bytes.prefix(3))
            bytes = bytes.dropFirst(3)
            let number = (0..<3).reduce(0) { $0 << 8 | ($1 < three.count ? Int(three[$1]) : 0) }
            for place in 0..<4 {
                result.append(place <= three.count ? letters[number >> (18 - 6 * place) & 63] : "=")
            }
        }
        return result
    }

    @Test func `a copy with a sender of its own is a message of its own`() async throws {
        try await ReceivingPeer.serving { peer in
            try await GivenQueue.running { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                let far = try #require(Domain("far.example"))
                let way = QueuedWay.remote(.smtp, nextHop: "[127.0.0.1]:\(peer.port)", domain: far)
                var recipients = try ["one", "two"].map { name in
                    let address = try #require(EmailAddress("\(name)@far.example"))
                    return QueuedRecipient(
                        recipient: EnvelopeRecipient(address: address), given: address, way: way)
                }
                recipients[1].sender = .address(try #require(EmailAddress("SRS0=x=y=b.example=s@example.org")))
                let sender = ReversePath.address(try #require(EmailAddress("s@b.example")))
                let message = try await given.spool.add(
                    id: .make(),
                    envelope: QueuedEnvelope(
                        sender: EnvelopeSender(path: sender), arrival: MailQueue.now.wall),
                    recipients: recipients, header: [], body: ByteBuffer(string: "Subject: x\r\n\r\nx\r\n"))
                await given.queue.accept(message)
                try await given.waitUntilEmpty()
                let senders = peer.messages.map { $0.sender.prefix { $0 != " " } }
                #expect(Set(senders) == ["<s@b.example>", "<SRS0=x=y=b.example=s@example.org>"])
                #expect(peer.messages.map(\.recipients.count) == [1, 1])
            }
        }
    }

    @Test(arguments: [OutgoingTLSLevel.may, .encrypt])
    func `a handshake that fails sends mail in clear where TLS is a wish, and keeps it where it is a must`(
        level: OutgoingTLSLevel
    ) async throws {
        try await ReceivingPeer.serving(extensions: ["STARTTLS"]) { peer in
            peer.answer { verb, _ in verb == "STARTTLS" ? "220 2.0.0 go on, and closes" : nil }
            try await GivenQueue.running {
                $0.tls.level = level
            } _: { given in
                given.directory.setWay("far.example", "smtp:[127.0.0.1]:\(peer.port)")
                let id = try await given.send(to: ["x@far.example"])
                if level == .may {
                    try await given.waitUntilEmpty()
                    #expect(peer.messages.count == 1)
                } else {
                    let attempts = try await given.attempts(writtenDownOf: id)
                    #expect(peer.messages.isEmpty)
                    #expect(attempts.last?.enhanced == EnhancedStatusCode(4, 7, 5), "\(attempts)")
                }
            }
        }
    }

    @Test func `a message that was held goes where its recipients are when it is released`() async throws {
        try await GivenQueue.running { given in
            given.directory.setWay("ben@example.org", "smtp:[127.0.0.1]:1")
            let id = try await given.send(to: ["ben@example.org"], isHeld: true)
            given.directory.setWay("ben@example.org", nil)
            #expect(await given.queue.waits(for: id)?.isHeld == true)
            await given.queue.letGo(id)
            try await given.waitUntilEmpty()
            #expect(given.inbox("ben").count == 1)
        }
    }

    @Test func `a message whose file was taken away is forgotten`() async throws {
        try await GivenQueue.running { given in
            let id = try await given.send(to: ["x@far.example"], isHeld: true)
            try await given.spool.remove(id)
            await given.queue.letGo(id)
            try await soon("it is forgotten") { await given.queue.waits(for: id) == nil }
        }
    }

    @Test func `envelopes in memory are bounded, and the latest are kept`() throws {
        var recent = RecentMessages()
        let address = try #require(EmailAddress("x@far.example"))
        let recipient = QueuedRecipient(
            recipient: EnvelopeRecipient(address: address), given: address, way: .mailbox)
        var ids: [QueueID] = []
        for _ in 0..<1000 {
            let message = QueuedMessage(
                id: .make(), envelope: QueuedEnvelope(sender: EnvelopeSender(path: .null), arrival: 0),
                recipients: Array(repeating: recipient, count: 50), size: 10)
            ids.append(message.id)
            recent.insert(message)
        }
        #expect(recent.count <= 2 * 8192 / 50 + 2)
        #expect(ids.suffix(100).allSatisfy { recent.entry($0) != nil })
        for id in ids { recent.remove(id) }
        #expect(recent.count == 0)
    }
}

extension MailQueue {
    /// As `postroom queue release`.
    fileprivate func letGo(_ id: QueueID) {
        schedule.release(id, now: Self.now)
        wake()
    }
}
