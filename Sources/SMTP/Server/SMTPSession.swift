package import MailModel
package import NIOCore
import SASL

/// What an SMTP engine asks of the outside.
package enum SMTPWait: Sendable {
    case authenticate(SMTPCredentials, SMTPSessionFacts)
    case sender(EnvelopeSender, SMTPSessionFacts)
    case recipient(EnvelopeRecipient, of: EnvelopeSender, SMTPSessionFacts)
    case data(SMTPSessionFacts)
    case deliver(ByteBuffer, SMTPSessionFacts)
    case append(ByteBuffer, SMTPSessionFacts)
    case finish(SMTPSessionFacts)
    case abort(SMTPSessionFacts)
}

package enum SMTPAnswer: Hashable, Sendable {
    case authentication(SMTPAuthenticationOutcome)
    /// Of `sender`, `data` and `append`: nil where all is well. Of `recipient`: never nil.
    case reply(SMTPReply?)
    /// Of `deliver` and `finish`.
    case replies([SMTPReply])
    /// Of `abort`.
    case done
}

/// What the next bytes of the client are.
enum SMTPInputMode {
    case command
    /// The rest of a line that was too long: dropped.
    case overlongLine
    case authentication(any ServerExchange)
    /// The message of DATA.
    case data
    /// The octets of one BDAT command.
    case chunk(remaining: Int, size: Int, isLast: Bool)
    /// The octets of a BDAT command that was refused: read, dropped, then answered (RFC 3030 §2).
    case refusedChunk(remaining: Int, SMTPReply)
}

/// What a session does when the answer to its question is there.
enum SMTPPending {
    case authentication
    case sender(EnvelopeSender)
    case recipient
    case data
    /// The first BDAT.
    case chunk(size: Int, isLast: Bool)
    /// The end of the message: the last piece is appended, then finished.
    case append(isAtEnd: Bool)
    case delivery
    case abort(then: SMTPAfterAbort)
}

enum SMTPAfterAbort {
    case reply([SMTPReply])
    case hello(String, isExtended: Bool)
    case startTLS
}

/// From MAIL to the end of the message.
struct SMTPTransaction {
    var sender: EnvelopeSender
    var accepted = 0
    var refusedForNumber = 0
    var message: SMTPMessageIntake?
    /// BDAT has begun; DATA and RCPT are no longer allowed.
    var isChunked = false
}

/// A message on its way in.
struct SMTPMessageIntake {
    var scanner: MessageScanner
    /// What was neither delivered nor appended yet.
    var pending = ByteBuffer()
    var reservation: GatherBudget.Reservation?
    /// Pieces went to `append`.
    var isStreaming = false
    /// Why the rest is read and dropped; said at the end.
    var refusal: SMTPReply?
}
