import Foundation

/// A real Dovecot whose only task is to check passwords and look users up, asked by its own protocol on its sockets: many
/// questions at once. Needs the Debian packages dovecot-core and dovecot-ldap, and root, as Dovecot starts its processes
/// as other users.
package final class DovecotAuth: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package enum Answer: Hashable, Sendable, CustomStringConvertible {
        /// `name=value` fields, the user's name apart.
        case found(user: [UInt8], fields: [String: [UInt8]])
        case refused
        case temporaryFailure

        package var description: String {
            switch self {
            case .found(let user, let fields):
                (["found \(String(decoding: user, as: UTF8.self))"]
                    + fields.map { "\($0.key)=\(String(decoding: $0.value, as: UTF8.self))" }.sorted())
                    .joined(separator: " ")
            case .refused: "refused"
            case .temporaryFailure: "temporary failure"
            }
        }
    }

    /// Failures are answered twice a second, all that are due: so many are asked at once.
    private static let batch = 1000

    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// `configuration` makes the `passdb` and `userdb` blocks and settings; it is given the folder, for files of its own,
    /// which Dovecot reads as another user.
    package static func withServer<Value>(
        _ configuration: (TemporaryFolder) throws -> String, _ body: (DovecotAuth) async throws -> Value
    ) async throws -> Value {
        guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/dovecot") else {
            throw Failure(description: "/usr/sbin/dovecot is missing: apt-get install dovecot-core dovecot-ldap")
        }
        guard geteuid() == 0 else { throw Failure(description: "Dovecot is started as root only") }
        let folder = try TemporaryFolder("dovecot-auth")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let run = try folder.makeFolder("run")
        let file = try folder.write(
            """
            base_dir = \(run)
            state_dir = \(run)
            log_path = \(folder.path("log"))
            protocols =
            ssl = no
            default_internal_user = nobody
            default_login_user = nobody
            default_internal_group = nogroup
            auth_failure_delay = 0 secs
            auth_cache_size = 0
            service anvil {
              unix_listener anvil-auth-penalty {
                mode = 0
              }
            }
            \(try configuration(folder))

            """, to: "dovecot.conf")
        let process = try await ChildProcess.start(
            ["/usr/sbin/dovecot", "-c", file, "-F"], outputFile: folder.path("output"))
        let server = DovecotAuth(folder: folder, process: process)
        do {
            try await server.waitUntilReady()
            let value = try await body(server)
            await server.kill()
            return value
        } catch {
            await server.kill()
            throw error
        }
    }

    private init(folder: TemporaryFolder, process: ChildProcess) {
        self.folder = folder
        self.process = process
    }

    package var log: String {
        String(decoding: FileManager.default.contents(atPath: folder.path("log")) ?? Data(), as: UTF8.self)
    }

    /// Answers to logins with PLAIN from 127.0.0.1, in their order.
    package func logins(_ logins: [(login: [UInt8], password: [UInt8])]) async throws -> [Answer] {
        try await ask("auth-client", hello: "VERSION\t1\t1\nCPID\t\(getpid())\n", ready: "DONE", logins) {
            number, login in
            let response = Data([0] + login.login + [0] + login.password).base64EncodedString()
            return Array(
                "AUTH\t\(number)\tPLAIN\tservice=imap\tsecured\tnologin\tlip=127.0.0.1\trip=127.0.0.1\tresp=\(response)\n"
                    .utf8)
        }
    }

    /// What the user databases say of these names, in their order.
    package func users(_ users: [[UInt8]], service: String = "doveadm") async throws -> [Answer] {
        try await ask("auth-userdb", hello: "VERSION\t1\t1\n", ready: "SPID", users) { number, user in
            Array("USER\t\(number)\t".utf8) + Self.escaped(user) + Array("\tservice=\(service)\n".utf8)
        }
    }

    private func ask<Question: Sendable>(
        _ socket: String, hello: String, ready: String, _ questions: [Question],
        _ line: (Int, Question) -> [UInt8]
    ) async throws -> [Answer] {
        let connection = try await TestConnection(unixSocket: folder.path("run/\(socket)"))
        try await connection.send(hello)
        while try await !connection.lines(1).contains(where: { $0.starts(with: ready.utf8) }) {}
        var answers: [Answer] = []
        for start in stride(from: 0, to: questions.count, by: Self.batch) {
            let part = questions[start..<min(start + Self.batch, questions.count)]
            var text: [UInt8] = []
            for (index, question) in part.enumerated() { text += line(start + index + 1, question) }
            try await connection.send(text)
            var found: [Int: Answer] = [:]
            for line in try await connection.lines(part.count) {
                let (number, answer) = try Self.answer(line, isLogin: socket == "auth-client")
                found[number] = answer
            }
            for number in part.indices.map({ $0 + 1 }) {
                guard let answer = found[number] else {
                    throw Failure(description: "Dovecot gave no answer to question \(number):\n\(log.suffix(2000))")
                }
                answers.append(answer)
            }
        }
        try await connection.close()
        return answers
    }

    /// `OK`, `USER`, `FAIL` or `NOTFOUND`, a number, and fields, between tabs.
    private static func answer(_ line: [UInt8], isLogin: Bool) throws -> (Int, Answer) {
        let parts = line.split(separator: 0x09, omittingEmptySubsequences: false).map { unescaped($0) }
        let words = parts.map { String(decoding: $0, as: UTF8.self) }
        guard words.count > 1, let number = Int(words[1]) else {
            throw Failure(description: "no answer of Dovecot: \(words)")
        }
        switch words[0] {
        case "OK", "USER":
            var user = words[0] == "USER" && parts.count > 2 ? parts[2] : []
            var fields: [String: [UInt8]] = [:]
            for part in parts.dropFirst(words[0] == "USER" ? 3 : 2) where !part.isEmpty {
                let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                let name = String(decoding: pair[0], as: UTF8.self)
                let value = pair.count == 2 ? Array(pair[1]) : []
                if name == "user", words[0] == "OK" { user = value } else { fields[name] = value }
            }
            return (number, .found(user: user, fields: fields))
        case "NOTFOUND": return (number, .refused)
        case "FAIL":
            // Of a user database it never means "no".
            let isTemporary = !isLogin || words.contains("temp") || words.contains("code=temp_fail")
            return (number, isTemporary ? .temporaryFailure : .refused)
        default: throw Failure(description: "no answer of Dovecot: \(words)")
        }
    }

    private static let escapes: [(UInt8, UInt8)] = [
        (0x00, 0x30), (0x01, 0x31), (0x09, 0x74), (0x0D, 0x72), (0x0A, 0x6E),
    ]

    private static func escaped(_ value: [UInt8]) -> [UInt8] {
        value.flatMap { byte in escapes.first { $0.0 == byte }.map { [0x01, $0.1] } ?? [byte] }
    }

    private static func unescaped(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in value {
            if isEscaped {
                result.append(escapes.first { $0.1 == byte }?.0 ?? byte)
                isEscaped = false
            } else if byte == 0x01 {
                isEscaped = true
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !["auth-client", "auth-userdb"].allSatisfy({ LoopbackPort.isOpen(path: folder.path("run/\($0)")) }) {
            guard process.exit == nil, ContinuousClock.now < deadline else {
                throw Failure(description: "Dovecot does not start:\n\(process.output)\(log)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Its processes end with the first one.
    private func kill() async {
        process.signal(SIGKILL)
        _ = await process.waitForExit()
    }
}
