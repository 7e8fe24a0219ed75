import Directory
import SiteConfiguration

/// `user-patches.sh`, which docker-mailserver runs last. It is never run here: what such scripts commonly do is recognized
/// and done to the composed files; each other line is told.
struct PatchScript {
    /// What became of one command.
    enum Outcome {
        case used(String)
        case notNeeded(String)
        /// A question, and its answer.
        case answer(Bool)
        /// It would have failed.
        case failed(String)
        /// Not understood, so its success is not known either, and what hangs on it is not done.
        case unknown(String)
        /// The script ends.
        case exit

        var success: Bool {
            switch self {
            case .used, .notNeeded, .exit: true
            case .answer(let yes): yes
            case .failed, .unknown: false
            }
        }
    }

    static let setting = "user-patches.sh"

    var composition: Composition
    /// Certificates that wait for `update-ca-certificates`, by their path here.
    var certificates: [(path: String, hostPath: String, location: SourceLocation)] = []
    var script: ShellScript
    private let source: SourceText

    static func apply(_ source: SourceText?, to composition: inout Composition) {
        guard let source, !source.lines.isEmpty else { return }
        guard source.lines.count <= ShellScript.maximumLines,
            String(validating: source.bytes, as: UTF8.self) != nil
        else {
            composition.draft.report.add(
                setting, at: source.location(line: 1), .unsupported(.routing),
                "is too long or not UTF-8: nothing of it is done")
            return
        }
        var patch = PatchScript(source, composition)
        patch.run()
        composition = patch.composition
    }

    private init(_ source: SourceText, _ composition: Composition) {
        self.source = source
        self.composition = composition
        var variables: [String: String] = [:]
        for name in composition.environment.names { variables[name] = composition.environment.text(name) }
        variables["HOSTNAME"] = composition.hostname.value
        script = ShellScript(lines: source.lines.map(\.text), variables: variables)
    }

    private mutating func run() {
        while true {
            let items = script.next()
            if items.isEmpty { return }
            for item in items {
                switch item {
                case .opaque(let lines): tellOpaque(lines)
                case .list(let commands, let line):
                    guard run(commands, at: line) else { return }
                }
            }
        }
    }

    /// False when the script ends here.
    private mutating func run(
        _ commands: [(connection: ShellScript.Connection, command: ShellScript.Command)], at line: Int
    ) -> Bool {
        let location = source.location(line: line)
        var success = true
        var notes: [String] = []
        var isUsed = false
        for (connection, command) in commands {
            switch (connection, success) {
            case (.and, false), (.or, true): continue
            default: break
            }
            let outcome = run(command, at: location)
            success = outcome.success
            switch outcome {
            case .used(let note):
                isUsed = true
                notes.append(note)
            case .notNeeded(let note): notes.append(note)
            case .failed(let note): notes.append(note)
            case .answer: break
            case .unknown(let note):
                tell(line, note)
                return true
            case .exit: return false
            }
        }
        let note = notes.filter { !$0.isEmpty }.joined(separator: "; ")
        guard isUsed || !note.isEmpty else { return true }
        composition.draft.report.add(
            Self.setting, value: shown(line), at: location, isUsed ? .used : .notNeeded, note)
        return true
    }

    // MARK: Report

    /// The script's line, unless it may hold a secret.
    private func shown(_ line: Int) -> String {
        guard line >= 1, line <= source.lines.count else { return "" }
        let text = source.lines[line - 1].text.withoutOuterBlanks
        let lowered = text.lowercased()
        guard !["pass", "_pw", "secret"].contains(where: lowered.contains) else { return "" }
        return text.count <= 80 ? text : text.prefix(79) + "…"
    }

    private mutating func tell(_ line: Int, _ note: String) {
        composition.draft.report.add(
            Self.setting, value: shown(line), at: source.location(line: line), .unsupported(effect(of: line)), note)
    }

    /// One entry per line of a part that is not understood.
    private mutating func tellOpaque(_ lines: ClosedRange<Int>) {
        for line in lines where line <= source.lines.count && !source.lines[line - 1].isBlankOrComment {
            tell(line, "only a shell can tell what it does")
        }
    }

    /// What the files and parameters that a line names decide.
    private func effect(of line: Int) -> ImportReport.Effect {
        guard line >= 1, line <= source.lines.count else { return .routing }
        let text = source.lines[line - 1].text.lowercased()
        let words: [(ImportReport.Effect, [String])] = [
            (.encryption, ["tls", "ssl", "cert", "cipher"]),
            (.login, ["dovecot", "sasl", "auth", "passwd", "password", "userdb", "passdb"]),
            (.relaying, ["mynetworks", "relay", "restrictions", "sender_login", "access"]),
        ]
        return words.first { $0.1.contains(where: text.contains) }?.0 ?? .routing
    }
}
