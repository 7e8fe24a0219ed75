import Accounts
import Directory
import MailModel
import Routing
import SiteConfiguration

/// A login for people: the steps as a tree, then the account, then what clients read.
extension LoginExplanation {
    func text(_ refusal: Words, isColoured: Bool) -> String {
        let steps = ResolutionText(isColoured: isColoured, entryLimit: 20)
        func painted(_ text: String, _ code: String) -> String {
            isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
        }
        var lines = [painted(VisibleText.escaped(login), "1") + " by \(service.rawValue)"]
        var text = lines[0] + "\n" + steps.text(foresight.steps)
        lines = []
        let arrow = painted("→ ", "32")
        switch foresight.outcome {
        case .accepted(let account):
            lines += description(of: account).map { arrow + $0 }
            if let rights { lines += description(of: rights).map { arrow + $0 } }
            if foresight.dependsOnPassword {
                lines.append(painted("→ ", "33") + "whether there is such a login, only its password tells")
            }
            lines += said("the right password", words, painted("⇒ ", "32"))
            lines += said("a wrong one (not tried)", refusal, painted("⇒ ", "31"))
        case .rejected(let reason):
            lines += said("any password (\(reason.rawValue))", words, painted("⇒ ", "31"))
        case .unavailable(let reason):
            lines.append(painted("✗ ", "33") + VisibleText.escaped(reason.text, backslashes: false))
            lines += said("any password (no answer)", words, painted("⇒ ", "33"))
        }
        text += lines.map { $0 + "\n" }.joined()
        return text
    }

    private func said(_ when: String, _ words: Words, _ arrow: String) -> [String] {
        ["\(arrow)\(when): IMAP \(words.imap)", "\(arrow)\(when): SMTP \(words.smtp)"]
    }

    private func description(of account: Account) -> [String] {
        var lines = ["login \(VisibleText.escaped(account.login)), account \(VisibleText.escaped(account.identity))"]
        switch account.location {
        case .here(let location):
            var place =
                "mail in \(location.format.rawValue):\(VisibleText.escaped(location.path)) (\(location.layout.rawValue))"
            for (name, path) in [("INBOX", location.inbox), ("CONTROL", location.control), ("INDEX", location.index)] {
                if let path { place += ", \(name)=\(VisibleText.escaped(path))" }
            }
            lines.append(place)
        case .elsewhere(let host): lines.append("mail on \(VisibleText.escaped(host))")
        }
        lines.append("owner \(account.owner)")
        let storage = account.quota.storage.map { "\($0) bytes" }
        let messages = account.quota.messages.map { "\($0) messages" }
        let quota = [storage, messages].compactMap { $0 }
        lines.append("quota " + (quota.isEmpty ? "none" : quota.joined(separator: ", ")))
        if let usage { lines.append("holds \(usage.text)") }
        lines.append("a message of at most \(messageSize) bytes")
        let shown = namespaces.map { space in
            "\(space.kind.value.rawValue) \"\(VisibleText.escaped(space.prefix?.value ?? ""))\""
                + (space.isInbox ? " with INBOX" : "")
        }
        lines.append("namespaces " + (shown.isEmpty ? "private \"\" with INBOX" : shown.joined(separator: ", ")))
        return lines
    }

    private func description(of rights: SenderRights) -> [String] {
        guard rights.isChecked else { return ["may send as anybody: sender addresses are not checked"] }
        var lines: [String] = []
        if rights.addresses.isEmpty {
            lines.append("no address found that it may send as")
        } else {
            lines.append(
                "may send as " + rights.addresses.map { VisibleText.escaped($0) }.joined(separator: ", "))
        }
        return lines + rights.notes.map { "perhaps more: " + VisibleText.escaped($0, backslashes: false) }
    }
}

extension VisibleText {
    static func escaped(_ text: String, backslashes: Bool = true) -> String {
        escaped(text.utf8, backslashes: backslashes)
    }
}
