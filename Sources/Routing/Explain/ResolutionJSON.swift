package import Directory
package import MailModel

/// A resolution for machines. Members are added over time, never renamed.
package enum ResolutionJSON {
    package static func document(_ resolution: Resolution) -> JSONText {
        var members: [(String, JSONText)] = [
            ("recipient", .bytes(resolution.recipient.quoted)),
            ("verdict", .string(verdict(resolution.verdict))),
            ("reply", document(resolution.reply)),
        ]
        if case .deliver(let destinations) = resolution.verdict {
            members.append(("destinations", .array(destinations.map(document))))
        }
        members.append(("deadTargets", .array(resolution.deadTargets.map { .bytes($0.quoted) })))
        members.append(("steps", .array(resolution.steps.map(document))))
        return .object(members)
    }

    package static func document(_ reply: SMTPReply) -> JSONText {
        .object([
            ("code", .number(Int64(reply.code))),
            ("enhanced", reply.enhanced.map { .string($0.description) } ?? .null),
            ("text", .string(reply.lines.joined(separator: "\n"))),
        ])
    }

    package static func document(_ destination: Destination) -> JSONText {
        switch destination {
        case .remote(let remote):
            return .object([
                ("kind", .string("remote")), ("address", .bytes(remote.address.quoted)),
                ("transport", .string(remote.transport.spelling)),
                ("nextHop", remote.nextHop.map { .string($0) } ?? .null),
            ])
        case .discard(let address, let reason):
            return .object([
                ("kind", .string("discard")), ("address", .bytes(address.quoted)), ("reason", .string(reason)),
            ])
        case .mailbox(let mailbox):
            return .object([
                ("kind", .string("mailbox")),
                ("address", .bytes(mailbox.address.quoted)),
                ("format", .string(mailbox.location.format.rawValue)),
                ("path", .bytes(mailbox.location.path)),
                ("uid", .number(Int64(mailbox.owner.uid))),
                ("gid", .number(Int64(mailbox.owner.gid))),
                ("quotaBytes", number(mailbox.quota.storage)),
                ("quotaMessages", number(mailbox.quota.messages)),
            ])
        }
    }

    package static func document(_ step: TraceStep) -> JSONText {
        var members = event(step.event)
        if let manner = step.manner { members += self.members(manner) }
        if let location = step.location {
            members.append(("file", .string(location.file)))
            if let line = location.line { members.append(("line", .number(Int64(line)))) }
        }
        if !step.children.isEmpty { members.append(("steps", .array(step.children.map(document)))) }
        return .object(members)
    }

    private static func verdict(_ verdict: Resolution.Verdict) -> String {
        switch verdict {
        case .deliver: "deliver"
        case .deferred: "defer"
        case .refuse: "refuse"
        }
    }

    private static func members(_ manner: AnswerManner) -> [(String, JSONText)] {
        let (seconds, attoseconds) = manner.duration.components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let microseconds = isTooLong ? Int64.max : whole &+ attoseconds / 1_000_000_000_000
        let duration: (String, JSONText) = ("microseconds", .number(microseconds))
        return switch manner.provenance {
        case .live: [("source", .string("live")), duration]
        case .cached(let age):
            [("source", .string("cached")), ("ageSeconds", .number(age.components.seconds)), duration]
        case .stale(let age):
            [("source", .string("stale")), ("ageSeconds", .number(age.components.seconds)), duration]
        }
    }

    private static func event(_ event: TraceStep.Event) -> [(String, JSONText)] {
        switch event {
        case .lookup(let table, let key, let result):
            let head: [(String, JSONText)] = [
                ("step", .string("lookup")), ("table", .string(table)), ("key", .bytes(key)),
            ]
            switch result {
            case .found(let value): return head + [("outcome", .string("found")), ("value", .bytes(value))]
            case .absent: return head + [("outcome", .string("absent"))]
            case .unavailable(let reason): return head + unavailable(reason)
            }
        case .search(let server, let base, let scope, let filter, let result):
            let head: [(String, JSONText)] = [
                ("step", .string("search")), ("server", .string(server)), ("base", .string(base)),
                ("scope", .string("\(scope)")), ("filter", .string("\(filter)")),
            ]
            switch result {
            case .entries(let count): return head + [("entries", .number(Int64(count)))]
            case .failed(let reason): return head + unavailable(reason)
            }
        case .entry(let name, let attribute, let values):
            return [
                ("step", .string("entry")), ("name", .string(name)), ("attribute", .string(attribute)),
                ("values", .array(values.map(JSONText.bytes))),
            ]
        case .bind(let server, let name, let verdict):
            let head: [(String, JSONText)] = [
                ("step", .string("bind")), ("server", .string(server)), ("name", .string(name)),
            ]
            switch verdict {
            case .accepted: return head + [("outcome", .string("accepted"))]
            case .rejected: return head + [("outcome", .string("rejected"))]
            case .unavailable(let reason): return head + unavailable(reason)
            }
        case .decision(let rule, let text):
            return [("step", .string("decision")), ("rule", .string(rule)), ("text", .string(text))]
        }
    }

    private static func unavailable(_ reason: UnavailableReason) -> [(String, JSONText)] {
        [
            ("outcome", .string("unavailable")), ("kind", .string(reason.kind.rawValue)),
            ("reason", .string(reason.text)),
        ]
    }

    private static func number(_ value: UInt64?) -> JSONText {
        value.map { .number(Int64(clamping: $0)) } ?? .null
    }
}
