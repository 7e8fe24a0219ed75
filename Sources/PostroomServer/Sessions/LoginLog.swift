import Accounts
import Directory
import Logging
import MailModel

/// One line for each login, whatever the protocol; never with the password.
enum LoginLog {
    static func write(_ outcome: LoginOutcome, _ request: LoginRequest, _ logger: Logger) {
        let login = String(decoding: request.login.prefix(320), as: UTF8.self)
        var fields: Logger.Metadata = [
            "login": "\(login)", "peer": "\(request.remoteAddress ?? "local")", "service": "\(request.service)",
            "tls": request.isSecured ? "yes" : "no",
        ]
        switch outcome {
        case .accepted(let account):
            fields["user"] = "\(account.login)"
            logger.info("login", metadata: fields)
        case .rejected(let reason):
            fields["reason"] = "\(reason.rawValue)"
            logger.notice("login refused", metadata: fields)
        case .unavailable(let reason):
            fields["reason"] = "\(reason)"
            logger.error("login can't be checked", metadata: fields)
        }
    }
}

extension Collection where Element == TraceStep {
    /// The first step, in depth, that could not be answered.
    var firstFailure: UnavailableReason? {
        var pending = Array(self)[...]
        while let step = pending.popFirst() {
            switch step.event {
            case .lookup(_, _, .unavailable(let reason)), .search(_, _, _, _, .failed(let reason)),
                .bind(_, _, .unavailable(let reason)):
                if step.children.firstFailure == nil { return reason }
            default: break
            }
            pending = step.children + pending
        }
        return nil
    }

    /// What the last rule decided, in depth: for a refusal that no failed question led to, its reason.
    var lastDecision: String? {
        for step in reversed() {
            if let text = step.children.lastDecision { return text }
            if case .decision(_, let text) = step.event { return text }
        }
        return nil
    }
}
