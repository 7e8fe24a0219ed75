import Accounts
import Dialects
import Foundation
import Glibc
import MailModel
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// `postroom provision` for the site of the qmail-schema howto, beside a slapd with its directory. What its script and Courier's
/// maildirmake 1.0.16 make of the same directory is written down here.
@Suite struct `Provisioning` {
    struct Place {
        var folder: TemporaryFolder
        var slapd: Slapd
        var site: Site

        var mail: String { folder.path("mail") }

        func tree() -> [String: String] { Self.tree(mail) }

        /// Path below the mail's folder → mode, owner, and what a file or link holds.
        static func tree(_ root: String) -> [String: String] {
            var result: [String: String] = [:]
            for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() {
                var status = stat()
                guard lstat("\(root)/\(path)", &status) == 0 else { continue }
                let mode = String(status.st_mode & 0o7777, radix: 8)
                var text = "\(mode) \(status.st_uid):\(status.st_gid)"
                switch status.st_mode & S_IFMT {
                case S_IFLNK:
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(root)/\(path)")
                    text = "-> \(target ?? "?")"
                case S_IFREG:
                    // The directory gives entries in no order.
                    let content = try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
                    text += " " + (content?.split(separator: "\n").sorted().joined(separator: "\n") ?? "?")
                default: break
                }
                result[path] = text
            }
            return result
        }
    }

    static func opened<Value>(_ body: (Place) async throws -> Value) async throws -> Value {
        try await Slapd.withServer(.vriesman) { slapd in
            let folder = try TemporaryFolder("provision")
            var request = try await ImportedTestSite.prepare(.vriesman, slapd, in: folder)
            request.roots = [Located("/vmail", at: .builtIn)]
            var model = try await SiteLoader.loadWhole(.programs(request), environment: [:]).model
            model.shared.cacheTime = Located(.zero, at: .builtIn)
            for index in model.directories.indices {
                guard case .servers(var servers) = model.directories[index].kind else { continue }
                servers.cache.foundTime = Located(.zero, at: .builtIn)
                servers.cache.absentTime = Located(.zero, at: .builtIn)
                model.directories[index].kind = .servers(servers)
            }
            let site = try await Site.open(model)
            do {
                let value = try await body(Place(folder: folder, slapd: slapd, site: site))
                await site.close()
                return value
            } catch {
                await site.close()
                throw error
            }
        }
    }

    static let people = [
        "albert.onestone", "seven.of.nine", "harry.potter", "zoe", "team.a", "team.b", "remote", "paren",
    ]

    /// A sharable Maildir with the folders that all may write to, as `maildirmake -S` and `-s write -f` make them.
    static func sharable(_ path: String, _ folders: [String]) -> [String: String] {
        var result = [path: "755 5000:5000"]
        for part in ["cur", "new", "tmp"] { result["\(path)/\(part)"] = "700 5000:5000" }
        for folder in folders {
            result["\(path)/.\(folder)"] = "1755 5000:5000"
            result["\(path)/.\(folder)/maildirfolder"] = "600 5000:5000 "
            for part in ["cur", "new", "tmp"] { result["\(path)/.\(folder)/\(part)"] = "1777 5000:5000" }
        }
        return result
    }

    static var expected: [String: String] {
        var result: [String: String] = [:]
        for person in people {
            result[person] = "700 5000:5000"
            result["\(person)/Maildir"] = "700 5000:5000"
            for part in ["cur", "new", "tmp"] { result["\(person)/Maildir/\(part)"] = "700 5000:5000" }
        }
        for folder in ["shared", "shared.maildirs", "shared/timetravel.weekly", "shared/board.room"] {
            result[folder] = "755 5000:5000"
        }
        result["shared/timetravel.weekly/incoming"] = "-> /vmail/shared.maildirs/timetravel.weekly/.incoming"
        result["shared/board.room/board"] = "-> /vmail/shared.maildirs/board.room/.board"
        result.merge(
            sharable("shared.maildirs/timetravel.weekly", ["incoming", "past.editions", "future.editions"])
        ) { $1 }
        result.merge(sharable("shared.maildirs/board.room", ["board"])) { $1 }
        let time = "Timetravel_weekly\t/vmail/shared.maildirs/timetravel.weekly"
        let board = "Board_Room\t/vmail/shared.maildirs/board.room"
        result["albert.onestone/Maildir/shared-maildirs"] = "644 5000:5000 \(time)"
        result["seven.of.nine/Maildir/shared-maildirs"] = "644 5000:5000 \(board)\n\(time)"
        result["harry.potter/Maildir/shared-maildirs"] = "644 5000:5000 \(board)"
        return result
    }

    @Test func `makes from nothing what the howto's script makes, and then has nothing to do`() async throws {
        try await Self.opened { place in
            let dry = await place.site.provision(isDry: true)
            #expect(place.tree().isEmpty)
            #expect(!dry.steps.isEmpty && dry.failures.isEmpty, "\(dry.text)")

            let first = await place.site.provision(isDry: false)
            let tree = place.tree()
            for (path, text) in Self.expected { #expect(tree[path] == text, "\(path)") }
            #expect(Set(tree.keys) == Set(Self.expected.keys))
            #expect(Set(first.steps) == Set(dry.steps), "\(first.text)")
            // Only the account without a path can't be made.
            #expect(first.findings.map(\.subject) == ["cn=No Store,ou=Tokelau,o=company"], "\(first.text)")
            #expect(first.unowned == [], "\(first.text)")

            let second = await place.site.provision(isDry: false)
            #expect(second.steps.isEmpty, "\(second.text)")
            #expect(place.tree() == tree)
        }
    }

    @Test func `makes after a change what the change asks for, and removes nothing`() async throws {
        try await Self.opened { place in
            _ = await place.site.provision(isDry: false)
            let before = place.tree()
            try await place.slapd.add(
                """
                dn: cn=Timetravel weekly,ou=Tokelau,o=company
                changetype: modify
                add: postOfficeBox
                postOfficeBox: letters

                dn: cn=Harry Potter,ou=Tokelau,o=company
                changetype: modify
                add: seeAlso
                seeAlso: CN=Timetravel  Weekly, ou=tokelau,o=company

                dn: cn=Paren Case,ou=Tokelau,o=company
                changetype: delete

                dn: cn=Remote Forward,ou=Tokelau,o=company
                changetype: modify
                replace: accountStatus
                accountStatus: inactive

                """)
            let report = await place.site.provision(isDry: false)
            #expect(
                Set(report.steps.map { "\($0.kind.rawValue) \($0.detail ?? "")" })
                    == ["folder letters", "shared-maildirs Timetravel_weekly"], "\(report.text)")
            // Whose account rests is not without an account.
            #expect(
                report.unowned?.map { String(decoding: $0, as: UTF8.self) } == [place.folder.path("mail/paren/Maildir")]
            )
            let after = place.tree()
            for (path, text) in before where path != "harry.potter/Maildir/shared-maildirs" {
                #expect(after[path] == text, "\(path)")
            }
            #expect(after["shared.maildirs/timetravel.weekly/.letters/cur"] == "1777 5000:5000")
            #expect(after["harry.potter/Maildir/shared-maildirs"]?.contains("Board_Room\t") == true)
            #expect(after["harry.potter/Maildir/shared-maildirs"]?.contains("\nTimetravel_weekly\t") == true)
        }
    }

    @Test func `refuses what leads out of the roots or is no name, tells it, and does the rest`() async throws {
        try await Self.opened { place in
            let outside = try place.folder.makeFolder("outside")
            chmod(outside, 0o777)
            try FileManager.default.createSymbolicLink(
                atPath: "\(place.mail)/way", withDestinationPath: outside)
            func change(_ name: String, _ attribute: String, _ value: String) -> String {
                """
                dn: cn=\(name),ou=Tokelau,o=company
                changetype: modify
                replace: \(attribute)
                \(attribute):: \(Data(value.utf8).base64EncodedString())


                """
            }
            try await place.slapd.add(
                change("Paren Case", "mailMessageStore", "/vmail/../outside/Maildir/")
                    + change("Team Member A", "mailMessageStore", "/etc/postroom-evil/Maildir/")
                    + change("Team Member B", "mailMessageStore", "/vmail/way/Maildir/")
                    + change("Remote Forward", "mailMessageStore", "/vmail/remote\n/Maildir/")
                    + change("Board Room", "uid", "../../board")
                    + change("Timetravel weekly", "postOfficeBox", "past.editions/../../../x"))
            let report = await place.site.provision(isDry: false)
            let subjects = Set(report.findings.map(\.subject))
            for name in ["Paren Case", "Team Member A", "Team Member B", "Board Room", "Timetravel weekly"] {
                #expect(subjects.contains("cn=\(name),ou=Tokelau,o=company"), "\(name): \(report.text)")
            }
            let tree = place.tree()
            #expect(tree["harry.potter/Maildir/cur"] == "700 5000:5000")
            #expect(tree["shared.maildirs"] == nil && tree["shared"] == nil, "\(tree.keys.sorted())")
            #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
            #expect(!FileManager.default.fileExists(atPath: "/etc/postroom-evil"))
            #expect(!tree.keys.contains { $0.contains("\n") })
        }
    }

    @Test func `leaves what stands in the way, and tells it`() async throws {
        try await Self.opened { place in
            let folder = "\(place.mail)/shared/board.room/board"
            for part in ["cur", "new", "tmp"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
            }
            try FileManager.default.createDirectory(
                atPath: "\(place.mail)/zoe/Maildir/cur", withIntermediateDirectories: true)
            for path in ["shared", "shared/board.room"] { chown("\(place.mail)/\(path)", 5000, 5000) }
            let report = await place.site.provision(isDry: false)
            #expect(
                report.findings.contains { $0.text.contains("board.room/board is no link") }, "\(report.text)")
            #expect(report.findings.contains { $0.text.contains("zoe/Maildir belongs to uid 0") }, "\(report.text)")
            #expect(place.tree()["zoe/Maildir/new"] == nil)
            #expect(place.tree()["shared.maildirs/board.room/.board/new"] == "1777 5000:5000")
        }
    }

    @Test func `makes nothing while the directory does not answer`() async throws {
        try await Self.opened { place in
            await place.slapd.kill()
            let report = await place.site.provision(isDry: false)
            #expect(!report.failures.isEmpty && report.unowned == nil)
            #expect(place.tree().isEmpty)
        }
    }
}

/// What a login is shown of others, asked of the howto's directory.
@Suite struct `Shared mailboxes of a directory` {
    private static func names(_ mailboxes: [SharedMailbox]) -> [String] {
        mailboxes.map { $0.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") }.sorted()
    }

    @Test func `appear and go as the directory changes, and stay while it doesn't answer`() async throws {
        try await Provisioning.opened { place in
            let shared = place.site.sharedMailboxes
            let board = ["Board_Room.board"]
            let time = [
                "Timetravel_weekly.future.editions", "Timetravel_weekly.incoming", "Timetravel_weekly.past.editions",
            ]
            #expect(Self.names(try await shared.sharedMailboxes(for: "nines")) == board + time)
            #expect(Self.names(try await shared.sharedMailboxes(for: "harry.potter@mydomain.nl")) == board)
            #expect(try await shared.sharedMailboxes(for: "muellerz").isEmpty)
            #expect(try await shared.sharedMailboxes(for: "*").isEmpty)

            let mailbox = try #require(try await shared.sharedMailboxes(for: "potterh").first)
            #expect(mailbox.location.path == Array("/vmail/shared.maildirs/board.room".utf8))
            #expect(mailbox.folder.parts == [Array("board".utf8)] && !mailbox.isWhole)
            #expect(mailbox.owner.description == "5000:5000" && mailbox.flags == .perUser)
            #expect(mailbox.rights == MailboxRights("lrswite"))

            try await place.slapd.add(
                """
                dn: cn=Harry Potter,ou=Tokelau,o=company
                changetype: modify
                replace: seeAlso
                seeAlso: cn=Timetravel weekly,ou=Tokelau,o=company
                seeAlso: cn=Nobody,ou=Tokelau,o=company

                dn: cn=Board Room,ou=Tokelau,o=company
                changetype: modify
                replace: accountStatus
                accountStatus: inactive

                """)
            #expect(Self.names(try await shared.sharedMailboxes(for: "potterh")) == time)
            #expect(Self.names(try await shared.sharedMailboxes(for: "nines")) == time)

            await place.slapd.kill()
            #expect(Self.names(try await shared.sharedMailboxes(for: "potterh")) == time)
            await #expect(throws: MailboxFailure.self) { try await shared.sharedMailboxes(for: "onestonea") }
        }
    }
}
