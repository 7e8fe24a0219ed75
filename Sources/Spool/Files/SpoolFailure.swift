import Blocking
import Glibc
package import MailModel

/// Why the spool did not do what it was asked.
package struct SpoolFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The file system is full, or nearly.
        case noSpace
        /// The file system failed, or the spool is closed. May pass.
        case unavailable
        /// What is on disk is not what was written.
        case damaged
        case noSuchMessage
        /// Another server has the spool, or too much waits for its threads.
        case busy
    }

    package var kind: Kind
    /// For logs and the administrator, with the path; never for a peer.
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    package var description: String { reason }

    /// What a client that hands in mail is told. Its mail is not refused for good, whatever ails the spool.
    package var smtpReply: SMTPReply {
        switch kind {
        case .noSpace: SMTPReply(452, EnhancedStatusCode(4, 3, 1), "Insufficient system storage, try again later")
        case .unavailable, .damaged, .noSuchMessage, .busy:
            SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Queue is not available, try again later")
        }
    }
}

extension SpoolFailure {
    init(_ error: SystemCallError) {
        switch error.number {
        case ENOSPC, EDQUOT: self.init(.noSpace, "\(error): make room there")
        default: self.init(.unavailable, error.description)
        }
    }

    init(_ error: any Error) {
        switch error {
        case let failure as SpoolFailure: self = failure
        case let error as SystemCallError: self.init(error)
        case let failure as BlockingPool.Failure:
            if case .queueFull = failure {
                self.init(.busy, "\(failure)")
            } else {
                self.init(.unavailable, "\(failure)")
            }
        case is CancellationError: self.init(.unavailable, "given up before it began")
        default: self.init(.unavailable, "\(error)")
        }
    }
}
