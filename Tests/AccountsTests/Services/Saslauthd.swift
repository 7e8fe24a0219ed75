import Foundation
import PostroomTesting

/// A server of a test that could not be started, and what it said.
struct ServerFailure: Error, CustomStringConvertible {
    var description: String
}

/// A running saslauthd, with its socket in a folder of its own. Needs the Debian package sasl2-bin.
enum Saslauthd {
    /// - Parameter arguments: `-a ldap -O FILE`, or another mechanism.
    static func withServer<Value>(
        _ arguments: [String], in folder: TemporaryFolder, _ body: (_ socket: String) async throws -> Value
    ) async throws -> Value {
        let run = try folder.makeFolder("mux-\(UUID().uuidString.prefix(8))")
        // A process for each connection: none outlives the test. At its end it signals its whole process group, which must
        // not be the test's.
        let process = try await ChildProcess.start(
            ["/usr/bin/setsid", "/usr/sbin/saslauthd", "-d", "-n", "0", "-m", run] + arguments,
            outputFile: folder.path("saslauthd"))
        let deadline = ContinuousClock.now + .seconds(60)
        while !FileManager.default.fileExists(atPath: "\(run)/mux") {
            guard process.exit == nil, ContinuousClock.now < deadline else {
                throw ServerFailure(description: "saslauthd does not start:\n\(process.output)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        do {
            let value = try await body("\(run)/mux")
            process.signal(SIGTERM)
            _ = await process.waitForExit()
            return value
        } catch {
            process.signal(SIGTERM)
            _ = await process.waitForExit()
            throw error
        }
    }
}
