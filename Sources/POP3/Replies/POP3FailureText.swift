import MailModel

/// How a `MailboxFailure` reads behind `-ERR`: response codes of RFC 2449 §8.1 and RFC 3206 §4, constant texts.
enum POP3FailureText {
    static func text(_ failure: MailboxFailure) -> String {
        switch failure.kind {
        case .misconfigured, .notPermitted, .noPermission, .noSuchMailbox:
            "[SYS/PERM] This account's mail can't be served as it is configured."
        case .noSpace: "[SYS/TEMP] Out of disk space; try again later."
        case .overQuota, .unavailable, .noSuchMessage, .alreadyExists:
            "[SYS/TEMP] Temporarily unavailable; try again later."
        case .limitExceeded: "[SYS/PERM] A limit of the server is exceeded."
        }
    }
}
