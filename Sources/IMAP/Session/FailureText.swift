import MailModel

/// How a `MailboxFailure` reads in a tagged response: response codes of RFC 3501, 5530 and 9208, constant texts.
enum FailureText {
    enum Context: Hashable, Sendable {
        case plain
        /// COPY, MOVE and APPEND: a missing mailbox can be created and the command tried again.
        case target
    }

    static func text(_ failure: MailboxFailure, _ context: Context = .plain) -> String {
        switch failure.kind {
        case .noSuchMailbox:
            context == .target ? "NO [TRYCREATE] Mailbox doesn't exist." : "NO [NONEXISTENT] Mailbox doesn't exist."
        case .alreadyExists: "NO [ALREADYEXISTS] Mailbox already exists."
        case .notPermitted: "NO [CANNOT] This mailbox does not allow that."
        case .noPermission: "NO [NOPERM] Permission denied."
        case .overQuota: "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)."
        case .noSpace: "NO [UNAVAILABLE] Out of disk space; try again later."
        case .unavailable: "NO [UNAVAILABLE] Temporarily unavailable; try again later."
        case .misconfigured: "NO [CONTACTADMIN] This account's mail can't be served as it is configured."
        case .noSuchMessage: "NO [EXPUNGEISSUED] Some of the requested messages no longer exist."
        case .limitExceeded: "NO [LIMIT] A limit of the server is exceeded."
        }
    }
}
