import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// A site served by the built `postroom serve`, as an ordinary user's process: with a log, and an end of its own.
struct ServedSite: RunningSite {
    let folder: TemporaryFolder
    let process: ChildProcess
    private let ports: [ListenerModel.Kind: Int]

    func port(_ kind: ListenerModel.Kind) -> Int { ports[kind] ?? 0 }

    var log: String { process.output }

    /// As `TestSite.serving`. The folder for mail is the service user's.
    static func serving<Value: Sendable>(
        _ configuration: String, files: [String: String] = [:], _ body: (ServedSite) async throws -> Value
    ) async throws -> Value {
        let folder = try prepare(configuration, files)
        let site = try await start(in: folder)
        let value = try await body(site)
        site.process.signal(SIGTERM)
        #expect(await site.process.waitForExit() == .code(0), "\(site.log)")
        return value
    }

    /// A folder from which a site can be started, again and again.
    static func prepare(_ configuration: String, _ files: [String: String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder("served")
        if configuration.contains("\nservice:") {
            _ = try TestSite.write(configuration, files, to: folder)
            return open(folder)
        }
        let service = "service: {user: nobody, runtime_directory: \(folder.path("run"))}"
        let queue = "outgoing: {queue_directory: \(folder.path("spool"))}"
        let more = configuration.contains("\noutgoing:") ? service : "\(service)\n\(queue)"
        _ = try TestSite.write("\(configuration)\n\(more)\n", files, to: folder)
        return open(folder)
    }

    /// The service's user may write mail there.
    private static func open(_ folder: TemporaryFolder) -> TemporaryFolder {
        chown(folder.path("mail"), 65534, 65534)
        chmod(folder.path("mail"), 0o755)
        return folder
    }

    /// Returns when it listens.
    static func start(in folder: TemporaryFolder, below program: [String] = []) async throws -> ServedSite {
        let process = try await PostroomCommand(folder: folder).start(
            ["serve", "--config", folder.path("postroom.yaml")], below: program)
        var ports: [ListenerModel.Kind: Int] = [:]
        do {
            try await eventually("it listens", { process.output }) {
                if process.exit != nil { throw TestFailure(description: process.output) }
                ports = Self.ports(process.output)
                return ports.count == ListenerModel.Kind.allCases.count
            }
        } catch {
            // Whoever tries again finds nobody in the way.
            process.signal(SIGKILL)
            _ = await process.waitForExit()
            throw error
        }
        return ServedSite(folder: folder, process: process, ports: ports)
    }

    /// For `start`: `authority`, a file, takes the place of the certificates that this machine trusts. Needs root.
    static func trusting(_ authority: String) -> [String] {
        let script = "mount --bind \"$0\" /etc/ssl/certs/ca-certificates.crt && exec \"$@\""
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, authority]
    }

    /// Until SIGTERM has ended it.
    func stop() async {
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == .code(0), "\(log)")
    }

    func waitForLog(_ text: String) async throws {
        try await eventually("the log says \(text)", { log }) { log.contains(text) }
    }

    /// From the lines `… address=127.0.0.1:PORT listener=KIND`.
    private static func ports(_ log: String) -> [ListenerModel.Kind: Int] {
        var ports: [ListenerModel.Kind: Int] = [:]
        for line in log.split(separator: "\n") {
            for kind in ListenerModel.Kind.allCases where line.hasSuffix(" listener=\(kind.rawValue)") {
                ports[kind] = line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }
            }
        }
        return ports
    }
}

/// Waits for what comes by itself, but not at a known time; gives up after two minutes and shows `situation`.
func eventually(
    _ what: String, _ situation: () -> String = { "" }, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw TestFailure(description: "in vain: \(what)\n\(situation())")
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
}
