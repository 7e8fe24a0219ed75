import Foundation
import PostroomTesting

/// One row of what Postfix 3.7.11 did with mail (`Fixtures/lookups/expected-lookups.tsv`).
struct RecordedAnswer: Sendable, CustomStringConvertible {
    enum Question: String, CaseIterable, Sendable {
        /// The reply to RCPT from a stranger.
        case recipient = "smtp-rcpt"
        /// The reply to RCPT with a login, or none, and a sender.
        case sender = "smtp-mailfrom"
        /// Who got the mail, or what became of it.
        case finalRecipients = "final-recipients"
        /// What virtual(8) took as path.
        case mailboxPath = "mailbox-path"
    }

    var site: ImportedSite
    var question: Question
    var key: String
    var answer: String

    var description: String { "\(site.rawValue) \(question.rawValue) \(key)" }

    static let all: [RecordedAnswer] = Fixture.text("lookups/expected-lookups.tsv").split(separator: "\n").compactMap {
        line in
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 4, let site = ImportedSite(rawValue: fields[0]),
            let question = Question(rawValue: fields[1])
        else { return nil }
        return RecordedAnswer(site: site, question: question, key: fields[2], answer: fields[3])
    }

    /// `["login or null", "MAIL FROM"]`
    var loginAndSender: (login: String?, sender: String)? {
        guard let parts = try? JSONSerialization.jsonObject(with: Data(key.utf8)) as? [Any], parts.count == 2,
            let sender = parts[1] as? String
        else { return nil }
        return (parts[0] as? String, sender)
    }
}
