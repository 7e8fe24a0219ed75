import DNS
import Directory
import LookupTables
import MailModel
import Routing

/// One run of the restriction lists for one command.
struct RestrictionEvaluation: Sendable {
    enum Stage: Sendable {
        case client(RestrictionList)
        case helo(RestrictionList)
        case sender(RestrictionList)
        case relay(RestrictionList)
        case recipient(RestrictionList)
        case data(RestrictionList)
        case endOfData(RestrictionList)
        /// smtpd_reject_unlisted_sender, which no list holds.
        case unlistedSender(RestrictionList)

        var list: RestrictionList {
            switch self {
            case .client(let list), .helo(let list), .sender(let list), .relay(let list), .recipient(let list),
                .data(let list), .endOfData(let list), .unlistedSender(let list):
                list
            }
        }

        var setting: String {
            switch self {
            case .client: "smtpd_client_restrictions"
            case .helo: "smtpd_helo_restrictions"
            case .sender: "smtpd_sender_restrictions"
            case .relay: "smtpd_relay_restrictions"
            case .recipient: "smtpd_recipient_restrictions"
            case .data: "smtpd_data_restrictions"
            case .endOfData: "smtpd_end_of_data_restrictions"
            case .unlistedSender: "smtpd_reject_unlisted_sender"
            }
        }
    }

    enum Verdict: Sendable {
        /// Ends this list.
        case permit
        /// Goes on.
        case dunno
        /// Ends all lists.
        case refuse(SMTPReply)
    }

    let options: PolicyOptions
    let router: Router
    let resolver: any DNSResolver
    /// Its name is there once a restriction needed it.
    var client: ClientFacts
    let sender: ReversePath
    /// Nil at MAIL, and behind RCPT where there are several.
    let recipient: EmailAddress?
    /// Known from DATA on, 0 before.
    var recipientCount = 0
    /// In octets, once the message is here.
    var size = 0
    var isAtMail = false

    var steps: [TraceStep] = []
    var resolution: Resolution?
    /// Asked once for a recipient, whoever asks first.
    var recipientClass: Answer<AddressClass>?
    /// What `DEFER_IF_PERMIT` says when in the end nobody refuses.
    var deferIfPermit: SMTPReply?
    /// What `DEFER_IF_REJECT` makes of a later refusal.
    var deferIfReject: SMTPReply?
    var effects = MessageEffects()
    var clientNames: ClientNames?
    /// Access tables may name restrictions that ask access tables.
    var nesting = 0

    init(
        _ options: PolicyOptions, _ router: Router, _ resolver: any DNSResolver, client: ClientFacts,
        sender: ReversePath, recipient: EmailAddress?
    ) {
        self.resolver = resolver
        self.options = options
        self.router = router
        self.client = client
        self.sender = sender
        self.recipient = recipient
    }

    /// The refusal, or nil; `deferIfPermit` has its say when nothing else refuses.
    mutating func run(_ stages: [Stage]) async -> SMTPReply? {
        for stage in stages {
            let outer = steps
            steps = []
            var verdict = Verdict.permit
            for restriction in stage.list.restrictions {
                verdict = await evaluate(restriction, stage)
                if case .dunno = verdict { continue }
                break
            }
            if !stage.list.restrictions.isEmpty {
                let step = TraceStep(
                    .decision(rule: stage.setting, text: verdict.text), location: stage.list.location, children: steps)
                steps = outer + [step]
            } else {
                steps = outer
            }
            if case .refuse(let reply) = verdict {
                return reply.isPermanent ? deferIfReject ?? reply : reply
            }
            // Nobody asks further about a message that is thrown away, as in smtpd(8).
            if effects.isDiscarded {
                deferIfPermit = nil
                return nil
            }
        }
        return nil
    }

    /// Where the recipient leads, found once.
    mutating func resolve(_ recipient: EmailAddress) async -> Resolution {
        if let resolution { return resolution }
        let found = await router.resolve(recipient, knownClass: recipientClass)
        resolution = found
        return found
    }

    // MARK: - One restriction

    mutating func evaluate(_ restriction: Restriction, _ stage: Stage) async -> Verdict {
        let outer = steps
        steps = []
        let verdict = await verdict(of: restriction, stage)
        steps = outer + [TraceStep(.decision(rule: restriction.name, text: verdict.text), children: steps)]
        return verdict
    }

    private mutating func verdict(of restriction: Restriction, _ stage: Stage) async -> Verdict {
        switch restriction {
        case .permit: return .permit
        case .reject: return .refuse(PolicyReply.rejected(subject(stage), "Access denied"))
        case .defer: return .refuse(PolicyReply.tryAgainLater(subject(stage)))
        case .permitMyNetworks: return await permitMyNetworks()
        case .permitSASLAuthenticated: return client.login == nil ? .dunno : .permit
        case .permitAuthDestination:
            return await authorizedDestination { _ in
                .dunno
            } otherwise: {
                .permit
            }
        case .rejectUnauthDestination:
            return await authorizedDestination { .refuse(PolicyReply.relayDenied($0, isDeferred: false)) }
        case .deferUnauthDestination:
            return await authorizedDestination { .refuse(PolicyReply.relayDenied($0, isDeferred: true)) }
        case .rejectSenderLoginMismatch: return await senderLogin(authenticated: true, unauthenticated: true)
        case .rejectAuthenticatedSenderLoginMismatch:
            return await senderLogin(authenticated: true, unauthenticated: false)
        case .rejectUnauthenticatedSenderLoginMismatch:
            return await senderLogin(authenticated: false, unauthenticated: true)
        case .rejectKnownSenderLoginMismatch:
            return await senderLogin(authenticated: true, unauthenticated: true, ownerRequired: false)
        case .rejectUnlistedRecipient: return await unlistedRecipient()
        case .rejectNonFQDNSender:
            guard let address = sender.address, !HostNames.isFullyQualified(address.domain) else { return .dunno }
            return .refuse(PolicyReply.notFullyQualified(.sender(sender)))
        case .rejectNonFQDNRecipient:
            guard let recipient, !HostNames.isFullyQualified(recipient.domain) else { return .dunno }
            return .refuse(PolicyReply.notFullyQualified(.recipient(recipient)))
        case .rejectNonFQDNHeloHostname:
            guard let helo = client.helo, Domain(helo).map(HostNames.isFullyQualified) != true else { return .dunno }
            return .refuse(PolicyReply.notFullyQualified(.helo(helo)))
        case .rejectInvalidHeloHostname:
            guard let helo = client.helo, !HostNames.isHostName(helo) else { return .dunno }
            let status = EnhancedStatusCode(5, 5, 2)
            return .refuse(PolicyReply.rejected(.helo(helo), "Invalid name", code: 501, status))
        case .rejectUnknownSenderDomain:
            return await unknownDomain(sender.address, .sender(sender), isSender: true)
        case .rejectUnknownRecipientDomain:
            guard let recipient else { return .dunno }
            return await unknownDomain(recipient, .recipient(recipient), isSender: false)
        case .rejectUnknownHeloHostname: return await unknownHelo()
        case .rejectUnknownClientHostname: return await unknownClient(isReverse: false)
        case .rejectUnknownReverseClientHostname: return await unknownClient(isReverse: true)
        case .rejectListed(let subject, let list): return await rejectListed(subject, list)
        case .permitListed(let subject, let list): return await permitListed(subject, list)
        case .checkReverseClientAccess(let table): return await reverseClientAccess(table, stage)
        case .checkServerAccess(let access, let table): return await serverAccess(access, table, stage)
        case .checkClientAccess(let table):
            // Networks have no names.
            if !(table is CIDRTable) { _ = await findClientNames() }
            return await access(table, AccessKeys.client(client), .client(client), stage)
        case .checkHeloAccess(let table):
            guard let helo = client.helo, let name = Domain(helo) else { return .dunno }
            return await access(table, AccessKeys.domain(name), .helo(helo), stage)
        case .checkSenderAccess(let table):
            let keys = sender.address.map { AccessKeys.address($0, router.options.recipientDelimiter) }
            // smtpd_null_access_lookup_key
            let null = [AccessKeys.Key(Array("<>".utf8), isPartial: false)]
            return await access(table, keys ?? null, .sender(sender), stage)
        case .checkRecipientAccess(let table):
            guard let recipient else { return .dunno }
            let keys = AccessKeys.address(recipient, router.options.recipientDelimiter)
            return await access(table, keys, .recipient(recipient), stage)
        case .rejectUnlistedSender: return await unlistedSender()
        case .rejectUnauthPipelining:
            return client.pipelinesImproperly ? .refuse(PolicyReply.improperPipelining(subject(stage))) : .dunno
        case .checkPolicyService(let service): return await policyService(service, stage)
        case .warnIfReject(let next):
            let (permitted, rejected) = (deferIfPermit, deferIfReject)
            let verdict = await evaluate(next, stage)
            (deferIfPermit, deferIfReject) = (permitted, rejected)
            guard case .refuse(let reply) = verdict else { return verdict }
            effects.notes.append("reject_warning: \(reply)")
            return .dunno
        case .notServed(let name):
            steps.append(TraceStep(.decision(rule: name, text: "this server has no such check: it is passed over")))
            return .dunno
        }
    }

    func subject(_ stage: Stage) -> PolicyReply.Subject {
        switch stage {
        case .client: .client(client)
        case .helo: .helo(client.helo ?? "")
        case .sender, .unlistedSender: .sender(sender)
        case .data: .data
        case .endOfData: .endOfData
        case .relay, .recipient: recipient.map(PolicyReply.Subject.recipient) ?? .sender(sender)
        }
    }

    private mutating func permitMyNetworks() async -> Verdict {
        guard let address = client.address else { return .dunno }
        let answer = await options.myNetworks.contains(address)
        steps += answer.steps
        switch answer.outcome {
        case .found: return .permit
        case .absent: return .dunno
        case .unavailable: return .refuse(PolicyReply.temporaryLookupFailure(client.description))
        }
    }
}

extension RestrictionEvaluation.Verdict {
    var text: String {
        switch self {
        case .permit: "permit"
        case .dunno: "go on"
        case .refuse(let reply): reply.description
        }
    }
}
