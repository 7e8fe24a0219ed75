import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `NeoMutt` {
    private struct Program {
        let site: TestSite
        let folder: String
        let settings: String

        init(_ site: TestSite, settings: String) throws {
            self.site = site
            self.settings = settings
            folder = try site.folder.makeFolder("neomutt")
        }

        /// Opens INBOX, presses keys and ends, in a terminal made for it by script(1).
        func press(_ keys: String) async throws {
            let configuration = try site.folder.write(
                """
                set folder="imaps://anna@127.0.0.1:\(site.port(.imaps))/" spoolfile="+INBOX"
                set imap_user=anna imap_pass=secret
                set certificate_file=\(site.server.selfSignedCertificate ?? "") ssl_verify_host=no
                set header_cache=\(folder)/headers message_cachedir=\(folder)/messages
                set delete=yes quit=yes confirmappend=no confirmcreate=no move=no mark_old=no wait_key=no sleep_time=0
                set charset=utf-8 sort=mailbox-order pager_stop=yes
                \(settings)
                push "\(keys)<quit>"

                """, to: "neomutt/rc")
            let script = "neomutt -n -F \(configuration) -d 2 -l \(folder)/log"
            let child = try await ChildProcess.start(
                ["/usr/bin/timeout", "120", "/usr/bin/script", "-qec", script, "\(folder)/screen"],
                outputFile: site.folder.path("neomutt-output"),
                environment: ["HOME": folder, "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "100", "LINES": "40"])
            let exit = await child.waitForExit()
            let log = String(decoding: FileManager.default.contents(atPath: "\(folder)/log0") ?? Data(), as: UTF8.self)
            #expect(exit == .code(0), "\(log.suffix(2000))")
        }
    }

    @Test(arguments: ["", "set imap_condstore=yes", "set imap_condstore=yes imap_qresync=yes", "set imap_deflate=no"])
    func `flags, moves, deletes and reads, and leaves alone what it is only shown`(_ settings: String) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let state = try MailboxState(site)
            let program = try Program(site, settings: settings)
            func find(_ subject: String) -> String { "<first-entry><search>~s '\(subject)'<enter>" }
            func expectRest(_ what: String) async throws {
                let before = try await state.ofPostroom()
                try await program.press(
                    "<sync-mailbox><change-folder>+Archive<enter><sync-mailbox><change-folder>+INBOX<enter>")
                expectEqual(before, try await state.ofPostroom(), what)
            }
            try await expectRest("a look without a change")
            let all = try await state.mail().split(separator: "\n").count

            try await program.press(
                find("plain") + "<flag-message>" + find("nested") + "<save-message>+Archive.2024.Q1<enter>"
                    + find("long line") + "<save-message>+日本<enter>"
                    + find("utf-8") + "<copy-message>+Sent<enter>"
                    + find("big") + "<delete-message>"
                    + find("crlf") + "<clear-flag>N<sync-mailbox>"
                    + "<tag-pattern>~s 'a NUL'<enter><tag-prefix><set-flag>r<sync-mailbox>")
            let after = try await state.mail()
            #expect(after.split(separator: "\n").count == all - 1 + 1)
            for folder in ["Archive.2024.Q1", "日本", "Sent"] { #expect(after.contains("('\(folder)', ")) }
            try await expectRest("another look")

            try await program.press(find("plain") + "<display-message><exit><sync-mailbox>")
            try await expectRest("after reading")

            try await state.dovecotTakesOver()
            try await expectRest("after Dovecot")
            try await program.press(find("by dovecot") + "<delete-message><sync-mailbox>")
            #expect(try await state.ofPostroomAsDovecot() == state.ofDovecot())
        }
    }
}
