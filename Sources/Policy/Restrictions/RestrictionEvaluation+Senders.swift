import Directory
import LookupTables
import MailModel

extension RestrictionEvaluation {
    mutating func senderLogin(
        authenticated: Bool, unauthenticated: Bool, ownerRequired: Bool = true
    ) async -> Verdict {
        guard options.isAuthenticationEnabled else {
            steps.append(TraceStep(.decision(rule: "smtpd_sasl_auth_enable", text: "no: the test is not made")))
            return .dunno
        }
        guard let address = sender.address, client.login == nil ? unauthenticated : authenticated else { return .dunno }
        let owners = SenderOwners(options, router)
        let answer = await owners.owners(of: address)
        let found: [String]
        let text: String
        switch answer.outcome {
        case .found(let logins): (found, text) = (logins, "\(address) is owned by \(logins.joined(separator: ", "))")
        case .absent: (found, text) = ([], "nobody owns \(address)")
        case .unavailable: (found, text) = ([], "can't tell who owns \(address)")
        }
        steps.append(
            TraceStep(
                .decision(rule: "smtpd_sender_login_maps", text: text), location: options.senderLoginMapsLocation,
                children: answer.steps))
        if case .unavailable = answer.outcome {
            return .refuse(PolicyReply.temporaryLookupFailure(address.description))
        }
        guard let login = client.login else {
            return found.isEmpty ? .dunno : .refuse(PolicyReply.notLoggedIn(sender))
        }
        if found.isEmpty, !ownerRequired { return .dunno }
        if SenderOwners.holds(found, login) { return .dunno }
        let behind = await owners.leads(address, to: login)
        steps += behind.steps
        switch behind.outcome {
        case .found: return .dunno
        case .absent: return .refuse(PolicyReply.notOwned(sender, by: login))
        case .unavailable: return .refuse(PolicyReply.temporaryLookupFailure(address.description))
        }
    }
}
