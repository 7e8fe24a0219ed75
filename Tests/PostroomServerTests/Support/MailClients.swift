import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration

/// Python's imaplib, over TLS.
enum PythonIMAP {
    /// Logs in as `login`, runs `script` with the connection as `imap`, and gives what was printed; a refused login is
    /// printed too.
    static func run(_ site: TestSite, _ login: String, _ password: String, _ script: String) async throws -> String {
        let program = """
            import imaplib, ssl
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            imap = imaplib.IMAP4_SSL('127.0.0.1', \(site.port(.imaps)), ssl_context=context, timeout=120)
            try:
                print(imap.login('\(login)', '\(password)'))
            except imaplib.IMAP4.error as error:
                print(error)
                raise SystemExit(0)
            \(script)
            imap.logout()
            """
        let file = try site.folder.write(program + "\n", to: "imap-\(UUID().uuidString).py")
        return try await ChildProcess.run(["/usr/bin/python3", file], in: site.folder)
    }
}

/// mbsync (isync) into local Maildirs.
enum Mbsync {
    struct Run {
        let folder: String
        let output: String
        /// By folder.
        let messages: [String: Int]
    }

    static func run(
        _ site: TestSite, _ login: String, _ password: String, in folder: String? = nil
    ) async throws -> Run {
        let folder = try folder ?? site.folder.makeFolder("mbsync-\(UUID().uuidString)")
        let configuration = """
            IMAPAccount postroom
            Host 127.0.0.1
            Port \(site.port(.imaps))
            User \(login)
            Pass \(password)
            SSLType IMAPS
            CertificateFile \(site.server.selfSignedCertificate ?? "")
            AuthMechs PLAIN

            IMAPStore remote
            Account postroom

            MaildirStore local
            Path \(folder)/
            Inbox \(folder)/INBOX
            SubFolders Verbatim

            Channel all
            Far :remote:
            Near :local:
            Patterns *
            Create Near
            SyncState *
            """
        let file = try site.folder.write(configuration + "\n", to: "mbsyncrc")
        let output = try await ChildProcess.run(
            ["/usr/bin/mbsync", "-c", file, "-V", "all"], in: site.folder, environment: ["HOME": folder])
        var messages: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where !name.hasPrefix(".") {
            messages[name] = ["cur", "new"].reduce(0) { sum, part in
                sum + ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)/\(part)").count) ?? 0)
            }
        }
        return Run(folder: folder, output: output, messages: messages)
    }
}
