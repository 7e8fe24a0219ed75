import MailModel
import NIOCore
import NIOPosix
import Net
import Routing
import SMTP

/// Hands messages of programs to the server of this machine over its socket.
struct LocalMailClient: Sendable {
    /// What the server said of a message, if it was heard at all.
    enum Answer: Hashable, Sendable {
        /// Some recipients may have been refused; the server tells the sender of these.
        case accepted(refused: [String])
        /// Nobody has it.
        case refused([String], code: Int32)
        /// Nobody has it, and the cause may pass.
        case deferred([String])
    }

    struct Envelope: Sendable {
        var sender: SendmailArguments.Sender
        var recipients: [LocalAddress]
        var notify: EnvelopeRecipient.Notify?
        var ret: EnvelopeSender.Return?
        var envelopeID: [UInt8]?
        var isEightBit = false
    }

    /// Recipients whose commands are under way at a time.
    private static let batch = 100
    /// The server asks the directory for each recipient, and a disk for the message.
    private static let timeout = TimeAmount.minutes(10)

    private let connection: LineConnection

    /// Throws where nobody listens there.
    init(socket: String) async throws(LineConnectionError) {
        connection = try await LineConnection(
            to: .unix(path: socket), timeout: .seconds(10), lineLimit: 8192, group: .singleton)
    }

    func close() async {
        await connection.close()
    }

    /// One message; several transactions where the server does not take all recipients in one.
    func send(_ content: ByteBuffer, _ envelope: Envelope) async -> Answer {
        do {
            let greeting = try await reply()
            guard greeting.isPositive else { return .deferred([greeting.description]) }
            let hello = try await ask("EHLO \(LocalMail.helloName)")
            guard hello.isPositive else { return .deferred([hello.description]) }
            var rest = envelope.recipients[...]
            var refused: [String] = []
            var isSent = false
            var code = LocalMailOutcome.noUser
            while !rest.isEmpty {
                let answer = try await transaction(content, envelope, &rest)
                switch answer {
                case .accepted(let more):
                    refused += more
                    isSent = true
                case .refused(let more, let reason):
                    refused += more
                    code = reason
                case .deferred: return answer
                }
            }
            try? await connection.send(ByteBuffer(string: "QUIT\r\n"), timeout: .seconds(5))
            return isSent ? .accepted(refused: refused) : .refused(refused, code: code)
        } catch {
            return .deferred(["the server was lost: \(error)"])
        }
    }

    // MARK: One transaction

    /// Takes from `rest` the recipients that it dealt with.
    private func transaction(
        _ content: ByteBuffer, _ envelope: Envelope, _ rest: inout ArraySlice<LocalAddress>
    ) async throws -> Answer {
        let mail = try await ask(mailCommand(envelope))
        guard mail.isPositive else {
            if mail.isTransient { return .deferred([mail.description]) }
            rest = []
            return .refused([mail.description], code: Self.exitCode(mail))
        }
        var refused: [String] = []
        var codes: Set<Int32> = []
        var accepted = 0
        var isFull = false
        while !rest.isEmpty, !isFull {
            let group = rest.prefix(Self.batch)
            var commands = ByteBuffer()
            for recipient in group { commands.writeBytes(recipientCommand(recipient, envelope)) }
            try await connection.send(commands, timeout: Self.timeout)
            // Those behind the last that fits are for the next transaction.
            var left: [LocalAddress] = []
            for recipient in group {
                let reply = try await reply()
                if reply.isPositive {
                    accepted += 1
                } else if reply.code == 452, reply.enhanced == EnhancedStatusCode(4, 5, 3), accepted > 0 {
                    left.append(recipient)
                } else if reply.isTransient {
                    // Nobody gets it now, so that nobody gets it twice when the program tries again.
                    return .deferred([Self.words(recipient, reply)])
                } else {
                    refused.append(Self.words(recipient, reply))
                    codes.insert(Self.exitCode(reply))
                }
            }
            rest = left + rest.dropFirst(group.count)
            isFull = !left.isEmpty
        }
        guard accepted > 0 else {
            _ = try await ask("RSET")
            return .refused(
                refused, code: codes.count == 1 ? codes.first ?? LocalMailOutcome.noUser : LocalMailOutcome.unavailable)
        }
        let data = try await ask("DATA")
        guard data.code == 354 else { return Self.ended(data, refused) }
        var encoder = MessageEncoder(lineLimit: 0)
        var content = content
        while let chunk = content.readSlice(length: min(content.readableBytes, 1 << 18)), chunk.readableBytes > 0 {
            var output = ByteBuffer()
            encoder.encode(chunk, into: &output)
            try await connection.send(output, timeout: Self.timeout)
        }
        var end = ByteBuffer()
        encoder.finish(into: &end)
        try await connection.send(end, timeout: Self.timeout)
        return Self.ended(try await reply(), refused)
    }

    private static func ended(_ reply: SMTPReply, _ refused: [String]) -> Answer {
        if reply.isPositive { return .accepted(refused: refused) }
        if reply.isTransient { return .deferred([reply.description]) }
        return .refused(refused + [reply.description], code: exitCode(reply))
    }

    private static func words(_ recipient: LocalAddress, _ reply: SMTPReply) -> String {
        "<\(VisibleText.escaped(recipient.quoted))>: \(reply)"
    }

    /// sysexits(3), by the subject of the enhanced code (RFC 3463 §3).
    private static func exitCode(_ reply: SMTPReply) -> Int32 {
        switch (reply.enhanced?.subject, reply.enhanced?.detail) {
        case (1, _): LocalMailOutcome.noUser
        case (7, _): LocalMailOutcome.noPermission
        case (3, 4), (2, 3), (5, _), (6, _): LocalMailOutcome.dataError
        default: LocalMailOutcome.unavailable
        }
    }

    // MARK: Commands

    private func mailCommand(_ envelope: Envelope) -> [UInt8] {
        var command = Array("MAIL FROM:<".utf8)
        var isInternationalized = envelope.recipients.contains(where: \.isInternationalized)
        if case .address(let address) = envelope.sender {
            command += address.quoted
            isInternationalized = isInternationalized || address.isInternationalized
        }
        command.append(UInt8(ascii: ">"))
        if isInternationalized { command += Array(" SMTPUTF8".utf8) }
        if envelope.isEightBit { command += Array(" BODY=8BITMIME".utf8) }
        switch envelope.ret {
        case .full: command += Array(" RET=FULL".utf8)
        case .headers: command += Array(" RET=HDRS".utf8)
        case nil: break
        }
        if let id = envelope.envelopeID { command += Array(" ENVID=".utf8) + XText.encode(id) }
        return command
    }

    private func recipientCommand(_ recipient: LocalAddress, _ envelope: Envelope) -> [UInt8] {
        var command = Array("RCPT TO:<".utf8) + recipient.quoted + Array(">".utf8)
        if let notify = envelope.notify {
            let words: [(EnvelopeRecipient.Notify, String)] = [
                (.success, "SUCCESS"), (.failure, "FAILURE"), (.delay, "DELAY"),
            ]
            let named = words.filter { notify.contains($0.0) }.map(\.1)
            command += Array(" NOTIFY=\(named.isEmpty ? "NEVER" : named.joined(separator: ","))".utf8)
        }
        return command + [0x0D, 0x0A]
    }

    private func ask(_ command: String) async throws -> SMTPReply {
        try await ask(Array(command.utf8))
    }

    private func ask(_ command: [UInt8]) async throws -> SMTPReply {
        try await connection.send(ByteBuffer(bytes: command + [0x0D, 0x0A]), timeout: Self.timeout)
        return try await reply()
    }

    private func reply() async throws -> SMTPReply {
        var parser = ReplyParser()
        for _ in 0..<ReplyParser.maximumLines {
            parser.append(ByteBuffer(bytes: try await connection.line(timeout: Self.timeout) + [0x0A]))
            if let reply = try parser.next() { return reply }
        }
        throw LineConnectionError(peer: connection.peer, reason: "a reply without end")
    }
}
