import Dialects
import Directory
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct DovecotDamageTests {
    @Test(arguments: ["severalDomains", "spool", "container", "version24"])
    func `each line damaged never traps, and gives databases or faults with a place`(site: String) {
        let sites = [
            "severalDomains": DovecotSites.severalDomains, "spool": DovecotSites.spool,
            "container": DovecotSites.container, "version24": DovecotSites.version24,
        ]
        let files = sites[site] ?? [:]
        for (path, text) in files {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            for index in lines.indices {
                for damage in DamagedLine.all {
                    var damaged = lines
                    damaged[index] = damage(damaged[index])
                    var changed = files
                    changed[path] = damaged.joined(separator: "\n")
                    let draft = ProgramFiles(changed).dovecot()
                    for secret in ["reader-secret", "pass1234"] { #expect(!draft.said.contains(secret)) }
                    let hasDatabases =
                        !draft.model.accounts.passwords.isEmpty && !draft.model.accounts.users.isEmpty
                    #expect(hasDatabases || !draft.errors.isEmpty || !draft.refused.isEmpty, "\(path):\(index + 1)")
                    #expect(draft.faults.allSatisfy { $0.location.file.hasPrefix("/etc/") || $0.location == .builtIn })
                }
            }
        }
    }

    @Test func `random octets never trap`() {
        var generator = SeededGenerator(seed: 7)
        let text = Array((DovecotSites.container["/etc/dovecot/dovecot.conf"] ?? "").utf8)
        for _ in 0..<500 {
            var files = DovecotSites.container
            files["/etc/dovecot/dovecot.conf"] = String(decoding: generator.mutate(text), as: UTF8.self)
            _ = ProgramFiles(files).dovecot()
        }
    }

    @Test func `a file that includes itself is told, not followed`() {
        let draft = ProgramFiles(["/etc/dovecot/dovecot.conf": "!include dovecot.conf\n!include *.conf\n"]).dovecot()
        #expect(draft.errors.contains { $0.contains("/etc/dovecot/dovecot.conf:1") && $0.contains("circle") })
    }
}
