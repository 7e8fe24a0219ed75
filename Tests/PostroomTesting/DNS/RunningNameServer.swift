import Foundation
import Synchronization

/// A private authoritative name server (nsd) on a free port of 127.0.0.1, its zones signed where the test wants it.
///
///     try await RunningNameServer.withServer([NameServerZone("example.test", "mail A 192.0.2.1", isSigned: true)]) { server in
///         // server.address, server.trustAnchor(of: "example.test")
///     }
///
/// Needs the Debian packages nsd and ldnsutils.
package final class RunningNameServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let port: Int
    private let folder: TemporaryFolder
    private let trustAnchors: [String: String]
    private let process = Mutex<ChildProcess?>(nil)

    /// As unbound names it.
    package var address: String { "127.0.0.1@\(port)" }

    private init(port: Int, folder: TemporaryFolder, trustAnchors: [String: String]) {
        self.port = port
        self.folder = folder
        self.trustAnchors = trustAnchors
    }

    package static func withServer<Value>(
        _ zones: [NameServerZone], _ body: (RunningNameServer) async throws -> Value
    ) async throws -> Value {
        let server = try await launch(zones)
        do {
            let value = try await body(server)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// A server that runs until ``stop()``, or the end of the test process.
    package static func launch(_ zones: [NameServerZone]) async throws -> RunningNameServer {
        for (program, package) in [("/usr/sbin/nsd", "nsd"), ("/usr/bin/ldns-signzone", "ldnsutils")]
        where !FileManager.default.isExecutableFile(atPath: program) {
            throw Failure(description: "\(program) is missing: apt-get install \(package)")
        }
        let folder = try TemporaryFolder("nsd")
        var trustAnchors: [String: String] = [:]
        for (number, zone) in zones.enumerated() {
            let file = try folder.write(zone.text, to: "zone-\(number)")
            if zone.isSigned {
                trustAnchors[zone.name] = try await sign(zone, file: file, in: folder)
                let signed = try String(contentsOfFile: file + ".signed", encoding: .utf8)
                try folder.write(zone.tampering(signed), to: "zone-\(number)")
            } else {
                try folder.write(zone.tampering(zone.text), to: "zone-\(number)")
            }
        }
        // Between finding a port free and nsd's taking it another test may have been quicker.
        var attempt = 0
        while true {
            let server = RunningNameServer(port: try LoopbackPort.free(), folder: folder, trustAnchors: trustAnchors)
            try server.configure(zones)
            do {
                try await server.start()
                return server
            } catch {
                attempt += 1
                guard attempt < 4 else { throw error }
            }
        }
    }

    /// The DS record of a signed zone's key, as unbound takes it.
    package func trustAnchor(of zone: String) throws -> String {
        guard let anchor = trustAnchors[zone] else { throw Failure(description: "\(zone) is not signed") }
        return anchor
    }

    /// On the same port as before. Returns once it answers.
    package func start() async throws {
        let log = folder.path("log")
        let child = try await ChildProcess.start(
            ["/usr/sbin/nsd", "-d", "-c", folder.path("nsd.conf")], outputFile: log)
        process.withLock { $0 = child }
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if let exit = child.exit { throw Failure(description: "nsd ended with \(exit):\n\(child.output)") }
            if child.output.contains("nsd started"), LoopbackPort.isOpen(port) { return }
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "nsd does not open port \(port):\n\(child.output)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Its processes end with the first one.
    package func stop() async {
        guard let child = process.withLock({ $0 }) else { return }
        child.signal(SIGTERM)
        _ = await child.waitForExit()
    }

    private func configure(_ zones: [NameServerZone]) throws {
        let parts = zones.enumerated().map { number, zone in
            "zone:\n  name: \"\(zone.name)\"\n  zonefile: \"\(folder.path("zone-\(number)"))\"\n"
        }
        try folder.write(
            """
            server:
              ip-address: 127.0.0.1@\(port)
              username: ""
              chroot: ""
              database: ""
              pidfile: ""
              zonesdir: "\(folder.path)"
              zonelistfile: "\(folder.path("zone.list"))"
              xfrdfile: "\(folder.path("xfrd.state"))"
              xfrdir: "\(folder.path)"
              server-count: 1
              tcp-count: 200
              verbosity: 1
              rrl-ratelimit: 0
            remote-control:
              control-enable: no
            \(parts.joined())
            """, to: "nsd.conf")
    }

    /// Writes `FILE.signed`, and gives the DS record of the zone's one key.
    private static func sign(_ zone: NameServerZone, file: String, in folder: TemporaryFolder) async throws -> String {
        let keys = try folder.makeFolder("keys-\(UUID().uuidString)")
        // The tool writes where it stands.
        let name =
            try await ChildProcess.run(
                [
                    "/usr/bin/env", "-C", keys, "/usr/bin/ldns-keygen", "-r", "/dev/urandom", "-k", "-a",
                    "ECDSAP256SHA256", zone.name,
                ], in: folder
            ).split(separator: "\n").last.map(String.init) ?? ""
        try await ChildProcess.run(["/usr/bin/ldns-signzone", "-o", zone.name, file, "\(keys)/\(name)"], in: folder)
        let record = try String(contentsOfFile: "\(keys)/\(name).ds", encoding: .utf8)
        return record.replacing("\t", with: " ").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
