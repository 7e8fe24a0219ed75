import Foundation
import PostroomTesting

/// A link named sendmail to the built `postroom`, as programs of a host call it.
struct Sendmail {
    /// Nobody's, of whom passwd(5) knows the name and no home.
    static let nobody: UInt32 = 65534

    let folder: TemporaryFolder
    let path: String

    init(in folder: TemporaryFolder, named name: String = "sendmail") throws {
        self.folder = folder
        path = folder.path(name)
        if !FileManager.default.fileExists(atPath: path) {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: PostroomCommand.executable)
        }
    }

    /// What it said, and its exit code.
    func run(
        _ arguments: [String], input: [UInt8], uid: UInt32 = Self.nobody, socket: String? = nil
    ) async throws -> (output: String, code: Int32?) {
        let file = folder.path("input-\(UUID().uuidString)")
        try Data(input).write(to: URL(fileURLWithPath: file))
        let identity = ["/usr/bin/setpriv", "--reuid", "\(uid)", "--regid", "\(uid)", "--clear-groups", "--"]
        let child = try await ChildProcess.start(
            identity + [path] + arguments, input: file, outputFile: folder.path("output-\(UUID().uuidString)"),
            environment: [
                "POSTROOM_SOCKET": socket ?? folder.path("run/submit.sock"), "SWIFT_BACKTRACE": "enable=no",
            ])
        guard case .code(let code) = await child.waitForExit() else { return (child.output, nil) }
        return (child.output, code)
    }

    func run(
        _ arguments: [String], _ input: String, uid: UInt32 = Self.nobody
    ) async throws -> (output: String, code: Int32?) {
        try await run(arguments, input: Array(input.utf8), uid: uid)
    }
}
