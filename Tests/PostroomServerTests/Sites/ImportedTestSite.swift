import Dialects
import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration

/// A folder of Tests/Sites, as its author had it on disk, served from its own files on free ports of this machine.
struct ImportedTestSite: RunningSite {
    /// What distinguishes one site from another.
    struct Layout: Sendable, CustomStringConvertible {
        var name: String
        var directory: SampleDirectory
        /// `--from`, with paths below the site's folder.
        var origins: [(ConfigurationOrigin.Dialect, String)]
        /// The directory server's names in its files.
        var servers: [String]
        /// Where its mailboxes lie.
        var mail: String
        /// Files that it names and that are made for the test: the authority's certificate, server certificates and keys.
        var authorities: [String] = []
        var certificates: [(certificate: String, key: String)] = []
        var accepted: [String] = []
        var listeners: [ListenerModel.Kind]
        var usesTLS = false
        /// What its administrator would change in its files: text and what comes in its place.
        var changes: [(String, String)] = []

        var description: String { name }
    }

    let folder: TemporaryFolder
    let server: Server
    let slapd: Slapd
    let model: SiteModel

    func port(_ kind: ListenerModel.Kind) -> Int { server.port(kind) ?? 0 }

    /// Where a site's files are in the sources.
    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sites").path

    /// Runs `body` while the site is served beside a slapd with its directory.
    ///
    /// - Parameter outside: where its mail for other hosts goes.
    static func serving<Value: Sendable>(
        _ layout: Layout, outside: OutsideHost? = nil, _ body: (ImportedTestSite) async throws -> Value
    ) async throws -> Value {
        try await Slapd.withServer(layout.directory, tls: layout.usesTLS) { slapd in
            let folder = try TemporaryFolder("imported")
            let request = try await prepare(layout, slapd, in: folder)
            let loaded = try await SiteLoader.loadWhole(.programs(request), environment: [:])
            var model = loaded.model
            outside?.announce(to: &model)
            return try await Server.withRunning(
                model, source: .programs(request), queueDirectory: folder.path("spool")
            ) { server in
                try await body(
                    ImportedTestSite(folder: folder, server: server, slapd: slapd, model: model))
            }
        }
    }

    /// Copies the site's files; puts the test's directory server in the place of the author's, and makes the certificates.
    static func prepare(_ layout: Layout, _ slapd: Slapd, in folder: TemporaryFolder) async throws -> ImportRequest {
        let files = FileManager.default
        let site = folder.path("site")
        try files.copyItem(atPath: "\(sources)/\(layout.name)", toPath: site)
        for case let path as String in files.enumerator(atPath: site) ?? .init() {
            guard let text = try? String(contentsOfFile: "\(site)/\(path)", encoding: .utf8) else { continue }
            var changed = text
            for server in layout.servers { changed = changed.replacing(server, with: "localhost:\(slapd.port)") }
            // A port of its own stands apart from the name in main.cf.
            changed = changed.replacing("_server_port = 389", with: "_server_port = \(slapd.port)")
            for (old, new) in layout.changes { changed = changed.replacing(old, with: new) }
            if changed != text { try changed.write(toFile: "\(site)/\(path)", atomically: true, encoding: .utf8) }
        }
        try await makeCertificates(layout, slapd, site, folder)
        let mail = try folder.makeFolder("mail")
        for path in [folder.path, site, mail] { chmod(path, 0o777) }
        var request = ImportRequest(
            origins: layout.origins.map { ConfigurationOrigin($0.0, path: $0.1.isEmpty ? site : "\(site)/\($0.1)") })
        request.places = [
            (layout.mail, mail), ("/etc/aliases", "\(site)/etc/aliases"), ("/etc/ldap", "\(site)/etc/ldap"),
        ]
        request.accepted = layout.accepted
        request.listeners = layout.listeners.map { ($0, "127.0.0.1", 0) }
        return request
    }

    private static func makeCertificates(
        _ layout: Layout, _ slapd: Slapd, _ site: String, _ folder: TemporaryFolder
    ) async throws {
        guard !layout.authorities.isEmpty || !layout.certificates.isEmpty else { return }
        let certificates: TestCertificates
        if let own = slapd.certificates {
            certificates = own
        } else {
            certificates = try await TestCertificates.make(in: folder)
        }
        func put(_ source: String, at path: String) throws {
            let target = "\(site)/\(path)"
            try FileManager.default.createDirectory(
                atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: source, toPath: target)
        }
        for path in layout.authorities { try put(certificates.authority, at: path) }
        for (certificate, key) in layout.certificates {
            try put(certificates.serverCertificate, at: certificate)
            try put(certificates.serverKey, at: key)
        }
    }
}

extension ImportedTestSite.Layout {
    static let vennedey = Self(
        name: "vennedey", directory: .vennedey, origins: [(.postfix, "etc/postfix"), (.dovecot, "etc/dovecot")],
        servers: ["ldap.example.com"], mail: "/home/mail", authorities: ["etc/ldap/tls/CA.pem"],
        certificates: [
            ("etc/postfix/tls/server.crt", "etc/postfix/tls/server.key"),
            ("etc/dovecot/tls/server.crt", "etc/dovecot/tls/server.key"),
        ], listeners: [.smtp, .submission, .imaps], usesTLS: true)

    static let pragyan = Self(
        name: "pragyan", directory: .pragyan, origins: [(.postfix, "etc/postfix"), (.dovecot, "etc/dovecot")],
        servers: ["ldap.delta.nitt.edu"], mail: "/var/spool/mail/virtual",
        listeners: [.smtp, .imap])

    static let vriesman = Self(
        name: "vriesman", directory: .vriesman, origins: [(.postfix, "etc/postfix"), (.courier, "etc/courier")],
        servers: ["ldapserverhostname"], mail: "/vmail", listeners: [.smtp, .imap])

    static let dmsLDAP = Self(
        name: "dms-ldap", directory: .dmsLDAP, origins: [(.dockerMailserver, "")], servers: ["ldap.example.org"],
        mail: "/var/mail",
        certificates: [
            (
                "docker-data/certbot/live/mail.example.com/fullchain.pem",
                "docker-data/certbot/live/mail.example.com/privkey.pem"
            )
        ], listeners: [.smtp, .submission, .imap, .imaps])

    static let dmsForwardOnly = Self(
        name: "dms-forward-only", directory: .dmsForwardOnly, origins: [(.dockerMailserver, "")],
        servers: ["ldap.example.org"], mail: "/var/mail", listeners: [.smtp, .submission], usesTLS: true)

    static let all = [vennedey, pragyan, vriesman, dmsLDAP, dmsForwardOnly]
}
