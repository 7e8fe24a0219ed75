package import MailModel
package import NIOCore
package import Net

/// What a POP3 session asks of the house before it has a user; one value per connection.
package protocol POP3Services: Sendable {
    /// PASS and AUTH. The engine has refused an empty password and anything malformed already.
    func logIn(
        login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, _ connection: ConnectionFacts
    ) async -> POP3LoginOutcome

    /// APOP: `digest` are 32 hexadecimal digits, the MD5 of `timestamp` and the password (RFC 1939 §7).
    func logIn(
        login: [UInt8], timestamp: [UInt8], digest: [UInt8], _ connection: ConnectionFacts
    ) async -> POP3LoginOutcome
}

package enum POP3LoginOutcome: Sendable {
    case accepted(any POP3Maildrop)
    /// `-ERR [AUTH]`
    case rejected
    /// `-ERR [SYS/TEMP]`: nobody could say whether the password is right.
    case unavailable
    /// `-ERR [IN-USE]`: another session has the mailbox.
    case inUse
    /// The user is who it says, but the mailbox can't be opened.
    case failed(MailboxFailure)
}

/// A mailbox as it was at the login, locked for this session until `close`.
package protocol POP3Maildrop: Sendable {
    /// In the order of their numbers.
    var messages: [POP3Message] { get }

    /// The whole message, or its header alone, with CRLF line ends; nil when somebody else removed it.
    func content(of message: POP3Message, headerOnly: Bool) async throws(MailboxFailure) -> ByteBuffer?

    /// The UPDATE state (RFC 1939 §6): removes `deleted`, notes `retrieved` as read. All of them are gone when it returns.
    func update(deleted: [POP3Message], retrieved: [POP3Message]) async throws(MailboxFailure)

    /// Lets go of the lock. Called once, however the session ends.
    func close() async
}

package struct POP3Message: Hashable, Sendable {
    /// Octets with CRLF line ends, without the dots that are stuffed.
    package var size: UInt64
    /// 1 to 70 characters from `!` to `~` (RFC 1939 §7).
    package var uniqueID: [UInt8]
    package var uid: UInt32

    package init(uid: UInt32, size: UInt64, uniqueID: [UInt8]) {
        self.uid = uid
        self.size = size
        self.uniqueID = uniqueID
    }
}
