import Accounts
package import Directory
package import LookupTables
import MailModel
import MailStore
import Policy
import Routing
import SiteConfiguration

/// What `explain`, `lookup` and `auth` show: the values that serving acts on, with their steps.
package struct Explanation: Sendable {
    package enum Result: Sendable {
        case delivered
        case refused
        case deferred
    }

    package var outcome: Result
    private var render: @Sendable (Bool) -> String
    package var json: String

    init(outcome: Result, json: String, text: @escaping @Sendable (_ isColoured: Bool) -> String) {
        self.outcome = outcome
        self.json = json
        render = text
    }

    package func text(isColoured: Bool) -> String { render(isColoured) }

    init(_ reply: SMTPReply, json: String, text: @escaping @Sendable (_ isColoured: Bool) -> String) {
        let outcome: Result = reply.isPositive ? .delivered : reply.isTransient ? .deferred : .refused
        self.init(outcome: outcome, json: json, text: text)
    }
}

extension Site {
    /// What would become of a mail to `address`: from outside, or with a login as on the submission port. Nil when it is no
    /// address.
    ///
    /// - Parameter asksDNS: whether the hosts are looked up that mail for elsewhere would go to.
    package func explain(
        _ address: String, sender: String?, login: String?, asksDNS: Bool = true
    ) async -> Explanation? {
        guard let recipient = EmailAddress(address) ?? router.qualified(Array(address.utf8)) else { return nil }
        guard sender != nil || login != nil else {
            var resolution = await router.resolve(recipient)
            resolution.steps += await LeavingMail(site: self, sender: .null, asksDNS: asksDNS).steps(resolution)
            resolution.steps += await quotaSteps(resolution)
            let shown = resolution
            return Explanation(shown.reply, json: ResolutionJSON.document(shown).serialized()) {
                ResolutionText(isColoured: $0, entryLimit: 20).text(shown)
            }
        }
        let path = sender.flatMap { EmailAddress($0) }.map { ReversePath.address($0) } ?? .null
        let policy = policy(withLogin: login != nil)
        let (name, loginSteps) = await loggedIn(as: login)
        let client = ClientFacts(helo: "explain", login: name)
        let before = await policy.sender(path, client: client)
        var resolution: Resolution
        let reply: SMTPReply
        if let refusal = before.reply, !refusal.isPositive {
            reply = refusal
            resolution = Resolution(recipient: recipient, verdict: .refuse(refusal), steps: before.steps)
        } else {
            let decision = await policy.recipient(recipient, sender: path, client: client)
            resolution =
                decision.resolution ?? Resolution(recipient: recipient, verdict: .refuse(decision.reply), steps: [])
            let bySender = decision.reply.isPositive ? await refusal(of: resolution, sender: path, policy) : nil
            reply = bySender ?? decision.reply
            resolution.steps = before.steps + decision.steps + resolution.steps
        }
        resolution.steps = loginSteps + resolution.steps
        if before.reply?.isPositive ?? true {
            resolution.steps += await LeavingMail(site: self, sender: path, asksDNS: asksDNS).steps(resolution)
            resolution.steps += await quotaSteps(resolution)
        }
        if !reply.isPositive { resolution.verdict = reply.isTransient ? .deferred(reply) : .refuse(reply) }
        let shown = resolution
        return Explanation(reply, json: ResolutionJSON.document(shown).serialized()) {
            ResolutionText(isColoured: $0, entryLimit: 20).text(shown)
        }
    }

    /// What the mailboxes that mail goes to hold of what they may, those that have a quota.
    private func quotaSteps(_ resolution: Resolution) async -> [TraceStep] {
        guard case .deliver(let destinations) = resolution.verdict else { return [] }
        var steps: [TraceStep] = []
        for case .mailbox(let mailbox) in destinations.prefix(100) where mailbox.quota.isLimited {
            let text: String
            do throws(MailboxFailure) {
                let store = try storage.store(for: mailbox.location, mailbox.owner, mailbox.quota)
                text = try await store.quotaStatus().map { "holds \($0.text)" } ?? "is not counted"
            } catch {
                let limits = QuotaStatus(
                    usage: QuotaUsage(), storageLimit: mailbox.quota.storage, messageLimit: mailbox.quota.messages)
                text = "may hold \(limits.limitsText); what it holds can't be read: \(error.reason)"
            }
            steps.append(TraceStep(.decision(rule: "quota", text: "<\(mailbox.address)> \(text)")))
        }
        return steps
    }

    /// The login as the databases rewrite it: what a session has after AUTH, and what tables of senders are asked for.
    private func loggedIn(as login: String?) async -> (name: String?, steps: [TraceStep]) {
        guard let login else { return (nil, []) }
        let foresight = await submissionAccounts.foresee(
            LoginRequest(
                login: Array(login.utf8), password: Secret(""), service: LoginService.submission.rawValue,
                isSecured: true))
        func step(_ text: String) -> [TraceStep] {
            [TraceStep(.decision(rule: "login", text: text), children: foresight.steps)]
        }
        switch foresight.outcome {
        case .accepted(let account): return (account.login, step("\(login) is logged in as \(account.login)"))
        case .rejected(let reason):
            return (login, step("\(login) can't log in (\(reason.rawValue)): shown as if it had"))
        case .unavailable(let reason):
            return (login, step("\(login) can't log in now (\(reason.text)): shown as if it had"))
        }
    }

    /// What `postmap -q` would answer.
    package func lookUp(
        _ key: String, in table: any LookupTable, folding: Bool
    ) async -> (outcome: Outcome<String>, steps: @Sendable () -> String) {
        let bytes = Array(key.utf8)
        // Patterns see a key as it is, with postmap's own flags too.
        let answer = await table.lookup(folding && !table.isPattern ? LookupKey.folded(bytes) : bytes)
        return (
            answer.outcome.map { String(decoding: $0, as: UTF8.self) }, { ResolutionText().text(answer.steps) }
        )
    }

    /// Tries a login as a client would.
    package func tryLogin(_ login: String, password: String, service: String) async -> Explanation {
        let request = LoginRequest(
            login: Array(login.utf8), password: Secret(password), service: service, isSecured: true)
        let (outcome, steps) = await accounts(for: service).logIn(request)
        switch outcome {
        case .accepted(let account):
            let place =
                switch account.location {
                case .here(let location): "\(location)"
                case .elsewhere(let host): "on \(host)"
                }
            return explanation("accepted as \(account.login): \(place), owner \(account.owner)", .delivered, steps)
        case .rejected(let reason): return explanation("refused: \(reason.rawValue)", .refused, steps)
        case .unavailable(let reason): return explanation("no answer: \(reason)", .deferred, steps)
        }
    }

    private func explanation(_ result: String, _ outcome: Explanation.Result, _ steps: [TraceStep]) -> Explanation {
        Explanation(outcome: outcome, json: "") { isColoured in
            ResolutionText(isColoured: isColoured).text(steps) + "⇒ \(VisibleText.escaped(result))\n"
        }
    }
}
