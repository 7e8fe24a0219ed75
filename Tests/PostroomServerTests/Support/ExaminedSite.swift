import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// A site that is asked by this process and serves nobody: for `explain` and `check`.
struct ExaminedSite: Sendable {
    let folder: TemporaryFolder
    let file: String
    let site: Site

    static func opened<Value: Sendable>(
        _ configuration: String, files: [String: String] = [:], _ body: (ExaminedSite) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder("site")
        let file = try TestSite.write(configuration, files, to: folder)
        let site = try await Site.open(try SiteLoader.load(file, environment: [:]).model)
        do {
            let value = try await body(ExaminedSite(folder: folder, file: file, site: site))
            await site.close()
            return value
        } catch {
            await site.close()
            throw error
        }
    }

    /// All that `postroom check` would tell.
    func check(_ options: CheckOptions = CheckOptions()) async -> CheckReport {
        await site.check(options, known: await SiteLoader.faults(file, environment: [:]))
    }

    /// The line of the configuration that holds `text`, from 1.
    func line(of text: String) throws -> Int {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        return try #require(lines.firstIndex { $0.contains(text) }) + 1
    }
}

extension CheckReport {
    /// The one finding whose problem holds all of these.
    func finding(_ words: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> CheckFinding {
        let found = findings.filter { finding in words.allSatisfy { finding.problem.contains($0) } }
        let all = findings.map(\.description).joined(separator: "\n")
        #expect(found.count == 1, "\(words) among:\n\(all)", sourceLocation: sourceLocation)
        return try #require(found.first, sourceLocation: sourceLocation)
    }

    func mentions(_ text: String) -> Bool { findings.contains { $0.problem.contains(text) } }
}

extension Slapd {
    /// `directory:` for a site that binds as the sample's own account.
    func directory(_ base: String? = nil, url: String? = nil, more: String = "") -> String {
        """
        directory:
          servers: ["\(url ?? self.url)"]
          base: "\(base ?? directory.suffix)"
          bind: {dn: "\(bindDN)", password: "\(bindPassword)"}
          connect_timeout: 60s
          timeout: 60s
          \(more)
        """
    }
}
