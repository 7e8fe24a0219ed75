import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `mbsync (isync), both ways` {
    private struct Program: Synchroniser {
        let site: TestSite
        let state: MailboxState
        let local: LocalMaildirs
        private let configuration: String

        init(_ site: TestSite, more: String = "") throws {
            self.site = site
            state = try MailboxState(site)
            local = LocalMaildirs(root: try site.folder.makeFolder("mbsync"))
            configuration = try site.folder.write(
                """
                IMAPAccount postroom
                Host 127.0.0.1
                Port \(site.port(.imaps))
                User anna
                Pass secret
                SSLType IMAPS
                CertificateFile \(site.server.selfSignedCertificate ?? "")
                AuthMechs PLAIN
                \(more)

                IMAPStore remote
                Account postroom

                MaildirStore local
                Path \(local.root)/
                Inbox \(local.root)/INBOX
                SubFolders Verbatim

                Channel all
                Far :remote:
                Near :local:
                Patterns *
                Create Both
                Expunge Both
                CopyArrivalDate yes
                SyncState *

                """, to: "mbsync-both")
        }

        func synchronise() async throws {
            _ = try await ChildProcess.run(
                ["/usr/bin/mbsync", "-c", configuration, "all"], in: site.folder, environment: ["HOME": local.root])
        }
    }

    @Test(arguments: [
        "", "PipelineDepth 1", "DisableExtension MOVE\nDisableExtension UIDPLUS\nDisableExtension LITERAL+",
    ])
    func `keeps both sides equal and finds nothing to do the second time`(_ more: String) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let mbsync = try Program(site, more: more)
            try await mbsync.liveThroughChanges(nested: "Archive/2024/Q1", unicode: "&ZeVnLA-")
            try mbsync.local.setFlags("ST", "INBOX", subject: "big")
            try await mbsync.expectEqualAndAtRest("deleted by the client")
            #expect(throws: TestFailure.self) { try mbsync.local.file("INBOX", subject: "big") }
        }
    }
}
