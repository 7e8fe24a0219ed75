package import MailModel

/// A command, its arguments checked for form.
package enum POP3Command: Sendable {
    case apop(login: [UInt8], digest: [UInt8])
    /// Nil asks for the mechanisms, as clients of before RFC 5034 do.
    case auth(mechanism: [UInt8]?, initialResponse: [UInt8]?)
    case capa
    case dele(Int)
    case lang([UInt8]?)
    case list(Int?)
    case noop
    case pass(Secret)
    case quit
    case retr(Int)
    case rset
    case stat
    case stls
    case top(Int, lines: Int)
    case uidl(Int?)
    case user([UInt8])
    case utf8
}

package enum POP3SyntaxError: Error, Hashable, Sendable {
    case unknownCommand
    case missingArgument
    case unexpectedArgument
    case invalidNumber
}
