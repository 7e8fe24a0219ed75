import MailModel
import NIOCore
import Net

extension IMAPServerEngine {
    /// UNAUTHENTICATE (RFC 8437 §3): the connection is as it was before the login; TLS and compression stay.
    mutating func unauthenticate(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        notifications = nil
        return wait(.watch(nil)) { engine, _, output in engine.leaveMailbox(tag, &output) }
    }

    private mutating func leaveMailbox(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        guard let mailbox = selected?.mailbox else { return forgetLogin(tag, &output) }
        selected = nil
        return wait(.mailbox(mailbox, .close(expunges: false))) { engine, _, output in
            engine.forgetLogin(tag, &output)
        }
    }

    private mutating func forgetLogin(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        account = nil
        enabled = []
        forgetErrors()
        return reply(tag, "OK [CAPABILITY \(capabilities)] Unauthenticate completed.", &output)
    }
}
