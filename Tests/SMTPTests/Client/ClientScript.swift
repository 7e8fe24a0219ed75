import Foundation
import MailModel
import NIOCore
import Net
import SASL
import Testing

@testable import SMTP

/// A written dialogue of our client with a server. Lines of a script:
///
///     set NAME          an option, see `apply`
///     from <a@b> …      a new message: what follows MAIL FROM:
///     to <a@b> …        one more recipient
///     message TEXT      its octets
///     SEND              the client begins the message
///     S: text           the server sends the line, CRLF behind it
///     S+ text           the server sends exactly this
///     C: text           the client's next line
///     TLS               the handshake that was asked for
///     LOSE WHY          closed, timeout, cancelled
///     RESULT text       how the outcome of the next recipient begins
///     FAIL text         how the failure of the session begins: stage, kind, text
///     READY, CLOSED     what the session is in the end
///
/// `\r`, `\n`, `\0`, `\\`, `\xHH` stand for octets, and `{N*TEXT}` for N times TEXT, in messages and in server lines.
struct ClientScript: CustomStringConvertible, Sendable {
    enum Step: Equatable, Sendable {
        case begin
        case server([UInt8])
        case client(String)
        case startTLS
        case lose(SMTPClientEngine.Loss)
        case result(String)
        case failure(String)
        case ready
        case closed
        case sender(String)
        case recipient(String)
        case message([UInt8])
    }

    let name: String
    var options: OutgoingOptions
    let steps: [Step]

    var description: String { name }

    static let all: [ClientScript] = {
        let folder = Bundle.module.resourceURL?.appendingPathComponent("Scripts/Client")
        let files = folder.flatMap {
            try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }
        return (files ?? []).filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }.flatMap(scripts)
    }()

    /// A file holds several, each behind a line `= NAME`.
    private static func scripts(_ file: URL) -> [ClientScript] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        let base = file.deletingPathExtension().lastPathComponent
        return ("\n" + text).components(separatedBy: "\n= ").dropFirst().map { part in
            let lines = part.split(separator: "\n")
            return ClientScript("\(base): \(lines[0])", lines.dropFirst())
        }
    }

    private init(_ name: String, _ lines: ArraySlice<Substring>) {
        self.name = name
        let domain = Domain("client.example") ?? ClientScript.unreachable
        var options = OutgoingOptions(heloName: domain)
        steps = lines.filter { !$0.hasPrefix("#") }.compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            let rest = words.count > 1 ? String(words[1]) : ""
            switch words[0] {
            case "set":
                Self.apply(rest, &options)
                return nil
            case "from": return .sender("FROM:\(rest)")
            case "to": return .recipient("TO:\(rest)")
            case "message": return .message(Script.octets(rest))
            case "SEND": return .begin
            case "S:": return .server(Script.octets(rest) + [0x0D, 0x0A])
            case "S+": return .server(Script.octets(rest))
            case "C:": return .client(rest)
            case "TLS": return .startTLS
            case "LOSE":
                return .lose(rest == "timeout" ? .timedOut : rest == "cancelled" ? .cancelled : .closed("gone"))
            case "RESULT": return .result(rest)
            case "FAIL": return .failure(rest)
            case "READY": return .ready
            case "CLOSED": return .closed
            default:
                Issue.record("\(name): what is \(line)?")
                return nil
            }
        }
        self.options = options
    }

    private static var unreachable: Domain { preconditionFailure("client.example is a domain") }

    private static func apply(_ setting: String, _ options: inout OutgoingOptions) {
        let tls = ClientTLSOptions()
        switch setting {
        case "lmtp": options.transport = .lmtp
        case "tls may": options.tls = .may(tls)
        case "tls required": options.tls = .required(tls)
        case "tls implicit": options.tls = .implicit(tls)
        case "no-pipelining": options.isPipelining = false
        case "chunking": options.chunking = .whenOffered
        case "eightbit unchanged": options.eightBit = .sendUnchanged
        case "no-skip": options.skips5xxGreeting = false
        case "unprotected": options.sendsCredentialsUnprotected = true
        case "login":
            options.credentials = SMTPCredentials(
                login: Array("tim".utf8), authorizationIdentity: nil, password: Secret("tanstaaftanstaaf"))
        default:
            let words = setting.split(separator: " ").map(String.init)
            switch words.first {
            case "ignore": options.ignoredKeywords = Set(words.dropFirst())
            case "mechanisms": options.mechanisms = words.dropFirst().compactMap { SASLClientMechanism(name: $0) }
            case "line-limit": options.lineLengthLimit = words.last.flatMap { Int($0) } ?? 998
            default: Issue.record("what is \(setting)?")
            }
        }
    }
}

/// The messages that a script builds up.
struct ScriptedMessage {
    private var sender = EnvelopeSender(path: .null)
    private var recipients: [EnvelopeRecipient] = []
    private var octets = Array("Subject: x\r\n\r\nbody\r\n".utf8)

    mutating func take(_ step: ClientScript.Step) throws {
        let parser = MailCommandParser()
        switch step {
        case .sender(let text):
            let isBinary = text.hasSuffix(" BODY=BINARYMIME")
            sender = try parser.sender(Array(text.replacing(" BODY=BINARYMIME", with: "").utf8)[...])
            if isBinary { sender.body = .binaryMIME }
            recipients = []
        case .recipient(let text): recipients.append(try parser.recipient(Array(text.utf8)[...]))
        case .message(let octets): self.octets = octets
        default: break
        }
    }

    var transaction: OutgoingTransaction {
        OutgoingTransaction(
            sender: sender, recipients: recipients, size: UInt64(octets.count),
            content: OutgoingContent(ByteBuffer(bytes: octets)))
    }
}

extension RecipientOutcome {
    /// As the scripts write it.
    var scriptText: String {
        switch self {
        case .delivered(let reply): "delivered \(reply)"
        case .refused(let stage, let reply): "refused \(stage.rawValue) \(reply)"
        case .deferred(let stage, let reason): "deferred \(stage.rawValue) \(reason)"
        case .lostAfterContent(let reason): "lost \(reason)"
        case .unsupported(let reason): "unsupported \(reason)"
        }
    }
}

extension OutgoingFailure {
    var scriptText: String {
        let kind =
            switch self.kind {
            case .refused(let reply): "refused \(reply.code)"
            default: "\(self.kind)"
            }
        return "\(stage.rawValue) \(kind) \(isPermanent ? "permanent " : "")\(text)"
    }
}
