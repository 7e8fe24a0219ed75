import Foundation
import PostroomTesting
import SiteConfiguration

/// A Postfix of the test's own, as a site that clients talk to.
struct RunningPostfix: RunningSite {
    let folder: TemporaryFolder
    private let smtpPort: Int

    func port(_ kind: ListenerModel.Kind) -> Int { smtpPort }

    /// - Parameter directory: of a main.cf.
    static func serving<Value: Sendable>(
        _ directory: String, in folder: TemporaryFolder, _ body: (RunningPostfix) async throws -> Value
    ) async throws -> Value {
        let main = try String(contentsOfFile: "\(directory)/main.cf", encoding: .utf8)
        return try await PrivatePostfix.running(main: main, in: folder) { port in
            try await body(RunningPostfix(folder: folder, smtpPort: port))
        }
    }
}
