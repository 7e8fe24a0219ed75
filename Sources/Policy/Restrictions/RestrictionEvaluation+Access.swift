import Directory
import LookupTables
import MailModel

extension RestrictionEvaluation {
    private static let maximumNesting = 10

    mutating func access(
        _ table: any LookupTable, _ keys: [AccessKeys.Key], _ subject: PolicyReply.Subject, _ stage: Stage
    ) async -> Verdict {
        await entry(table, keys, subject, stage) ?? .dunno
    }

    /// What the table says of the first key that it has; nil when it has none of them.
    mutating func entry(
        _ table: any LookupTable, _ keys: [AccessKeys.Key], _ subject: PolicyReply.Subject, _ stage: Stage
    ) async -> Verdict? {
        for key in keys where !key.isPartial || !table.isPattern {
            let answer = await table.lookup(key.bytes)
            steps += answer.steps
            switch answer.outcome {
            case .absent: continue
            case .unavailable:
                return .refuse(PolicyReply.temporaryLookupFailure(String(decoding: key.bytes, as: UTF8.self)))
            case .found(let value):
                return await act(AccessAction(value, classes: options.restrictionClasses), subject, stage)
            }
        }
        return nil
    }

    mutating func act(
        _ action: AccessAction, _ subject: PolicyReply.Subject, _ stage: Stage
    ) async -> Verdict {
        func reply(_ code: UInt16, _ text: String, _ standard: String) -> SMTPReply {
            let (status, explanation) = AccessAction.status(in: text, of: code / 100)
            return PolicyReply.rejected(subject, explanation.isEmpty ? standard : explanation, code: code, status)
        }
        switch action {
        case .ok: return .permit
        case .dunno: return .dunno
        case .note(let word, let text):
            effects.notes.append("\(word.lowercased()): \(subject.text): \(text)")
            return .dunno
        case .discard(let text):
            effects.isDiscarded = true
            effects.notes.append("discard: \(subject.text): \(text)")
            return .permit
        case .redirect(let address):
            effects.redirect = address
            return .dunno
        case .blindCopy(let address):
            effects.blindCopies.append(address)
            return .dunno
        case .prepend(let field):
            effects.prepended.append(field)
            return .dunno
        case .hold(let text):
            effects.isHeld = true
            effects.notes.append("hold: \(subject.text): \(text)")
            return .dunno
        case .filter(let name, let hop):
            guard let transport = options.filterTransports[name] else {
                return await act(.notServed("FILTER \(name)"), subject, stage)
            }
            effects.filter = MessageEffects.Filter(transport: transport, nextHop: hop.isEmpty ? nil : hop)
            effects.notes.append("filter: \(subject.text): \(name):\(hop)")
            return .dunno
        case .reject(let text): return .refuse(reply(554, text, "Access denied"))
        case .defer(let text): return .refuse(reply(450, text, "Access denied"))
        case .deferIfPermit(let text):
            deferIfPermit = deferIfPermit ?? reply(450, text, "Access denied")
            return .dunno
        case .deferIfReject(let text):
            deferIfReject = deferIfReject ?? reply(450, text, "Access denied")
            return .dunno
        case .reply(let code, let status, let text):
            return .refuse(PolicyReply.rejected(subject, text.isEmpty ? "Access denied" : text, code: code, status))
        case .restrictions(let restrictions):
            nesting += 1
            defer { nesting -= 1 }
            guard nesting <= Self.maximumNesting else { return .refuse(PolicyReply.configurationError) }
            for restriction in restrictions {
                let verdict = await evaluate(restriction, stage)
                if case .dunno = verdict { continue }
                return verdict
            }
            return .dunno
        case .notServed(let word):
            steps.append(
                TraceStep(.decision(rule: word, text: "no action that this server can take: take it out of the table")))
            effects.notes.append("\(subject.text): there is no action \(word) here")
            return .refuse(PolicyReply.configurationError)
        }
    }
}
