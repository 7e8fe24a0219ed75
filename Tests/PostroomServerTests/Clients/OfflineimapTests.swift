import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `OfflineIMAP` {
    private struct Program: Synchroniser {
        let site: TestSite
        let state: MailboxState
        let local: LocalMaildirs
        private let configuration: String

        init(_ site: TestSite, more: String) async throws {
            self.site = site
            // It writes multiparts anew, with Python's library for mail.
            state = try MailboxState(site, isLenient: true)
            local = LocalMaildirs(root: try site.folder.makeFolder("offlineimap"))
            let certificate = site.server.selfSignedCertificate ?? ""
            let line = try await ChildProcess.run(
                ["/usr/bin/openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha1"], in: site.folder)
            let fingerprint = line.split(separator: "=").last?.filter(\.isHexDigit).lowercased() ?? ""
            configuration = try site.folder.write(
                """
                [general]
                accounts = anna
                metadata = \(site.folder.path("offlineimap-metadata"))
                ui = basic
                socktimeout = 120

                [Account anna]
                localrepository = here
                remoterepository = there
                utf8foldernames = yes

                [Repository here]
                type = Maildir
                localfolders = \(local.root)
                sep = .

                [Repository there]
                type = IMAP
                remotehost = 127.0.0.1
                remoteport = \(site.port(.imaps))
                remoteuser = anna
                remotepass = secret
                ssl = yes
                cert_fingerprint = \(fingerprint)
                \(more)

                """, to: "offlineimaprc")
        }

        func synchronise() async throws {
            _ = try await ChildProcess.run(
                ["/usr/bin/offlineimap", "-c", configuration, "-o"], in: site.folder,
                environment: ["HOME": site.folder.path, "LC_ALL": "C.UTF-8"])
        }
    }

    @Test(arguments: ["", "maxconnections = 3", "idlefolders = []\nusecompression = yes"])
    func `keeps both sides equal and finds nothing to do the second time`(_ more: String) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let offlineimap = try await Program(site, more: more)
            try await offlineimap.liveThroughChanges(nested: "Archive.2024.Q1", unicode: "日本")
            try offlineimap.local.remove("INBOX", subject: "big")
            try await offlineimap.expectEqualAndAtRest("deleted by the client")
            #expect(try await !offlineimap.state.mail().contains("big"))
        }
    }
}
