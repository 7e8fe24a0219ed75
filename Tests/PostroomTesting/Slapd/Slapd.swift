import Foundation
import Synchronization

/// A private OpenLDAP server on a free port of 127.0.0.1 and a Unix socket, filled with a sample directory.
///
///     try await Slapd.withServer(.vennedey) { slapd in
///         // slapd.url, slapd.directory.bindDN …
///     }
package final class Slapd: Sendable {
    package let directory: SampleDirectory
    package let port: Int
    /// Speaks TLS from the first byte; only with certificates.
    package let tlsPort: Int?
    package let certificates: TestCertificates?
    package let folder: TemporaryFolder
    private let process = Mutex<ChildProcess?>(nil)

    package var url: String { "ldap://127.0.0.1:\(port)" }
    /// The same server by the name that its certificate bears.
    package var namedURL: String { "ldap://localhost:\(port)" }
    /// Empty without certificates.
    package var tlsURL: String { tlsPort.map { "ldaps://localhost:\($0)" } ?? "" }
    package var socketURL: String {
        "ldapi://" + folder.path("ldapi").split(separator: "/").map { "%2F" + $0 }.joined()
    }
    package var socketPath: String { folder.path("ldapi") }

    package var bindDN: String { directory.bindDN }
    package var bindPassword: String { directory.bindPassword }
    package var rootDN: String { directory.rootDN }
    package var rootPassword: String { directory.rootPassword }

    private init(
        directory: SampleDirectory, port: Int, tlsPort: Int?, certificates: TestCertificates?, folder: TemporaryFolder
    ) {
        self.directory = directory
        self.port = port
        self.tlsPort = tlsPort
        self.certificates = certificates
        self.folder = folder
    }

    /// Runs `body` with a server that is ended and removed afterwards, however `body` ends.
    package static func withServer<Value>(
        _ directory: SampleDirectory, tls: Bool = false,
        certificateNames: String = TestCertificates.loopbackNames, sizeLimit: Int? = nil,
        databaseSettings: [String] = [], _ body: (Slapd) async throws -> Value
    ) async throws -> Value {
        let slapd = try await launch(
            directory, tls: tls, certificateNames: certificateNames, sizeLimit: sizeLimit,
            databaseSettings: databaseSettings)
        do {
            let value = try await body(slapd)
            await slapd.kill()
            return value
        } catch {
            await slapd.kill()
            throw error
        }
    }

    /// A server that ends with its last reference. The ports of a failed start are given up for others: between finding
    /// a port free and slapd's taking it another test may have been quicker.
    package static func launch(
        _ directory: SampleDirectory, tls: Bool = false,
        certificateNames: String = TestCertificates.loopbackNames, sizeLimit: Int? = nil,
        databaseSettings: [String] = []
    ) async throws -> Slapd {
        let folder = try TemporaryFolder("slapd")
        try folder.makeFolder("config")
        try folder.makeFolder("data")
        let certificates =
            tls ? try await TestCertificates.make(in: folder, subjectAlternativeNames: certificateNames) : nil
        let configuration = SlapdConfiguration(
            directory: directory, folder: folder, certificates: certificates, sizeLimit: sizeLimit,
            databaseSettings: databaseSettings)
        let file = try folder.write(configuration.ldif, to: "config.ldif")
        try await ChildProcess.run(
            ["/usr/sbin/slapadd", "-n", "0", "-F", folder.path("config"), "-l", file], in: folder)

        var attempt = 0
        while true {
            let slapd = Slapd(
                directory: directory, port: try LoopbackPort.free(), tlsPort: tls ? try LoopbackPort.free() : nil,
                certificates: certificates, folder: folder)
            do {
                try await slapd.start()
                if !directory.ldif.isEmpty { try await slapd.add(directory.ldif) }
                return slapd
            } catch let failure as StartFailure {
                attempt += 1
                guard attempt < 4 else { throw failure }
            }
        }
    }

    private struct StartFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// Starts the server, on the same ports as before if it ran already. Returns once it accepts connections.
    package func start() async throws {
        var listeners = ["ldap://127.0.0.1:\(port)", socketURL]
        if let tlsPort { listeners.append("ldaps://127.0.0.1:\(tlsPort)") }
        // With -d it stays in the foreground.
        let child = try await ChildProcess.start(
            [
                "/usr/sbin/slapd", "-d", "0", "-F", folder.path("config"), "-h", listeners.joined(separator: " "),
            ], outputFile: folder.path("log"))
        process.withLock { $0 = child }
        let deadline = ContinuousClock.now + .seconds(120)
        // The port may have become another's meanwhile; the socket is its own.
        while !LoopbackPort.isOpen(port) || !LoopbackPort.isOpen(path: socketPath) {
            if let exit = child.exit {
                throw StartFailure(description: "slapd ended with \(exit):\n\(child.output)")
            }
            guard ContinuousClock.now < deadline else {
                throw StartFailure(description: "slapd does not open port \(port) and its socket:\n\(child.output)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        if let exit = child.exit {
            // Somebody else answers on the port.
            throw StartFailure(description: "slapd ended with \(exit):\n\(child.output)")
        }
    }

    /// Adds entries, or applies change records, as rootDN.
    package func add(_ ldif: String) async throws {
        let file = try folder.write(ldif, to: "add-\(UUID().uuidString).ldif")
        try await ChildProcess.run(
            [
                "/usr/bin/ldapadd", "-x", "-H", socketURL, "-D", rootDN, "-w", rootPassword, "-f", file,
            ], in: folder)
    }

    /// Ends the server in order.
    package func stop() async {
        let child = process.withLock { $0 }
        child?.signal(SIGCONT)
        child?.signal(SIGTERM)
        _ = await child?.waitForExit()
    }

    /// Ends the server as a crash would.
    package func kill() async {
        let child = process.withLock { $0 }
        child?.signal(SIGKILL)
        _ = await child?.waitForExit()
    }

    /// The server keeps its connections and takes new ones (the kernel does), but does not answer any more. Returns when
    /// all its threads stand still.
    package func pause() async throws {
        guard let child = process.withLock({ $0 }) else { return }
        child.signal(SIGSTOP)
        while child.exit == nil, !Self.isStopped(child.identifier) { try await Task.sleep(for: .milliseconds(1)) }
    }

    private static func isStopped(_ identifier: Int32) -> Bool {
        let folder = "/proc/\(identifier)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.allSatisfy { thread in
            // The state is the first word behind the name, which stands in parentheses.
            let status = (try? String(contentsOfFile: "\(folder)/\(thread)/stat", encoding: .utf8)) ?? ""
            return status.split(separator: ")").last?.dropFirst().first == "T"
        }
    }

    package func resume() {
        process.withLock { $0 }?.signal(SIGCONT)
    }

    package func restart() async throws {
        await stop()
        try await start()
    }

    deinit {
        process.withLock { $0 }?.signal(SIGKILL)
    }
}
