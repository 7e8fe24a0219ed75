import MailModel
import NIOCore
import Net

extension IMAPServerEngine {
    /// IDLE (RFC 2177): news is told at once, until the client says DONE.
    mutating func startIdle(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        output.writeStaticString("+ idling\r\n")
        input = .idle(tag: tag)
        runningTag = nil
        guard let selected else { return .needInput }
        return wait(.mailbox(selected.mailbox, .refresh(claimsRecent: !selected.isReadOnly))) {
            engine, answer, output in
            engine.showSelectedNews(answer, &output)
        }
    }

    mutating func endIdle(_ tag: [UInt8], line: [UInt8], _ output: inout ByteBuffer) -> Step {
        input = .commands
        guard ASCII.equalIgnoringCase(line, "DONE".utf8) else { return reject(tag, "BAD Expected DONE.", &output) }
        return finish(Completion(tag: tag, text: "OK Idle completed."), &output)
    }
}
