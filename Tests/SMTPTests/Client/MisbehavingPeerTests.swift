import MailModel
import NIOCore
import Net
import Testing

@testable import SMTP

/// Servers that refuse, stall, drop and babble at every phase, on a socket: always an outcome, never a hang.
@Suite(.serialized) struct MisbehavingPeerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var acts: [ScriptedPeer.Act]
        /// How the failure of the session or the outcome of the one recipient begins.
        var expected: String
        /// Where the server falls silent; everything else has all the time it needs.
        var silent: OutgoingStage?

        var testDescription: String { name }
    }

    private static let hello: [ScriptedPeer.Act] = [
        .send("220 peer\r\n"), .read("EHLO"), .send("250-peer\r\n250 PIPELINING\r\n"),
    ]
    private static let envelope: [ScriptedPeer.Act] =
        hello + [.read("DATA\r\n"), .send("250 ok\r\n250 ok\r\n")]
    private static let content = envelope + [.send("354 go\r\n")]

    static let cases: [Case] = [
        Case(name: "closes at once", acts: [.close], expected: "greeting unreachable"),
        Case(name: "says nothing", acts: [.hang], expected: "greeting timedOut", silent: .greeting),
        Case(
            name: "half a greeting", acts: [.send("220-pe"), .hang], expected: "greeting timedOut", silent: .greeting),
        Case(name: "refuses and closes", acts: [.send("554 no\r\n"), .close], expected: "greeting refused 554"),
        Case(name: "garbage", acts: [.send("\0\u{1}\u{2}GIF89a\n"), .hang], expected: "greeting protocolViolation"),
        Case(
            name: "a huge line", acts: [.send(String(repeating: "2", count: 300_000)), .hang],
            expected: "greeting protocolViolation"),
        Case(
            name: "a huge reply", acts: [.send(String(repeating: "220-x\r\n", count: 50_000)), .hang],
            expected: "greeting protocolViolation"),
        Case(name: "silent to EHLO", acts: [.send("220 peer\r\n"), .hang], expected: "hello timedOut", silent: .hello),
        Case(name: "drops at EHLO", acts: [.send("220 p\r\n"), .read("EHLO"), .close], expected: "hello unreachable"),
        Case(name: "drops at MAIL", acts: hello + [.read("MAIL"), .close], expected: "deferred mail 4.4.2 lost"),
        Case(
            name: "silent to MAIL", acts: hello + [.hang], expected: "deferred mail 4.4.2 conversation", silent: .mail),
        Case(
            name: "half a reply to MAIL", acts: hello + [.read("DATA\r\n"), .send("250-o"), .close],
            expected: "deferred mail 4.4.2 lost"),
        Case(
            name: "421 to MAIL", acts: hello + [.read("DATA\r\n"), .send("421 4.3.2 bye\r\n"), .close],
            expected: "deferred mail 421 4.3.2 bye"),
        Case(
            name: "drops at RCPT", acts: hello + [.read("DATA\r\n"), .send("250 ok\r\n"), .close],
            expected: "deferred recipient 4.4.2 lost"),
        Case(name: "drops at DATA", acts: envelope + [.close], expected: "deferred data 4.4.2 lost"),
        Case(
            name: "354 for nobody",
            acts: hello + [
                .read("DATA\r\n"), .send("250 ok\r\n550 no\r\n354 go\r\n"), .read(".\r\n"), .send("554 none\r\n"),
                .hang,
            ], expected: "refused recipient 550 no"),
        Case(
            name: "drops within the message", acts: content + [.read("xxxx"), .close],
            expected: "deferred content 4.4.2"),
        Case(
            name: "stops reading the message", acts: content + [.freeze], expected: "deferred content 4.4.2 conv",
            silent: .content),
        Case(
            name: "has seen enough of the message",
            acts: content + [.read("xxxx"), .send("552 5.3.4 too big\r\n"), .hang], expected: "refused content 552"),
        Case(
            name: "has seen enough and closes",
            acts: content + [.read("xxxx"), .send("452 4.3.1 full\r\n"), .close], expected: "deferred content 4"),
        Case(
            name: "takes the message too early", acts: content + [.read("xxxx"), .send("250 ok\r\n"), .hang],
            expected: "deferred content 4.5.0"),
        Case(name: "drops behind the dot", acts: content + [.read("\r\n.\r\n"), .close], expected: "lost 4.4.2 lost"),
        Case(
            name: "silent behind the dot", acts: content + [.read("\r\n.\r\n"), .hang], expected: "lost 4.4.2 conv",
            silent: .endOfContent),
        Case(
            name: "babbles behind its last reply",
            acts: content + [.read("\r\n.\r\n"), .send("250 ok\r\n250 ok\r\n"), .hang], expected: "delivered 250 ok"),
    ]

    /// More than fits into the buffers of a loopback connection, without being in memory.
    private struct LongMessage: OutgoingContentSource {
        func open() async throws -> any OutgoingContentReader { Reader() }

        struct Reader: OutgoingContentReader {
            private let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 16)
            private var chunks = 0

            mutating func next() async throws -> ByteBuffer? {
                chunks += 1
                return chunks <= 256 ? chunk : nil
            }

            func close() async {}
        }
    }

    @Test(arguments: cases)
    func `whatever a server does, there is an outcome`(peer: Case) async throws {
        let outcome = try await ScriptedPeer.withPeer(peer.acts) { port in
            await Self.outcome(of: port, peer)
        }
        #expect(outcome.hasPrefix(peer.expected), "\(outcome)")
    }

    private static func outcome(of port: Int, _ peer: Case? = nil) async -> String {
        guard let name = Domain("client.example"), let recipient = EmailAddress("b@example.org") else { return "" }
        var limits = OutgoingTimeLimits(all: .seconds(120))
        switch peer?.silent {
        case .greeting: limits.greeting = .milliseconds(200)
        case .hello: limits.hello = .milliseconds(200)
        case .mail: limits.mail = .milliseconds(200)
        case .content: limits.block = .milliseconds(500)
        case .endOfContent: limits.finalReply = .milliseconds(200)
        default: break
        }
        let options = OutgoingOptions(heloName: name, timeLimits: limits)
        let isLong = peer?.expected.contains("content") ?? false
        let content =
            isLong
            ? OutgoingContent(facts: OutgoingContent.Facts(), source: LongMessage())
            : OutgoingContent(ByteBuffer(string: "Subject: x\r\n\r\nxxxx\r\n"))
        do throws(OutgoingFailure) {
            let connection = try await OutgoingConnection.connect(
                to: .tcp(host: "127.0.0.1", port: port), options: options)
            let result = await connection.send(
                OutgoingTransaction(
                    sender: EnvelopeSender(path: .null), recipients: [EnvelopeRecipient(address: recipient)],
                    size: 1000, content: content))
            await connection.quit()
            return result.recipients.first?.scriptText ?? "none"
        } catch {
            return error.scriptText
        }
    }

    @Test func `a cancelled task ends the session`() async throws {
        let outcome = try await ScriptedPeer.withPeer(Self.hello + [.hang]) { port in
            let task = Task { await Self.outcome(of: port) }
            task.cancel()
            return await task.value
        }
        #expect(outcome.contains("given up") || outcome.contains("cancelled"), "\(outcome)")
    }

    @Test func `a server that closed meanwhile is noticed before the next message`() async throws {
        let isReusable = try await ScriptedPeer.withPeer(Self.hello + [.close]) { port in
            guard let name = Domain("client.example") else { return true }
            let connection = try await OutgoingConnection.connect(
                to: .tcp(host: "127.0.0.1", port: port), options: OutgoingOptions(heloName: name))
            while await connection.isReusable { try await Task.sleep(for: .milliseconds(5)) }
            return await connection.isReusable
        }
        #expect(!isReusable)
    }
}
