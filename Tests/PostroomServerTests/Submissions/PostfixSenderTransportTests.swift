import Dialects
import Foundation
import MailModel
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// The same senders at a running Postfix, and at its configuration served here: what `sender_dependent_default_transport_maps`
/// makes of their mail.
@Suite struct PostfixSenderTransportTests {
    private static let main = """
        compatibility_level = 3.6
        myhostname = mail.example.org
        mydomain = example.org
        myorigin = example.org
        mydestination =
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        mynetworks = 127.0.0.0/8
        virtual_mailbox_domains = example.org
        virtual_mailbox_base = %ROOT%
        virtual_mailbox_maps = inline:{{anna@example.org=anna/}, {sender@example.org=sender/}}
        virtual_alias_maps = inline:{{both@example.org=anna@example.org, x@far.example}, {away@example.org=x@far.example},
            {me@error.example=sender@example.org}, {me@plain.example=sender@example.org},
            {me@bare.example=sender@example.org}, {me@retry.example=sender@example.org},
            {me@later.example=sender@example.org}, {me@discard.example=sender@example.org}}
        virtual_uid_maps = static:5000
        virtual_gid_maps = static:5000
        smtp_tls_security_level = none
        smtpd_relay_restrictions = permit_mynetworks, reject
        sender_dependent_default_transport_maps = inline:{{@error.example=error:5.7.2 no mail from you},
            {@plain.example=error:go away}, {@bare.example=error}, {@retry.example=retry:4.7.9 not today},
            {@later.example=retry:later}, {@discard.example=discard:silently}}

        """

    private static let senders = ["error", "plain", "bare", "retry", "later", "discard"].map { "me@\($0).example" }

    private static func write(_ folder: TemporaryFolder) throws -> String {
        let root = try folder.makeFolder("mail")
        let directory = try folder.makeFolder("postfix")
        for path in [folder.path, directory] { chmod(path, 0o755) }
        chmod(root, 0o777)
        try folder.write(main.replacing("%ROOT%", with: root), to: "postfix/main.cf")
        try folder.write("smtp inet n - n - - smtpd\n", to: "postfix/master.cf")
        return directory
    }

    /// What one site did.
    private struct Answers: Equatable {
        /// Sender and recipient, and what RCPT or the end of the message was answered.
        var replies: [String] = []
        /// `STATUS: words` of what senders were told in reports.
        var reports: [String] = []
        var delivered = 0
    }

    private func answers(_ site: any RunningSite) async throws -> Answers {
        var answers = Answers()
        for sender in Self.senders {
            for recipient in ["x@far.example", "both@example.org", "away@example.org", "y@example.org"] {
                let dialogue = try await SMTPDialogue(site)
                var reply = try await dialogue.envelope(from: sender, to: [recipient])
                if reply.hasPrefix("250") {
                    reply = String(try await dialogue.data("Subject: \(sender)\r\n\r\ntext").prefix(4))
                }
                answers.replies.append(
                    "\(sender) \(recipient): \(reply.trimmingCharacters(in: .whitespacesAndNewlines))")
            }
        }
        // Of six senders everyone has a copy for anna; three are told twice that there is no other.
        try await eventually("all has come that will come", { "\(answers.replies)" }) {
            site.folder.messages("anna").count >= 6 && site.folder.messages("sender").count >= 6
        }
        answers.delivered = site.folder.messages("anna").count
        for report in site.folder.messages("sender") {
            let fields = report.split(separator: "\n").filter {
                // Ours name the address that the sender wrote to; Postfix's, what became of it.
                ["Action: ", "Status: "].contains(where: $0.hasPrefix)
            }
            let subject = report.components(separatedBy: "Subject: me@").last?.prefix { $0 != "\n" } ?? ""
            answers.reports.append(
                ([String(subject)] + fields.map { $0.lowercased() }.sorted()).joined(separator: ", "))
        }
        answers.reports.sort()
        return answers
    }

    @Test func `error, retry and discard mean what they mean to Postfix`() async throws {
        let theirs = try TemporaryFolder("postfix-senders")
        let expected = try await RunningPostfix.serving(Self.write(theirs), in: theirs) { try await answers($0) }
        let ours = try TemporaryFolder("our-senders")
        var request = ImportRequest(origins: [ConfigurationOrigin(.postfix, path: try Self.write(ours))])
        request.listeners = [(kind: .smtp, host: "127.0.0.1", port: 0)]
        let source = SiteSource.programs(request)
        var model = try SiteLoader.load(source, environment: [:]).model
        model.tls.selfSignedDirectory = Located(ours.path("tls"), at: .builtIn)
        let actual = try await Server.withRunning(model, source: source, queueDirectory: ours.path("spool")) { server in
            try await answers(TestSite(folder: ours, server: server))
        }
        #expect(actual.replies == expected.replies)
        #expect(actual.delivered == expected.delivered)
        #expect(actual.reports == expected.reports)
        #expect(expected.reports.count == 6)
    }
}

extension TemporaryFolder {
    fileprivate func messages(_ name: String) -> [String] {
        let place = path("mail/\(name)/new")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        return names.compactMap { try? String(contentsOfFile: "\(place)/\($0)", encoding: .utf8) }
    }
}
