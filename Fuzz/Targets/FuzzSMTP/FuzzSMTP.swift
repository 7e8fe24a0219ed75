import FuzzSupport
import MailModel
import NIOCore
import Net
import SMTP

/// A whole SMTP session, every question answered with yes: whatever way the bytes are cut, the replies are the same, each
/// ends its line, and no message ever holds a line end that is not CRLF.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let whole = Session().run([input.bytes[...]])
    let cut = Session().run(input.pieces)
    require(whole == cut, "cut into pieces the session is another one:\n\(whole)\n--\n\(cut)")
    require(whole.isEmpty || whole.hasSuffix("\r\n"), "a reply has no line end: \(whole)")
    return 0
}

private struct Session {
    private var engine: SMTPServerEngine
    private var recipients = 0
    private var message: [UInt8] = []

    init() {
        let options = SMTPServerOptions(
            hostname: "mx.example.org", tls: .offered, authentication: .always, completesBareNames: true)
        engine = SMTPServerEngine(options, ConnectionFacts(sessionID: "fuzz", remoteAddress: "192.0.2.1"))
    }

    func run(_ pieces: [ArraySlice<UInt8>]) -> String {
        var session = self
        return session.dialogue(pieces)
    }

    private mutating func dialogue(_ pieces: [ArraySlice<UInt8>]) -> String {
        var output = ByteBuffer()
        var input = ByteBuffer()
        _ = engine.start(&output)
        for piece in pieces {
            input.writeBytes(piece)
            var step = engine.receive(&input, &output)
            while case .wait(let question) = step {
                step = engine.resume(with: answer(question), &output)
                if case .needInput = step { step = engine.receive(&input, &output) }
            }
            switch step {
            case .needInput, .wait: continue
            // What stands behind STARTTLS depends on how the bytes were cut; the channel handler deals with it.
            case .startTLS, .close: return String(buffer: output)
            }
        }
        return String(buffer: output)
    }

    private mutating func answer(_ question: SMTPWait) -> SMTPAnswer {
        let ok = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok")
        switch question {
        case .authenticate: return .authentication(.accepted(login: "user"))
        case .sender:
            recipients = 0
            return .reply(nil)
        case .recipient:
            recipients += 1
            return .reply(ok)
        case .append(let chunk, _):
            message += chunk.readableBytesView
            return .reply(nil)
        case .deliver(let body, _):
            check(Array(body.readableBytesView))
            return .replies([ok])
        case .finish:
            check(message)
            message = []
            return .replies([ok])
        case .abort:
            message = []
            return .done
        }
    }

    private func check(_ message: [UInt8]) {
        var previous: UInt8 = 0
        for byte in message {
            require((byte == 0x0A) == (previous == 0x0D), "a bare line end is in a message")
            previous = byte
        }
        require(previous != 0x0D, "a bare carriage return ends a message")
    }
}
