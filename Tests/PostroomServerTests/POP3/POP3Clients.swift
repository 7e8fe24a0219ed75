import Foundation
import PostroomTesting
import SiteConfiguration

/// Python's socket and poplib against a site's POP3.
enum PythonPOP3 {
    /// Logs in as `login` over TLS, sends `commands` at once and gives every octet from the login's answer on.
    static func transcript(
        _ site: TestSite, _ login: (String, String), _ commands: [String]
    ) async throws -> [UInt8] {
        let folder = site.folder
        let name = "pop3-\(UUID().uuidString)"
        try folder.write(commands.map { $0 + "\r\n" }.joined(), to: name)
        let program = """
            import socket, ssl
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            plain = socket.create_connection(('127.0.0.1', \(site.port(.pop3s))), timeout=120)
            server = context.wrap_socket(plain)
            file = server.makefile('rwb')
            file.readline()
            file.write(b'USER \(login.0)\\r\\nPASS \(login.1)\\r\\n')
            file.flush()
            file.readline()
            file.readline()
            file.write(open('\(folder.path(name))', 'rb').read())
            file.flush()
            open('\(folder.path(name)).out', 'wb').write(file.read())
            """
        let file = try folder.write(program + "\n", to: name + ".py")
        _ = try await ChildProcess.run(["/usr/bin/python3", file], in: folder)
        return Array(try Data(contentsOf: URL(fileURLWithPath: folder.path(name) + ".out")))
    }

    /// Runs `script` with a connection as `pop`, before any login, and gives what was printed.
    static func run(_ site: TestSite, _ script: String) async throws -> String {
        let program = """
            import poplib, ssl
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            pop = poplib.POP3('127.0.0.1', \(site.port(.pop3)), timeout=120)
            \(script)
            """
        let file = try site.folder.write(program + "\n", to: "pop-\(UUID().uuidString).py")
        return try await ChildProcess.run(["/usr/bin/python3", file], in: site.folder)
    }
}

/// Dovecot's POP3 process in its pre-authenticated mode over pipes, on a Maildir of the site. Needs dovecot-pop3d.
enum DovecotPOP3 {
    /// Every octet that it says; without a login there is no greeting.
    static func transcript(
        _ site: TestSite, home: String, settings: String = "", _ commands: [String]
    ) async throws -> [UInt8] {
        let folder = site.folder
        let configuration = try folder.write(
            """
            base_dir = \(try folder.makeFolder("dovecot"))
            log_path = /dev/null
            mail_location = maildir:~/Maildir
            first_valid_uid = 1
            ssl = no
            \(settings)

            """, to: "dovecot-pop3.conf")
        chmod(folder.path("dovecot"), 0o777)
        let name = "dovecot-pop3-\(UUID().uuidString)"
        let quits = commands.last == "QUIT"
        let sent = quits ? commands.dropLast() : commands[...]
        let input = try folder.write(sent.map { $0 + "\r\n" }.joined(), to: name)
        // What a reader has not taken when the client quits is lost: QUIT comes when all before it was read, which the refusal
        // of an unknown command tells.
        let program = """
            import os, subprocess, threading
            pop3 = subprocess.Popen(['/usr/bin/setpriv', '--reuid', '20001', '--regid', '20001', '--clear-groups',
                                     '/usr/lib/dovecot/pop3', '-c', '\(configuration)'],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    env={'USER': 'anna', 'HOME': '\(home)'})
            def send():
                pop3.stdin.write(open('\(input)', 'rb').read() + b'XREAD\\r\\n')
                pop3.stdin.flush()
            writer = threading.Thread(target=send)
            writer.start()
            answer = b''
            while b'-ERR Unknown command: XREAD' not in answer[-2000:]:
                block = os.read(pop3.stdout.fileno(), 65536)
                if not block:
                    break
                answer += block
            writer.join()
            if \(quits ? "True" : "False"):
                pop3.stdin.write(b'QUIT\\r\\n')
            pop3.stdin.close()
            answer += pop3.stdout.read()
            answer = answer.replace(b'-ERR Unknown command: XREAD\\r\\n', b'')
            open('\(folder.path(name)).out', 'wb').write(answer)
            """
        let file = try folder.write(program + "\n", to: name + ".py")
        _ = try await ChildProcess.run(["/usr/bin/python3", file], in: folder)
        return Array(try Data(contentsOf: URL(fileURLWithPath: folder.path(name) + ".out")))
    }
}
