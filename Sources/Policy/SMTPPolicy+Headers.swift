package import Directory
import LookupTables
package import MailModel
import Routing

extension SMTPPolicy {
    /// Whether the client's messages have their headers mended and rewritten. A client of a Unix socket is this machine
    /// itself. Never absent.
    package func rewritesHeaders(of client: ClientFacts) async -> Answer<Bool> {
        var steps: [TraceStep] = []
        for element in options.headerRewriteClients {
            switch element {
            case .everyone: return Answer(.found(true))
            case .saslAuthenticated: if client.login != nil { return Answer(.found(true), steps: steps) }
            case .inetInterfaces: if isOwn(client.address) { return Answer(.found(true), steps: steps) }
            case .myNetworks:
                guard let address = client.address else { return Answer(.found(true), steps: steps) }
                let answer = await options.myNetworks.contains(address)
                steps += answer.steps
                switch answer.outcome {
                case .found: return Answer(.found(true), steps: steps)
                case .absent: break
                case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
                }
            case .table(let table):
                guard let address = client.address else { continue }
                let answer = await table.lookup(Array(address.description.utf8))
                steps += answer.steps
                switch answer.outcome {
                case .found: return Answer(.found(true), steps: steps)
                case .absent: break
                case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
                }
            }
        }
        return Answer(.found(false), steps: steps)
    }

    private func isOwn(_ address: IPAddress?) -> Bool {
        guard let address else { return true }
        let literals = router.options.addressLiterals
        return ["[\(address)]", "[IPv6:\(address)]"].contains { Domain($0).map(literals.contains) ?? false }
    }

    /// Whether `From:` and `Sender:` of the client's messages are held to the rule of senders.
    package func checksHeaderSenders(of client: ClientFacts) -> Bool {
        options.checksHeaderSenders && client.login != nil
    }

    /// Addresses of `From:` and `Sender:` together; more are refused.
    package static let headerSenderLimit = 100

    /// May the login write these fields? Every address of `From:` and `Sender:` has to be one that it may send as.
    ///
    /// - Parameter header: as the message goes on, with what was missing added.
    package func headerSenders(_ header: [UInt8], client: ClientFacts) async -> StageDecision {
        guard checksHeaderSenders(of: client), let login = client.login else { return StageDecision(steps: []) }
        let header = MessageHeader(header, fields: HeaderOptions.names(["from", "sender"]))
        var decision = StageDecision(steps: [])
        var known: Set<EmailAddress> = []
        var hasFrom = false
        for field in header.fields {
            let isFrom = header.name(of: field).count == 4
            let name = isFrom ? "From" : "Sender"
            let scan = AddressSpecificationScan(header.original, in: field.value)
            guard !header.hasTooManyFields, !scan.isMalformed, !scan.ranges.isEmpty || !isFrom else {
                decision.reply = PolicyReply.unreadable(name)
                return decision
            }
            if isFrom { hasFrom = true }
            for range in scan.ranges {
                guard case .address(let address) = headerAddress(header.original[range]),
                    known.count < Self.headerSenderLimit
                else {
                    decision.reply = PolicyReply.unreadable(name)
                    return decision
                }
                guard known.insert(address).inserted else { continue }
                let refusal = await refusal(of: address, name, login, client, &decision.steps)
                if let refusal {
                    decision.reply = refusal
                    return decision
                }
            }
        }
        if !hasFrom { decision.reply = PolicyReply.unreadable("From") }
        return decision
    }

    private func headerAddress(_ bytes: ArraySlice<UInt8>) -> HeaderAddress {
        let address = HeaderAddress(bytes)
        guard case .unqualified(let name) = address else { return address }
        return router.qualified(name).map { .address($0) } ?? .unusable
    }

    private func refusal(
        of address: EmailAddress, _ name: String, _ login: String, _ client: ClientFacts, _ steps: inout [TraceStep]
    ) async -> SMTPReply? {
        let sender = ReversePath.address(router.options.completed(address))
        var evaluation = RestrictionEvaluation(
            options, router, resolver, client: client, sender: sender, recipient: nil)
        let verdict = await evaluation.senderLogin(
            authenticated: true, unauthenticated: false, ownerRequired: options.requiresSenderOwner)
        steps.append(
            TraceStep(
                .decision(rule: "senders.check_from", text: "\(name): \(address): \(verdict.text)"),
                children: evaluation.steps))
        guard case .refuse(let reply) = verdict else { return nil }
        return reply.isPermanent ? PolicyReply.notOwned(address, inField: name, by: login) : reply
    }

    /// Whether the login may send as the address, by the tables of senders and what aliases and groups add to them.
    package func owns(_ address: EmailAddress, login: String) async -> Answer<Bool> {
        let owners = SenderOwners(options, router)
        let answer = await owners.owners(of: address)
        switch answer.outcome {
        case .found(let logins) where SenderOwners.holds(logins, login):
            return Answer(.found(true), steps: answer.steps)
        case .found, .absent: break
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: answer.steps)
        }
        let behind = await owners.leads(address, to: login)
        let steps = answer.steps + behind.steps
        switch behind.outcome {
        case .found: return Answer(.found(true), steps: steps)
        case .absent: return Answer(.found(false), steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }
    }

    /// Whether a reply says that the login may not send as this sender: what it may send as helps then.
    package func saysNotOwned(_ reply: SMTPReply, _ sender: ReversePath, login: String?) -> Bool {
        login.map { reply == PolicyReply.notOwned(sender, by: $0) } ?? false
    }
}

extension PolicyOptions {
    /// Whether an address that nobody owns is refused, as the envelope's rule has it; so where there is none.
    fileprivate var requiresSenderOwner: Bool {
        let lists = [
            clientRestrictions, heloRestrictions, senderRestrictions, relayRestrictions, recipientRestrictions,
        ]
        var isOnlyKnown = false
        for restriction in lists.flatMap(\.restrictions) {
            switch restriction {
            case .rejectSenderLoginMismatch, .rejectAuthenticatedSenderLoginMismatch: return true
            case .rejectKnownSenderLoginMismatch: isOnlyKnown = true
            default: break
            }
        }
        return !isOnlyKnown
    }
}
