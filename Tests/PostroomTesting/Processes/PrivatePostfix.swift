import Foundation

/// A Postfix of a test's own, with its queue in the test's folder and smtpd on a free port of this machine. Needs root, as
/// Postfix does, and the Debian package postfix.
package enum PrivatePostfix {
    /// Runs it while `body` does, which is given the port.
    ///
    /// - Parameters:
    ///   - main: a main.cf, which gets a few lines more here; master.cf is made here.
    ///   - folder: must be one that everybody may enter.
    package static func running<Value: Sendable>(
        main: String, in folder: TemporaryFolder, _ body: (_ port: Int) async throws -> Value
    ) async throws -> Value {
        let port = try LoopbackPort.free()
        let configuration = try folder.makeFolder("running")
        let own = """
            queue_directory = \(try folder.makeFolder("spool"))
            data_directory = \(try folder.makeFolder("data"))
            maillog_file = \(folder.path("maillog"))
            maillog_file_prefixes = /tmp
            alias_database =
            smtpd_client_connection_rate_limit = 0

            """
        try folder.write(main + "\n" + own, to: "running/main.cf")
        try folder.write(master(port), to: "running/master.cf")
        let owner = try await ChildProcess.run(["/usr/bin/id", "-u", "postfix"], in: folder)
        if let uid = uid_t(owner.trimmingCharacters(in: .whitespacesAndNewlines)) {
            chown(folder.path("data"), uid, uid)
        }
        let command = ["/usr/sbin/postfix", "-c", configuration]
        try await ChildProcess.run(command + ["check"], in: folder)
        try await ChildProcess.run(command + ["start"], in: folder)
        let result: Result<Value, any Error>
        do {
            try await waitUntilOpen(port, in: folder)
            result = .success(try await body(port))
        } catch {
            result = .failure(error)
        }
        try await ChildProcess.run(command + ["stop"], in: folder)
        return try result.get()
    }

    private static func waitUntilOpen(_ port: Int, in folder: TemporaryFolder) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while !LoopbackPort.isOpen(port) {
            guard ContinuousClock.now < deadline else {
                let log = FileManager.default.contents(atPath: folder.path("maillog")) ?? Data()
                throw ChildProcess.Failure(
                    description: "Postfix does not open port \(port):\n\(String(decoding: log, as: UTF8.self))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private static func master(_ port: Int) -> String {
        """
        127.0.0.1:\(port) inet n - n - - smtpd
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        proxymap unix - - n - - proxymap
        anvil unix - - n - 1 anvil
        tlsmgr unix - - n 1000? 1 tlsmgr
        error unix - - n - - error
        retry unix - - n - - error
        discard unix - - n - - discard
        local unix - n n - - local
        virtual unix - n n - - virtual
        smtp unix - - n - - smtp
        relay unix - - n - - smtp
        lmtp unix - - n - - lmtp
        postlog unix-dgram n - n - 1 postlogd

        """
    }
}
