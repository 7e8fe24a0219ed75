import Dialects
import Directory
import Testing

@Suite struct ConfigurationFilesTests {
    private let host = ConfigurationFiles.Host(
        read: { ["/srv/site/main.cf": Array("a = 1\nb = 2".utf8)][$0] },
        list: { $0 == "/srv/site" ? ["main.cf", "virtual"] : nil })

    @Test func `a folder of this machine stands for the program's own path`() throws {
        var files = ConfigurationFiles(host)
        files.place("/etc/postfix", at: "/srv/site/")
        let text = try #require(files.text("/etc//postfix/./main.cf"))
        #expect(text.hostPath == "/srv/site/main.cf")
        #expect(text.location(line: 2).description == "/srv/site/main.cf:2")
        #expect(String(decoding: text.bytes, as: UTF8.self) == "a = 1\nb = 2\n")
    }

    @Test func `the longest fitting path counts, and a folder whose name only begins alike does not fit`() {
        var files = ConfigurationFiles(host)
        files.place("/", at: "/srv/root")
        files.place("/var/mail", at: "/mnt/mail")
        #expect(files.hostPath("/var/mail/x") == "/mnt/mail/x")
        #expect(files.hostPath("/var/mailman") == "/srv/root/var/mailman")
        #expect(files.hostPath("/var/mail") == "/mnt/mail")
    }

    @Test func `a composed text hides the file, and a removed file is gone`() {
        var files = ConfigurationFiles(host)
        files.place("/etc/postfix", at: "/srv/site")
        files.put(SourceText(path: "/etc/postfix/vhost", lines: []))
        files.remove("/etc/postfix/main.cf")
        #expect(!files.exists("/etc/postfix/main.cf"))
        #expect(files.names(in: "/etc/postfix") == ["vhost", "virtual"])
    }
}
