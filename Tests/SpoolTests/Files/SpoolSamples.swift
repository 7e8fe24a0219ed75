import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Synchronization
import Testing

@testable import Spool

/// A spool of the test's own.
final class TestSpool: Sendable {
    let root: TemporaryMailRoot
    let pool = BlockingPool(name: "spool", threads: 16)

    init() throws {
        root = try TemporaryMailRoot()
    }

    var options: SpoolOptions {
        SpoolOptions(path: root.bytes("spool"), minimumFree: 0, minimumFreeShare: 0, minimumFreeFiles: 0)
    }

    func open(_ change: (inout SpoolOptions) -> Void = { _ in }) async throws -> MessageSpool {
        var options = options
        change(&options)
        // The folder lasts as long as the spool does.
        options.beforeStep = { [self, beforeStep = options.beforeStep] step in
            try withExtendedLifetime(self) { try beforeStep?(step) }
        }
        return try await MessageSpool.open(options, pool: pool)
    }

    /// The names of messages that wait, in no order.
    var files: [String] { root.names("spool/messages").flatMap { root.names("spool/messages/\($0)") } }

    func path(_ id: QueueID) -> String { root["spool/messages/\(QueueID.Shard(id).name)/\(id)"] }

    func bytes(_ id: QueueID) throws -> [UInt8] {
        let file = try #require(fopen(path(id), "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
        }
    }

    func replace(_ id: QueueID, with bytes: [UInt8]) throws {
        let file = try #require(fopen(path(id), "w"))
        defer { fclose(file) }
        try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}

extension MessageSpool {
    /// Adds a message with one recipient.
    @discardableResult
    func add(_ text: String, id: QueueID = .make()) async throws -> QueuedMessage {
        try await add(
            id: id, envelope: .sample, recipients: [.sample("anna@example.net")],
            header: Array("Subject: test\r\n\r\n".utf8), body: ByteBuffer(string: text))
    }

    func text(_ id: QueueID, chunk: Int = 100_000) async throws -> String {
        let content = try await content(id)
        var bytes: [UInt8] = []
        while true {
            let piece = try await content.chunk(at: UInt64(bytes.count), count: chunk)
            if piece.readableBytes == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece.readableBytesView
        }
    }

    func all() async throws -> (messages: [QueuedMessage], scan: SpoolScan) {
        let messages = Mutex<[QueuedMessage]>([])
        let result = try await scan { batch in messages.withLock { $0 += batch } }
        return (messages.withLock { $0 }, result)
    }
}

extension QueuedEnvelope {
    static let sample = QueuedEnvelope(sender: EnvelopeSender(path: .null), arrival: 1_700_000_000_000_000)
}

extension QueuedRecipient {
    static func sample(_ text: String, state: QueuedState = .waiting(QueuedAttempts())) throws -> QueuedRecipient {
        let address = try #require(EmailAddress(text))
        return QueuedRecipient(
            recipient: EnvelopeRecipient(address: address), given: address,
            way: .remote(.smtp, nextHop: nil, domain: address.domain), state: state)
    }

    /// Everything that can be said about a recipient, odd and long.
    static func odd() throws -> [QueuedRecipient] {
        let domain = try #require(Domain([0xC3, 0xBC, 0x2E, 0x78]))
        let literal = try #require(Domain("[IPv6:2001:db8::1]"))
        let bytes = try #require(EmailAddress(localPart: [0xFF, 0xFE, 0x20, 0x22, 0x5C, 0x40], domain: domain))
        let long = try #require(EmailAddress(localPart: [UInt8](repeating: 0x61, count: 256), domain: literal))
        let reply = SMTPReply(
            450, EnhancedStatusCode(4, 65535, 999),
            lines: ["ünï", "", String(repeating: "long ", count: 10_000)])
        let attempts = QueuedAttempts(
            count: .max, next: .min, last: reply, lastHost: "mx.example.org[2001:db8::2]", isDelayReported: true)
        var all = [
            QueuedRecipient(
                recipient: EnvelopeRecipient(
                    address: bytes, notify: [], originalRecipient: "rfc822;a b", hasSourceRoute: true),
                given: long, sender: .null, way: .mailbox, isWayFixed: true, state: .waiting(attempts)),
            QueuedRecipient(
                recipient: EnvelopeRecipient(address: long, notify: [.success, .failure, .delay]),
                given: long, sender: .address(bytes),
                way: .remote(.lmtp, nextHop: "unix:/run/dovecot/lmtp", domain: literal), state: .delivered),
        ]
        all.append(
            QueuedRecipient(
                recipient: EnvelopeRecipient(address: bytes), given: bytes, way: .mailbox,
                mailbox: QueuedMailbox(format: .mbox, path: [0x2F, 0xFF, 0x0A]), state: .delivered))
        all.append(QueuedRecipient(recipient: EnvelopeRecipient(address: long), given: long, way: .unresolved))
        let kinds: [QueuedSuccess.Kind] = [.delivered, .relayed, .expanded]
        let successes = kinds.map { QueuedState.untold(QueuedSuccess($0, reply, host: $0 == .relayed ? "mx" : nil)) }
        for state in [
            QueuedState.failed, .deleted, .expanded, .waiting(QueuedAttempts(last: SMTPReply(421, nil, lines: []))),
        ] + successes {
            all.append(
                QueuedRecipient(
                    recipient: EnvelopeRecipient(address: bytes, originalRecipient: ""), given: bytes,
                    way: .remote(.smtp, nextHop: "", domain: domain), state: state))
        }
        return all
    }
}

extension QueuedEnvelope {
    static func odd() throws -> [QueuedEnvelope] {
        let domain = try #require(Domain("example.org"))
        let sender = try #require(EmailAddress(localPart: [0x80, 0x20], domain: domain))
        let bodies: [EnvelopeSender.Body] = [.sevenBit, .eightBitMIME, .binaryMIME]
        let returns: [EnvelopeSender.Return?] = [nil, .full, .headers]
        return zip(bodies, returns).enumerated().map { number, pair in
            QueuedEnvelope(
                sender: EnvelopeSender(
                    path: number == 0 ? .null : .address(sender), declaredSize: number == 0 ? nil : .max,
                    body: pair.0, smtpUTF8: number == 1, ret: pair.1,
                    envelopeID: number == 0 ? nil : number == 1 ? [] : [0, 255, 10]),
                arrival: [.min, 0, .max][number], submitter: number == 0 ? nil : "änna",
                client: number == 1 ? "192.0.2.1" : nil, needs: ContentNeeds(rawValue: UInt8(number * 3)))
        }
    }
}

/// A value that tasks share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }
}
