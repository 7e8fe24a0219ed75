import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration

/// A `TestSite` whose listeners the test writes itself.
enum ConfiguredSite {
    static func serving<Value: Sendable>(
        _ configuration: String, _ listeners: String, files: [String: String] = People.files,
        _ body: (TestSite) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder("configured")
        let file = try TestSite.write(configuration, files, to: folder)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let own = text.prefix(upTo: text.range(of: "\nlisteners:")?.lowerBound ?? text.endIndex)
        try folder.write(
            "\(own)\n\(listeners)\ntls: {self_signed_directory: \(folder.path("tls"))}\n", to: "postroom.yaml")
        let model = try SiteLoader.load(file, environment: [:]).model
        return try await Server.withRunning(
            model, source: .file(file), queueDirectory: folder.path("spool"), runtimeDirectory: folder.path("run")
        ) { server in
            try await body(TestSite(folder: folder, server: server))
        }
    }
}
