package import NIOCore
import Net

extension IMAPServerEngine {
    package var progressInterval: TimeAmount? {
        account == nil || runningTag == nil ? nil : options.progressInterval
    }

    /// inprogress-resp-code = "INPROGRESS" [SP "(" (tag / nil) SP (progress / nil) SP (goal / nil) ")"] (RFC 9585 §5): a
    /// store does a COPY, MOVE or APPEND as one, so there is no number to tell.
    package mutating func stillWaiting(_ output: inout ByteBuffer) {
        guard let runningTag else { return }
        output.writeStaticString("* OK [INPROGRESS (")
        ResponseText.appendQuoted(runningTag, to: &output)
        output.writeStaticString(" NIL NIL)] Still working on it.\r\n")
    }
}
