package import NIOCore
import Net

extension IMAPServerEngine {
    package var progressInterval: TimeAmount? {
        account == nil || runningTag == nil ? nil : options.progressInterval
    }

    /// A store does a COPY, MOVE or APPEND as one, so there is no number to tell.
    package mutating func stillWaiting(_ output: inout ByteBuffer) {
        guard let runningTag else { return }
        Self.writeProgress(runningTag, nil, &output)
    }

    /// inprogress-resp-code = "INPROGRESS" [SP "(" (tag / nil) SP (progress / nil) SP (goal / nil) ")"] (RFC 9585 §5)
    static func writeProgress(_ tag: [UInt8], _ progress: (done: Int, goal: Int)?, _ output: inout ByteBuffer) {
        output.writeStaticString("* OK [INPROGRESS (")
        ResponseText.appendQuoted(tag, to: &output)
        output.writeString(progress.map { " \($0.done) \($0.goal)" } ?? " NIL NIL")
        output.writeStaticString(")] Still working on it.\r\n")
    }
}
