import SASL
import SiteConfiguration

/// What the demo does with its server, and tells.
struct DemoStory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let server: Server
    let isColoured: Bool
    let show: @Sendable (String) -> Void

    func tell(configuration: String) async throws {
        show(
            """
            \(bold("Postroom is serving a small company on this machine."))
            Its directory is a file in LDIF: four people, an alias, and a group in a group. Dora has left, her account is off.
            """)

        show(
            "\n\(bold("1. Where would a mail to \(DemoSite.group) go, and why?"))  (postroom explain \(DemoSite.group))\n"
        )
        guard let group = await server.site.explain(DemoSite.group, sender: nil, login: nil),
            let inactive = await server.site.explain(DemoSite.inactive, sender: nil, login: nil)
        else { throw Failure(description: "an address of the sample site can't be read") }
        show(group.text(isColoured: isColoured))
        show("\(bold("   And one to \(DemoSite.inactive)?"))\n")
        show(inactive.text(isColoured: isColoured))

        show("\(bold("2. Ben logs in over TLS and sends it."))\n")
        let subject = "Hello from Postroom"
        try await submit(from: DemoSite.ben, to: DemoSite.group, subject: subject)

        show("\n\(bold("3. Each member reads it over IMAP."))\n")
        for person in DemoSite.members {
            let from = try await read(as: person, expecting: subject)
            show("   \(person.uid): 1 new mail, \"\(subject)\" from \(from)")
        }
        show(
            """

            \(bold("That is all there is to it:")) the mail came in over TLS with a login, the directory said who \(DemoSite.group) is,
            \(DemoSite.members.count) copies were on disk before the server said \"250\", and each member has read their own.
            """)
    }

    func tellHowToConnect(configuration: String) {
        show(
            """

            The server is still running. Point a mail program at it (accept its made-up certificate):
               IMAP 127.0.0.1 port \(server.port(.imaps) ?? 0), TLS        SMTP 127.0.0.1 port \(server.port(.submissions) ?? 0), TLS
               logins anna, ben, chris; the password is the login and "-demo": anna-demo
            Its configuration: \(configuration)
            Ctrl-C stops it and removes everything.
            """)
    }

    private func submit(from person: DemoSite.Person, to recipient: String, subject: String) async throws {
        guard let port = server.port(.submissions), let certificate = server.selfSignedCertificate else {
            throw Failure(description: "the submission port is not open")
        }
        let transcript = try await DialogueConnection.withConnection(
            port: port, serverName: DemoSite.hostname, certificateFile: certificate, group: server.group
        ) { connection in
            try await connection.expectReply("2")
            try await connection.send("EHLO demo.example.org")
            try await connection.expectReply("2")
            let credentials = Base64.encode(Array("\0\(person.uid)\0\(person.password)".utf8))
            try await connection.send(
                "AUTH PLAIN \(String(decoding: credentials, as: UTF8.self))",
                shown: "AUTH PLAIN (ben's login and password)")
            try await connection.expectReply("2")
            try await connection.send("MAIL FROM:<\(person.address)>")
            try await connection.expectReply("2")
            try await connection.send("RCPT TO:<\(recipient)>")
            try await connection.expectReply("2")
            try await connection.send("DATA")
            try await connection.expectReply("3")
            for line in [
                "From: \(person.name) <\(person.address)>", "To: <\(recipient)>", "Subject: \(subject)",
                "Message-ID: <1@demo.example.org>", "", "Three of us get this, by way of a group in a group.", ".",
            ] {
                try await connection.send(line)
            }
            try await connection.expectReply("2")
            try await connection.send("QUIT")
            try await connection.expectReply("2")
            return connection.transcript
        }
        show(transcript.map { "   \($0)" }.joined(separator: "\n"))
    }

    /// The `From:` of the one mail there is.
    private func read(as person: DemoSite.Person, expecting subject: String) async throws -> String {
        guard let port = server.port(.imaps), let certificate = server.selfSignedCertificate else {
            throw Failure(description: "the IMAP port is not open")
        }
        return try await DialogueConnection.withConnection(
            port: port, serverName: DemoSite.hostname, certificateFile: certificate, group: server.group
        ) { connection in
            _ = try await connection.readLine()
            try await connection.send(
                "a LOGIN \(person.uid) \(person.password)", shown: "a LOGIN \(person.uid) (password)")
            _ = try await connection.expectOK(tag: "a")
            try await connection.send("b SELECT INBOX")
            let state = try await connection.expectOK(tag: "b")
            guard state.contains("* 1 EXISTS") else {
                throw Failure(description: "\(person.uid) should have one mail: \(state.joined(separator: " / "))")
            }
            try await connection.send("c FETCH 1 BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)]")
            let lines = try await connection.expectOK(tag: "c")
            guard lines.contains("Subject: \(subject)"),
                let from = lines.first(where: { $0.hasPrefix("From: ") })?.dropFirst("From: ".count)
            else { throw Failure(description: "\(person.uid) has another mail: \(lines.joined(separator: " / "))") }
            try await connection.send("d LOGOUT")
            _ = try await connection.expectOK(tag: "d")
            return String(from)
        }
    }

    private func bold(_ text: String) -> String {
        isColoured ? "\u{1B}[1m\(text)\u{1B}[0m" : text
    }
}
