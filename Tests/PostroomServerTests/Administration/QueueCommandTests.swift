import Delivery
import Foundation
import PostroomTesting
import Spool
import Testing

@testable import PostroomServer

/// `postroom queue`, against the queue of a server that runs, and against that of one that does not.
@Suite struct `postroom queue` {
    private static func configuration(relayPort: Int = 1) -> String {
        People.configuration(
            more: """
                outgoing: {relay_host: "[127.0.0.1]:\(relayPort)", queue_directory: "%FOLDER%/spool"}
                service: {user: nobody, runtime_directory: "%FOLDER%/run"}
                limits: {drain_time: 1s}
                """)
    }

    /// The command against a site, with its configuration.
    private struct Command {
        let folder: TemporaryFolder

        func callAsFunction(_ arguments: String...) async throws -> (output: String, code: Int32?) {
            try await PostroomCommand(folder: folder).run(
                ["queue"] + arguments + ["--config", folder.path("postroom.yaml")])
        }

        /// The names of what is listed.
        func ids(_ arguments: String...) async throws -> [String] {
            let listed = try await PostroomCommand(folder: folder).run(
                ["queue", "list", "--json"] + arguments + ["--config", folder.path("postroom.yaml")])
            #expect(listed.code == 0, "\(listed.output)")
            return try messages(listed.output).map(\.id)
        }

        func messages(_ output: String) throws -> [ListedMessage] {
            try output.split(separator: "\n").compactMap {
                try JSONDecoder().decode(QueueLine.self, from: Data($0.utf8)).message
            }
        }
    }

    /// Sends to other hosts and waits until each message was tried.
    private func fill(_ folder: TemporaryFolder, _ command: Command, _ recipients: [[String]]) async throws {
        let sendmail = try Sendmail(in: folder)
        for (number, recipients) in recipients.enumerated() {
            let sent = try await sendmail.run(
                ["-f", "sender\(number)@example.org"] + recipients, "Subject: \(number)\n\ntext \(number)\n", uid: 0)
            #expect(sent.code == 0, "\(sent.output)")
        }
        try await eventually("all were tried") {
            let listed = try await command("list", "--json")
            let messages = try command.messages(listed.output)
            return messages.count == recipients.count
                && messages.allSatisfy { $0.state == .waiting && $0.recipients.allSatisfy { $0.attempts > 0 } }
        }
    }

    @Test func `lists, filters, holds, releases, flushes, shows and deletes what waits`() async throws {
        try await TestSite.serving(Self.configuration(), files: People.files) { site in
            let queue = Command(folder: site.folder)
            #expect(try await queue("list").output == "Mail queue is empty\n")
            #expect(try await queue("list", "--summary").output == "Mail queue is empty\n")
            try await fill(
                site.folder, queue, [["a@one.example"], ["b@two.example", "c@one.example"], ["d@three.example"]])
            let listed = try await queue("list")
            #expect(listed.code == 0)
            let lines = listed.output.split(separator: "\n")
            #expect(lines.first == "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------")
            #expect(lines.last?.hasSuffix("Kbytes in 3 Requests.") == true)
            #expect(listed.output.contains(" sender1@example.org\n"))
            #expect(listed.output.contains("Connection refused") || listed.output.contains("refused"))
            let ids = try await queue.ids()
            try #require(ids.count == 3)

            // Conditions.
            #expect(try await queue.ids("--sender", "SENDER0@example.org") == [ids[0]])
            #expect(try await queue.ids("--sender", "@example.org") == ids)
            #expect(try await queue.ids("--sender", "<>").isEmpty)
            #expect(try await queue.ids("--recipient", "@one.example") == [ids[0], ids[1]])
            #expect(
                try await queue.ids("--recipient", "d@three.example", "--sender", "sender2@example.org") == [ids[2]])
            #expect(try await queue.ids("--destination", "[127.0.0.1]:1") == ids)
            #expect(try await queue.ids("--destination", "elsewhere.example").isEmpty)
            #expect(try await queue.ids("--older", "1h").isEmpty)
            #expect(try await queue.ids("--age", "0s") == ids)
            #expect(try await queue.ids("--younger", "1h", "--reason", "127.0.0.1") == ids)
            #expect(try await queue.ids("--reason", "no such words").isEmpty)

            // Holding.
            #expect(try await queue("hold", ids[0]).output == "\(ids[0]): held\n")
            #expect(try await queue("list", ids[0]).output.contains("\(ids[0])! "))
            #expect(try await queue.ids("--held") == [ids[0]])
            #expect(try await queue("flush").code == 0)
            #expect(try await queue("flush", "--domain", "one.example").code == 0)
            #expect(try await queue("flush", ids[1]).code == 0)
            #expect(try await queue("release", "--sender", "sender0@example.org").output == "\(ids[0]): released\n")
            let again = try await queue("release", ids[0])
            #expect(again.code == 1 && again.output.contains("not held"))

            // Looking.
            let shown = try await queue("show", ids[1])
            #expect(shown.code == 0)
            for text in [
                "sender: <sender1@example.org>", "submitted by: uid=0", "recipient: <b@two.example>",
                "way: smtp:[127.0.0.1]:1", "Subject: 1\r\n", "text 1\r\n",
            ] {
                #expect(shown.output.contains(text), "\(text) in \(shown.output)")
            }
            let summary = try await queue("list", "--summary")
            #expect(summary.output.contains("3 messages to 4 recipients"))
            #expect(summary.output.contains("smtp:[127.0.0.1]:1"))

            // What is not there.
            let missing = try await queue("hold", "0123456789", ids[2])
            #expect(missing.code == 1)
            #expect(
                missing.output.contains("0123456789: there is no message") && missing.output.contains("\(ids[2]): held")
            )
            #expect(try await queue("show", "../../etc/passwd").code == 1)
            #expect(try await queue("hold").code == 64)

            // Deleting.
            #expect(try await queue("delete", ids[0]).output == "\(ids[0]): deleted\n")
            let unasked = try await queue("delete", "ALL")
            #expect(unasked.code == 64 && unasked.output.contains("2 messages"))
            #expect(try await queue.ids() == Array(ids.dropFirst()))
            #expect(try await queue("delete", "ALL", "--yes").code == 0)
            #expect(try await queue("list").output == "Mail queue is empty\n")
            #expect(try await site.server.queue.spool.ids().isEmpty)
        }
    }

    @Test func `requeue resolves the address that was given once more`() async throws {
        let configuration = Self.configuration().replacing(
            "aliases: [{inline: {sales@example.net: carla@example.org}}]",
            with: #"aliases: ["texthash:%FOLDER%/aliases"]"#)
        let files = People.files.merging(["aliases": "sales@example.net old@elsewhere.example, anna@example.org\n"]) {
            $1
        }
        try await TestSite.serving(configuration, files: files) { site in
            let queue = Command(folder: site.folder)
            try await fill(site.folder, queue, [["sales@example.net"]])
            let id = try #require(try await queue.ids().first)
            #expect(site.new("anna/Maildir").count == 1)
            try site.folder.write("sales@example.net ben@example.org, anna@example.org\n", to: "aliases")
            #expect(await site.server.reload())
            let result = try await queue("requeue", id)
            #expect(result.code == 0 && result.output.hasPrefix("\(id): queued anew as "), "\(result.output)")
            try await eventually("ben has it") { site.new("ben/Maildir").count == 1 }
            try await eventually("nothing waits") { try await queue.ids().isEmpty }
            // Her copy went into her mailbox when the message came, and the queue knows.
            #expect(site.new("anna/Maildir").count == 1)
        }
    }

    @Test func `a message that is being handed over can be deleted, and not requeued`() async throws {
        let silent = try SilentPort()
        try await TestSite.serving(Self.configuration(relayPort: silent.port), files: People.files) { site in
            let queue = Command(folder: site.folder)
            let sendmail = try Sendmail(in: site.folder)
            #expect(try await sendmail.run(["a@one.example"], "A: b\n\n", uid: 0).code == 0)
            try await eventually("it is active") { try await queue("list").output.contains("* ") }
            let id = try #require(try await queue.ids().first)
            let busy = try await queue("requeue", id)
            #expect(busy.code == 1 && busy.output.contains("being handed over"))
            #expect(try await queue("delete", id).output == "\(id): deleted\n")
            #expect(try await queue.ids().isEmpty)
            // A crash now does not bring it back: it is written down.
            let kept = try await site.server.queue.spool.message(
                try #require(try await site.server.queue.spool.ids().first))
            #expect(kept.recipients.map(\.state) == [.deleted])
        }
    }

    @Test func `works on the files while no server runs, as their owner`() async throws {
        let folder = try ServedSite.prepare(Self.configuration(), People.files)
        let queue = Command(folder: folder)
        #expect(try await queue("list").code == 69)
        var site = try await ServedSite.start(in: folder)
        try await fill(folder, queue, [["a@one.example"], ["b@two.example"], ["c@three.example"]])
        let ids = try await queue.ids()
        let stranger = try await Sendmail(in: folder, named: "mailq").run([], "", uid: 4242)
        #expect(stranger.code == 77 || stranger.code == 69, "\(stranger.output)")
        site.process.signal(SIGTERM)
        #expect(await site.process.waitForExit() == .code(0), "\(site.log)")

        #expect(try await queue.ids() == ids)
        #expect(try await queue("hold", ids[0]).output == "\(ids[0]): held\n")
        #expect(try await queue("delete", ids[1]).output == "\(ids[1]): deleted\n")
        #expect(try await queue("show", ids[2]).output.contains("text 2"))
        #expect(try await queue("flush").code == 0)
        #expect(try await queue("requeue", ids[2]).code == 1)
        #expect(try await queue("list", "--summary").output.contains("2 messages to 2 recipients"))

        site = try await ServedSite.start(in: folder)
        try await eventually("the server has them") { try await queue.ids() == [ids[0], ids[2]] }
        #expect(try await queue.ids("--held") == [ids[0]])
        site.process.signal(SIGTERM)
        #expect(await site.process.waitForExit() == .code(0), "\(site.log)")
    }

    private func line(_ connection: TestConnection) async throws -> String {
        String(decoding: try await connection.lines(1).first ?? [], as: UTF8.self)
    }

    @Test func `a client of the socket that says nonsense is told so, and strangers are sent away`() async throws {
        try await TestSite.serving(Self.configuration(), files: People.files) { site in
            let connection = try await TestConnection(unixSocket: site.folder.path("run/admin.sock"))
            try await connection.send("{}\n{\"command\":\"explode\"}\n{\"command\":\"list\"}\r\n")
            let mode = try FileManager.default.attributesOfItem(atPath: site.folder.path("run/admin.sock"))
            #expect(mode[.posixPermissions] as? Int == 0o600)
            var lines: [String] = []
            for _ in 0..<3 { lines.append(try await line(connection)) }
            #expect(lines[0].contains("does not know") && lines[1].contains("does not know"))
            #expect(lines[2] == #"{"end":{"count":0}}"#)
            try await connection.send(String(repeating: "x", count: 100_000))
            #expect(try await line(connection).contains("too long"))
        }
    }
}

/// A port that takes connections and never says a word.
private final class SilentPort: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        port = try LoopbackPort.free()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(descriptor, 16) == 0 else { throw TestFailure(description: "no silent port") }
    }

    deinit {
        close(descriptor)
    }
}
