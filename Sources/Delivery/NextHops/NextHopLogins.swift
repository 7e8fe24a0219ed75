package import Directory
package import LookupTables
import MailModel
package import SMTP

/// Which login is used at which next hop: `smtp_sasl_password_maps`, whose values are `user:password`.
package struct NextHopLogins: Sendable {
    package var tables: [any LookupTable]
    /// `smtp_sender_dependent_authentication`: the sender's address is asked first.
    package var asksForSender: Bool

    package init(tables: [any LookupTable] = [], asksForSender: Bool = false) {
        self.tables = tables
        self.asksForSender = asksForSender
    }

    /// The sender where that is asked for, the host, then the next hop as it is configured.
    package func credentials(
        sender: [UInt8]?, hop: String, host: String?
    ) async -> Answer<SMTPCredentials> {
        var steps: [TraceStep] = []
        var keys: [[UInt8]] = []
        if asksForSender, let sender { keys.append(LookupKey.folded(sender)) }
        keys += [host, hop].compactMap { $0.map { LookupKey.folded(Array($0.utf8)) } }
        for (place, key) in keys.enumerated() where !keys[..<place].contains(key) {
            for table in tables {
                let answer = await table.lookup(key)
                steps += answer.steps
                switch answer.outcome {
                case .absent: continue
                case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
                case .found(let value):
                    let parts = value.split(
                        separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
                    guard let login = parts.first, !login.isEmpty else {
                        let reason = UnavailableReason(
                            .misconfigured, "a login for \(hop) is not of the form user:password")
                        return Answer(.unavailable(reason), steps: steps)
                    }
                    let password = parts.count > 1 ? Array(parts[1]) : []
                    let credentials = SMTPCredentials(
                        login: Array(login), authorizationIdentity: nil, password: Secret(password))
                    return Answer(.found(credentials), steps: steps)
                }
            }
        }
        return Answer(.absent, steps: steps)
    }
}
