import Glibc

/// What sendmail(1) of this program and the server agree on.
package enum LocalMail {
    /// How sendmail(1) greets the server, so that recipients refused beside others are told of in a report. Nobody else
    /// has a name below `localhost.` (RFC 6761 §6.3).
    static let helloName = "sendmail.localhost"

    /// Names another socket than those of servers on this machine.
    package static let socketVariable = "POSTROOM_SOCKET"

    /// Where a server may be heard, the likeliest first. The configuration is not read for it: it holds secrets that users
    /// must not see.
    package static func sockets(environment: [String: String]) -> [String] {
        if let given = environment[socketVariable], given.hasPrefix("/") { return [given] }
        return ([RuntimeFolder.system] + (RuntimeFolder.userPath(environment).map { [$0] } ?? []))
            .map { "\($0)/\(RuntimeFolder.submissionSocket)" }
    }
}

/// How sendmail(1) ends: sysexits(3), and what it says on standard error.
package struct LocalMailOutcome: Hashable, Sendable {
    package var code: Int32
    package var messages: [String]

    package init(_ code: Int32, _ messages: [String] = []) {
        self.code = code
        self.messages = messages
    }

    package static let usage: Int32 = 64
    package static let dataError: Int32 = 65
    package static let noUser: Int32 = 67
    package static let unavailable: Int32 = 69
    package static let temporaryFailure: Int32 = 75
    package static let noPermission: Int32 = 77
}
