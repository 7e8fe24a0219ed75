package import Directory
package import MailModel

/// A resolution as a tree for people: every step in order, what it asked, what came back and which setting is behind it,
/// then what becomes of the mail.
package struct ResolutionText: Sendable {
    /// ANSI colours; the caller knows whether it writes to a terminal.
    package var isColoured: Bool
    /// Of the entries that one search found, how many are shown; nil shows all. A table of domains that searches for
    /// `mail=*@%s` finds everybody.
    package var entryLimit: Int?

    package init(isColoured: Bool = false, entryLimit: Int? = nil) {
        self.isColoured = isColoured
        self.entryLimit = entryLimit
    }

    package func text(_ resolution: Resolution) -> String {
        var lines = [paint(.bold, VisibleText.escaped(resolution.recipient.quoted))]
        lines += tree(resolution.steps, indent: "")
        lines += outcome(resolution)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The steps alone, one line each with those below it indented.
    package func text(_ steps: [TraceStep]) -> String {
        tree(steps, indent: "").map { $0 + "\n" }.joined()
    }

    // MARK: - Outcome

    private func outcome(_ resolution: Resolution) -> [String] {
        var lines: [String] = []
        if case .deliver(let destinations) = resolution.verdict {
            lines += destinations.map { paint(.green, "→ ") + Self.describe($0) }
        }
        lines += resolution.deadTargets.map {
            paint(.yellow, "✗ ") + VisibleText.escaped($0.quoted) + ": no such recipient, gets no copy"
        }
        let colour: Colour
        switch resolution.verdict {
        case .deliver: colour = .green
        case .deferred: colour = .yellow
        case .refuse: colour = .red
        }
        lines.append(paint(colour, "⇒ ") + paint(.bold, VisibleText.escaped(resolution.reply.description)))
        return lines
    }

    package static func describe(_ destination: Destination) -> String {
        switch destination {
        case .remote(let remote):
            return
                "\(VisibleText.escaped(remote.address.quoted)) on another host, by \(VisibleText.escaped(remote.way))"
        case .discard(let address, let reason):
            let why = reason.isEmpty ? "" : ": \(VisibleText.escaped(reason))"
            return "\(VisibleText.escaped(address.quoted)) is thrown away\(why)"
        case .mailbox(let mailbox):
            let path = VisibleText.escaped(mailbox.location.path)
            var text =
                "\(VisibleText.escaped(mailbox.address.quoted)) in \(mailbox.location.format.rawValue):\(path),"
                + " owner \(mailbox.owner)"
            if let bytes = mailbox.quota.storage { text += ", quota \(bytes) bytes" }
            if let messages = mailbox.quota.messages { text += ", quota \(messages) messages" }
            return text
        }
    }

    // MARK: - Steps

    private func tree(_ steps: [TraceStep], indent: String) -> [String] {
        // An explicit stack: a chain of aliases may be deeper than the stack of a thread likes.
        var lines: [String] = []
        var pending: [(step: TraceStep, indent: String, isLast: Bool)] = []
        func push(_ steps: [TraceStep], _ indent: String) {
            let steps = shortened(steps)
            for (index, step) in steps.enumerated().reversed() {
                pending.append((step, indent, index == steps.count - 1))
            }
        }
        push(steps, indent)
        while let (step, indent, isLast) = pending.popLast() {
            lines.append(paint(.dim, indent + (isLast ? "└─ " : "├─ ")) + line(step))
            push(step.children, indent + (isLast ? "   " : "│  "))
        }
        return lines
    }

    private func shortened(_ steps: [TraceStep]) -> [TraceStep] {
        guard let entryLimit, steps.count > entryLimit else { return steps }
        var entries = 0
        var result: [TraceStep] = []
        for step in steps {
            if case .entry = step.event {
                entries += 1
                if entries > entryLimit { continue }
            }
            result.append(step)
        }
        if entries > entryLimit {
            result.append(TraceStep(.decision(rule: "…", text: "and \(entries - entryLimit) more entries")))
        }
        return result
    }

    private func line(_ step: TraceStep) -> String {
        var text = event(step.event)
        if let manner = step.manner { text += paint(.dim, "  (\(Self.words(manner)))") }
        if let location = step.location {
            text += paint(.dim, "  [\(VisibleText.escaped(location.description))]")
        }
        return text
    }

    private static func words(_ manner: AnswerManner) -> String {
        switch manner.provenance {
        case .live: "live, \(milliseconds(manner.duration)) ms"
        case .cached(let age): "cached, \(age.components.seconds) s old"
        case .stale(let age): "stale, \(age.components.seconds) s old: no server answers"
        }
    }

    /// To a tenth.
    private static func milliseconds(_ duration: Duration) -> String {
        let tenths = Int64(clamping: duration.components.attoseconds / 100_000_000_000_000)
        let (whole, isTooLong) = duration.components.seconds.multipliedReportingOverflow(by: 1000)
        return isTooLong ? "?" : "\(whole &+ tenths / 10).\(tenths % 10)"
    }

    private func event(_ event: TraceStep.Event) -> String {
        switch event {
        case .lookup(let table, let key, let result):
            return "\(VisibleText.escaped(table)): \(VisibleText.escaped(key)) → \(describe(result))"
        case .search(let server, let base, let scope, let filter, let result):
            let filter = VisibleText.escaped("\(filter)", backslashes: false)
            let base = VisibleText.escaped(base, backslashes: false)
            return "\(VisibleText.escaped(server)): \(filter) below \(base) (\(scope)) → \(describe(result))"
        case .entry(let name, let attribute, let values):
            let name = VisibleText.escaped(name, backslashes: false)
            let attribute = VisibleText.escaped(attribute)
            guard !values.isEmpty else { return "\(name): no \(attribute)" }
            return "\(name): \(attribute) = \(values.map { VisibleText.escaped($0) }.joined(separator: ", "))"
        case .bind(let server, let name, let verdict):
            let name = VisibleText.escaped(name, backslashes: false)
            return "\(VisibleText.escaped(server)): bind as \(name) → \(describe(verdict))"
        case .decision(let rule, let text):
            return "\(paint(.bold, VisibleText.escaped(rule))): \(VisibleText.escaped(text))"
        }
    }

    private func describe(_ result: TraceStep.LookupResult) -> String {
        switch result {
        case .found(let value): paint(.green, VisibleText.escaped(value))
        case .absent: paint(.dim, "not found")
        case .unavailable(let reason): paint(.red, "no answer: \(VisibleText.escaped(reason.text))")
        }
    }

    private func describe(_ result: TraceStep.SearchResult) -> String {
        switch result {
        case .entries(0): paint(.dim, "no entry")
        case .entries(1): "1 entry"
        case .entries(let count): "\(count) entries"
        case .failed(let reason): paint(.red, "failed: \(VisibleText.escaped(reason.text))")
        }
    }

    private func describe(_ verdict: PasswordVerdict) -> String {
        switch verdict {
        case .accepted: paint(.green, "accepted")
        case .rejected: paint(.red, "rejected")
        case .unavailable(let reason): paint(.red, "no answer: \(VisibleText.escaped(reason.text))")
        }
    }

    // MARK: - Colour

    /// SGR parameters, ECMA-48 §8.3.117.
    private enum Colour: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    private func paint(_ colour: Colour, _ text: String) -> String {
        isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }
}
