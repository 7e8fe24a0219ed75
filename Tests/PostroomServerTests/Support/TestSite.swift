import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration

/// A site in a folder of its own, served by this process on free ports of this machine.
struct TestSite: RunningSite {
    let folder: TemporaryFolder
    let server: Server

    /// Serves what `configuration` describes while `body` runs. `%ROOT%` in it and in the files stands for the folder for
    /// mail, `%FOLDER%` in it for the site's own; `tls` takes the place of a certificate that is made up, `listenerList` that
    /// of all listeners, and `lmtp` is where LMTP is listened on.
    static func serving<Value: Sendable>(
        _ configuration: String, files: [String: String] = [:], tls: String? = nil, lmtp: String = "127.0.0.1:0",
        listenerList: String? = nil, _ body: (TestSite) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder("site")
        let file = try write(
            configuration, files, tls: tls, lmtp: lmtp, listenerList: listenerList, to: folder)
        let model = try SiteLoader.load(file, environment: [:]).model
        return try await Server.withRunning(
            model, source: .file(file), queueDirectory: folder.path("spool"), indexDirectory: folder.path("index"),
            runtimeDirectory: folder.path("run")
        ) { server in
            try await body(TestSite(folder: folder, server: server))
        }
    }

    /// Lays out the folder of a site; returns its configuration's path.
    static func write(
        _ configuration: String, _ files: [String: String], tls: String? = nil, lmtp: String = "127.0.0.1:0",
        listenerList: String? = nil, to folder: TemporaryFolder
    ) throws -> String {
        let root = try folder.makeFolder("mail")
        for path in [folder.path, root] { chmod(path, 0o777) }
        for (name, text) in files { try folder.write(text.replacing("%ROOT%", with: root), to: name) }
        let text =
            (configuration + listeners(folder, tls: tls, lmtp: lmtp, listenerList: listenerList))
            .replacing("%ROOT%", with: root).replacing("%FOLDER%", with: folder.path)
        return try folder.write(text, to: "postroom.yaml")
    }

    private static func listeners(
        _ folder: TemporaryFolder, tls: String?, lmtp: String, listenerList: String?
    ) -> String {
        let kinds = ["smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s"]
        let usual = kinds.map { "  \($0): 127.0.0.1:0\n" }.joined() + "  lmtp: \(lmtp)"
        return """

            listeners:
            \(listenerList ?? usual)
            tls:
              \(tls ?? "self_signed_directory: \(folder.path("tls"))")

            """
    }

    func port(_ kind: ListenerModel.Kind) -> Int { server.port(kind) ?? 0 }

    /// The accounts of `vennedey.ldif` behind slapd, with the preset that they are an example of.
    static func postfixUser(_ slapd: Slapd) -> String {
        """
        hostname: mx0.example.com
        postmaster: mail006@mx0.example.com
        directory:
          servers: ["\(slapd.url)"]
          base: ou=Mail,dc=example,dc=com
          bind: {dn: "\(slapd.bindDN)", password: "\(slapd.bindPassword)"}
          connect_timeout: 60s
          timeout: 60s
        preset: postfix-user
        domains:
          mailbox: [mx0.example.com]
        recipient_delimiter: "+"
        accounts:
          user:
            - filter: (&(objectClass=posixAccount)(uid=%u))
              address_filter: (&(objectClass=posixAccount)(maildrop=%u))
              attributes: uid=user, =home=%ROOT%/%{ldap:uid}, uidNumber=uid, gidNumber=gid
        store:
          roots: ["%ROOT%"]
        """
    }
}
